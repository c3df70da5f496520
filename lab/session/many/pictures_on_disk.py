"""Pictures that stay in their files until they are worked on, so that hundreds of them take the memory of one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any
from weakref import ref

import numpy as np
from typing_extensions import override

from lab.core.errors import BadInput
from lab.core.events import Result
from lab.core.geometry import Size
from lab.core.picture import Mask, Picture
from lab.core.recipe import Request
from lab.core.sentences.paths import given_path


class PictureOnDisk(Picture):
    """A picture whose pixels are read from its file whenever they are wanted, and kept while it is `at_hand`.

    Args:
        picture: as it was read; its name, size and whether it has alpha are remembered.
        path: the file.
        read: reads it.
    """

    def __init__(self, picture: Picture, path: Path, read: Callable[[Path], Picture]) -> None:
        own: dict[str, Any] = {"hash": picture.hash, "_size": picture.size, "_has_alpha": picture.has_alpha}
        own |= {"_path": path.absolute(), "_read": read, "_lock": RLock(), "_holders": 0, "_held": None}
        self.__dict__.update(own, _seen=lambda: None)

    @property
    @override
    def size(self) -> Size:
        return self.__dict__["_size"]

    @property
    @override
    def has_alpha(self) -> bool:
        return self.__dict__["_has_alpha"]

    @property
    def pixels(self) -> np.ndarray:  # pyright: ignore[reportIncompatibleVariableOverride] - it is read, not kept
        """As of any picture.

        Raises:
            BadInput: when the file is gone, cannot be read any more, or holds another picture by now.
        """
        own = self.__dict__
        with own["_lock"]:
            pixels = own["_held"] if own["_held"] is not None else own["_seen"]()
            if pixels is None:
                pixels = self._again().pixels
                own["_seen"] = ref(pixels)
                own["_held"] = pixels if own["_holders"] else None
            return pixels

    @contextmanager
    def at_hand(self) -> Iterator[None]:
        """Meanwhile the pixels stay in memory, once they were wanted. Any thread."""
        own = self.__dict__
        with own["_lock"]:
            own["_holders"] += 1
        try:
            yield
        finally:
            with own["_lock"]:
                own["_holders"] -= 1
                if not own["_holders"]:
                    own["_held"] = None

    def _again(self) -> Picture:
        path = self.__dict__["_path"]
        picture: Picture = self.__dict__["_read"](path)
        if picture.hash != self.hash:
            msg = f"{path} holds another picture than when it was asked for: ask again"
            raise BadInput(msg)
        return picture


_READ: dict[str, Callable[[Any], Picture]] = {
    "image": Picture.of,
    "scene": Picture.of,
    "mask": lambda source: Mask.of(source).to_picture(),
}
"""The arguments of a request that are pictures, and how each is read."""


def opened_once(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The same arguments of a request, every picture among them opened, for several requests that share it."""
    shared: dict[str, Any] = {name: _READ[name](settings[name]) for name in _READ if settings.get(name) is not None}
    if "mask" in shared:
        shared["mask"] = Mask.of(settings["mask"])
    return {**settings, **shared}


def left_on_disk(request: Request, given: Mapping[str, Any]) -> Request:
    """The same request, with those of its pictures in their files that were given by path."""
    found: dict[str, Picture] = {}
    for name, read in _READ.items():
        source, picture = given.get(name), getattr(request.recipe, name)
        if picture and isinstance(source, str | os.PathLike):
            found[picture] = PictureOnDisk(request.pictures[picture], given_path(source), read)
    return replace(request, pictures={**request.pictures, **found}) if found else request


@contextmanager
def at_hand(request: Request) -> Iterator[None]:
    """Meanwhile the pictures of a request stay in memory, once they were wanted."""
    with ExitStack() as held:
        for one in request.pictures.values():
            if isinstance(one, PictureOnDisk):
                held.enter_context(one.at_hand())
        yield


def kept_on_disk(result: Result) -> Result:
    """The same result, its picture in the gallery's file; in memory where it is not kept."""
    if result.path is None:
        return result
    return replace(result, picture=PictureOnDisk(result.picture, result.path, Picture.of))
