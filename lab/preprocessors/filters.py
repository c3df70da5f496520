"""`@filter`: a function from a finished picture to a finished picture, declared once; and those of the lab."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import cv2
import numpy as np
from pydantic import Field

from lab.core.errors import named
from lab.core.picture import Picture
from lab.core.reporter import blur_reach_px, by_rows, with_rows_around
from lab.core.sentences.checked_call import checked
from lab.preprocessors.tool import Table, Tool, parts

_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Filter(Tool):
    """One change of a finished picture."""

    def filtered(self, picture: Picture, settings: Mapping[str, Any]) -> Picture:
        """The picture changed; its size and its alpha stay.

        Raises:
            BadInput: when a setting is wrong.
        """
        if not picture.has_alpha:
            return self.made(picture, picture.size, settings)
        changed = self.made(Picture(picture.pixels[..., :3]), picture.size, settings)
        return Picture(np.dstack([changed.pixels, picture.pixels[..., 3]]))


FILTERS: Table[Filter] = Table()


def filter(function: _F) -> _F:  # noqa: A001 the word that users say; those who need the built-in do not import it
    """Make a function a filter, under its own name. See `lab.preprocessors.tool` for what it may look like.

    Raises:
        BadInput: when the function's signature does not say enough, or the name is taken.
    """
    FILTERS.add(Filter(**parts(function)))
    return function


@checked
def filter_named(name: str) -> Filter:
    """The filter of that name.

    Raises:
        BadInput: when there is none.
    """
    return named(name, FILTERS, "filter")


@checked
def filtered(name: str, picture: Picture, settings: Mapping[str, Any]) -> Picture:
    """A finished picture through a filter; its size and its alpha stay.

    Raises:
        BadInput: when there is no such filter or a setting is wrong.
    """
    return filter_named(name).filtered(picture, settings)


@filter
def sharpen(
    image: np.ndarray,
    amount: Annotated[float, Field(ge=0, le=3)] = 0.6,
    radius: Annotated[float, Field(ge=0.3, le=10)] = 1.5,
) -> np.ndarray:
    """Crisper edges, by an unsharp mask.

    Args:
        image: the picture.
        amount: how much; 0 changes nothing.
        radius: width of the edges that gain, in pixels.
    """

    def sharper(image: np.ndarray) -> np.ndarray:
        return cv2.addWeighted(image, 1 + amount, cv2.GaussianBlur(image, (0, 0), radius), -amount, 0)

    return with_rows_around(sharper, image, blur_reach_px(radius))


@filter
def grain(
    image: np.ndarray,
    amount: Annotated[float, Field(ge=0, le=0.5)] = 0.08,
    seed: Annotated[int, Field(ge=0, le=999)] = 0,
) -> np.ndarray:
    """The grain of photographic film, the same for the same seed.

    Args:
        image: the picture.
        amount: how much, as a share of full brightness; 0 changes nothing.
        seed: which grain.
    """
    dice = np.random.default_rng(seed)

    def grained(image: np.ndarray) -> np.ndarray:
        noise = dice.normal(0, 255 * amount, image.shape[:2])
        return np.clip(np.rint(image + noise[..., None]), 0, 255).astype(np.uint8)

    return by_rows(grained, image)
