"""The subject of a picture without its background, standing on a floor that has a shadow of it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import numpy as np
from PIL import Image
from pydantic import Field

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request
from lab.retouch.cutout import CUSTOM, NETWORKS, PLAIN, cut_out
from lab.retouch.reflection import reflection
from lab.retouch.shadow import shadow
from lab.tasks._light import LightSettings
from lab.tasks._task import Bench, Task

Finder: TypeAlias = Literal[(PLAIN, *NETWORKS, CUSTOM)]  # pyright: ignore[reportInvalidTypeForm]


class RemoveBackgroundSettings(LightSettings):
    """How the subject is found, and what it is put on."""

    finder: Finder = PLAIN
    """What tells subject from background: "plain" needs no weights and a plain background; the others are rembg's."""
    matting: Literal["quick", "closed-form"] = "quick"
    """How hair and soft edges are told apart, on plain backgrounds: "closed-form" is finer and takes seconds."""
    background: Literal["transparent", "white", "grey", "black"] = "transparent"
    """What is put behind the subject."""
    margin: Annotated[float, Field(ge=0, le=1)] = Field(default=0.1, json_schema_extra={"step": 0.05})
    """Room for the shadow around the picture, as a share of its longer side."""


_PAPER = {"white": 255, "grey": 190, "black": 20}


def subject(picture: Picture, finder: str, matting: str, bench: Bench) -> Picture:
    """The cut-out subject, RGBA, found once for all its shadows."""
    return bench.once(
        "cut-out", (picture.hash, finder, matting), lambda: cut_out(picture, model=finder, matting=matting)
    )


def _run(request: Request, plan: Plan, bench: Bench) -> Picture:  # noqa: ARG001 - every task has this signature
    settings = RemoveBackgroundSettings.of(request.recipe)
    picture = request.pictures[request.recipe.image or ""]
    found = _with_margin(subject(picture, settings.finder, settings.matting, bench), settings.margin)
    layers = [reflection(found, opacity=settings.reflection), shadow(found, settings.light), found]
    below = Image.new("RGBA", found.size, (0, 0, 0, 0))
    if settings.background in _PAPER:
        level = _PAPER[settings.background]
        below = Image.new("RGBA", found.size, (level, level, level, 255))
    for layer in layers:
        below = Image.alpha_composite(below, layer.to_pil())
    return Picture(np.asarray(below if settings.background == "transparent" else below.convert("RGB")))


def _with_margin(picture: Picture, margin: float) -> Picture:
    px = round(margin * max(picture.size))
    return Picture(np.pad(picture.pixels, ((px, px), (px, px), (0, 0)))) if px else picture


REMOVE_BACKGROUND = Task(
    name="remove_background",
    title="A subject without its background, with a shadow that belongs to it",
    run=_run,
    listens_to=frozenset(),
    needs=frozenset({"image"}),
    settings=RemoveBackgroundSettings,
    draws=False,
)
