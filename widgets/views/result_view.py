"""Shows one picture, and a rough one while it is being drawn; knows no job."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from traitlets import Bool, Bytes, Int, List, Unicode

from lab.core.events import AT_ONCE_S, Result
from lab.core.geometry import Size
from lab.core.image_files import opened
from lab.core.picture import Picture
from lab.core.sentences.checked_call import checked
from lab.gallery import Kept, png_with_recipe, webp_with_recipe
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import AnyWidget, Laid
from widgets.base.image_codec import webp_of
from widgets.base.joined_modules import joined
from widgets.base.still import WithStill
from widgets.base.thread_safe import ThreadSafe

_HERE = Path(__file__).parent
_DOT = " · "
"""Between the parts of a plan's summary, and of the line below a picture."""
_LIKELY_PX = 1024
"""The longer side of a picture on a screen that has not told yet."""
_QUALITY = 90
"""Measured by `python -m bench.wire`: within 2 of 255 on average."""
_LEAST_PX = 256
"""A picture is made no smaller than this for the page: it costs little, and a narrow window may become wide."""
_SAME_SHAPE = 0.02
"""Sides are rounded to multiples of what a model draws: so much do shapes differ by that."""


class ResultView(WithStill, ThreadSafe, Laid, AnyWidget):
    """The picture in the middle of attention. Survives a reload of the page: all it shows is in its traits.

    The page gets the picture as it is seen there, in a tenth of the bytes; the very file, with its recipe, when a
    person wants to look closer, download it or drag it. All methods may be called from any thread.
    """

    _esm = joined(_HERE, ("very_file.js", "hand_out.js", "zoom.js", "result_view.js"))
    _css = _HERE / "result_view.css"

    # written by Python
    png = Bytes()
    """The very file, recipe included; stays in the kernel until the page asks for it."""
    shown = Bytes().tag(sync=True)
    """What the page gets: WebP of the size that is seen, or the file itself where that is smaller."""
    longest_px = Int(0).tag(sync=True)
    """The longer side of the file."""
    before = Bytes().tag(sync=True)
    """The picture that it came from, where it lies on the same place; for comparing."""
    preview = Bytes().tag(sync=True)
    caption = Unicode().tag(sync=True)
    hint = Unicode("The picture appears here.").tag(sync=True)
    outdated = Unicode().tag(sync=True)
    file_name = Unicode("sketchlab.png").tag(sync=True)
    folder = Unicode().tag(sync=True)
    is_starred = Bool(default_value=False).tag(sync=True)
    targets = List().tag(sync=True)
    """Where a person can send the picture: groups `{"name", "uses": [{"to", "name"}]}`; `on_send` tells of the `to`."""
    # written by the browser: the longer side of the picture in pixels of the screen; 0 before it was seen
    seen_px = Int(0).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self._before_of, self._before = "", b""
        self._queue = BackgroundQueue("files of pictures")
        super().__init__(**traits)
        self.on_msg(self._give_file)

    def _still_view(self) -> str:
        return self.model_id

    def _shown_pictures(self) -> Sequence[Picture]:
        return [Picture.of(self.shown)] if self.shown else []

    @property
    def path(self) -> Path | None:
        """The file of the picture that is shown; None when it is not kept."""
        return Path(self.folder) / self.file_name if self.folder else None

    @checked
    def on_send(self, callback: Callable[[str], None]) -> None:
        """Call back with the target that a person chose for the picture, on any thread."""
        self.on_msg(lambda _, said, __: callback(str(said.get("to"))) if said.get("kind") == "send" else None)

    @checked
    def on_star(self, callback: Callable[[Path, bool], None]) -> None:
        """Call back with the picture's file and whether a person wants it to have a star, on any thread."""

        def hear(_view: object, said: dict[str, Any], _buffers: object) -> None:
            if said.get("kind") == "star" and self.path is not None and said.get("file_name") == self.file_name:
                callback(self.path, bool(said.get("is_starred")))

        self.on_msg(hear)

    @checked
    def show(self, result: Result) -> None:
        """Show a finished picture with its plan; the preview goes."""
        caption = _caption(result.plan.summary, result.picture.size, result.seconds, result.note)
        png = result.path.read_bytes() if result.path else png_with_recipe(result)
        recipe = result.request.recipe
        source = result.request.pictures.get(recipe.scene or recipe.image or "")
        self._show(png, result.picture, caption, result.path, source=source)

    @checked
    def show_kept(self, kept: Kept, source: Picture | None = None) -> None:
        """Show a picture of the gallery, and what it came from where that is at hand."""
        png = kept.path.read_bytes()
        with opened(png) as picture:
            caption = _caption(kept.summary, Size(*picture.size), kept.seconds)
        self._show(png, Picture.of(png), caption, kept.path, is_starred=kept.is_starred, source=source)

    def _show(
        self,
        png: bytes,
        picture: Picture,
        caption: str,
        path: Path | None,
        *,
        is_starred: bool = False,
        source: Picture | None = None,
    ) -> None:
        name, folder = (path.name, str(path.parent)) if path else ("sketchlab.png", "")
        if source is None or not _lies_on(source.size, picture.size):
            self._before_of, self._before = "", b""
        elif source.hash != self._before_of:
            self._before_of, self._before = source.hash, webp_of(_shrunk(source, self.seen_px))
        self.post(
            before=self._before, png=png, shown=as_seen(png, picture, self.seen_px), longest_px=max(picture.size),
            preview=b"", caption=caption, file_name=name, folder=folder, is_starred=is_starred, outdated="",
        )  # fmt: skip

    def _give_file(self, _view: object, said: dict[str, Any], _buffers: object) -> None:
        """The page wants the very file of what it shows, or the same as WebP."""
        if said.get("kind") == "file":
            self.send({"kind": "file"}, [self.png])
        elif said.get("kind") == "webp" and self.png:
            png, name = self.png, f"{Path(self.file_name).stem}.webp"
            self._queue.add("webp", lambda: self.send({"kind": "webp", "file_name": name}, [webp_with_recipe(png)]))

    @checked
    def outdate(self, why: str) -> None:
        """Dim the picture, and say over it why it is not what is wanted now; an empty sentence takes that back."""
        if self.png and self.outdated != why:
            self.post(outdated=why)

    @checked
    def show_preview(self, picture: Picture) -> None:
        """Show a rough picture, enlarged and softened, over the finished one."""
        self.post(preview=picture.to_png())

    def close(self) -> None:
        """Close it; what a page still wants of it does not come."""
        self._queue.close()
        super().close()

    def drop_preview(self) -> None:
        """Back to the finished picture: the new one was cancelled or failed."""
        self.post(preview=b"")


