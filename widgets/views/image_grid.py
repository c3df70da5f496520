"""Pictures side by side, each with a line of words below it: enlarged, saved, gone on with; knows no job."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from traitlets import Int, List

from lab.core.errors import SketchlabError
from lab.core.events import Result
from lab.core.picture import Picture, PictureLike
from lab.core.sentences.checked_call import checked
from lab.gallery import png_with_recipe
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import AnyWidget, Laid
from widgets.base.joined_modules import joined
from widgets.base.still import WithStill
from widgets.base.thread_safe import ThreadSafe
from widgets.views.captioned import picture_in, shown
from widgets.views.picture_takers import hand_over

_HERE = Path(__file__).parent


@checked
class ImageGrid(WithStill, ThreadSafe, Laid, AnyWidget):
    """Many pictures at a glance: `ImageGrid({"strength 0.2": result, "strength 0.4": other})`.

    A click enlarges one; all can be saved as a ZIP file, results with their recipes; one is put on the canvas of the
    Studio that was opened last. Until the kernel ends; pictures and words survive a reload of the page.

    Args:
        pictures: results, or anything that a `Picture` can be made of, by the words below each.
        side_px: how wide each is shown, in pixels of the screen.
    """

    _esm = joined(_HERE, ("enlarged.js", "image_grid.js"))
    _css = _HERE / "image_grid.css"

    # written by Python
    cells = List().tag(sync=True)
    side_px = Int(180).tag(sync=True)

    def __init__(self, pictures: Mapping[str, Result | PictureLike], side_px: int = 180) -> None:
        self._given = {
            words: given if isinstance(given, Result) else picture_in(given) for words, given in pictures.items()
        }
        self._queue = BackgroundQueue("pictures of a sheet")
        super().__init__(cells=[_cell(words, given) for words, given in self._given.items()], side_px=side_px)
        self.on_msg(self._hear)

    def _shown_pictures(self) -> Sequence[Picture]:
        return [picture_in(given) for given in self._given.values()]

    def close(self) -> None:
        """Close the sheet; nothing more is asked of it."""
        if self.comm is None:  # closed already, or refused before there was anything to close
            return
        self._queue.close()
        super().close()

    def zipped(self) -> bytes:
        """All pictures as PNG in one ZIP file, named by their words; those of results with their recipes."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:
            for number, (words, given) in enumerate(self._given.items(), 1):
                file.writestr(f"{number:02d} {_file_name(words)}.png", _png(given))
        return packed.getvalue()

    def _hear(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        """A wish of the browser; what takes long is done beside the thread that brings it."""
        acts: dict[str, Callable[[], None]] = {
            "enlarge": lambda: self._answer("large", [_png(self._chosen(content))], number=content["number"]),
            "save": lambda: self._answer("zip", [self.zipped()]),
            "use": lambda: self._use(content),
        }
        act = acts.get(str(content.get("kind")))
        if act is not None:
            self._queue.add(str(content), act)

    def _use(self, content: dict[str, Any]) -> None:
        try:
            name = hand_over(picture_in(self._chosen(content)))
        except SketchlabError as error:
            self._answer("said", text=str(error))
            return
        said = f"It is on the canvas of {name}." if name else "No Studio with a canvas is open: open one first."
        self._answer("said", text=said)

    def _chosen(self, content: dict[str, Any]) -> Any:
        return list(self._given.values())[int(content["number"])]

    def _answer(self, kind: str, buffers: list[bytes] | None = None, **more: Any) -> None:
        self.send({"kind": kind, **more}, buffers or [])


def _cell(words: str, given: Any) -> dict[str, Any]:
    return {"words": words, "thumb": shown(given), "size": f"{picture_in(given).size}"}


def _png(given: Any) -> bytes:
    return png_with_recipe(given) if isinstance(given, Result) else given.to_png()


def _file_name(words: str) -> str:
    return re.sub(r"[^\w .,=-]+", "_", words).strip()[:80] or "picture"
