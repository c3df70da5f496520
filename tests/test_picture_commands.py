"""Commands that begin with a picture: whether it is proven, varied and handed on as it says, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from lab import BadInput, Lab, Picture
from lab.__main__ import main
from lab.commands.of_pictures import axis_in
from tests.fakes import ScriptedEngine
from tests.gallery.foreign.containers import png_text
from tests.test_from_pictures import Elsewhere

PHOTO = Picture(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Elsewhere:
    """Draws for every command; commands keep things elsewhere than the pictures that they begin with."""
    engine = Elsewhere()
    monkeypatch.setattr("lab.session.lab.shared_engine", lambda: engine)
    monkeypatch.setenv("SKETCHLAB_HOME", str(tmp_path / "home"))
    return engine


@pytest.fixture
def saved(engine: ScriptedEngine, tmp_path: Path) -> Path:
    """A picture that was made of another, which lies in its file alone."""
    with Lab(home=tmp_path / "other", engine=engine) as lab:
        made = lab.run("image_to_image", image=PHOTO, prompt="a cat", seed=3, strength=0.4, model="sd15").wait(20)
        return made.save(tmp_path / "saved.png")


def test_a_picture_is_proven_and_a_change_is_named(
    engine: Elsewhere, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(saved)]) == 0
    assert "identical: every pixel is the same" in capsys.readouterr().out
    engine.changes = {"threads": 9}
    assert main(["verify", str(saved)]) == 0
    assert "threads was 2, is 9" in capsys.readouterr().out
    changed = Picture.of(saved).pixels.copy()
    changed[0, 0] ^= 1
    bare = saved.with_name("bare.png")
    bare.write_bytes(Picture(changed).to_png())
    assert main(["verify", str(bare)]) == 2
    assert "carries no recipe" in capsys.readouterr().err


def test_a_picture_is_varied_into_a_page_and_a_table_without_paths(
    saved: Path, tmp_path: Path, engine: Elsewhere, capsys: pytest.CaptureFixture[str]
) -> None:
    page, table = tmp_path / "out" / "grid.png", tmp_path / "out" / "grid.csv"
    asked = ["grid", str(saved), "-x", "strength=0.3,0.5", "-y", "prompt=a cat, grey|a dog", "-o", str(page)]
    assert main([*asked, "-o", str(table)]) == 0
    said = capsys.readouterr().out
    assert "4 of 4: " in said
    assert str(page) in said
    text = table.read_text(encoding="utf-8-sig")
    rows = [*csv.DictReader(io.StringIO(text))]
    assert [(row["strength"], row["prompt"]) for row in rows] == [
        (strength, prompt) for strength in ("0.3", "0.5") for prompt in ("a cat, grey", "a dog")
    ]
    assert str(tmp_path) not in text
    runs = len(engine.runs)
    assert main([*asked, "-o", str(table)]) == 0
    assert "was there" in capsys.readouterr().out
    assert len(engine.runs) == runs, "what is there is not drawn again"


def test_a_picture_of_another_tool_is_varied_and_one_of_ours_goes_to_comfyui(
    saved: Path, engine: Elsewhere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = tmp_path / "theirs.png"
    theirs.write_bytes(png_text(parameters="a teapot\nSteps: 4, Sampler: Euler, CFG scale: 3, Seed: 1, Size: 64x64"))
    assert main(["grid", str(theirs), "-x", "seed=1..3", "-o", str(tmp_path / "theirs.html")]) == 0
    assert [prompt for prompt, _ in engine.runs[1:]] == [engine.runs[1][0]] * 3
    assert main(["export", str(saved), str(tmp_path / "comfy")]) == 0
    assert json.loads((tmp_path / "comfy" / "prompt.json").read_text())
    assert [one.name for one in (tmp_path / "comfy" / "input").iterdir()]
    assert str(tmp_path / "comfy") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("guidance_scale=3,5.5", {"guidance_scale": [3, 5.5]}),
        ("seed=2..4", {"seed": [2, 3, 4]}),
        ("scheduler=ddim, euler a", {"scheduler": ["ddim", "euler a"]}),
        ("negative_prompt=a, b", {"negative_prompt": ["a, b"]}),
        ("prompt=1|[2]", {"prompt": ["1", "[2]"]}),
        ("settings.keep=true,null", {"settings.keep": [True, None]}),
        (None, None),
    ],
)
def test_an_axis_is_a_field_and_its_values(text: str | None, axis: dict[str, object] | None) -> None:
    assert axis_in(text) == axis


@pytest.mark.parametrize("text", ["", "seed", "=1", "seed="])
def test_an_axis_without_a_field_or_values_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="an axis is FIELD=VALUES"):
        axis_in(text)
    assert len((axis_in("seed=1..99999999999999999999") or {})["seed"]) == 1001
