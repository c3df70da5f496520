"""The promise: whatever is given wrong to a public callable, the answer is one sentence of the lab's own, and short.

A small share of the calls is made each time; with SKETCHLAB_ENDURE=full all of them.
"""

from __future__ import annotations

import ast
import random
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import Lab, SketchlabError
from lab.gallery import png_with_recipe
from tests.endure.full import IS_FULL, times
from tests.endure.judging import SEED, LimitedEngine, fault, in_time
from tests.endure.public_calls import ENDS, IN_PARTS, PublicCall, Subjects, public_calls
from tests.endure.right_arguments import KEPT, RESULT
from tests.endure.wrong_values import WRONG
from tests.test_floors import SOURCES

CALLS = times(4000, 300)
_LISTED = 600 if IS_FULL else 20


@pytest.fixture
def subjects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Subjects]:
    """What methods are called on; every lab draws by a script, and lives in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SKETCHLAB_HOME", str(tmp_path / "kept"))
    (tmp_path / KEPT).write_bytes(png_with_recipe(RESULT))
    engine = LimitedEngine(steps=1)
    monkeypatch.setattr("lab.session.lab.shared_engine", lambda: engine)
    with Lab(home=tmp_path / "lab", engine=engine) as lab:
        made = Subjects(lab)
        yield made
        made.close()


def wrong_call(dice: random.Random, calls: list[PublicCall], number: int) -> tuple[PublicCall, dict[str, Any], str]:
    """One of the callables, each in its turn, with one or two of its arguments wrong, missing or too many."""
    called = calls[number % len(calls)]
    given = {name: right() for name, right in called.right.items()}
    spoilt = dice.sample(list(given), k=min(len(given), dice.choice((1, 1, 1, 2))))
    said = []
    for name in spoilt:
        what = dice.choice(list(WRONG))
        given[name] = WRONG[what]()
        said.append(f"{name}={what}")
    if dice.random() < 0.03 and not called.name.endswith("="):
        given["nonsense"] = 1
        said.append("nonsense=1")
    return called, given, ", ".join(said)


@pytest.mark.filterwarnings("ignore")  # a warning is no error
def test_every_wrong_call_is_one_sentence(subjects: Subjects) -> None:
    dice = random.Random(SEED)
    calls = public_calls(subjects)
    faults: dict[str, str] = {}
    counted: Counter[str] = Counter()
    for number in range(CALLS):
        called, given, said = wrong_call(dice, calls, number)
        try:
            with in_time():
                called.call(given)
            counted["taken"] += 1
        except BaseException as error:
            why = fault(error)
            counted["refused" if not why else "at fault"] += 1
            if why:
                at = traceback.extract_tb(error.__traceback__)[-1]
                faults[f"{called.name}({said})"] = f"{why}: {_first(error)} ({Path(at.filename).name}:{at.lineno})"
        subjects.lab.cancel()
    listed = "\n".join(f"{call}: {why}" for call, why in list(faults.items())[:_LISTED])
    assert not faults, f"{len(faults)} of {CALLS} calls ({dict(counted)}), such as:\n{listed}"


def _first(error: BaseException) -> str:
    try:
        return str(error)[:160]
    except Exception:
        return "it cannot be said"


def test_every_right_call_is_taken(subjects: Subjects) -> None:
    """So that what is refused above is refused for what is wrong with it."""
    refused = {}
    for called in public_calls(subjects):
        try:
            called.call({name: right() for name, right in called.right.items()})
        except SketchlabError as error:
            refused[called.name] = str(error)
    assert not refused, "\n".join(f"{name}: {why}" for name, why in refused.items())


def test_all_that_is_checked_is_called(subjects: Subjects) -> None:
    """So that nothing new stays outside."""
    called = {one.name.split(".")[-1].removesuffix("=") for one in public_calls(subjects)}
    checked = {name for path in SOURCES for name in _checked(ast.parse(path.read_text()))}
    missing = checked - called - ENDS - IN_PARTS.keys()
    assert not missing, f"add them to FUNCTIONS or NAMED: {missing}"


def _checked(tree: ast.AST) -> Iterator[str]:
    """The names of what stands under `@checked`; of a constructor, that of its class."""
    for within in ast.walk(tree):
        for one in getattr(within, "body", []) if isinstance(within, ast.Module | ast.ClassDef) else []:
            if isinstance(one, ast.FunctionDef | ast.ClassDef) and "checked" in map(ast.unparse, one.decorator_list):
                yield within.name if one.name == "__init__" and isinstance(within, ast.ClassDef) else one.name
