"""No words of a person, a model or a file become HTML: every place that makes some is found in the source.

In Python these are the widgets `HTML` with their values, in JavaScript whatever a browser parses.
"""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ipywidgets import HTML

from lab.core import Picture
from lab.core.events import Progress, Started
from lab.preprocessors import filter  # noqa: A004 - the decorator's name
from tests.widgets.controls import part_of
from widgets.panel.filter_list import FilterList
from widgets.studio.job_bar import JobBar

ROOT = Path(__file__).parent.parent.parent
PYTHON = [
    *sorted((ROOT / "widgets").rglob("*.py")),
    *(path for path in sorted((ROOT / "lab").rglob("*.py")) if "_repr_html_" in path.read_text()),
]
SCRIPTS = sorted((ROOT / "widgets").rglob("*.js"))
ESCAPING = {"escape", "html_for_page", "caption"}
"""Functions whose answers are HTML, whatever they were given; `caption` is looked at here as well."""
NUMBERS = {("param_panel.py", "runs"), ("param_panel.py", "schedule")}
ESCAPED_BEFORE = {("step_scrubber.py", "self._captions[0]"), ("step_scrubber.py", "self._captions[step]")}
PARSED = re.compile(r"\b(innerHTML|outerHTML|srcdoc)\s*[+]?=(?!=)|insertAdjacentHTML|createContextualFragment"
                    r"|document\.write|parseFromString|setHTMLUnsafe")  # fmt: skip
MARKUP = "<img src=x onerror=alert(1)>"


class HtmlOf(ast.NodeVisitor):
    """The expressions of one module that become the value of an `HTML` widget, and its f-strings with tags."""

    def __init__(self, tree: ast.Module) -> None:
        self.classes = {"HTML", "HTMLMath"}
        self.widgets: set[str] = set()
        self.found: list[ast.expr] = []
        self.words: dict[str, list[ast.expr]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and self.classes & {ast.unparse(base) for base in node.bases}:
                self.classes.add(node.name)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target, value in _pairs(node):
                    self.words.setdefault(ast.unparse(target), []).append(value)
                    if isinstance(value, ast.Call) and ast.unparse(value.func) in self.classes:
                        self.widgets.add(ast.unparse(target))
        self.visit(tree)

    def visit_Call(self, node: ast.Call) -> None:
        name = ast.unparse(node.func)
        if name in self.classes:
            self.found += [*node.args[:1], *(word.value for word in node.keywords if word.arg == "value")]
        if name.endswith(".post") and name.removesuffix(".post") in self.widgets:
            self.found += [word.value for word in node.keywords if word.arg == "value"]
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            name = ast.unparse(target)
            if name.endswith(".value") and name.removesuffix(".value") in self.widgets:
                self.found.append(node.value)
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        constant = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        if re.search(r"</?[a-z]", constant):
            self.found.append(node)
        self.generic_visit(node)


def _pairs(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What is assigned to what, `a, b = c, d` one by one."""
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=True)
        else:
            yield target, node.value


def unsafe(path: Path) -> Iterator[str]:
    """The expressions that may hold somebody's words as they are."""
    module = HtmlOf(ast.parse(path.read_text()))

    def is_safe(node: ast.expr) -> bool:
        said = ast.unparse(node)
        if isinstance(node, ast.Constant) or (path.name, said) in NUMBERS | ESCAPED_BEFORE:
            return True
        if isinstance(node, ast.JoinedStr):
            return all(isinstance(part, ast.Constant) or is_safe(part.value) for part in node.values)  # pyright: ignore[reportAttributeAccessIssue]
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.GeneratorExp):
            return ast.unparse(node.func) == "''.join" and is_safe(node.args[0].elt)
        if isinstance(node, ast.Call):
            return ast.unparse(node.func).rpartition(".")[2] in ESCAPING
        if isinstance(node, ast.Name):
            given = module.words.get(said, [])
            return node.id.isupper() or (bool(given) and all(map(is_safe, given)))
        return False

    yield from (
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}" for node in module.found if not is_safe(node)
    )


def test_every_html_widget_is_found() -> None:
    found = [node for path in PYTHON for node in HtmlOf(ast.parse(path.read_text())).found]
    assert len(found) >= 15, "the walk lost its way"


def test_no_words_become_html_in_python() -> None:
    assert [one for path in PYTHON for one in unsafe(path)] == [], "escape it, or show it in a Label"


@pytest.mark.parametrize("line", ['HTML(f"<b>{name}</b>")', "said = HTML(); said.value = words", "HTML(words)"])
def test_the_walk_sees_what_is_not_escaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr("tests.widgets.test_html.ROOT", tmp_path)
    (tmp_path / "new.py").write_text(line)
    assert list(unsafe(tmp_path / "new.py"))


def test_no_words_become_html_in_the_browser() -> None:
    for path in SCRIPTS:
        text = path.read_text()
        for match in PARSED.finditer(text):
            literal = re.match(r"\s*`([^`]*)`", text[match.end() :])
            assert literal, f"{path.name}: {text[match.start() : match.end() + 60]!r}: only fixed markup is parsed"
            for filled in re.findall(r"\$\{([^}]*)\}", literal[1]):
                assert re.fullmatch(r"[A-Z_]+(\[name\])?", filled), f"{path.name}: {filled} is parsed as HTML"


def test_no_words_become_html_in_notebooks() -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        code = "".join("".join(cell["source"]) + "\n" for cell in json.loads(path.read_text())["cells"])
        for made in re.findall(r"\bHTML\((.*)", code):
            assert re.match(r'"[^"{]*"\)', made), f"{path.name}: {made}"


def test_the_docstring_and_the_name_of_a_filter_are_words(tables: None) -> None:
    def dazzle(picture: Picture) -> Picture:
        return picture

    dazzle.__doc__ = f"Looks like {MARKUP}."
    filter(dazzle)
    shown = FilterList()
    shown.value = [{"name": "dazzle", "settings": {}}]
    title = part_of(shown.children[1], HTML).value
    assert MARKUP not in title
    assert html.escape(MARKUP) in title
    shown.close()


def test_a_stage_is_words() -> None:
    bar = JobBar(lambda: None, clock=iter(range(0, 10_000, 100)).__next__)
    bar.hear(Started(1))
    bar.hear(Progress(1, MARKUP, 1, 2))
    for said in (bar.text, bar.spoken):
        assert said == f"{html.escape(MARKUP)}, step 1 of 2"
    bar.close()