def as_seen(png: bytes, picture: Picture, seen_px: int) -> bytes:
    """What a page needs of a picture that is `seen_px` long there (0: not known): WebP, or the PNG if that is less."""
    small = webp_of(_shrunk(picture, seen_px), _QUALITY)
    return small if len(small) < len(png) else png


def _shrunk(picture: Picture, seen_px: int) -> Picture:
    """The picture, no longer than it is seen."""
    longest = max(_LEAST_PX, seen_px or _LIKELY_PX)
    return (
        picture if max(picture.size) <= longest else picture.resized(picture.size.fitted_into(Size(longest, longest)))
    )


def _lies_on(source: Size, made: Size) -> bool:
    """Whether a picture has the shape of what was made of it, so that one lies on the other."""
    return abs(source.width / source.height * made.height / made.width - 1) < _SAME_SHAPE


def _caption(summary: str, size: Size, seconds: float, note: str = "") -> str:
    """The line below a picture, with its own size, not the model's, and nothing of a model that drew nothing."""
    took = f"{seconds:.1f} s" if seconds >= AT_ONCE_S else ""
    parts = summary.split(_DOT)
    drawn = [f"{size}" if re.fullmatch(r"\d+x\d+", part) else part for part in parts]
    if any(part.startswith("runs 0 of ") for part in parts):
        drawn = [f"{size}"]
    elif f"{size}" not in drawn:
        drawn.append(f"{size}")
    return _DOT.join(filter(None, [*drawn, took, note]))
