"""A product in a scene: cut out, put in its place with its shadow, its own pixels untouched.

The scene is a given picture, or is drawn from the words, around the product.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from PIL import Image
from pydantic import Field

from lab.core.geometry import Size
from lab.core.picture import Mask, Picture
from lab.core.recipe import Plan, Recipe, Request
from lab.retouch.fidelity import Stays
from lab.retouch.masks import inverted, mask_resized, thresholded
from lab.retouch.product_placement import Placement, ProductShot, placed, product_shot, shaded
from lab.tasks._light import LightSettings
from lab.tasks._redraw import RedrawSettings, redrawn
from lab.tasks._steps import on_its_notch, steps_run
from lab.tasks._task import DRAWING, Stages, Task
from lab.tasks.remove_background import Finder, remark_on_background, subject
from lab.vision.cutout import PLAIN, cut_out, is_cut_out

_PLACE: Any = {"group": "Place"}
_DRAGGED: Any = {"step": 0.001, "is_dragged": True, **_PLACE}
_ANGLE: Any = {"is_angle": True, **_PLACE}
_SCENE: Any = {"step": 0.05, "group": "Scene"}


class ProductShotSettings(LightSettings):
    """Where the product stands, how large it is, and how the scene is tuned to it."""

    x: Annotated[float, Field(ge=0, le=1)] = Field(default=0.5, title="Horizontal position", json_schema_extra=_DRAGGED)
    """Where its middle stands, as a share of the scene's width."""
    y: Annotated[float, Field(ge=0, le=1.5)] = Field(
        default=0.85, title="Vertical position", json_schema_extra=_DRAGGED
    )
    """Where its foot stands, as a share of the scene's height."""
    product_height: Annotated[float, Field(ge=0.02, le=1.5)] = Field(
        default=0.6, json_schema_extra={"step": 0.001, **_PLACE}
    )
    """How high it is, as a share of the scene's height."""
    turn: Annotated[int, Field(ge=-180, le=180)] = Field(default=0, title="Rotation", json_schema_extra=_ANGLE)
    """Degrees by which it is turned clockwise; only 0, 90 and 180 leave its own pixels as they are."""
    finder: Finder = Field(default=PLAIN, title="Cut-out method", json_schema_extra=_PLACE)
    """What tells the product from its background: "plain" needs no weights and a plain background."""
    harmony: Annotated[float, Field(ge=0, le=1)] = Field(default=0.3, title="Harmonization", json_schema_extra=_SCENE)
    """How much the scene's light and colours move towards the product's; the product never changes."""
    refine_shadow: Annotated[float, Field(ge=0, le=1)] = Field(default=0.0, json_schema_extra=_SCENE)
    """How much the model redraws the shadow and the reflection, so that they take on the floor; 0 leaves them as they
    are. Nothing but the floor under them changes."""


_WHOLE_SHADOW = 80
"""A shadow of this many levels of 255 may be redrawn wholly; a fainter one less, so that no edge is left."""


def scene_size(request: Request, plan: Plan) -> Size:
    """The size of the scene, in which shares of its width and height are counted, and of the result."""
    if request.recipe.scene:
        return request.pictures[request.recipe.scene].size
    return plan.size.fitted_around(request.pictures[request.recipe.image or ""].size)


def _run(request: Request, plan: Plan, stages: Stages) -> Picture:
    recipe = request.recipe
    settings = ProductShotSettings.of(recipe)
    picture = request.pictures[recipe.image or ""]
    product = _turned(subject(picture, settings.finder, "quick", stages), settings.turn)
    placement = Placement(settings.x, settings.y, settings.product_height)
    if recipe.scene:
        scene = request.pictures[recipe.scene].on_white()
    else:
        scene = _drawn_around(placed(product, scene_size(request, plan), placement), plan, stages)
    shot = product_shot(
        scene, product, placement, light=settings.light, mirror=settings.reflection, harmony=settings.harmony
    )
    return _refined(shot, settings.refine_shadow, request, plan, stages)


def _drawn_around(product: Picture, plan: Plan, stages: Stages) -> Picture:
    """A scene from the words, as large as the layer of the product: the model sees that, and draws everything else."""
    start = product.on_white().resized(plan.size)
    kept = mask_resized(Mask.from_alpha(product), plan.size)
    around = inverted(thresholded(kept))
    drawn = stages.picture(stages.denoise(plan, stages.words(plan), start=start, mask=around))
    return drawn.resized(product.size)


def _refined(shot: ProductShot, amount: float, request: Request, plan: Plan, stages: Stages) -> Picture:
    """The shot with its shadow redrawn; every other pixel of it is the same bit by bit."""
    strength = on_its_notch(plan.steps, amount)
    steps, runs = steps_run(plan.steps, strength, plan.card)
    mask = shadow_mask(shot)
    if runs == 0 or not mask.pixels.any():
        return shot.picture
    again = replace(plan, strength=strength, steps=steps, steps_run=runs)
    pasting = RedrawSettings(grow_px=0, feather_px=0)
    drawn = redrawn(shot.picture, mask, pasting, request=request, plan=again, stages=stages)
    return shaded(shot.picture, drawn)


def shadow_mask(shot: ProductShot) -> Mask:
    """Where the product darkens the floor or is mirrored by it, and does not stand itself; fades as they do."""
    dark = np.maximum(shot.shadow.pixels[..., 3], shot.mirrored.pixels[..., 3]).astype(int)
    levels = np.minimum(255, dark * 255 // _WHOLE_SHADOW)
    return Mask(np.where(shot.product.pixels[..., 3] > 0, 0, levels).astype(np.uint8))


def _redraws(recipe: Recipe) -> float:
    """A scene that is drawn is drawn wholly; in a given one only the shadow is."""
    return ProductShotSettings.of(recipe).refine_shadow if recipe.scene else 1.0


def _stays(request: Request, plan: Plan, made: Picture) -> Stays | None:  # noqa: ARG001 - every task has this signature
    """The product where it is opaque, at its place; None where only a network can tell it from its background."""
    settings, picture = ProductShotSettings.of(request.recipe), request.pictures[request.recipe.image or ""]
    if settings.finder != PLAIN and not is_cut_out(picture):
        return None
    product = _turned(cut_out(picture, model=PLAIN), settings.turn)
    size = scene_size(request, plan)
    layer = placed(product, size, Placement(settings.x, settings.y, settings.product_height))
    return Stays(layer, Mask.from_alpha(layer), "the product", joins=False)


def _turned(product: Picture, degrees: int) -> Picture:
    if degrees == 0:
        return product
    return Picture(np.asarray(product.to_pil().rotate(-degrees, Image.Resampling.BICUBIC, expand=True)))


PRODUCT_SHOT = Task(
    name="product_shot",
    title="A product in a scene, with its shadow; its own pixels untouched",
    run=_run,
    recipe_fields=DRAWING | {"scene"},
    needs=frozenset({"image"}),
    settings=ProductShotSettings,
    makes=scene_size,
    redraws=_redraws,
    frame="place",
    stays=_stays,
    remark=remark_on_background,
)
