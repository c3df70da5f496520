"""A saved picture carries what was wanted, in words that other tools read, and nothing of this machine."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lab.core import BadInput, Picture, Recipe, Request
from lab.core.events import Result
from lab.core.recipe import Lora
from lab.gallery import pictures_in, png_with_recipe, recipe_in, recipe_of
from lab.gallery.foreign import read_text
from lab.gallery.parameters import parameters_of
from lab.tasks import plan
from tests.gallery.foreign.containers import png, text_chunk

_GREYS = np.arange(64 * 80 * 3, dtype=np.uint32).reshape(64, 80, 3) % 251
DRAWN = Picture(_GREYS.astype(np.uint8))
ROOM = Picture(np.full((64, 80, 3), 90, np.uint8))
_ALPHA = np.dstack([DRAWN.pixels, (DRAWN.pixels[..., :1] // 2)])


def result(**fields: Any) -> Result:
    recipe = Recipe(**{"prompt": "a teapot", "seed": 41, "model": "sd15", **fields})
    request = Request(recipe, {ROOM.hash: ROOM})
    return Result(DRAWN, request, plan(request).plan, 1.0)


REDRAWN: dict[str, Any] = {"task": "image_to_image", "image": ROOM.hash, "strength": 0.6}


@pytest.mark.parametrize("ending", ["png", "webp"])
def test_a_saved_picture_has_its_pixels_its_recipe_and_the_pictures_that_it_names(ending: str, tmp_path: Path) -> None:
    path = result(**REDRAWN).save(tmp_path / "new" / f"out.{ending}")
    assert Picture.of(path) == DRAWN
    assert recipe_of(path) == result(**REDRAWN).request.recipe
    assert {name: one.hash for name, one in pictures_in(path).items()} == {ROOM.hash: ROOM.hash}
    Request(recipe_of(path), pictures_in(path))


@pytest.mark.parametrize("ending", ["png", "webp"])
def test_transparent_pixels_keep_their_colours(ending: str, tmp_path: Path) -> None:
    drawn = Picture(np.ascontiguousarray(_ALPHA))
    one = result()
    path = Result(drawn, one.request, one.plan, 1.0).save(tmp_path / f"out.{ending}")
    with Image.open(path) as image:
        assert np.array_equal(np.asarray(image.convert("RGBA")), drawn.pixels)


@pytest.mark.parametrize("ending", ["png", "webp"])
def test_what_is_stripped_is_not_in_the_file(ending: str, tmp_path: Path) -> None:
    path = result(**REDRAWN).save(tmp_path / f"out.{ending}", recipe=False)
    assert Picture.of(path) == DRAWN
    assert recipe_in(path.read_bytes()) is None
    assert pictures_in(path) == {}
    assert b"teapot" not in path.read_bytes()
    assert "teapot".encode("utf-16-be") not in path.read_bytes()


@pytest.mark.parametrize("more", [0, -1])
def test_all_that_is_in_a_file_has_together_no_more_pixels_than_one_picture_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    path = result(**REDRAWN).save(tmp_path / "out.png")
    monkeypatch.setattr("lab.gallery.saved_file.MAX_PIXELS", ROOM.size.pixels + more)
    assert list(pictures_in(path)) == ([] if more else [ROOM.hash])


@pytest.mark.parametrize("ending", ["png", "webp"])
def test_the_pictures_may_stay_out(ending: str, tmp_path: Path) -> None:
    path = result(**REDRAWN).save(tmp_path / f"out.{ending}", pictures=False)
    assert pictures_in(path) == {}
    assert recipe_of(path) == result(**REDRAWN).request.recipe


def test_what_the_gallery_knows_of_a_picture_is_saved_with_it(tmp_path: Path) -> None:
    with Image.open(io.BytesIO(png_with_recipe(result()))) as image:
        text = image.info["sketchlab"]
    kept = tmp_path / "kept.png"
    kept.write_bytes(png(text_chunk("sketchlab", text.replace('"ran": {', '"ran": {"more": "known", '))))
    path = replace(result(), path=kept).save(tmp_path / "out.png")
    with Image.open(path) as image:
        assert '"more": "known"' in image.info["sketchlab"]
    gone = replace(result(), path=tmp_path / "gone.png").save(tmp_path / "out.png")
    assert recipe_of(gone) == result().request.recipe


@pytest.mark.parametrize("ending", ["jpg", "", "gif"])
def test_other_kinds_of_file_are_refused(ending: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="saved as PNG or WebP"):
        result().save(tmp_path / f"out.{ending}")


def test_a_picture_in_a_file_that_is_not_what_it_says_is_left_out(tmp_path: Path) -> None:
    path = result(**REDRAWN).save(tmp_path / "out.png")
    spoilt = path.read_bytes().replace(ROOM.hash.encode() + b"\x89PNG", b"0" * 32 + b"\x89PNG")
    assert pictures_in(spoilt) == {}


def test_a_recipe_behind_the_pixels_is_read(tmp_path: Path) -> None:
    with Image.open(io.BytesIO(png_with_recipe(result()))) as image:
        text = image.info["sketchlab"]
    path = tmp_path / "out.png"
    path.write_bytes(png(after=(text_chunk("sketchlab", text),)))
    assert recipe_of(path) == result().request.recipe


@pytest.mark.parametrize(("prompt", "kind"), [("a teapot", b"tEXt"), ("ein Kännchen", b"tEXt"), ("急須", b"iTXt")])
def test_other_tools_find_the_settings_as_latin_1_where_that_holds_them(prompt: str, kind: bytes) -> None:
    assert kind + b"parameters\0" in png_with_recipe(result(prompt=prompt))


def test_the_settings_are_in_automatic1111_s_words() -> None:
    one = result(
        negative_prompt="fog", scheduler="dpm++ 2m karras", guidance_scale=6.5, steps=22, width=640, height=512
    )
    assert parameters_of(one.plan) == (
        "a teapot\nNegative prompt: fog\n"
        "Steps: 22, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 41, Size: 640x512, "
        "Model: v1-5-pruned-emaonly, RNG: CPU, Version: Sketchlab"
    )


def test_the_line_of_the_negative_prompt_is_there_when_it_is_empty() -> None:
    assert "\nNegative prompt: \nSteps: " in parameters_of(result().plan)


SCHEDULERS = [
    "ddim", "ddim trailing", "euler", "euler trailing", "euler a", "dpm++ 2m", "dpm++ 2m karras", "unipc", "lcm",
]  # fmt: skip


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_what_is_written_for_others_is_read_back_as_the_same(scheduler: str) -> None:
    loras = (Lora(name="moss", weight=0.7),)
    one = result(
        scheduler=scheduler, loras=loras, negative_prompt="fog", steps=22, guidance_scale=6.5, width=640, height=512
    )
    assert read_text(parameters_of(one.plan)).recipe == one.request.recipe


def test_a_strength_is_written_and_read_back() -> None:
    found = read_text(parameters_of(result(**REDRAWN).plan)).recipe
    assert (found.task, found.strength) == ("image_to_image", 0.6)


def test_no_place_of_this_machine_is_written_for_others() -> None:
    place, lora = "/home/someone/secret/moor.safetensors", Lora(name="/home/someone/moss.safetensors")
    text = parameters_of(result(model=place, family="sd15", loras=(lora,)).plan)
    assert "someone" not in text
    assert "Model: moor," in text
    assert "<lora:moss:1>" in text
