"""The last pictures of a task in one row of thumbnails; brings none back itself, and draws nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from traitlets import Int, List

from lab.core.errors import SketchlabError
from lab.core.sentences.wording import short
from lab.gallery import Gallery, Kept
from widgets.base.bare import AnyWidget
from widgets.base.thread_safe import ThreadSafe
from widgets.gallery.thumbnails import Thumbnails

_HERE = Path(__file__).parent
_MOST = 20
_SIDE_PX = 160
"""More than a thumbnail is high, for screens with two pixels for each of the page."""
_LETTERS = 80


class ResultStrip(ThreadSafe, AnyWidget):
    """The newest 20 pictures that are kept of a task in a session, newest first; a click tells which one is wanted.

    Quick live pictures are left out unless they have a star. The page asks for the thumbnails that it lacks.

    Args:
        gallery: of the session.
        task: name of the task.
        beside: does something beside the kernel's threads, under a key.
    """

    _esm = _HERE / "result_strip.js"
    _css = _HERE / "result_strip.css"

    # written by Python
    cells = List().tag(sync=True)
    """`{"id", "title", "seed", "is_starred"}` of each, newest first."""
    shown = Int(0).tag(sync=True)
    """The id of the one that is looked at; 0 for none of them."""

    def __init__(self, gallery: Gallery, task: str, beside: Callable[[str, Callable[[], None]], None]) -> None:
        self._gallery, self._task, self._beside = gallery, task, beside
        self._thumbnails = Thumbnails(_SIDE_PX)
        self._pictures: dict[int, Kept] = {}
        self._path: Path | None = None
        self._bring: Callable[[Kept], None] = lambda _: None
        self._star: Callable[[Kept, bool], None] = lambda *_: None
        super().__init__()
        self.on_msg(self._hear)

    @property
    def pictures(self) -> tuple[Kept, ...]:
        """Those that are shown, newest first."""
        return tuple(self._pictures.values())

    def on_bring(self, callback: Callable[[Kept], None]) -> None:
        """Call back with the picture that a person wants back, on any thread. One callback: the owner's."""
        self._bring = callback

    def on_star(self, callback: Callable[[Kept, bool], None]) -> None:
        """Call back with a picture and whether it shall have a star, on any thread. One callback: the owner's."""
        self._star = callback

    def look(self, path: Path | None = None) -> None:
        """Look again at what is kept, with the picture of this file as the one that is looked at. Reads the disk."""
        self._path = path
        found = last_pictures(self._gallery, self._task)
        self._pictures = {kept.id: kept for kept in found}
        shown = next((kept.id for kept in found if kept.path == path), 0)
        self.post(cells=[_cell(kept) for kept in found], shown=shown)

    def look_soon(self, path: Path | None) -> None:
        """The same beside the kernel's threads; returns at once."""
        self._beside("strip", lambda: self.look(path))

    def _hear(self, _strip: object, said: Any, _buffers: object) -> None:
        """A wish of the page."""
        if not isinstance(said, dict):
            return
        kind, number, ids = said.get("kind"), said.get("id"), said.get("ids")
        if kind == "seen" and isinstance(ids, list):
            for wanted in ids[:_MOST]:
                if type(wanted) is int and wanted in self._pictures:
                    self._beside(f"thumbnail {wanted}", partial(self._give, self._pictures[wanted]))
        kept = self._pictures.get(number) if type(number) is int else None
        if kept is None:
            return
        if kind == "bring":
            self._bring(kept)
        elif kind == "star":
            self._star(kept, bool(said.get("is_starred")))

    def _give(self, kept: Kept) -> None:
        try:
            content = [self._thumbnails.of(kept.path)]
        except SketchlabError:  # gone, or damaged: it is shown as such
            content = []
        self.send({"kind": "thumbnail", "id": kept.id}, content)


def last_pictures(gallery: Gallery, task: str, count: int = _MOST) -> list[Kept]:
    """The newest pictures of a task that a person may want back: no quick live ones but those with a star."""
    newest = gallery.latest(3 * count, task=task)
    return [kept for kept in newest if kept.made.kind != "quick" or kept.is_starred][:count]


def _cell(kept: Kept) -> dict[str, Any]:
    recipe = kept.recipe
    title = short(" ".join(recipe.prompt.split()), _LETTERS) or recipe.task.replace("_", " ")
    return {"id": kept.id, "title": title, "seed": str(recipe.seed), "is_starred": kept.is_starred}
