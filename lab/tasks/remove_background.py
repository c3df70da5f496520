"""The subject of a picture without its background, standing on a floor that has a shadow of it.

A mask, where one is given, is a trimap: white is surely subject, black surely background, what is grey is found out.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from PIL import Image
from pydantic import Field

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.picture import Mask, Picture
from lab.core.recipe import Plan, Request
from lab.core.reporter import by_rows, check_wanted
from lab.retouch.plain_background import confidence, has_plain_background
from lab.retouch.reflection import reflection
from lab.retouch.shadow import shadow
from lab.tasks._light import LightSettings
from lab.tasks._task import Stages, Task, image_size
from lab.vision.cutout import CUSTOM, NETWORKS, PLAIN, cut_out, is_cut_out

Finder: TypeAlias = Literal[(PLAIN, *NETWORKS, CUSTOM)]  # pyright: ignore[reportInvalidTypeForm]


_CUT: Any = {"group": "Cut-out"}


class RemoveBackgroundSettings(LightSettings):
    """How the subject is found, and what it is put on."""

    finder: Finder = Field(default=PLAIN, title="Cut-out method", json_schema_extra=_CUT)
    """What tells subject from background: "plain" needs no weights and a plain background; the others are networks of
    rembg, fetched at their first use."""
    matting: Literal["quick", "closed-form"] = Field(default="quick", json_schema_extra=_CUT)
    """How hair and soft edges are told apart, on plain backgrounds: "closed-form" is finer and takes seconds."""
    background: Literal["transparent", "white", "grey", "black"] = Field(default="transparent", json_schema_extra=_CUT)
    """What is put behind the subject."""
    layer: Literal["together", "subject", "shadow", "reflection"] = Field(default="together", json_schema_extra=_CUT)
    """Which layer alone, transparent elsewhere, to be put together in another program; or all of them together."""
    margin: Annotated[float, Field(ge=0, le=1)] = Field(default=0.15, json_schema_extra={"step": 0.05, **_CUT})
    """Room for the shadow around the picture, in which it fades, as a share of the longer side."""


_REFUSED, _DOUBTFUL = 0.15, 0.7
"""Confidence below which a cut-out is refused, and below which it is doubted. Of nine products on plain grounds the
least had 0.78; of photographs of a cat, a cup, a person and a rocket the most 0.54; of mere noise 0.07."""
_PAPER = {"white": 255, "grey": 190, "black": 20}


def subject(picture: Picture, finder: str, matting: str, stages: Stages, trimap: Mask | None = None) -> Picture:
    """The cut-out subject, RGBA, found once for all its shadows; a trimap replaces the finder.

    Raises:
        BadInput: when nothing stands out, or what was found is not to be trusted.
    """
    found = stages.once(
        "cut-out",
        (picture.hash, finder, matting, trimap.hash if trimap else ""),
        lambda: cut_out(picture, model=finder, matting=matting, trimap=trimap, reporter=stages.reporter),
    )
    stages.reporter.check()
    if finder == PLAIN and trimap is None and not is_cut_out(picture):
        sure = confidence(picture, Mask.from_alpha(found))
        stages.reporter.check()
        if sure < _REFUSED:
            msg = f"no subject was found for sure (confidence {sure:.0%}): use the finder {NETWORKS[0]!r}, or a trimap"
            raise BadInput(msg)
        doubt = f": look at it, or try the cut-out method {NETWORKS[0]}" if sure < _DOUBTFUL else ""
        stages.say(f"cut out with a confidence of {sure:.0%}{doubt}")
    return found


def remark_on_background(request: Request) -> str:
    """A warning where a subject is to be cut out by its plain background, and there is none; else nothing."""
    recipe = request.recipe
    method = recipe.settings.get("finder", PLAIN)
    picture = request.pictures.get(recipe.image or "")
    if method != PLAIN or recipe.mask or picture is None or is_cut_out(picture) or has_plain_background(picture):
        return ""
    return f"the background is not plain: another cut-out method, such as {NETWORKS[0]}, may find more of the subject"


def _run(request: Request, plan: Plan, stages: Stages) -> Picture:  # noqa: ARG001 - every task has this signature
    settings = RemoveBackgroundSettings.of(request.recipe)
    picture = request.pictures[request.recipe.image or ""]
    mask = request.recipe.mask
    trimap = Mask.from_grey(request.pictures[mask]) if mask else None
    margin_px = round(settings.margin * max(picture.size))
    found = _with_margin(subject(picture, settings.finder, settings.matting, stages, trimap), margin_px)
    check_wanted()
    layers = {
        "reflection": reflection(found, opacity=settings.reflection),
        "shadow": _fading_out(shadow(found, settings.light), margin_px),
        "subject": found,
    }
    if settings.layer in layers:
        return layers[settings.layer]
    below = Image.new("RGBA", found.size, (0, 0, 0, 0))
    if settings.background in _PAPER:
        level = _PAPER[settings.background]
        below = Image.new("RGBA", found.size, (level, level, level, 255))
    for layer in layers.values():
        stages.reporter.check()
        below = Image.alpha_composite(below, layer.to_pil())
    return Picture(np.asarray(below if settings.background == "transparent" else below.convert("RGB")))


def _makes(request: Request, plan: Plan) -> Size:
    (width, height), margin = image_size(request, plan), RemoveBackgroundSettings.of(request.recipe).margin
    px = 2 * round(margin * max(width, height))
    return Size(width + px, height + px)


def _with_margin(picture: Picture, px: int) -> Picture:
    return Picture(np.pad(picture.pixels, ((px, px), (px, px), (0, 0)))) if px else picture


def _fading_out(layer: Picture, px: int) -> Picture:
    """The layer, nothing of it left at the edge of the picture: a shadow that is cut off there looks like a mistake."""
    rise = np.arange(1, px + 1) / (px + 1)
    shares = []
    for length in layer.pixels.shape[:2]:
        share = np.ones(length, np.float32)
        if px:
            share[:px], share[-px:] = rise, rise[::-1]
        shares.append(share)
    down, across = shares

    def joined(pixels: np.ndarray, down: np.ndarray) -> np.ndarray:
        fade = pixels[..., 3].astype(np.float32) * down[:, None] * across
        return np.dstack([pixels[..., :3], np.rint(fade).astype(np.uint8)])

    return Picture(by_rows(joined, layer.pixels, down))


REMOVE_BACKGROUND = Task(
    name="remove_background",
    title="A subject without its background, with a shadow that belongs to it",
    run=_run,
    recipe_fields=frozenset({"mask"}),
    needs=frozenset({"image"}),
    settings=RemoveBackgroundSettings,
    makes=_makes,
    has_alpha=True,
    draws=False,
    remark=remark_on_background,
)
