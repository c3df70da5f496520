"""Shows one picture, and a rough one while it is being drawn; knows no job."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Bool, Bytes, List, Unicode

from lab.core.events import AT_ONCE_S, Result
from lab.core.geometry import Size
from lab.core.image_files import opened
from lab.core.picture import Picture
from lab.core.sentences.checked_call import checked
from lab.gallery import Kept, png_with_recipe
from widgets.base.thread_safe import ThreadSafe

_HERE = Path(__file__).parent
_DOT = " · "
"""Between the parts of a plan's summary, and of the line below a picture."""


class ResultView(ThreadSafe, anywidget.AnyWidget):
    """The picture in the middle of attention. Survives a reload of the page: all it shows is in its traits.

    The browser's download of the picture carries the recipe. All methods may be called from any thread.
    """

    _esm = _HERE / "result_view.js"
    _css = _HERE / "result_view.css"

    # written by Python
    png = Bytes().tag(sync=True)
    preview = Bytes().tag(sync=True)
    caption = Unicode().tag(sync=True)
    hint = Unicode("The picture appears here.").tag(sync=True)
    outdated = Unicode().tag(sync=True)
    file_name = Unicode("sketchlab.png").tag(sync=True)
    folder = Unicode().tag(sync=True)
    is_starred = Bool(default_value=False).tag(sync=True)
    targets = List().tag(sync=True)
    """Where a person can send the picture: groups `{"name", "uses": [{"to", "name"}]}`; `on_send` tells of the `to`."""

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
        self._show(png, caption, result.path)

    @checked
    def show_kept(self, kept: Kept) -> None:
        """Show a picture of the gallery."""
        png = kept.path.read_bytes()
        with opened(png) as picture:
            caption = _caption(kept.summary, Size(*picture.size), kept.seconds)
        self._show(png, caption, kept.path, is_starred=kept.is_starred)

    def _show(self, png: bytes, caption: str, path: Path | None, *, is_starred: bool = False) -> None:
        name, folder = (path.name, str(path.parent)) if path else ("sketchlab.png", "")
        self.post(
            png=png, preview=b"", caption=caption, file_name=name, folder=folder, is_starred=is_starred, outdated=""
        )

    @checked
    def outdate(self, why: str) -> None:
        """Dim the picture, and say over it why it is not what is wanted now; an empty sentence takes that back."""
        if self.png and self.outdated != why:
            self.post(outdated=why)

    @checked
    def show_preview(self, picture: Picture) -> None:
        """Show a rough picture, enlarged and softened, over the finished one."""
        self.post(preview=picture.to_png())

    def drop_preview(self) -> None:
        """Back to the finished picture: the new one was cancelled or failed."""
        self.post(preview=b"")


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
