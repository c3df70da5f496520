"""Results on disk: PNG files that carry their recipes, and an SQLite index of them."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated

from pydantic import Field

from lab.core.events import Result
from lab.core.picture import Picture
from lab.core.recipe import PictureName, Recipe
from lab.core.recipes.as_known import recipe_as_known
from lab.core.recipes.shareable import shareable
from lab.core.sentences.checked_call import checked
from lab.core.sketch import Sketch
from lab.gallery.deleted import brought_back, put_away
from lab.gallery.files import sweep, write_new
from lab.gallery.index import BrokenIndex, Index
from lab.gallery.made import Kind, Made, made_of
from lab.gallery.marks import tags_in
from lab.gallery.marks.marking import Marking
from lab.gallery.metadata import made_from, png_with_recipe
from lab.gallery.rows import KINDS, enter, needed, tidy
from lab.gallery.search import condition
from lab.gallery.sources import Sources, name_of, strokes_of

_log = logging.getLogger("lab.gallery")
_KEPT = {"live": 50, "quick": 10}
"""How many pictures of the live slot are kept of each task of a session; older ones make way for their own kind."""


@dataclass(frozen=True, repr=False)
class Kept:
    """One line of the gallery: where a picture is, and how it was made."""

    id: int
    made_at: datetime
    path: Path
    summary: str
    seconds: float
    recipe: Recipe
    is_live: bool
    is_starred: bool = False
    made: Made = field(default_factory=Made)
    not_read: str = ""
    """Why the recipe is not all that made the picture, as where a newer version of the lab wrote it; mostly empty."""
    tags: tuple[str, ...] = ()
    """What people gave it to find it again."""

    def __repr__(self) -> str:
        return f"<Kept {self.id}: {self.recipe.prompt!r} · {self.summary} · {self.path.name}>"

    def picture(self) -> Picture:
        """The picture, read from its file."""
        return Picture.of(self.path)


class Gallery(Marking):
    """The pictures of one session, newest first. Any thread: each call opens the index anew.

    Of the live slot's pictures the newest 50 of each task are kept, and the newest 10 of those that are only quick; of
    all others every one, and every one that has a star or a tag.

    Args:
        folder: holds the index, the pictures, and in `sources/` the pictures that recipes name.
        session: whose pictures.
        clock: the time, with its zone.
    """

    def __init__(self, folder: Path, session: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.folder = folder
        self.session = session
        self._clock = clock
        self._index = Index(folder, partial(tidy, folder, session))
        self._sources = Sources(folder / "sources")
        self._sweep()

    @checked
    def add(self, result: Result, *, is_live: bool = False) -> Result:
        """Keep a result, its sources first; the result with its path.

        A picture whose file is there but which the index would not take is returned with a note; it is taken when the
        gallery is opened again.

        Raises:
            OSError: when the disk is full or cannot be written; no file is half-written.
        """
        kind: Kind = "asked for" if not is_live else "quick" if result.request.is_quick else "live"
        now = self._clock()
        sketch = result.request.sketch if kind != "quick" else None
        strokes = strokes_of(sketch) if sketch else None
        made = made_of(
            result,
            session=self.session,
            made_at=now,
            kind=kind,
            parent=self._parent(result),
            sketch=name_of(strokes) if strokes else "",
        )
        content = png_with_recipe(result, made)
        file = f"{now:%Y-%m-%d}/{now:%H%M%S-%f}-{result.plan.recipe.task}.png"
        written: list[Path] = []

        def keep(rows: sqlite3.Connection | None) -> Path:
            """With the lock held where there is one: so that no other kernel lets a source go before it has its row."""
            self._sources.keep(result.request, strokes)
            if not written:
                written.append(write_new(self.folder / file, content))
            if rows:
                enter(rows, written[0].relative_to(self.folder), made, result.plan.recipe.to_json())
                self._forget_old(rows, kind, result.plan.recipe.task)
            return written[0]

        try:
            return replace(result, path=self._index.change(keep))
        except sqlite3.Error as error:
            path = written[0] if written else keep(None)
            _log.exception("%s is not in the index", path)
            return replace(result, path=path, not_kept=f"the gallery's index cannot be used: {error}")

    @checked
    def latest(self, count: Annotated[int, Field(ge=0)] = 1, *, task: str | None = None) -> list[Kept]:
        """The newest pictures whose files are still there, newest first."""

        def found(rows: sqlite3.Connection) -> list[Kept]:
            newest = rows.execute("select * from pictures where session = ? order by id desc", (self.session,))
            kept = filter(None, map(self._kept, newest))
            return [*islice((one for one in kept if task is None or one.recipe.task == task), count)]

        return self._looked_up(found)

    @checked
    def search(
        self, query: str, count: Annotated[int, Field(ge=0)] = 50, *, skip: Annotated[int, Field(ge=0)] = 0
    ) -> list[Kept]:
        """Pictures of all sessions by words and fields, newest first: `lab.gallery.search("apple seed:7 model:sdxl")`.

        Args:
            query: each word is in the prompt, each `field:value` so in the recipe; see `lab.gallery.search.condition`.
            count: how many at most.
            skip: how many of the newest are left out, for the next page.

        Raises:
            BadInput: when a field of the query is none.
        """
        asked = condition(query)

        def found(rows: sqlite3.Connection) -> list[Kept]:
            those = f"select * from pictures where {asked.sql} order by id desc"  # noqa: S608 - bound
            there = filter(self._is_there, rows.execute(those, asked.values))
            return [*filter(None, map(self._kept, islice(there, skip, skip + count)))]

        return self._looked_up(found)

    @checked
    def made_by(self, recipe: Recipe) -> list[Kept]:
        """The pictures of exactly this recipe whose files are still there, newest first."""

        def found(rows: sqlite3.Connection) -> list[Kept]:
            like_it = "select * from pictures where recipe_hash = ? and session = ? order by id desc"
            return [*filter(None, map(self._kept, rows.execute(like_it, (recipe.hash, self.session))))]

        return self._looked_up(found)

    @checked
    def as_asked(self, recipe: Recipe, pixels: str) -> Recipe:
        """The recipe of a picture's file with the paths that it had here, which the file itself does not tell.

        Args:
            recipe: as the file says it.
            pixels: hash of the picture.

        Returns:
            What made this picture here; the recipe itself where the gallery does not know the picture.
        """

        def found(rows: sqlite3.Connection) -> list[Kept]:
            those = rows.execute("select * from pictures where pixels = ? order by id desc", (pixels,))
            return [*filter(None, map(self._kept, those))]

        here = (kept.recipe for kept in self._looked_up(found) if not kept.not_read)
        return next((one for one in here if shareable(one) == recipe), recipe)

    @checked
    def delete(self, path: Path) -> bool:
        """Take a picture away, of whatever session; `undelete` brings it back for a day. Whether it was there.

        Raises:
            OSError: when the folder cannot be written.
        """
        return self._is_own(path) and put_away(path)

    @checked
    def undelete(self, path: Path) -> bool:
        """Bring back a picture that was deleted, with its star; whether it could be brought back.

        Raises:
            OSError: when the folder cannot be written.
        """
        return self._is_own(path) and brought_back(path)

    @checked
    def source(self, name: PictureName) -> Picture | None:
        """The picture that a recipe refers to by this hash; None when it is not kept here."""
        return self._sources.picture(name)

    @checked
    def sketch(self, name: PictureName) -> Sketch | None:
        """The strokes that `Made.sketch` names; None when they are not kept here."""
        return self._sources.sketch(name)

    def _sweep(self) -> None:
        """Delete what killed processes left half-written."""
        sweep(self.folder)
        with suppress(OSError):
            for part in [*os.scandir(self.folder)]:
                if part.is_dir(follow_symlinks=False):
                    sweep(Path(part.path))

    def _looked_up(self, work: Callable[[sqlite3.Connection], list[Kept]]) -> list[Kept]:
        """What is found in the index; nothing, and a word in the log, where it cannot be read."""
        try:
            return self._index.read(work)
        except (sqlite3.Error, OSError, UnicodeError):
            _log.exception("the index of %s cannot be read", self.folder)
            return []

    def _parent(self, result: Result) -> str:
        """The file of the newest picture of the gallery that this one was made of; empty where none was."""
        names = [name for name in (result.plan.recipe.image, result.plan.recipe.scene) if name]

        def found(rows: sqlite3.Connection) -> str:
            those = "select file from pictures where pixels = ? order by id desc"
            files = (rows.execute(those, (name,)).fetchone() for name in names)
            return next((row["file"] for row in files if row), "")

        with suppress(sqlite3.Error, OSError):
            return self._index.read(found) if names else ""
        return ""

    def _forget_old(self, rows: sqlite3.Connection, kind: Kind, task: str) -> None:
        """Let old live pictures go, and sources that only they needed.

        Files first: a kill in between leaves rows without files, which are passed over.
        """
        if kind not in _KEPT:
            return
        old = rows.execute(
            "select id, file, recipe, made from pictures"
            " where session = ? and is_live = ? and not is_starred and tags = '[]'"
            " and json_extract(recipe, '$.task') = ?"
            " order by id desc limit -1 offset ?",
            (self.session, KINDS.index(kind), task, _KEPT[kind]),
        ).fetchall()
        rows.executemany("delete from pictures where id = ?", [(row["id"],) for row in old])
        names = {name for row in old for name in needed(row)}
        used = "select 1 from pictures where instr(recipe, :name) or instr(made, :name) limit 1"
        unused = [name for name in names if rows.execute(used, {"name": name}).fetchone() is None]
        with suppress(OSError):
            for file in (self.folder / row["file"] for row in old):
                if file.resolve().is_relative_to(self.folder.resolve()):  # whatever an index may say
                    file.unlink(missing_ok=True)
            for name in unused:
                self._sources.delete(name)

    def _is_own(self, path: Path) -> bool:
        """Whether a path is one of a picture of this folder, whatever its parts may say."""
        with suppress(OSError, ValueError, RuntimeError):  # links in a ring, a NUL in it
            return path.suffix == ".png" and path.resolve().parent.parent == self.folder.resolve()
        return False

    def _is_there(self, row: sqlite3.Row) -> bool:
        """Whether the file of a row is there; a row that cannot be read is told of later."""
        return not isinstance(row["file"], str) or (self.folder / row["file"]).is_file()

    def _kept(self, row: sqlite3.Row) -> Kept | None:
        """The line of the gallery; None when its file is gone.

        Raises:
            BrokenIndex: when the row is none that the lab wrote.
        """
        try:
            path = self.folder / row["file"]
            if not path.is_file():
                return None
            recipe, not_read = recipe_as_known(row["recipe"])
            return Kept(
                id=row["id"],
                made_at=datetime.fromisoformat(row["made_at"]),
                path=path,
                summary=row["summary"],
                seconds=float(row["seconds"]),
                recipe=recipe,
                is_live=bool(row["is_live"]),
                is_starred=bool(row["is_starred"]),
                made=made_from(row["made"]),
                not_read=not_read,
                tags=tags_in(row["tags"]),
            )
        except (TypeError, ValueError) as error:
            msg = f"row {row['id']} cannot be read: {error}"
            raise BrokenIndex(msg) from error
