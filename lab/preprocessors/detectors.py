"""controlnet_aux's networks, loaded once and kept. Loading the first wakes that library, and torch with it.

Call on a worker's thread: the first use takes seconds. One network works at a time.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.preprocessors.quiet import this_thread_quiet
from lab.preprocessors.weights import Weights

_GRID = 64
"""The networks want sides that are multiples of this; controlnet_aux rounds to it."""
_AT_WORK = threading.RLock()
_LOADED: dict[Weights, tuple[Any, str]] = {}


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
        with _AT_WORK, this_thread_quiet():
            network = _loaded(self._weights, folder, self._device)
            found = network(
                pixels, detect_resolution=resolution, image_resolution=resolution, output_type="np", **settings
            )
        if grid != size:
            found = cv2.resize(np.ascontiguousarray(found), size, interpolation=cv2.INTER_AREA)
        return Picture.of(np.ascontiguousarray(found))


def loaded_networks() -> tuple[str, ...]:
    """The names of the networks in memory."""
    return tuple(weights.network for weights in tuple(_LOADED))


def release_networks() -> None:
    """Let all networks go; each is loaded again when it is needed. Waits for one that is at work."""
    with _AT_WORK:
        _LOADED.clear()


def _loaded(weights: Weights, folder: Path, device: str) -> Any:
    """The network, on the device; under the lock."""
    network, place = _LOADED.get(weights, (None, ""))
    if network is None:
        network = weights.network_in(folder)
    if place != device:
        network = network.to(device)
    _LOADED[weights] = (network, device)
    return network
