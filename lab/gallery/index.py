"""The table of a gallery's pictures, in SQLite, under one lock for its rows and the files beside them.

The files are what counts, and the table is made of them again where it is missing or broken. Knows no pixels.
"""

from __future__ import annotations

import logging
import sqlite3
import weakref
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from lab.gallery.network_disk import is_on_network

_T = TypeVar("_T")
_log = logging.getLogger("lab.gallery")
NAME = "gallery.sqlite"
VERSION = 2
"""What `pragma user_version` says; versions before 0.2 said 0, and 1 had no tags. A newer table is left alone."""
_WAIT_S = 10
"""For another kernel that changes it."""
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_SIGNS = ("no such table", "table pictures has no column", "malformed JSON", "Could not decode to UTF-8")
"""How errors begin that SQLite has no code of its own for."""

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
    is_starred integer not null default 0,
    made text not null default '{}',
    recipe_hash text not null default '',
    pixels text not null default '',
    tags text not null default '[]'
)
"""
_SINCE = {
    "is_starred": "integer not null default 0",
    "made": "text not null default '{}'",
    "recipe_hash": "text not null default ''",
    "pixels": "text not null default ''",
    "tags": "text not null default '[]'",
}
"""What earlier tables did not have."""
_FIRST = {"id", "made_at", "session", "is_live", "file", "summary", "seconds", "recipe"}
"""What every table of the lab has."""
_INDICES = (
    "create index if not exists by_session on pictures (session, id)",
    "create index if not exists by_recipe on pictures (recipe_hash) where recipe_hash != ''",
    "create index if not exists by_pixels on pictures (pixels) where pixels != ''",
    "create index if not exists by_file on pictures (file)",
)


Marks = Mapping[str, tuple[bool, str]]
"""By its file what a person gave a picture: whether a star, and the tags as JSON."""


class BrokenIndex(sqlite3.DatabaseError):
    """What is in the table is nothing that the lab wrote."""


class NewerIndex(sqlite3.Error):
    """The table was written by a newer version of the lab."""


class Index:
    """The table in a folder. Any thread, any number of processes: each call opens it anew.

    Args:
        folder: is made when it is not there.
        tidy: compares the table with the files, with the lock held; called once, before the first use. It hears which
            pictures had a star or tags where a broken table could still tell, and None where nobody knows.
    """

    def __init__(self, folder: Path, tidy: Callable[[sqlite3.Connection, Marks | None], None]) -> None:
        self._file = folder / NAME
        self._tidy = tidy
        self._held: sqlite3.Connection | None = None

    def read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """What `work` reads of the table; it may be asked twice, when the first time showed that the table is broken.

        Raises:
            sqlite3.Error: when there can be no table.
        """
        return self._done(work, "deferred")

    def change(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """The same for what changes rows, or files beside them: nobody else does while this lasts.

        All rows change, or none. Errors as for `read`; what `work` raises changes nothing.
        """
        return self._done(work, "immediate")

    def _done(self, work: Callable[[sqlite3.Connection], _T], how: str) -> _T:
        try:
            return self._tried(work, how)
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise
            _log.exception("%s is broken, and made again from the pictures", self._file)
        self._put_aside()
        return self._tried(work, how)

    def _tried(self, work: Callable[[sqlite3.Connection], _T], how: str) -> _T:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if self._held is None and self._is_emptied:
            self._put_aside()
        with closing(self._opened()) as rows:
            if self._held is None:
                self._begin(rows)
            return _within(rows, work, how)

    def _opened(self) -> sqlite3.Connection:
        # By hand: Python's own transactions begin too late, at the first change.
        rows = sqlite3.connect(self._file, timeout=_WAIT_S, isolation_level=None)
        rows.row_factory = sqlite3.Row
        # Write-ahead, synced by the system in its own time: a picture waits for no disk, and a crash of the kernel
        # loses nothing. Network volumes do without: some refuse it, and some take it and lose what is written.
        try:
            with suppress(sqlite3.OperationalError):
                rows.execute(f"pragma journal_mode = {'delete' if is_on_network(self._file.parent) else 'wal'}")
            rows.execute("pragma synchronous = normal")
        except BaseException:
            rows.close()
            raise
        return rows

    def _begin(self, rows: sqlite3.Connection) -> None:
        """Bring the table up to date and in step with the files, and keep one idle connection.

        When the last connection closes, SQLite tidies its log away, which costs over a millisecond.
        """
        _within(rows, self._up_to_date, "immediate")
        held = sqlite3.connect(self._file, check_same_thread=False)
        weakref.finalize(self, held.close)
        held.execute("select 1 from pictures limit 1").fetchone()
        self._held = held

    def _up_to_date(self, rows: sqlite3.Connection) -> None:
        (version,) = rows.execute("pragma user_version").fetchone()
        if version > VERSION:
            msg = f"it is of a newer version of the lab ({version}, this one knows {VERSION}): update the lab"
            raise NewerIndex(msg)
        (health,) = rows.execute("pragma quick_check(1)").fetchone()
        if health != "ok":
            raise BrokenIndex(health)
        is_new = rows.execute("select 1 from sqlite_master where name = 'pictures'").fetchone() is None
        rows.execute(_SCHEMA)
        there = {row["name"] for row in rows.execute("pragma table_info(pictures)")}
        for name, kind in _SINCE.items():
            if name not in there:
                rows.execute(f"alter table pictures add column {name} {kind}")
        lacking = _FIRST - there
        if lacking:
            msg = f"there is no column {', '.join(sorted(lacking))}"
            raise BrokenIndex(msg)
        for one in _INDICES:
            rows.execute(one)
        rows.execute(f"pragma user_version = {VERSION}")
        self._tidy(rows, self._marks_aside() if is_new else {})

    def _put_aside(self) -> None:
        """Rename a broken table, so that a new one is made of the files; the newest broken one is kept."""
        if self._held is not None:
            self._held.close()
            self._held = None
        mark = uuid4().hex[:8]  # another kernel may do the same now
        for ending in ("-wal", "-shm", ""):
            with suppress(OSError):
                self._file.with_name(NAME + ending).replace(self._file.with_name(f"{NAME}.{mark}{ending}"))
        with suppress(OSError):
            self._file.with_name(f"{NAME}.{mark}").replace(self._aside)
        for ending in ("-wal", "-shm"):
            with suppress(OSError):
                self._file.with_name(f"{NAME}.{mark}{ending}").replace(self._aside.with_name(self._aside.name + ending))

    @property
    def _is_emptied(self) -> bool:
        """Whether somebody took all content away while a kernel has it open, where SQLite waits in vain."""
        with suppress(OSError):
            return self._file.stat().st_size == 0 and self._file.with_name(f"{NAME}-shm").exists()
        return False

    @property
    def _aside(self) -> Path:
        return self._file.with_name(f"{NAME}.broken")

    def _marks_aside(self) -> Marks | None:
        """What had a star or tags in the table that was put aside; None when nobody knows."""
        if not self._aside.is_file():
            return None
        try:
            with closing(sqlite3.connect(f"{self._aside.as_uri()}?mode=ro", uri=True)) as rows:
                names = {name for _, name, *_ in rows.execute("pragma table_info(pictures)")}
                tags = "tags" if "tags" in names else "'[]'"
                those = f"select file, is_starred, {tags} from pictures where is_starred or {tags} != '[]'"  # noqa: S608
                return {file: (bool(star), str(said)) for file, star, said in rows.execute(those)}
        except sqlite3.Error:
            return None


def _within(rows: sqlite3.Connection, work: Callable[[sqlite3.Connection], _T], how: str) -> _T:
    """What work gives, within a transaction."""
    rows.execute(f"begin {how}")
    try:
        made = work(rows)
        rows.execute("commit")
    except BaseException:
        with suppress(sqlite3.Error):
            rows.execute("rollback")
        raise
    return made


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    """Whether the table itself is at fault, and not who reads it, a disk or another kernel."""
    code = getattr(error, "sqlite_errorcode", None)  # not every error is SQLite's own
    is_told = str(error).startswith(_SIGNS)
    return isinstance(error, BrokenIndex) or (code is not None and code & 0xFF in _BROKEN) or is_told
