"""Where the command line puts its results: each in a file of its own, over none that is somebody's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from lab.__main__ import main
from lab.gallery import recipe_of
from tests.fakes import ScriptedEngine


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKETCHLAB_HOME", str(tmp_path / "home"))


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> ScriptedEngine:
    engine = ScriptedEngine(steps=1)
    monkeypatch.setattr("lab.session.lab.shared_engine", lambda: engine)
    return engine


def photo(path: Path) -> bytes:
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (32, 24), (200, 40, 40)).save(path)
    return path.read_bytes()


LONG = "a red apple on a wooden table " * 5
ALIKE = ["Shoe", "shoe", "caf\u00e9", "cafe\u0301"]
WORDS = [LONG + "at dawn", LONG + "at dusk", "a cat 🐱", "a cat 🐶", "a cat?", "a cat!", "🍎", "", *ALIKE]


def test_every_result_of_a_command_has_a_file_of_its_own_and_the_same_one_again(tmp_path: Path) -> None:
    command = ["text", *(part for word in WORDS for part in ("--prompt", word)), "-o", str(tmp_path / "out")]
    names = []
    for _ in range(2):
        assert main(command) == 0
        names.append(sorted(path.name for path in (tmp_path / "out").iterdir()))
    assert sorted(recipe_of(path).prompt for path in (tmp_path / "out").iterdir()) == sorted(WORDS)
    assert names[0] == names[1]
    assert len({name.casefold() for name in names[0]}) == len(WORDS)


def test_a_command_for_one_of_two_words_does_not_replace_the_other_ones_picture(tmp_path: Path) -> None:
    out = ["-o", str(tmp_path)]
    assert main(["text", "--prompt", "a cat 🐱", "--prompt", "a cat 🐶", *out]) == 0
    assert main(["text", "--prompt", "a cat 🐶", "--prompt", "a cat 🐭", *out]) == 0
    assert sorted(recipe_of(path).prompt for path in tmp_path.glob("*.png")) == ["a cat 🐭", "a cat 🐱", "a cat 🐶"]


def test_a_picture_is_never_replaced_by_what_is_made_of_it(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    shoe = tmp_path / "shoe.png"
    before = photo(shoe)
    (tmp_path / "linked.png").symlink_to(shoe)
    os.link(shoe, tmp_path / "twin.png")
    for output in ("shoe.png", "linked.png", "twin.png", "../" + tmp_path.name + "/shoe.png"):
        for command in (["image-to-image", str(shoe)], ["product-shot", str(shoe)]):
            assert main([*command, "-o", str(tmp_path / output)]) == 2
            assert "is what the picture is made of" in capsys.readouterr().err
    photo(tmp_path / "photo.png")
    for flag in ("--scene", "--style"):
        task = {"--scene": "product-shot", "--style": "style-transfer"}[flag]
        assert main([task, str(tmp_path / "photo.png"), flag, str(shoe), "-o", str(shoe)]) == 2
    assert shoe.read_bytes() == before
    assert engine.runs == []


def test_results_do_not_go_among_the_pictures_that_they_are_made_of(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: photo(path) for path in (tmp_path / "shoes" / "left.png", tmp_path / "shoes" / "right.jpg")}
    assert main(["image-to-image", str(tmp_path / "shoes"), "-o", str(tmp_path / "shoes")]) == 2
    assert "is where the pictures come from" in capsys.readouterr().err
    words = ["--prompt", "left", "--prompt", "right"]
    assert main(["image-to-image", str(tmp_path / "shoes" / "left.png"), *words, "-o", str(tmp_path / "shoes")]) == 2
    assert {path: path.read_bytes() for path in (tmp_path / "shoes").iterdir()} == before
    assert engine.runs == []


def test_a_file_that_was_not_made_here_is_not_replaced_and_one_that_was_is(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    holiday = tmp_path / "holiday.png"
    before = photo(holiday)
    assert main(["text", "--prompt", "a beach", "-o", str(holiday)]) == 2
    assert "was not made here" in capsys.readouterr().err
    assert main(["text", "--prompt", "holiday", "--prompt", "work", "-o", str(tmp_path)]) == 2
    assert main(["text", "-o", str(tmp_path / "home.png" / "a.png")]) == 0
    assert main(["text", "-o", str(tmp_path / "home.png")]) == 2
    assert "is a folder" in capsys.readouterr().err
    assert main(["text", "--prompt", "a", "--prompt", "b", "-o", str(holiday)]) == 2
    assert "is a file" in capsys.readouterr().err
    assert holiday.read_bytes() == before
    assert len(engine.runs) == 1
    (tmp_path / "out.png").touch()  # as `mktemp` leaves it
    for prompt in ("a beach", "a park"):
        assert main(["text", "--prompt", prompt, "-o", str(tmp_path / "out.png")]) == 0
        assert recipe_of(tmp_path / "out.png").prompt == prompt
