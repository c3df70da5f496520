"""All preprocessors on one picture: a thumbnail of every map, one enlarged, with live sliders. Knows no job."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from anywidget import WidgetTrait
from traitlets import Bool, Bytes, Dict, List, Unicode

from lab.core.conditioning import ControlGuide
from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.history import SketchHistory
from lab.core.picture import Picture, PictureLike
from lab.core.recipe import Control, Setting
from lab.core.sentences.checked_call import Listed, checked
from lab.preprocessors import PREPROCESSORS, preprocessor_named
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import AnyWidget, Laid
from widgets.base.image_codec import png_of, webp_of
from widgets.base.still import WithStill
from widgets.base.thread_safe import ThreadSafe
from widgets.canvas.map_canvas import MapCanvas
from widgets.preview.map_cache import Wanted
from widgets.preview.map_maker import MapMaker, control_of, size_by
from widgets.preview.offered_tools import described, offered, served, tile_of

_log = logging.getLogger("lab.widgets")
_HERE = Path(__file__).parent
_POST_EVERY_S = 0.1
_NUMBERS = count()
Callback = Callable[[Control | None], None]


@dataclass(frozen=True)
class _Shown:
    """A map on screen, and the control that makes it again."""

    control: Control
    map: Picture


@checked
class ControlPreview(WithStill, ThreadSafe, Laid, AnyWidget):
    """See what every preprocessor makes of a picture, choose one, turn its sliders, paint on it, and use what you see.

    `preview.guide` is what `lab.run(controls=[...])` takes: the very map on screen, which is `preview.map`;
    `preview.control` says how it was made. What is painted, on `preview.canvas`, lies over whatever map is chosen,
    until it is cleared or another picture comes. Maps are made beside the kernel's main thread. A preprocessor
    whose weights are not on this machine says so; they are never fetched from here. Choice and sliders survive a
    reload of the page. All methods may be called from any thread.

    Args:
        picture: what to look at; can be set later.
        kinds: the kinds of ControlNet to make maps for, such as those of a model's card; all when None.
        size: of the maps: that of the picture which the model will make, or a function that tells it from the size of
            the picture looked at. About 512 x 512 in that shape when None.
        device: where networks run.
        history: the history to paint into, when it comes from outside (to be kept on disk).
    """

    _esm = _HERE / "control_preview.js"
    _css = _HERE / "control_preview.css"
    _still_pictures = ".sketchlab-preview-map, .sketchlab-preview-canvas canvas"

    # written by Python
    tools = List().tag(sync=True)
    tiles = Dict().tag(sync=True)
    png = Bytes().tag(sync=True)
    source = Bytes().tag(sync=True)
    shown = Dict().tag(sync=True)
    painter = WidgetTrait().tag(sync=True)
    # written by the browser, and by `choose`; echoed, since it is the echo that makes the browser's machine acknowledge
    # at once, without which the server holds the map back for some 40 ms (Nagle's algorithm)
    chosen = Unicode().tag(sync=True)
    settings = Dict().tag(sync=True)
    # written by the browser: whether the canvas stands in the place of the map
    painting = Bool(default_value=False).tag(sync=True)

    def __init__(
        self,
        picture: PictureLike | None = None,
        *,
        kinds: Listed[str] | None = None,
        size: Size | Callable[[Size], Size] | None = None,
        device: str = "cpu",
        history: SketchHistory | None = None,
    ) -> None:
        self._kinds = served(kinds)
        self._size = size
        self._picture: Picture | None = None
        self._painted_on: Picture | None = None
        self._shown: _Shown | None = None
        self._listeners: list[Callback] = []
        self._maker = MapMaker(device)
        self._queues = {slow: BackgroundQueue(f"control preview {slow=}", self._post_tiles) for slow in (False, True)}
        self._posted_at = 0.0
        self._tiles: dict[str, dict[str, Any]] = {}
        self._last_chosen = ""
        self.canvas = MapCanvas(history)
        super().__init__(painter=self.canvas.ink)
        self._end = PREPROCESSORS.on_change(self.refresh)
        self.observe(lambda _: self._follow(), names=["chosen", "settings"])
        self.observe(lambda _: self._enlarge(), names="painting")
        self.canvas.on_change(self._enlarge)
        self.on_msg(lambda _widget, content, _buffers: content == {"kind": "computed"} and self.canvas.clear())
        self.refresh()
        if picture is not None:
            self.picture = picture

    @property
    def picture(self) -> Picture | None:
        """What is looked at; assign anything that a `Picture` can be made of."""
        return self._picture

    @picture.setter
    def picture(self, picture: PictureLike | None) -> None:
        self.look_at(picture)

    @checked
    def look_at(self, picture: PictureLike | None, *, keeps_paint: bool = False) -> None:
        """Look at another picture; what was painted on the last one's map is cleared unless it fits this one, too."""
        made = None if picture is None else Picture.of(picture)
        with self.guard:
            if made == self._picture:
                return
            self._picture = made
            had, self._painted_on = self._painted_on, made or self._painted_on
        if not keeps_paint and had not in (None, self._painted_on) and not self.canvas.sketch.is_empty:
            self.canvas.clear()
        self._look_anew()

    @property
    def size(self) -> Size | None:
        """The size of the maps; None when there is no picture yet."""
        if isinstance(self._size, Size):
            return self._size
        if self._picture is None:
            return None
        return size_by(self._size, self._picture.size)

    @size.setter
    @checked
    def size(self, size: Size | Callable[[Size], Size] | None) -> None:
        with self.guard:
            self._size = size
        self._look_anew()

    @property
    def control(self) -> Control | None:
        """How the map on screen is made, for a recipe; None as long as there is none.

        A painted map is named itself, with the preprocessor "none".
        """
        return self._shown.control if self._shown else None

    @property
    def guide(self) -> ControlGuide | None:
        """The map on screen as `lab.run` takes it, exactly these pixels; None as long as there is none."""
        shown = self._shown
        if shown is None:
            return None
        control = shown.control.changed(picture=shown.map.hash, preprocessor="none", settings={})
        return ControlGuide(control, shown.map)

    @property
    def map(self) -> Picture | None:
        """The very map on screen; None as long as there is none."""
        return self._shown.map if self._shown else None

    @checked
    def choose(self, name: str, **settings: Setting) -> None:
        """Enlarge a preprocessor, with these settings; the others stay where they are.

        Raises:
            BadInput: when there is none of that name here, or a setting is wrong.
        """
        names = [tool.name for tool in offered(self._kinds)]
        if name not in names:
            msg = f"this preview has no preprocessor {name!r}: it has {', '.join(names)}"
            raise BadInput(msg)
        with self.guard:
            turned = {**self._turned(name), **settings}
            preprocessor_named(name).checked(turned)
            self.post(chosen=name, settings={**self.settings, name: turned})

    @checked
    def on_change(self, callback: Callback) -> Callable[[], None]:
        """Call `callback(control)` whenever another map is on screen, or none (None); the answer, called, ends that.

        The callback runs on the thread that the change came on: it reads, submits, returns. Its errors go to the log.
        """
        self._listeners.append(callback)
        return lambda: self._listeners.remove(callback) if callback in self._listeners else None

    @checked
    def refresh(self, kinds: Listed[str] | None = None) -> None:
        """Look again which preprocessors there are and whose weights have come, or which there are for other kinds."""
        with self.guard:
            self._kinds = self._kinds if kinds is None else served(kinds)
            tools = offered(self._kinds)
            chosen = self.chosen if self.chosen in [tool.name for tool in tools] else tools[0].name
            self.post(tools=[described(tool) for tool in tools], chosen=chosen)
        self._look_anew()

    def _shown_pictures(self) -> Sequence[Picture]:
        return [self.map] if self.map else []

    def close(self) -> None:
        """Stop all work and listening; choice and map can still be read."""
        if self.comm is None:
            return
        self._end()
        self._listeners.clear()
        for queue in self._queues.values():
            queue.close()
        self.canvas.close()
        super().close()

    def _look_anew(self) -> None:
        """Everything has changed: the enlarged map first, then all thumbnails."""
        with self.guard:
            for queue in self._queues.values():
                queue.clear()
            has_picture = self._picture is not None
            if has_picture:
                self._look_at_all()
            else:
                self._tiles, self._shown = {}, None
                self.post(tiles={}, png=b"", source=b"", shown={})
        if not has_picture:
            self._tell()

    def _look_at_all(self) -> None:
        waiting = {"state": "waiting", "sentence": ""}
        names = [tool.name for tool in offered(self._kinds)]
        self._tiles = {name: {"thumb": b"", **self._tiles.get(name, {}), **waiting} for name in names}
        self._enlarge()
        self._queues[False].add("", self._post_source)
        for name in names:
            self._queue_tile(name)

    def _follow(self) -> None:
        """Another choice or other settings, from the browser or from `choose`: on whatever thread."""
        with self.guard:
            left, self._last_chosen = self._last_chosen, self.chosen
            self._enlarge()
            if left not in ("", self.chosen) and left in self._tiles:
                self._queue_tile(left)

    def _enlarge(self) -> None:
        """Let the map of the choice be made next."""
        wanted = self._wanted(self.chosen)
        if wanted is not None:
            slow = self._maker.is_slow(wanted)
            self._queues[slow].run_next(lambda: self._show(slow=slow))

    def _queue_tile(self, name: str) -> None:
        wanted = self._wanted(name)
        if wanted is not None:
            self._queues[bool(wanted.tool.weights)].add(name, lambda: self._make_tile(name))

    def _wanted(self, name: str) -> Wanted | None:
        """What the map of a preprocessor is made of now; None when there is no picture, or no such preprocessor."""
        with self.guard:
            tool, size = PREPROCESSORS.get(name), self.size
            if self._picture is None or size is None or tool is None:
                return None
            said = self._turned(name)
            turned = {param.name: said.get(param.name, param.default) for param in tool.params}
            return Wanted(self._picture, size, tool, turned)

    def _turned(self, name: str) -> dict[str, Any]:
        """What the page says of a preprocessor's settings."""
        said = self.settings.get(name)
        return said if isinstance(said, dict) else {}

    def _show(self, *, slow: bool) -> None:
        """On a queue: make the map of the choice, unless that is for the other queue, and show it."""
        wanted = self._wanted(self.chosen)
        if wanted is None or (self._maker.is_slow(wanted) if not slow else not wanted.tool.weights):
            return
        began = time.perf_counter()
        made, sentence = self._maker.made(wanted)
        seconds = time.perf_counter() - began
        painted = self._painted(made) if made else None
        png = png_of(painted) if painted else b""
        with self.guard:
            now = self._wanted(self.chosen)
            if now is None or not wanted.is_of_the_same(now):
                return
            if now.key != wanted.key and now.key in self._maker.maps:  # the other queue has shown that already
                return
            self._shown = _Shown(control_of(wanted, self._kinds, painted, made), painted) if painted and made else None
            shown = {"picture": wanted.picture.hash, "name": wanted.tool.name, "settings": wanted.settings}
            took = f" · {seconds * 1000:.0f} ms" if seconds >= 0.001 else ""
            caption = f"{wanted.size} · painted" if painted is not made else f"{wanted.size}{took}"
            shown |= {"caption": caption, "sentence": sentence, "painted": painted is not made}
            shown["number"] = next(_NUMBERS)  # another map is another value, whatever else stays
            self.post(png=png, shown=shown)
        self._tell()

    def _painted(self, made: Picture) -> Picture:
        """The map with what was painted; the canvas shows it as long as somebody paints."""
        self.canvas.take_size(made.size)
        if self.painting or not self.canvas.sketch.is_empty:
            self.canvas.lay_below(made)
        return self.canvas.painted(made)

    def _make_tile(self, name: str) -> None:
        """On a queue: the thumbnail of one preprocessor, or the sentence why there is none."""
        wanted = self._wanted(name)
        if wanted is None:
            return
        made, sentence = self._maker.made(wanted)
        tile = tile_of(wanted.tool, made, sentence)
        with self.guard:
            if not wanted.is_of_the_same(self._wanted(name)):
                return
            self._tiles = {**self._tiles, name: tile}
        if time.monotonic() - self._posted_at > _POST_EVERY_S:
            self._post_tiles()

    def _post_tiles(self) -> None:
        with self.guard:
            if self.tiles is not self._tiles:
                self._posted_at = time.monotonic()
                self.post(tiles=self._tiles)

    def _post_source(self) -> None:
        with self.guard:
            picture, size = self._picture, self.size
        if picture is not None and size is not None:
            self.post(source=webp_of(self._maker.seen(picture, size)))

    def _tell(self) -> None:
        control = self.control
        for callback in tuple(self._listeners):
            try:
                callback(control)
            except BaseException:
                _log.exception("a listener of the control preview failed")
