"""From a picture to a control map; one file a family. Knows neither tasks nor models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.preprocessors.lines import lines

Setting = float | int | str | bool


@dataclass(frozen=True)
class Preprocessor:
    """One way to make a control map: its name, what it suits, and the function that does it."""

    name: str
    help: str
    run: Callable[..., Picture]


def _as_it_is(picture: Picture, size: Size) -> Picture:
    return picture.on_white().resized(size)


PREPROCESSORS: dict[str, Preprocessor] = {
    preprocessor.name: preprocessor
    for preprocessor in (
        Preprocessor("lines", "a drawing on light paper, or on none, becomes white lines on black", lines),
        Preprocessor("none", "the picture is a control map already", _as_it_is),
    )
}


def preprocessor_named(name: str) -> Preprocessor:
    """The preprocessor of that name.

    Raises:
        BadInput: when there is none.
    """
    try:
        return PREPROCESSORS[name]
    except KeyError:
        msg = f"there is no preprocessor {name!r}: use one of {', '.join(PREPROCESSORS)}"
        raise BadInput(msg) from None


def control_map(name: str, picture: Picture, size: Size, settings: Mapping[str, Setting]) -> Picture:
    """The control map of a picture, RGB, at `size`.

    Raises:
        BadInput: when there is no such preprocessor or it has no such setting.
    """
    try:
        return preprocessor_named(name).run(picture, size, **settings)
    except TypeError as error:
        msg = f"the preprocessor {name!r} cannot use these settings: {error}"
        raise BadInput(msg) from error
