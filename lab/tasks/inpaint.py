"""A part of a picture, painted over with a mask, is drawn anew; the rest stays as it is, bit by bit."""

from __future__ import annotations

from lab.core.catalogue import ModelCard
from lab.core.geometry import Size
from lab.core.picture import Mask, Picture
from lab.core.recipe import Plan, Request
from lab.retouch.fidelity import Stays
from lab.retouch.masks import inverted
from lab.retouch.stitch import InpaintArea
from lab.tasks._redraw import RedrawSettings, area_of, redrawn
from lab.tasks._task import DRAWING, Stages, Task, image_size


class InpaintSettings(RedrawSettings):
    """What inpainting knows beyond the fields of a recipe."""


def _mask(request: Request) -> Mask:
    return Mask.from_grey(request.pictures[request.recipe.mask or ""])


def _run(request: Request, plan: Plan, stages: Stages) -> Picture:
    picture = request.pictures[request.recipe.image or ""]
    if plan.steps_run == 0:
        return picture
    return redrawn(
        picture, _mask(request), InpaintSettings.of(request.recipe), request=request, plan=plan, stages=stages
    )


def _area(request: Request, card: ModelCard) -> InpaintArea:
    return area_of(_mask(request), InpaintSettings.of(request.recipe), card)


def _size(request: Request, card: ModelCard) -> Size:
    return _area(request, card).size


def _stays(request: Request, plan: Plan, made: Picture) -> Stays:  # noqa: ARG001 - every task has this signature
    """All but what is pasted: the mask, and its feather."""
    untouched = inverted(_area(request, plan.card).paste)
    return Stays(request.pictures[request.recipe.image or ""], untouched, "what is not masked")


INPAINT = Task(
    name="inpaint",
    title="Paint over a part of a picture: it is drawn anew",
    run=_run,
    recipe_fields=DRAWING - {"width", "height"} | {"strength", "controls", "references"},
    needs=frozenset({"image", "mask"}),
    settings=InpaintSettings,
    size=_size,
    makes=image_size,
    outcome=_area,
    stays=_stays,
)
