"""controlnet_aux's networks, loaded once and kept. Loading the first wakes that library, and torch with it.

Call on a worker's thread: the first use takes seconds. One network works at a time.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from lab.core.geometry import Size
from lab.core.library_logging import quiet_thread
from lab.core.picture import Picture
from lab.core.resident_models import Resident
from lab.vision.annotator_weights import Weights

_GRID = 64
"""The networks want sides that are multiples of this; controlnet_aux rounds to it."""
_AT_WORK = threading.RLock()
_LOADED: dict[Weights, _Loaded] = {}


class _Loaded(NamedTuple):
    """A network in memory: its weights take as many bytes there as their files do."""

    network: Any
    device: str
    bytes: int


class Detector:
    """One network on one device, as a function from a picture to a map of the size wanted."""

    def __init__(self, weights: Weights, device: str) -> None:
        self._weights, self._device = weights, device

    def __call__(self, picture: Picture, size: Size, **settings: Any) -> Picture:
        """The network's map of a picture, computed at `size` and not at a resolution of its own.

        Raises:
            MissingWeights: when its weights are not here and cannot be fetched.
        """
        grid = size.multiple_of(_GRID)
        pixels = picture.on_white().resized(grid).pixels
        resolution = min(grid)
        folder = Path() if self._weights in _LOADED else self._weights.folder()
        with _AT_WORK, quiet_thread():
            network = _loaded(self._weights, folder, self._device)
            found = network(
                pixels, detect_resolution=resolution, image_resolution=resolution, output_type="np", **settings
            )
        if grid != size:
            found = cv2.resize(np.ascontiguousarray(found), size, interpolation=cv2.INTER_AREA)
        return Picture.of(np.ascontiguousarray(found))


def residents() -> list[Resident]:
    """The networks in memory, with their bytes. Any thread."""
    return [
        Resident("control", weights.network, loaded.bytes, loaded.device, "reads pictures")
        for weights, loaded in tuple(_LOADED.items())
    ]


def release() -> int:
    """Let all networks go; each is loaded again when it is needed. Waits for one that is at work.

    Returns:
        The bytes that are free by that.
    """
    with _AT_WORK:
        freed = sum(one.bytes for one in residents())
        _LOADED.clear()
    return freed


def _loaded(weights: Weights, folder: Path, device: str) -> Any:
    """The network, on the device; under the lock."""
    loaded = _LOADED.get(weights)
    if loaded is None:
        files = sum((folder / file).stat().st_size for file in weights.files)
        loaded = _Loaded(weights.network_in(folder), "", files)
    if loaded.device != device:
        loaded = loaded._replace(network=loaded.network.to(device), device=device)
    _LOADED[weights] = loaded
    return loaded.network
