"""A product in a scene: cut out, put in its place with its shadow, its own pixels untouched.

The scene is a given picture, or is drawn from the words.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from PIL import Image
from pydantic import Field

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.retouch.place import Placement, product_shot
from lab.tasks._light import LightSettings
from lab.tasks._task import DRAWING, Bench, Task
from lab.tasks.remove_background import Finder, subject


class ProductShotSettings(LightSettings):
    """Where the product stands, how large it is, and how the scene is tuned to it."""

    x: Annotated[float, Field(ge=0, le=1)] = Field(default=0.5, json_schema_extra={"step": 0.01})
    """Where its middle stands, as a share of the scene's width."""
    y: Annotated[float, Field(ge=0, le=1.5)] = Field(default=0.85, json_schema_extra={"step": 0.01})
    """Where its foot stands, as a share of the scene's height."""
    product_height: Annotated[float, Field(ge=0.02, le=1.5)] = Field(default=0.6, json_schema_extra={"step": 0.01})
    """How high it is, as a share of the scene's height."""
    turn: Annotated[int, Field(ge=-180, le=180)] = 0
    """Degrees by which it is turned clockwise; only 0, 90 and 180 leave its own pixels as they are."""
    finder: Finder = "plain"
    """What tells the product from its background: "plain" needs no weights and a plain background."""
    harmony: Annotated[float, Field(ge=0, le=1)] = Field(default=0.3, json_schema_extra={"step": 0.05})
    """How much the scene's light and colours move towards the product's; the product never changes."""


def _run(request: Request, plan: Plan, bench: Bench) -> Picture:
    recipe = request.recipe
    settings = ProductShotSettings.of(recipe)
    picture = request.pictures[recipe.image or ""]
    product = _turned(subject(picture, settings.finder, "quick", bench), settings.turn)
    if recipe.scene:
        scene = request.pictures[recipe.scene].on_white()
    else:
        drawn = bench.picture(bench.denoise(plan, bench.words(plan)))
        scene = drawn.resized(plan.size.fitted_around(picture.size))
    placement = Placement(settings.x, settings.y, settings.product_height)
    shot = product_shot(
        scene, product, placement, light=settings.light, mirror=settings.reflection, harmony=settings.harmony
    )
    return shot.picture


def _turned(product: Picture, degrees: int) -> Picture:
    if degrees == 0:
        return product
    return Picture(np.asarray(product.to_pil().rotate(-degrees, Image.Resampling.BICUBIC, expand=True)))


PRODUCT_SHOT = Task(
    name="product_shot",
    title="A product in a scene, with its shadow; its own pixels untouched",
    run=_run,
    listens_to=DRAWING | {"scene"},
    needs=frozenset({"image"}),
    settings=ProductShotSettings,
)
