"""Every combination of lists of settings, each under a name that people can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, count, islice, product
from math import prod
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import numpy as np
from pydantic import Field

from lab.core.errors import BadInput
from lab.core.image_files import ENDINGS
from lab.core.sentences.paths import given_path
from lab.core.sentences.wording import shown

MOST_AT_ONCE = 1000
"""How many pictures one call starts at most: hours of drawing, and no list that fills the memory."""
Many: TypeAlias = Annotated[int, Field(ge=1, le=MOST_AT_ONCE)]
"""How many pictures are asked for."""


def combinations(over: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """One setting of each list with one of every other, by name, such as "shoe, a beach"; the last changes fastest.

    Args:
        over: for each setting its values: a list, or a folder, which stands for all pictures in it, by name.

    Raises:
        BadInput: when there is nothing to combine, or a list or a folder is empty.
    """
    if not over:
        msg = 'a grid needs something to go over, such as over={"image": "shoes", "prompt": ["a beach", "a table"]}'
        raise BadInput(msg)
    named = [_named(name, values) for name, values in over.items()]
    asked_for = prod(len(each) for each in named)
    if asked_for > MOST_AT_ONCE:
        msg = f"these lists make {asked_for} pictures, and one call starts {MOST_AT_ONCE} at most: make them shorter"
        raise BadInput(msg)
    made: dict[str, dict[str, Any]] = {}
    for choice in product(*(each.items() for each in named)):
        called = ", ".join(words for words, _ in choice)
        made[_own(called, made)] = dict(zip(over, (value for _, value in choice), strict=True))
    return made


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of a folder, by name; hidden files are none.

    Raises:
        BadInput: when there are none.
    """
    found = sorted(path for path in folder.iterdir() if _is_picture(path))
    if not found:
        msg = f"there is no picture in the folder {folder}: it takes {', '.join(ENDINGS)}"
        raise BadInput(msg)
    return found


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".") and not path.is_dir()


def _named(name: str, values: Any) -> dict[str, Any]:
    """The values of one setting, each with words of its own; the same words twice are numbered."""
    if isinstance(values, str | Path) and given_path(values).is_dir():
        values = pictures_in(given_path(values))
    if isinstance(values, str | bytes | Path | Mapping) or not isinstance(values, Iterable):
        msg = f"a grid goes over a list, or a folder of pictures: {name}=[{shown(values)}] has one value"
        raise BadInput(msg)
    named: dict[str, Any] = {}
    for number, value in enumerate(islice(values, MOST_AT_ONCE + 1), 1):
        named[_own(_said(name, value, number), named)] = value
    if not named:
        msg = f"a grid goes over at least one {name}, and this list is empty"
        raise BadInput(msg)
    return named


def _own(words: str, taken: Mapping[str, Any]) -> str:
    """The words, with a number behind them where they are taken."""
    numbered = (f"{words} {number}" for number in count(2))
    return next(one for one in chain([words], numbered) if one not in taken)


def _said(name: str, value: Any, number: int) -> str:
    if isinstance(value, Path) or (isinstance(value, str) and Path(value).suffix.lower() in ENDINGS):
        return Path(value).stem
    if isinstance(value, str):
        return value or f"no {name}"
    plain = isinstance(value, int | float | bool) and not isinstance(value, np.ndarray)
    return f"{name} {value}" if plain else f"{name} {number}"
