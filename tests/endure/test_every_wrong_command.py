"""The promise: a command with whatever wrong in it ends with one sentence, and never with a trace."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lab.__main__ import main
from lab.core import Picture
from lab.gallery import png_with_recipe
from lab.tasks import TASKS
from tests.endure.full import times
from tests.endure.judging import SEED, LimitedEngine, fault_of_words, in_time
from tests.endure.right_arguments import PICTURE, RESULT

COMMANDS = times(1000, 40)
WRONG = (
    "", " ", "-", "--", "0", "-1", "1e400", "nan", "inf", "10" * 30, "1,5", "ä", "a\0b", "a\nb", "x" * 300,
    "x" * 5000, "é" * 200, "~", "~nobody/x", "/", ".", "..", "/dev/null", "/etc/passwd", "nothing.png", "words.txt",
    "empty.png", "half.png", "folder", "made.png/x.png", "out", "out.jpg", "folder/out.png", "starter + x", "sd15",
    "owner/name", "None", "[]", "{}", "%s", "$HOME", "*", "made.png",
)  # fmt: skip
"""What somebody may type where something else was wanted; some are files in the folder where it is typed."""
RIGHT = {
    "image": "made.png", "mask": "mask.png", "sketch": "made.png", "control": "made.png", "--prompt": "an apple",
    "--negative-prompt": "blur", "--seed": "3", "--steps": "2", "--guidance-scale": "3", "--width": "64",
    "--height": "64", "--scheduler": "ddim", "--model": "starter", "--memory-gb": "4", "--home": "kept",
    "-o": "out.png", "--strength": "0.5", "--mask": "mask.png", "--scene": "made.png", "--style": "made.png",
    "--kind": "lines", "--sketch-strength": "1", "--factor": "2", "--upscaler": "starter", "--family": "sd15",
    "--acceleration": "taylorseer", "--colour-strength": "0.5", "--colours": "made.png",
}  # fmt: skip


@pytest.fixture
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with pictures and with files that are none; every lab draws by a script."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SKETCHLAB_HOME", str(tmp_path / "kept"))
    engine = LimitedEngine(steps=1)
    monkeypatch.setattr("lab.session.lab.shared_engine", lambda: engine)
    Path("made.png").write_bytes(png_with_recipe(RESULT))
    Path("mask.png").write_bytes(Picture(PICTURE.pixels * 0 + 255).to_png())
    Path("words.txt").write_text("a red apple")
    Path("empty.png").touch()
    Path("half.png").write_bytes(PICTURE.to_png()[:60])
    Path("folder").mkdir()


def places(task: str) -> list[str]:
    """What comes without a name in the command of a task."""
    known = TASKS[task]
    first = ["image"] if "image" in known.needs else []
    mask = ["mask"] if "mask" in known.needs else []
    drawn = (["sketch"] if known.sketch else ["control"]) if "controls" in known.needs else []
    return [*first, *mask, *drawn]


def wrong_command(dice: random.Random, number: int) -> list[str]:
    if number % 12 == 0:
        return ["show", dice.choice(WRONG)]
    task = dice.choice(list(TASKS))
    options = dice.sample([name for name in RIGHT if name.startswith("--")], k=dice.randint(1, 4))
    given = {name: RIGHT[name] for name in (*places(task), *options, "-o")}
    for name in dice.sample(list(given), k=dice.choice((1, 1, 2))):
        given[name] = dice.choice(WRONG)
    words = [word for name, value in given.items() for word in ([name, value] if name.startswith("-") else [value])]
    return [task.replace("_", "-"), *words]


@pytest.mark.usefixtures("_files")
@pytest.mark.filterwarnings("ignore")  # a warning is no error
def test_every_wrong_command_ends_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(SEED)
    faults = {}
    for number in range(COMMANDS):
        command = wrong_command(dice, number)
        try:
            with in_time():
                code = main(command)
        except SystemExit as ended:  # the parser of arguments says it in its own words
            capsys.readouterr()
            if ended.code != 2:
                faults[str(command)[:300]] = f"ended with {ended.code}"
            continue
        except BaseException as error:
            capsys.readouterr()
            faults[str(command)[:300]] = repr(error)[:200]
            continue
        said = capsys.readouterr().err
        if code and (why := fault_of_words(said.removeprefix("error: ").removesuffix("\n"))):
            faults[str(command)[:300]] = f"{why}: {said[:200]}"
    listed = "\n".join(f"{command}: {why}" for command, why in list(faults.items())[:100])
    assert not faults, f"{len(faults)} of {COMMANDS} commands, such as:\n{listed}"


@pytest.mark.usefixtures("_files")
@pytest.mark.parametrize("task", TASKS)
def test_a_right_command_is_taken(task: str) -> None:
    if not TASKS[task].edits:  # no model of the script's is one that edits
        assert main([task.replace("_", "-"), *(RIGHT[name] for name in places(task)), "-o", "out.png"]) == 0
