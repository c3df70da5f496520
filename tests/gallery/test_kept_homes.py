"""What an earlier version kept is there in this one; `home_of_0_1` was written before the rooms were moved."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from lab import Lab, Recipe
from lab.gallery import recipe_of
from lab.gallery.metadata import KEY
from tests.fakes import ScriptedEngine
from widgets import Studio

KEPT = Path(__file__).parent / "home_of_0_1"


@pytest.fixture
def shop(tmp_path: Path, engine: ScriptedEngine) -> Iterator[Lab]:
    """A lab on a copy of it, which draws nothing before the test is over."""
    shutil.copytree(KEPT, tmp_path / "home")
    engine.gate.clear()
    with Lab(home=tmp_path / "home", session="shop", engine=engine) as lab:
        yield lab
        engine.gate.set()


def test_sketch_undo_settings_and_last_picture_come_back(shop: Lab) -> None:
    studio = Studio(shop, "sketch_to_image")
    assert studio.canvas is not None
    assert (studio.canvas.sketch.size, len(studio.canvas.sketch.strokes)) == ((512, 512), 1)
    studio.canvas.redo()
    assert len(studio.canvas.sketch.strokes) == 2
    settings = studio.panel.settings
    assert (settings["prompt"], settings["seed"], settings["steps"]) == ("a red apple", 7, 3)
    assert settings["filters"] == [{"name": "grain", "settings": {"amount": 0.1, "seed": 0}}]
    (file,) = (shop.home / "gallery").glob("2026-*/*.png")
    assert studio.view.png == file.read_bytes()
    studio.close()


def test_a_picture_with_its_recipe_and_its_source_comes_back(shop: Lab) -> None:
    (kept,) = shop.gallery.latest(10)
    assert kept.recipe == recipe_of(kept.path)
    assert (kept.recipe.prompt, kept.recipe.seed, kept.recipe.steps) == ("a red apple", 7, 3)
    assert kept.picture().size == (64, 64)
    source = shop.gallery.source(kept.recipe.controls[0].picture)
    assert source is not None
    assert source.hash == kept.recipe.controls[0].picture


def test_a_picture_whose_models_name_said_how_it_was_made_faster_comes_back(shop: Lab) -> None:
    """As the first version kept them: in the file, and in the index."""
    (kept,) = shop.gallery.latest(10)
    with Image.open(kept.path) as image:
        written = json.loads(image.info[KEY])
        written["recipe"]["model"] = "starter + taylorseer"
        chunk = PngImagePlugin.PngInfo()
        chunk.add_itxt(KEY, json.dumps(written))
        image.save(kept.path, pnginfo=chunk)
    with sqlite3.connect(shop.home / "gallery" / "gallery.sqlite") as index:
        index.execute("update pictures set recipe = ?", (json.dumps(written["recipe"]),))
    (again,) = shop.gallery.latest(10)
    expected = Recipe(**{**dict(kept.recipe), "model": "starter", "acceleration": "taylorseer"})
    assert again.recipe == recipe_of(again.path) == expected
    studio = Studio(shop, "sketch_to_image")
    assert studio.view.png == kept.path.read_bytes()
    studio.close()


def test_a_painter_has_its_picture(shop: Lab) -> None:
    studio = Studio(shop, "inpaint")
    assert studio.image is not None
    assert studio.image.size == (96, 64)
    studio.close()
