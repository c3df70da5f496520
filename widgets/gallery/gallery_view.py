"""All pictures of a lab's home, a page at a time: found by words, starred, tagged, compared, deleted, gone on with.

Draws no picture.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from traitlets import Bool, Dict, List, Unicode

from lab.core.errors import SketchlabError
from lab.core.events import Event, Finished
from lab.core.sentences.checked_call import checked
from lab.gallery import Kept
from lab.session import Lab
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import AnyWidget, Laid
from widgets.base.joined_modules import joined
from widgets.base.still import WithStill
from widgets.base.thread_safe import ThreadSafe
from widgets.compare.compare import asked_side, send_side
from widgets.compare.shown_comparison import ShownComparison
from widgets.gallery.cells import cell_of
from widgets.gallery.thumbnails import Thumbnails, made_together
from widgets.views.picture_takers import hand_over
from widgets.views.reopening import reopen, set_in

_log = logging.getLogger("lab.widgets")
_HERE = Path(__file__).parent
_MODULES = (
    *(f"../views/{name}.js" for name in ("cell_steps", "very_file", "zoom")),
    "../compare/comparison_view.js",
    *("tag_line.js", "two_compared.js", "gallery_view.js"),
)
_PAGE = 60
_TWO = 2


@checked
class GalleryView(WithStill, ThreadSafe, Laid, AnyWidget):
    """What was drawn, of all sessions, newest first; new pictures come by themselves.

    Searched as `lab.gallery.search` does: `GalleryView(lab, "apple seed:7 tag:summer starred:yes")`. A click enlarges a
    picture, with all that its recipe says; it can be given tags, dragged onto a canvas, or used in the Studio that was
    opened last, its settings or its seed alone too. Two that are selected are compared. A deletion can be taken back.
    The page gets thumbnails of what is seen there, and no others. A lab has one: opening another closes the older one.

    Args:
        lab: whose gallery is shown.
        query: what is searched first.

    Raises:
        BadInput: when there is no such field to search in.
    """

    _esm = joined(_HERE, _MODULES)
    _css = joined(_HERE, ("../compare/compare.css", "gallery_view.css"))

    # written by Python
    cells = List().tag(sync=True)
    """What `cell_of` gives, newest first."""
    query = Unicode().tag(sync=True)
    """What the cells were found by."""
    has_newer = Bool(default_value=False).tag(sync=True)
    has_older = Bool(default_value=False).tag(sync=True)
    can_undo = Bool(default_value=False).tag(sync=True)
    said = Unicode().tag(sync=True)
    tags = List().tag(sync=True)
    """All that are given to any picture."""
    compared = Dict().tag(sync=True)
    """Two pictures compared, as `ShownComparison.values` gives it; empty where none are."""

    def __init__(self, lab: Lab, query: str = "") -> None:
        self._lab, self._gallery = lab, lab.gallery
        self._thumbnails = Thumbnails()
        self._pictures: dict[int, Kept] = {}
        self._number = 0
        self._seen: list[int] = []
        self._deleted: list[Path] = []
        self._comparison: ShownComparison | None = None
        self._queue = BackgroundQueue("gallery", log=str(lab.log_file))
        super().__init__(**self._found(query, 0), tags=[*self._gallery.tags])
        self._leave = lab.subscribe(self._drawn)
        self.on_msg(self._hear)
        lab.take_place("gallery", self.close)

    def close(self) -> None:
        """Close the gallery; what is kept stays."""
        if self.comm is None:  # closed already, or refused before there was anything to close
            return
        self._leave()
        self._queue.close()
        super().close()

    @checked
    def search(self, query: str) -> None:
        """Show what is found by these words and fields, newest first.

        Raises:
            BadInput: when there is no such field to search in.
        """
        self.post(**self._found(query, 0), said="")

    def _found(self, query: str, number: int) -> dict[str, Any]:
        """A page of what a query finds, as traits."""
        number = max(0, number)
        found = self._gallery.search(query, _PAGE + 1, skip=number * _PAGE)
        self._pictures, self._number = {kept.id: kept for kept in found[:_PAGE]}, number
        cells = [cell_of(kept) for kept in self._pictures.values()]
        return {"query": query, "cells": cells, "has_older": len(found) > _PAGE, "has_newer": number > 0}

    def _hear(self, _widget: object, content: Any, _buffers: object) -> None:
        """A wish of the browser, done on the gallery's own thread."""
        if not isinstance(content, dict) or not isinstance(kind := content.get("kind"), str):
            return
        chosen = content.get("id")
        acts: dict[str, Callable[[], None]] = {
            "search": lambda: self.search(str(content.get("query", ""))),
            "turn": lambda: self._turn(older=bool(content.get("older"))),
            "undo": self._undelete,
            "compare": lambda: self._compare(content.get("ids")),
            "compared": lambda: self.post(compared={}),
        }
        own: dict[str, Callable[[Kept], None]] = {
            "star": lambda kept: self._star(kept, is_starred=bool(content.get("is_starred"))),
            "delete": self._delete,
            "tag": lambda kept: self._tag(kept, str(content.get("tag", ""))),
            "untag": lambda kept: self._untag(kept, str(content.get("tag", ""))),
            "seed": self._use_seed,
            "use": self._use,
            "reopen": self._reopen,
            "file": lambda kept: self.send({"kind": "file", "id": kept.id}, [kept.path.read_bytes()]),
        }
        if kind == "seen" and isinstance(ids := content.get("ids"), list):
            self._seen = [one for one in ids if type(one) is int]
            self._queue.add("seen", self._send_thumbnails)
        elif (asked := asked_side(content)) is not None:
            self._queue.add(asked, lambda: send_side(self, self._comparison, *asked))
        elif kind in acts:
            self._queue.add(kind, lambda: self._do(acts[kind]))
        elif kind in own and type(chosen) is int:
            which = (kind, chosen, str(content.get("tag", "")))
            self._queue.add(which, lambda: self._do(lambda: self._with(chosen, own[kind])))

    def _do(self, act: Callable[[], None]) -> None:
        """On the queue: do it; what goes wrong is said."""
        try:
            act()
        except SketchlabError as error:
            self.post(said=str(error))
        except (OSError, sqlite3.Error) as error:
            _log.exception("the gallery could not do what was wanted")
            self.post(said=f"That could not be done: {error}")

    def _with(self, chosen: int, act: Callable[[Kept], None]) -> None:
        kept = self._pictures.get(chosen)
        if kept is None or not kept.path.is_file():
            self.post(said="This picture is no longer there.")
            self._look()
            return
        act(kept)

    def _look(self) -> None:
        """Look again at the page that is shown; where nothing is left of it, at the one before."""
        found = self._found(self.query, self._number)
        if not found["cells"] and self._number:
            found = self._found(self.query, self._number - 1)
        self.post(**found)

    def _turn(self, *, older: bool) -> None:
        if self.has_older if older else self.has_newer:
            self.post(**self._found(self.query, self._number + (1 if older else -1)), said="")

    def _drawn(self, event: Event) -> None:
        """A picture is there; called on the worker's thread."""
        if isinstance(event, Finished) and self._number == 0:
            self._queue.add("look", lambda: self._do(self._look))

    def _send_thumbnails(self) -> None:
        """On the queue, a few at a time: what a person wants meanwhile waits for no more than those."""
        wanted = self._seen
        made = made_together(wanted, self._thumbnail)
        if made:
            read = {chosen: content for chosen, content in made.items() if content}
            self.send({"kind": "thumbnails", "ids": [*read], "unread": [*made.keys() - read.keys()]}, [*read.values()])
        if wanted:
            self._queue.add("seen", self._send_thumbnails)

    def _thumbnail(self, chosen: int) -> bytes | None:
        """Empty for a picture that cannot be read."""
        kept = self._pictures.get(chosen)
        if kept is None:
            return None
        try:
            return self._thumbnails.of(kept.path)
        except SketchlabError:
            return b""

    def _star(self, kept: Kept, *, is_starred: bool) -> None:
        self._gallery.star(kept.path, is_starred=is_starred)
        self._look()

    def _tag(self, kept: Kept, tag: str) -> None:
        self._gallery.tag(kept.path, [tag])
        self._look()
        self.post(tags=[*self._gallery.tags], said="")

    def _untag(self, kept: Kept, tag: str) -> None:
        self._gallery.untag(kept.path, [tag])
        self._look()
        self.post(tags=[*self._gallery.tags], said="")

    def _compare(self, chosen: Any) -> None:
        """Two pictures that a person selected, the one that was selected first as the first."""
        ids = chosen if isinstance(chosen, list) else []
        both = [kept for one in ids if type(one) is int and (kept := self._pictures.get(one)) is not None]
        if len(both) == _TWO:
            self._comparison = ShownComparison(self._lab.compare(both[0], both[1]))
            self.post(compared=self._comparison.values, said="")

    def _delete(self, kept: Kept) -> None:
        if self._gallery.delete(kept.path):
            self._deleted.append(kept.path)
        self._look()
        self.post(said="Deleted.", can_undo=True)

    def _undelete(self) -> None:
        """Bring back what was deleted last."""
        if not self._deleted:
            return
        is_back = self._gallery.undelete(self._deleted.pop())
        self._look()
        self.post(said="It is back." if is_back else "It could not be brought back.", can_undo=bool(self._deleted))

    def _use(self, kept: Kept) -> None:
        name = hand_over(kept.picture())
        self.post(
            said=f"It is on the canvas of {name}." if name else "No Studio with a canvas is open: open one first."
        )

    def _use_seed(self, kept: Kept) -> None:
        names = ("seed", "variation_seed", "variation_strength")
        task = set_in(self._lab, kept.recipe.task, {name: getattr(kept.recipe, name) for name in names})
        self.post(said=f"Its seed is in {task}." if task else "No Studio is open: open one first.")

    def _reopen(self, kept: Kept) -> None:
        task = reopen(self._lab, kept.recipe.task, kept.path.read_bytes())
        self.post(said=f"Its settings are in {task}." if task else "No Studio is open: open one first.")
