"""Two pictures compared in a line of Python: what both are, by whatever name, and what made the difference."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from lab import BadInput, Lab, Picture
from tests.gallery.foreign.containers import png_text
from tests.gallery.foreign.test_infotext import PLAIN


def test_results_files_names_and_kept_ones_are_the_same_picture(lab: Lab, tmp_path: Path) -> None:
    one = lab.run("text_to_image", prompt="a red apple", seed=1).wait(20)
    other = lab.run("text_to_image", prompt="a green apple", seed=1, steps=4).wait(20)
    assert one.path is not None
    names = [one, lab.gallery.latest(2)[1], lab.open(one.path), one.path, str(one.path), one.path.name]
    copy = tmp_path / "copy.png"
    copy.write_bytes(one.path.read_bytes())
    for given in [*names, copy, copy.read_bytes()]:
        same = lab.compare(given, one)
        assert same.is_identical
        assert str(same).splitlines() == ["identical: every pixel is the same", "  the settings are the same"]
        differs = [str(line) for line in lab.compare(given, other).settings]
        assert differs == ["prompt: a [red] apple | a [green] apple", "steps: [12] | [4]"]


def test_a_picture_without_a_recipe_is_compared_by_its_pixels(lab: Lab) -> None:
    one = lab.run("text_to_image", prompt="a red apple").wait(20)
    changed = one.picture.pixels.copy()
    changed[3, 4, 1] ^= 9
    apart = lab.compare(one, changed)
    assert (apart.is_identical, apart.pixels.share) == (False, 1 / 256)
    assert apart.pixels.map.pixels[..., 0].nonzero() == (np.array([3]), np.array([4]))
    assert apart.note == "settings are not compared: B carries no recipe"


def test_a_picture_of_another_tool_is_compared_as_far_as_it_is_read(lab: Lab) -> None:
    theirs = png_text(parameters=PLAIN)
    differs = {line.field for line in lab.compare(theirs, lab.run("text_to_image", prompt="a").wait(20)).settings}
    assert {"prompt", "seed", "steps"} <= differs


def test_what_is_no_picture_is_refused(lab: Lab, tmp_path: Path) -> None:
    picture = Picture(np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "no.png").write_text("no")
    for wrong in ["nowhere.png", "*.png", tmp_path, tmp_path / "no.png", b"no", 7, None, [picture], io.BytesIO()]:
        with pytest.raises(BadInput):
            lab.compare(picture, wrong)  # pyright: ignore[reportArgumentType]
