"""Results on disk: PNG files that carry their recipes, and an SQLite index of them."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from lab.core.errors import BadInput
from lab.core.events import Result
from lab.core.picture import Picture
from lab.core.recipe import PictureName, Recipe
from lab.core.sentences.checked_call import checked
from lab.gallery.files import sweep, write_new, write_whole
from lab.gallery.metadata import png_with_recipe
from lab.gallery.network_disk import is_on_network

_log = logging.getLogger("lab.gallery")
_ASKED_FOR, _LIVE, _QUICK = 0, 1, 2
"""What `is_live` says in the index; a quick one is one of the live slot's that is followed by another in more steps."""
_KEPT = {_LIVE: 50, _QUICK: 10}
"""How many pictures of the live slot are kept of each task of a session; older ones make way for their own kind."""

_SCHEMA = """
create table if not exists pictures (
    id integer primary key,
    made_at text not null,
    session text not null,
    is_live integer not null,
    file text not null,
    summary text not null,
    seconds real not null,
    recipe text not null,
    is_starred integer not null default 0
);
create index if not exists by_session on pictures (session, id);
"""


@dataclass(frozen=True)
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

    def picture(self) -> Picture:
        """The picture, read from its file."""
        return Picture.of(self.path)


class Gallery:
    """The pictures of one session, newest first. Any thread: each call opens the index anew.

    Of the live slot's pictures the newest 50 of each task are kept, and the newest 10 of those that are only quick; of
    all others every one, and every one that has a star.

    Args:
        folder: holds the index, the pictures, and in `sources/` the pictures that recipes name.
        session: whose pictures.
        clock: the time, with its zone.
    """

    def __init__(self, folder: Path, session: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.folder = folder
        self.session = session
        self._clock = clock
        self._held: sqlite3.Connection | None = None
        self._sweep()

    @checked
    def add(self, result: Result, *, is_live: bool = False) -> Result:
        """Keep a result, its sources first; the result with its path.

        A picture whose file is there but which the index would not take is returned with a note.

        Raises:
            OSError: when the disk is full or cannot be written; no file is half-written.
        """
        for name, picture in result.request.pictures.items():
            source = self._source(name)
            if not source.exists():
                write_whole(source, picture.to_png())
        now = self._clock()
        name = f"{now:%Y-%m-%d}/{now:%H%M%S-%f}-{result.plan.recipe.task}.png"
        path = write_new(self.folder / name, png_with_recipe(result))
        kept = replace(result, path=path)
        try:
            self._put_into_index(kept, now, path.relative_to(self.folder).as_posix(), is_live=is_live)
        except (sqlite3.Error, OSError) as error:
            _log.exception("%s is not in the index", path)
            return replace(kept, not_kept=f"the gallery's index cannot be used: {error}")
        return kept

    @checked
    def latest(self, count: int = 1, *, task: str | None = None) -> list[Kept]:
        """The newest pictures whose files are still there, newest first."""
        found: list[Kept] = []
        try:
            with self._index() as index:
                rows = index.execute("select * from pictures where session = ? order by id desc", (self.session,))
                for row in rows:
                    kept = self._kept(row)
                    if kept and kept.path.is_file() and (task is None or kept.recipe.task == task):
                        found.append(kept)
                    if len(found) == count:
                        break
        except (sqlite3.Error, OSError):
            _log.exception("the index of %s cannot be read", self.folder)
        return found

    @checked
    def star(self, path: Path, *, is_starred: bool = True) -> bool:
        """Give a picture a star, with which it is kept for good, or take it away; whether it is in the index.

        Raises:
            sqlite3.Error: when the index cannot be written.
        """
        if not path.is_relative_to(self.folder):
            return False
        with self._index() as index:
            changed = index.execute(
                "update pictures set is_starred = ? where session = ? and file = ?",
                (is_starred, self.session, path.relative_to(self.folder).as_posix()),
            )
            return changed.rowcount > 0

    @checked
    def source(self, name: PictureName) -> Picture | None:
        """The picture that a recipe refers to by this hash; None when it is not kept here."""
        path = self._source(name)
        return Picture.of(path) if path.is_file() else None

    def _sweep(self) -> None:
        """Delete what killed processes left half-written."""
        sweep(self.folder)
        with suppress(OSError):
            for part in [*os.scandir(self.folder)]:
                if part.is_dir(follow_symlinks=False):
                    sweep(Path(part.path))

    def _source(self, name: str) -> Path:
        return self.folder / "sources" / f"{name}.png"

    def _put_into_index(self, result: Result, now: datetime, name: str, *, is_live: bool) -> None:
        plan = result.plan
        kind = _ASKED_FOR if not is_live else _QUICK if result.request.is_quick else _LIVE
        row = (now.isoformat(), self.session, kind, name, plan.summary, result.seconds, plan.recipe.to_json())
        with self._index() as index:
            index.execute(
                "insert into pictures (made_at, session, is_live, file, summary, seconds, recipe)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            forgotten = self._forget_old(index, kind, plan.recipe.task) if is_live else []
        for old in forgotten:
            old.unlink(missing_ok=True)

    def _forget_old(self, index: sqlite3.Connection, kind: int, task: str) -> list[Path]:
        """Take old live pictures, and sources that only they needed, out of the index; the files to be deleted."""
        old = index.execute(
            "select id, file, recipe from pictures"
            " where session = ? and is_live = ? and not is_starred and json_extract(recipe, '$.task') = ?"
            " order by id desc limit -1 offset ?",
            (self.session, kind, task, _KEPT[kind]),
        ).fetchall()
        index.executemany("delete from pictures where id = ?", [(row["id"],) for row in old])
        names = {name for row in old for name in re.findall(r"\b[0-9a-f]{32}\b", row["recipe"])}
        used = "select 1 from pictures where instr(recipe, ?) limit 1"
        unused = [name for name in names if index.execute(used, (name,)).fetchone() is None]
        return [*(self.folder / row["file"] for row in old), *map(self._source, unused)]

    def _kept(self, row: sqlite3.Row) -> Kept | None:
        """The line of the gallery; None when a newer version of the lab wrote its recipe."""
        try:
            recipe = Recipe.from_json(row["recipe"])
        except BadInput as error:
            _log.warning("%s is passed over: %s", row["file"], error)
            return None
        return Kept(
            id=row["id"],
            made_at=datetime.fromisoformat(row["made_at"]),
            path=self.folder / row["file"],
            summary=row["summary"],
            seconds=row["seconds"],
            recipe=recipe,
            is_live=bool(row["is_live"]),
            is_starred=bool(row["is_starred"]),
        )

    @contextmanager
    def _index(self) -> Iterator[sqlite3.Connection]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.folder / "gallery.sqlite", timeout=10)) as index:
            index.row_factory = sqlite3.Row
            # Write-ahead, synced by the system in its own time: a picture waits for no disk, and a crash of the kernel
            # loses nothing. Network volumes do without: some refuse it, and some take it and lose what is written.
            with suppress(sqlite3.OperationalError):
                index.execute(f"pragma journal_mode = {'delete' if is_on_network(self.folder) else 'wal'}")
            index.execute("pragma synchronous = normal")
            index.executescript(_SCHEMA)
            _add_missing_columns(index)
            self._hold_open()
            with index:
                yield index

    def _hold_open(self) -> None:
        """Keep one idle connection: when the last one closes, SQLite tidies its log away, which costs over a ms."""
        if self._held is None:
            held = sqlite3.connect(self.folder / "gallery.sqlite", check_same_thread=False)
            weakref.finalize(self, held.close)
            held.execute("select 1 from pictures limit 1").fetchone()
            self._held = held


def _add_missing_columns(index: sqlite3.Connection) -> None:
    """What versions before 0.2 did not know."""
    if "is_starred" not in {row["name"] for row in index.execute("pragma table_info(pictures)")}:
        index.execute("alter table pictures add column is_starred integer not null default 0")
