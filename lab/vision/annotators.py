"""controlnet_aux's networks, loaded once and kept. Loading the first wakes that library, and torch with it.

Call on a worker's thread: the first use takes seconds. One network works at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lab.core.geometry import Size
from lab.core.library_logging import quiet_thread
from lab.core.picture import Picture
from lab.core.reporter import Reporter
from lab.vision.annotator_weights import Weights
from lab.vision.model_shelf import ModelShelf
from lab.vision.stoppable import stoppable_layers

_GRID = 64
"""The networks want sides that are multiples of this; controlnet_aux rounds to it."""


@dataclass
class _Annotator:
    """A network in memory: its weights take as many bytes there as their files do."""

    network: Any
    what: str
    bytes: int
    device: str = ""

    def on(self, device: str) -> Any:
        """The network, moved to that device."""
        if self.device != device:
            self.network, self.device = self.network.to(device), device
        return self.network


_SHELF: ModelShelf[Weights, _Annotator] = ModelShelf("control", "reads pictures")
residents, release = _SHELF.residents, _SHELF.release


class Detector:
    """One network on one device, as a function from a picture to a map of the size wanted.

    Args:
        weights: of the network.
        device: where it runs.
        reporter: hear how the weights are fetched at the first use, and may stop that.
    """

    def __init__(self, weights: Weights, device: str, reporter: Reporter | None = None) -> None:
        self._weights, self._device, self._reporter = weights, device, reporter

    def __call__(self, picture: Picture, size: Size, **kwargs: Any) -> Picture:
        """The network's map of a picture, RGB, computed at `size` and not at a resolution of its own.

        Args:
            picture: any size; on white where it is transparent.
            size: that of the map.
            kwargs: those of the network's call in controlnet_aux.

        Raises:
            MissingWeights: when its weights are not here and cannot be fetched.
            Stopped: while they are fetched or the network works, when nobody wants the map any more.
        """
        grid = size.multiple_of(_GRID)
        pixels = picture.on_white().resized(grid).pixels
        resolution = min(grid)
        with _SHELF.using(self._weights, self._find, self._read) as annotator, quiet_thread(), stoppable_layers():
            found = annotator.on(self._device)(
                pixels, detect_resolution=resolution, image_resolution=resolution, output_type="np", **kwargs
            )
        if grid != size:
            found = cv2.resize(np.ascontiguousarray(found), size, interpolation=cv2.INTER_AREA)
        return Picture.of(np.ascontiguousarray(found))

    def _find(self) -> Path:
        return self._weights.folder(self._reporter)

    def _read(self, folder: Path) -> _Annotator:
        weights = self._weights
        files = sum((folder / file).stat().st_size for file in weights.files)
        with quiet_thread():
            return _Annotator(weights.network_in(folder), weights.network, files)
