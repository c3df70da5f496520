"""Makes the control maps of a preview, each once, and says in words why there is none; knows no widget."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from lab.core.errors import BadInput, SketchlabError
from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.core.recipe import Control
from lab.core.sentences.wording import shown
from widgets.base.page_words import for_page
from widgets.preview.map_cache import MapCache, Wanted

_log = logging.getLogger("lab.widgets")
_USUAL_PIXELS = 512 * 512
_KEPT_BYTES = 96 * 2**20
"""Some hundred maps of 512 x 512."""


class MapMaker:
    """Maps, and the pictures that they are made of. Any thread may call.

    Args:
        device: where networks run.
    """

    def __init__(self, device: str) -> None:
        self.maps = MapCache(_KEPT_BYTES)
        self._device = device

    def is_slow(self, wanted: Wanted) -> bool:
        """Whether a network must run for it."""
        return bool(wanted.tool.weights) and wanted.key not in self.maps

    def seen(self, picture: Picture, size: Size) -> Picture:
        """The picture at the size of its maps."""
        return self.maps.get((picture.hash, size), lambda: picture.on_white().resized(size))

    def made(self, wanted: Wanted) -> tuple[Picture | None, str]:
        """The map, or the sentence why there is none."""
        tool, size = wanted.tool, wanted.size
        if missing := tool.missing:
            return None, f"{missing[0].upper()}{missing[1:]}."
        try:
            return self.maps.get(wanted.key, lambda: self._computed(wanted)), ""
        except SketchlabError as error:
            return None, for_page(str(error))
        except Exception as error:
            _log.exception("the preprocessor %s failed on %s at %s", tool.name, wanted.picture, size)
            return None, for_page(f"{tool.name} failed: {error}")

    def _computed(self, wanted: Wanted) -> Picture:
        picture, size = wanted.picture, wanted.size
        if not wanted.tool.size_goes_to:
            picture = self.seen(picture, size)
        return wanted.tool.control_map(picture, size, wanted.settings, self._device)


def control_of(wanted: Wanted, kinds: Sequence[str] | None, shown: Picture, made: Picture) -> Control:
    """How a map is made again: by its preprocessor, or, where it was painted on, by its own pixels.

    Args:
        wanted: what it was made of.
        kinds: of ControlNet that the model has; any when None.
        shown: the map on screen.
        made: the same without what was painted.
    """
    fitting = [kind for kind in wanted.tool.kinds if kinds is None or kind in kinds]
    kind = [*fitting, *(kinds or ()), "lines"][0]
    if shown is not made:
        return Control(kind=kind, picture=shown.hash, preprocessor="none")
    settings = dict(wanted.settings)
    return Control(kind=kind, picture=wanted.picture.hash, preprocessor=wanted.tool.name, settings=settings)


def size_by(function: Callable[[Size], Size] | None, shape: Size) -> Size:
    """The size of the maps of a picture of this shape, as somebody's function says; a usual one without a function.

    Raises:
        BadInput: when the function fails, or gives something else.
    """
    if function is None:
        return shape.with_pixels(_USUAL_PIXELS).multiple_of(64)
    try:
        made = function(shape)
    except Exception as error:
        msg = f"the function for the size of the maps failed on {shape} ({type(error).__name__}: {error})"
        raise BadInput(msg) from error
    if not isinstance(made, Size):
        msg = f"the function for the size of the maps gave {shown(made)}, and no Size"
        raise BadInput(msg)
    return made
