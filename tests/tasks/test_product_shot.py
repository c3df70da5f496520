"""The shadow of a product shot, redrawn: nothing but the floor under it changes, whatever the model draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core import BadInput, Box, Picture, Recipe, Request, Size
from lab.retouch.colours import to_lab
from lab.retouch.product_placement import Placement, placed_box, product_shot, shaded
from lab.tasks import plan, task_named
from lab.tasks.product_shot import ProductShotSettings, scene_size, shadow_mask
from tests.tasks.paper_stages import PaperStages, noise, same

SCENE = Picture(np.random.default_rng(5).integers(90, 200, (210, 330, 3), np.uint8))


def product(height: int = 60, width: int = 40) -> Picture:
    """A cut-out block with a soft edge around its upper half."""
    pixels = np.zeros((height + 20, width + 20, 4), np.uint8)
    pixels[..., :3] = np.random.default_rng(7).integers(0, 256, (height + 20, width + 20, 3), np.uint8)
    pixels[10:-10, 10:-10, 3] = 255
    pixels[10 : 10 + height // 2, [9, -10], 3] = 120
    return Picture(pixels)


def asked(scene: Picture | None = SCENE, **own: object) -> Request:
    pictures = [product(), *([scene] if scene else [])]
    recipe = Recipe(task="product_shot", image=pictures[0].hash, scene=scene.hash if scene else None, settings=own)
    return Request(recipe, {one.hash: one for one in pictures})


def ran(request: Request, stages: PaperStages) -> Picture:
    return task_named("product_shot").run(request, plan(request).plan, stages)


def shot_of(request: Request):
    own = ProductShotSettings.of(request.recipe)
    return product_shot(
        SCENE, product(), Placement(own.x, own.y, own.product_height), light=own.light, mirror=own.reflection,
        harmony=own.harmony,
    )  # fmt: skip


@settings(max_examples=40)
@given(
    st.floats(0.1, 0.9), st.floats(0.4, 1.2), st.integers(0, 360), st.sampled_from([0.2, 0.5, 1.0]),
    st.sampled_from([0.0, 0.7]),
)  # fmt: skip
def test_a_redrawn_shadow_changes_nothing_but_itself(
    x: float, y: float, direction: int, amount: float, mirrored: float
) -> None:
    own = {"x": x, "y": y, "light_direction": direction, "reflection": mirrored, "product_height": 0.5, "harmony": 0.0}
    request = asked(**own, refine_shadow=amount)
    shot = shot_of(request)
    made = ran(request, PaperStages(noise))
    changed = (made.pixels != shot.picture.pixels).any(axis=-1)
    dark = (shot.shadow.pixels[..., 3] > 0) | (shot.mirrored.pixels[..., 3] > 0)
    is_product = shot.product.pixels[..., 3] > 0
    assert not changed[is_product].any(), "the product changed"
    assert not changed[~dark].any(), "the scene changed where no shadow lies"
    wholly = shadow_mask(shot).pixels == 255
    assert changed[wholly].sum() >= 0.9 * wholly.sum()
    opaque = shot.product.pixels[..., 3] == 255
    assert (made.pixels[opaque] == shot.product.pixels[opaque][:, :3]).all()
    untouched = ~dark & ~is_product
    assert (made.pixels[untouched] == SCENE.pixels[untouched]).all()


def test_a_shadow_is_left_alone_unless_asked_and_no_model_is_woken() -> None:
    stages = PaperStages(noise)
    assert ran(asked(), stages) == shot_of(asked()).picture
    assert plan(asked()).plan.steps_run == 0
    assert stages.plans == []


def test_a_model_that_changes_nothing_leaves_the_shot_as_it_is() -> None:
    assert ran(asked(refine_shadow=0.5), PaperStages(same)) == shot_of(asked()).picture


def test_the_amount_is_the_share_of_the_steps_that_run() -> None:
    assert plan(asked(refine_shadow=0.5)).plan.steps_run == 6
    stages = PaperStages(noise)
    drawn = asked(scene=None, refine_shadow=0.25)
    ran(drawn, stages)
    assert plan(drawn).plan.steps_run == 12, "the scene is drawn from nothing"
    assert [(one.steps_run, one.strength) for one in stages.plans] == [(12, 1.0), (3, 0.25)]
    assert len(stages.masks) == 2


def test_a_scene_from_words_is_drawn_around_the_product_which_the_model_sees() -> None:
    stages = PaperStages(noise)
    request = asked(scene=None, product_height=0.5, y=0.8)
    made = ran(request, stages)
    (around,), (start,) = stages.masks, stages.starts
    kept = around.pixels == 0
    assert set(np.unique(around.pixels)) == {0, 255}
    assert made.size == scene_size(request, plan(request).plan)
    box = placed_box(product(), around.size, Placement(0.5, 0.8, 0.5))
    rows, columns = np.nonzero(kept)
    assert abs(np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) - np.array(box)).max() <= 3, (
        "but for its soft edge"
    )
    assert (start.pixels[~kept] > 120).mean() > 0.95, "around the product there is white paper to draw on"


def test_a_redrawn_shadow_keeps_the_hue_of_the_floor() -> None:
    rng = np.random.default_rng(2)
    before = Picture(np.full((40, 40, 3), (120, 100, 80), np.uint8))
    after = Picture(rng.integers(0, 256, (40, 40, 3), np.uint8))
    moved = np.abs(to_lab(shaded(before, after).pixels) - to_lab(before.pixels)).max(axis=(0, 1))
    assert (moved < np.array([15, 6.5, 6.5])).all(), f"lightness, a and b moved by {moved}"
    assert moved[0] > 10


def test_the_box_of_a_product_is_where_it_comes_to_lie() -> None:
    place = Placement(0.5, 0.8, 0.5)
    box = placed_box(product(), SCENE.size, place)
    assert box == Box(128, 63, 202, 168)
    shot = product_shot(SCENE, product(), place)
    rows, columns = np.nonzero(shot.product.pixels[..., 3])
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == box
    with pytest.raises(BadInput, match="cut it out first"):
        placed_box(SCENE, Size(10, 10), place)
