"""A picture grows beyond its edges: the new part is drawn so that it goes on where the old one ends."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from lab.core.catalogue import ModelCard
from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.retouch.extend import Sides, extended, extension_steps, new_part
from lab.retouch.fidelity import Stays
from lab.retouch.masks import inverted
from lab.tasks._redraw import RedrawSettings, area_of, redrawn
from lab.tasks._task import DRAWING, Settings, Stages, Task, image_size

Side = Annotated[int, Field(ge=0, le=4096, json_schema_extra={"usual": [0, 1024]})]


class OutpaintSettings(Settings):
    """By how much a picture grows, and how the old part meets the new one."""

    left: Side = 0
    """Pixels to add on the left."""
    top: Side = 0
    """Pixels to add above."""
    right: Side = 128
    """Pixels to add on the right."""
    bottom: Side = 0
    """Pixels to add below."""
    overlap_px: Annotated[int, Field(ge=0, le=256)] = Field(default=16, json_schema_extra={"usual": [0, 64]})
    """How many pixels of the old picture are redrawn along with the new part; 0 keeps every old pixel as it is."""
    fill: Literal["edge", "mirror"] = "edge"
    """What stands in the new part before it is drawn; counts with a strength below 1."""
    match_colours: bool = True
    """Whether drifting colours are corrected by the old picture's."""
    surroundings: Annotated[float, Field(ge=0, le=2, json_schema_extra={"step": 0.05, "control": "inpaint"})] = 0.0
    """How strongly an inpaint ControlNet fits the new part to the old picture, where the model has one."""

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if not any(self.sides):
            msg = "a picture grows on at least one side: give left, top, right or bottom"
            raise ValueError(msg)
        return self

    @property
    def sides(self) -> Sides:
        """The four settings as one value, in pixels."""
        return Sides(self.left, self.top, self.right, self.bottom)

    def overlap_on(self, size: Size) -> int:
        """The overlap on a picture of this size, of which it is half at most."""
        return min(self.overlap_px, min(size) // 2)

    @property
    def pasting(self) -> RedrawSettings:
        """How each step is pasted: its mask fades within the overlap already."""
        return RedrawSettings(grow_px=0, feather_px=0, match_colours=self.match_colours, surroundings=self.surroundings)


def _run(request: Request, plan: Plan, stages: Stages) -> Picture:
    settings, native = OutpaintSettings.of(request.recipe), plan.card.native
    picture = request.pictures[request.recipe.image or ""].on_white()
    for sides in extension_steps(picture.size, settings.sides, native):
        grown = extended(picture, sides, overlap=settings.overlap_on(picture.size), fill=settings.fill)
        picture = grown.picture
        if plan.steps_run:
            picture = redrawn(picture, grown.mask, settings.pasting, request=request, plan=plan, stages=stages)
    return picture


def _size(request: Request, card: ModelCard) -> Size:
    """The size at which the first step is drawn."""
    settings = OutpaintSettings.of(request.recipe)
    size = request.pictures[request.recipe.image or ""].size
    first = extension_steps(size, settings.sides, card.native)[0]
    return area_of(new_part(size, first, overlap=settings.overlap_on(size)), settings.pasting, card).size


def _makes(request: Request, plan: Plan) -> Size:
    return OutpaintSettings.of(request.recipe).sides.around(image_size(request, plan))


def _stays(request: Request, plan: Plan, made: Picture) -> Stays:  # noqa: ARG001 - every task has this signature
    """The old picture, but for the overlap."""
    settings = OutpaintSettings.of(request.recipe)
    picture = request.pictures[request.recipe.image or ""].on_white()
    sides = settings.sides
    new = new_part(picture.size, sides, overlap=settings.overlap_on(picture.size))
    laid = Picture(np.pad(picture.pixels, ((sides.top, sides.bottom), (sides.left, sides.right), (0, 0))))
    return Stays(laid, inverted(new), "the old picture")


OUTPAINT = Task(
    name="outpaint",
    title="A picture grows beyond its edges",
    run=_run,
    recipe_fields=DRAWING - {"width", "height"} | {"strength", "references"},
    needs=frozenset({"image"}),
    settings=OutpaintSettings,
    size=_size,
    makes=_makes,
    stays=_stays,
    frame="edges",
    on_white=True,
)
