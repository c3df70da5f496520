"""Cut-outs, product shots and borrowed styles, without a model."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from lab.core import BadInput, Mask, Picture, Recipe, Reference, Request, Size
from lab.tasks import plan, task_named
from tests.tasks.paper_stages import PaperStages, noise


def product(side: int = 160) -> Picture:
    """A dark red block with a pattern, on white."""
    pixels = np.full((side, side, 3), 255, np.uint8)
    rng = np.random.default_rng(3)
    pixels[40:130, 50:110] = rng.integers((150, 30, 30), (180, 60, 60), (90, 60, 3))
    return Picture(pixels)


def ran(task: str, *pictures: Picture, settings: dict[str, object] | None = None, **fields: object) -> Picture:
    asked = Request(Recipe(task=task, settings=settings or {}, **fields), {one.hash: one for one in pictures})
    return task_named(task).run(asked, plan(asked).plan, PaperStages(noise))


def test_a_cut_out_keeps_the_subjects_pixels_and_lets_its_background_go() -> None:
    picture = product()
    made = ran(
        "remove_background",
        picture,
        image=picture.hash,
        settings={"margin": 0.0, "shadow_opacity": 0.0, "contact_shadow": 0.0},
    )
    assert made.has_alpha
    assert made.pixels[5, 5, 3] == 0
    assert np.array_equal(made.pixels[50:120, 60:100, :3], picture.pixels[50:120, 60:100])
    assert (made.pixels[50:120, 60:100, 3] == 255).all()


def test_a_cut_out_has_a_shadow_on_the_side_away_from_the_light_and_room_for_it() -> None:
    picture = product()
    settings = {"margin": 0.5, "light_direction": 90, "light_elevation": 30, "shadow_opacity": 0.8}
    made = ran("remove_background", picture, image=picture.hash, settings=settings)
    assert made.size == Size(320, 320)
    left, right = made.pixels[:, : 80 + 45, 3].sum(dtype=int), made.pixels[:, 80 + 115 :, 3].sum(dtype=int)
    assert left > 5 * max(right, 1), f"shadow on the left {left}, on the right {right}"


def test_a_background_of_paper_is_opaque() -> None:
    picture = product()
    made = ran("remove_background", picture, image=picture.hash, settings={"background": "white"})
    assert not made.has_alpha
    assert (made.pixels[0, 0] == 255).all()


def test_a_product_stands_in_a_given_scene_with_its_own_pixels() -> None:
    picture, scene = product(), Picture(np.full((300, 400, 3), (90, 140, 90), np.uint8))
    height = 90 / 300
    made = ran(
        "product_shot",
        picture,
        scene,
        image=picture.hash,
        scene=scene.hash,
        settings={"product_height": height, "y": 0.8, "harmony": 0.0},
    )
    assert made.size == scene.size
    left, top = 200 - 30, 240 - 90
    inside = made.pixels[top + 8 : top + 82, left + 8 : left + 52]
    assert np.array_equal(inside, picture.pixels[48:122, 58:102])
    assert (made.pixels[5, 5] == scene.pixels[5, 5]).all()


def test_a_product_without_a_scene_gets_one_that_is_drawn_around_its_size() -> None:
    picture = product(512)
    made = ran("product_shot", picture, image=picture.hash, prompt="on a wooden table")
    assert made.size == Size(512, 512)


def test_a_palette_is_borrowed_without_any_weights() -> None:
    picture, blue = product(), Picture(np.full((20, 20, 3), (30, 60, 200), np.uint8))
    lent = Reference(picture=blue.hash, lends="style")
    made = ran(
        "style_transfer", picture, blue, image=picture.hash, references=(lent,), strength=0.0, settings={"palette": 1.0}
    )
    mean = made.pixels.reshape(-1, 3).mean(axis=0)
    assert mean[2] > mean[0] + 50, f"mean colour {mean}"


def test_a_picture_on_which_nothing_stands_out_is_refused() -> None:
    plain = Picture(np.full((64, 64, 3), 200, np.uint8))
    with pytest.raises(BadInput, match="stands out"):
        ran("remove_background", plain, image=plain.hash)


def test_the_shadow_and_the_subject_come_as_layers_of_their_own() -> None:
    picture = product()
    own = {"margin": 0.2, "light_direction": 60, "shadow_opacity": 0.8, "reflection": 0.4}
    layers = {
        name: ran("remove_background", picture, image=picture.hash, settings={**own, "layer": name})
        for name in ("reflection", "shadow", "subject", "together")
    }
    assert all(layer.has_alpha for layer in layers.values())
    assert len(np.unique(layers["shadow"].pixels[..., :3].reshape(-1, 3), axis=0)) == 1, "a shadow has one colour"
    below = Image.new("RGBA", layers["together"].size)
    for name in ("reflection", "shadow", "subject"):
        below = Image.alpha_composite(below, layers[name].to_pil())
    assert Picture(np.asarray(below)) == layers["together"]


def test_a_trimap_says_what_is_subject_where_the_colours_do_not() -> None:
    picture = Picture(np.random.default_rng(1).integers(0, 256, (60, 80, 3), np.uint8))
    trimap = np.zeros((60, 80), np.uint8)
    trimap[10:50, 20:60] = 255
    mask = Mask(trimap).to_picture()
    made = ran(
        "remove_background",
        picture,
        mask,
        image=picture.hash,
        mask=mask.hash,
        settings={"margin": 0.0, "layer": "subject"},
    )
    assert np.array_equal(made.pixels[..., 3], trimap)
    assert np.array_equal(made.pixels[10:50, 20:60, :3], picture.pixels[10:50, 20:60])


@pytest.mark.parametrize("task", ["remove_background", "product_shot"])
def test_a_cut_out_by_a_plain_background_that_is_none_is_warned_of(task: str) -> None:
    def note(picture: Picture, **settings: object) -> str:
        asked = Request(Recipe(task=task, image=picture.hash, settings=settings), {picture.hash: picture})
        return plan(asked).plan.note

    rng = np.random.default_rng(1)
    busy = Picture(np.repeat(np.repeat(rng.integers(0, 256, (20, 20, 3), np.uint8), 12, 0), 12, 1))
    assert "the background is not plain" in note(busy)
    assert "plain" not in note(busy, finder="u2netp")
    assert "plain" not in note(product())
    cut = Picture(np.dstack([busy.pixels, np.tile(np.uint8([0, 255]), (240, 120))]))
    assert "plain" not in note(cut)
