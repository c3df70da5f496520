"""Pictures that steer a drawing, each with how it does: what `lab.run` takes as controls, references and regions."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from lab.core.picture import Mask, Picture, PictureLike
from lab.core.recipe import Control, Reference, Region
from lab.core.sentences.checked_call import checked


class ControlGuide(NamedTuple):
    """A control and the picture that it names."""

    value: Control
    picture: Picture


class ReferenceGuide(NamedTuple):
    """A reference and the picture that it names."""

    value: Reference
    picture: Picture


class RegionGuide(NamedTuple):
    """A region and the mask that it names."""

    value: Region
    picture: Picture


@checked
def control(
    picture: PictureLike,
    kind: str = "lines",
    *,
    preprocessor: str | None = None,
    weight: float = 1.0,
    start: float = 0.0,
    end: float = 1.0,
    **settings: Any,
) -> ControlGuide:
    """A picture that steers through a ControlNet: `control("room.jpg", "depth", weight=0.8, end=0.7)`.

    Args:
        picture: whose edges, depth, pose, ... are followed.
        kind: of ControlNet.
        preprocessor: makes the control map; the one named as the kind when None, "none" for a picture that is a map.
        weight: ControlNet conditioning scale, 0..2.
        start: share of the steps, 0..1, after which the control begins.
        end: share of the steps, 0..1, after which it ends.
        settings: of the preprocessor.

    Raises:
        BadInput: names what is wrong.
    """
    made = Picture.of(picture)
    by = kind if preprocessor is None else preprocessor
    value = Control(
        kind=kind, picture=made.hash, preprocessor=by, settings=settings, weight=weight, start=start, end=end
    )
    return ControlGuide(value, made)


@checked
def reference(
    picture: PictureLike, lends: Literal["both", "style", "composition"] = "both", *, weight: float = 1.0
) -> ReferenceGuide:
    """A picture that lends its style, its composition or both through an IP-Adapter; weight 0..2.

    Raises:
        BadInput: names what is wrong.
    """
    made = Picture.of(picture)
    return ReferenceGuide(Reference(picture=made.hash, weight=weight, lends=lends), made)


@checked
def region(mask: Mask | PictureLike, prompt: str) -> RegionGuide:
    """A part of the picture with words of its own: `region("left.png", "a red apple")`.

    Args:
        mask: white where the words count, grey where they count in part; laid over the picture in its shape.
        prompt: what to draw there.

    Raises:
        BadInput: names what is wrong.
    """
    made = Mask.of(mask).to_picture()
    return RegionGuide(Region(picture=made.hash, prompt=prompt), made)
