"""Whether a picture can be made again, to the bit; and if it cannot, how far off it is, and what is not as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.core.events import Result
from lab.core.picture import Picture
from lab.core.recipes.shareable import shareable
from lab.gallery import Made
from lab.gallery.made import planned_values
from lab.retouch.comparing import pixel_difference
from lab.session.opened_picture import OpenedPicture


@dataclass(frozen=True)
class Verification:
    """What a second drawing of a picture says. Prints as a few lines.

    Args:
        again: the picture as it was drawn now.
        largest: the largest difference of any channel of any pixel, 0..255; 255 where the sizes differ.
        share: how many of the pixels differ, 0..1.
        differs: what is not as it was, each in words that begin with its kind: file, setting, weights, library, device,
            threads. May be something though the picture is identical.
    """

    again: Picture = field(repr=False)
    largest: int
    share: float
    differs: tuple[str, ...] = ()

    @property
    def is_identical(self) -> bool:
        """Whether every pixel is the same."""
        return self.largest == 0

    def __str__(self) -> str:
        said = (
            "identical: every pixel is the same"
            if self.is_identical
            else f"not identical: {self.share:.2%} of the pixels differ, by {self.largest} of 255 at most"
        )
        return "\n".join([said, *(f"  {one}" for one in self.differs)])


def verification(opened: OpenedPicture, now: Result) -> Verification:
    """What a picture from a file and the same drawn now have in common."""
    largest, share = _distance(opened.picture, now.picture)
    return Verification(now.picture, largest, share, (*_changes(opened, now),))


def _distance(one: Picture, other: Picture) -> tuple[int, float]:
    if one.pixels.shape != other.pixels.shape:
        return 255, 1.0
    apart = pixel_difference(one, other)
    return apart.largest, apart.share


def _changes(opened: OpenedPicture, now: Result) -> Iterator[str]:
    made, ran = opened.made, now.plan
    if not made.pixels:
        yield "file: an earlier version of the lab wrote it, which did not say how it was made"
        return
    if made.pixels != opened.picture.hash:
        yield "file: its pixels were changed after it was made"
    if made.recipe not in (opened.recipe.hash, shareable(opened.recipe).hash):
        yield "setting: the recipe in the file was changed after it was made"
    yield from _between("setting", made.planned, planned_values(ran))
    yield from _between("weights", made.weights, ran.weights)
    yield from _between("library", made.versions, ran.versions)
    yield from _between("device", _place(made), {"device": ran.device, "dtype": ran.dtype})
    yield from _between("threads", {"threads": made.threads}, {"threads": ran.threads})


def _place(made: Made) -> dict[str, str]:
    return {"device": made.device, "dtype": made.dtype}


def _between(kind: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*then, *now}):
        before, after = then.get(name), now.get(name)
        if before != after:
            what = kind if kind == name else f"{kind}: {name}"
            yield f"{what} was {_shown(before)}, is {_shown(after)}"


def _shown(value: Any) -> str:
    """Hashes by their first digits."""
    if value is None:
        return "not known"
    words = str(value)
    return f"{words[:20]}..." if len(words) > 40 else words
