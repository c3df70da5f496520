"""Select what is at a few clicks or in a box: by SAM 2 where its weights are, by the magic wand elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path

import numpy as np

from lab.core.errors import BadInput, MissingWeights
from lab.core.geometry import Box
from lab.core.model_card import on_hub, path_of
from lab.core.picture import Mask, Picture
from lab.core.sentences.checked_call import Listed, checked
from lab.core.sentences.wording import shown
from lab.retouch.masks import difference, union
from lab.retouch.wand import grabbed, wand
from lab.vision import sam2
from lab.vision.sam2 import Point

PointLike = Point | tuple[float, float] | tuple[float, float, bool]


@checked
class Selector:
    """Selects on one picture. Masks have its size, 255 where selected.

    `mask` may take seconds the first time on a picture (see `is_ready`), so call it on a worker's thread; any thread
    may call, one is served at a time.

    Args:
        picture: what is clicked on; on white where it is transparent.
        weights: a folder of SAM 2's weights or a hub repository; None takes what is on this machine, or the wand.
        device: says where SAM 2 runs, when it is read.

    Raises:
        MissingWeights: when weights were named that are not on this machine.
    """

    def __init__(
        self, picture: Picture, *, weights: str | Path | None = None, device: Callable[[], str] = lambda: "cpu"
    ) -> None:
        place = None if weights is None else path_of(str(weights))
        if weights is not None and not (place and place.is_dir()) and on_hub(str(weights)) is None:
            msg = f"there are no weights of SAM 2 in {shown(weights)}: give a folder, or a hub's owner/name"
            raise MissingWeights(msg)
        self.picture = picture
        self._device = device
        self._folder = sam2.folder_of_weights(weights)
        if weights is not None and self._folder is None:
            msg = f"the weights of SAM 2 in {weights} are not on this machine: `{sam2.by_hand()}` gets some"
            raise MissingWeights(msg)

    @property
    def means(self) -> str:
        """What selects: "SAM 2" or "magic wand"."""
        return "SAM 2" if self._folder else "magic wand"

    @property
    def note(self) -> str:
        """What selects and why, as a sentence for the person who clicks."""
        if self._folder:
            return "SAM 2 selects the thing you click on, or what is in the box you draw."
        return (
            "The magic wand selects the colour you click on: the weights of SAM 2, which selects things, are not on "
            f"this machine. Where there is a network: `{sam2.by_hand()}`"
        )

    @property
    def is_ready(self) -> bool:
        """Whether `prepare` has nothing left to do, so that a click is answered at once."""
        return self._folder is None or sam2.has_seen(self._folder, self.picture)

    def prepare(self) -> None:
        """Do the long part now, when the picture arrives: read SAM 2 and let it look. Nothing to do for the wand.

        Raises:
            MissingWeights: when the weights are broken.
            OutOfMemory: when the device is too full.
        """
        if self._folder is not None:
            with sam2.sam(self._folder, self._device()) as network:
                network.look(self.picture)

    @checked
    def mask(self, points: Listed[PointLike] = (), box: Box | None = None, *, tolerance: float = 12.0) -> Mask:
        """What is selected: all clicks so far, given together.

        Args:
            points: clicks x, y in pixels, on what is wanted; or x, y, False on what is not.
            box: left, top, right, bottom around what is wanted.
            tolerance: how far colours may differ for the wand, see `lab.retouch.wand`; SAM 2 needs none.

        Raises:
            BadInput: when nothing is given or found, or it lies outside the picture.
            MissingWeights: as for `prepare`.
            OutOfMemory: as for `prepare`.
        """
        clicks = [Point(point[0], point[1], bool(point[2]) if len(point) > 2 else True) for point in points]
        area = None if box is None else Box(*box).clipped(self.picture.size)
        self._check(clicks, area)
        if self._folder is None:
            found = self._by_wand(clicks, area, tolerance)
        else:
            with sam2.sam(self._folder, self._device()) as network:
                found = network.mask(self.picture, clicks, area)
        if not found.pixels.any():
            msg = "nothing is selected by this: click in the middle of what you want, or draw a box around it"
            raise BadInput(msg)
        return found

    def _by_wand(self, clicks: Sequence[Point], box: Box | None, tolerance: float) -> Mask:
        """What stands out in the box, and the colours that were clicked on, without those that are not wanted."""
        size = self.picture.size
        found = Mask(np.zeros((size.height, size.width), np.uint8)) if box is None else grabbed(self.picture, box)
        colours = [wand(self.picture, int(one.x), int(one.y), tolerance=tolerance) for one in clicks]
        for combine, wanted in ((union, True), (difference, False)):
            of_kind = [mask for mask, one in zip(colours, clicks, strict=True) if one.wanted is wanted]
            found = reduce(combine, of_kind, found)
        return found

    def _check(self, clicks: Sequence[Point], box: Box | None) -> None:
        size = self.picture.size
        for one in clicks:
            if not (0 <= one.x < size.width and 0 <= one.y < size.height):
                msg = f"the click at {one.x:g}, {one.y:g} lies outside the picture of {size}"
                raise BadInput(msg)
        if box is None and not any(one.wanted for one in clicks):
            msg = "nothing to select by: click on what you want, or draw a box around it"
            raise BadInput(msg)
        if box is not None and box.is_empty:
            msg = f"the box {tuple(box)} holds no pixel of the picture of {size}: draw it from corner to corner"
            raise BadInput(msg)
