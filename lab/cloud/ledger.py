"""Which pictures were asked for where, on disk before they are waited for: a kernel that dies pays for none twice."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.core.errors import EndpointFailed

_KEPT_S = 7 * 24 * 3600
"""No job is known to Runpod for longer."""
_SCHEMA = """
create table if not exists jobs (
    id integer primary key,
    request text not null,
    together integer not null,
    state text not null,
    job text not null default '',
    file text not null default '',
    made_at real not null
);
create index if not exists by_request on jobs (request);
"""
WANTED, ASKED, SUBMITTED, KEPT = "wanted", "asked", "submitted", "kept"


@dataclass(frozen=True)
class Entry:
    """One picture that is asked for.

    Args:
        id: of its line.
        state: wanted; asked, when nobody knows whether it was taken on; submitted, as `job`; kept, in `file`.
        job: Runpod's id.
        file: where it is kept.
        made_at: when it was first wanted, in seconds since 1970.
        together: the number of those that it was asked for with.
    """

    id: int
    state: str
    job: str
    file: str
    made_at: float
    together: int


class Ledger:
    """The pictures of one session that an endpoint owes. Any thread.

    Those that were asked for together are remembered until the last of them is there: asked for again after the kernel
    died, what is there is taken from the gallery, and what is on its way is waited for.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock
        self._lock = threading.Lock()
        self._claimed: set[int] = set()
        self._open: sqlite3.Connection | None = None

    def expect(self, requests: Sequence[str]) -> int:
        """Note pictures that are wanted together, by their requests' names; those that are owed already are the same.

        The answer is a number for all of them.
        """
        now, wanted = self._clock(), Counter(requests)
        with self._changing() as db:
            (last,) = db.execute("select coalesce(max(together), 0) from jobs").fetchone()
            together = last + 1
            for request, count in wanted.items():
                rows = db.execute("select id, state from jobs where request = ? order by id", (request,))
                owed = [one for one, state in rows if state == KEPT or one not in self._claimed][:count]
                self._claimed -= set(owed)
                db.executemany("update jobs set together = ? where id = ?", [(together, one) for one in owed])
                new = [(request, together, WANTED, now)] * (count - len(owed))
                db.executemany("insert into jobs (request, together, state, made_at) values (?, ?, ?, ?)", new)
        return together

    def claim(self, request: str) -> Entry:
        """One of the pictures that are owed for a request, for the caller alone."""
        with self._changing() as db:
            fields = "select id, state, job, file, made_at, together from jobs"
            rows = db.execute(f"{fields} where request = ? order by id", (request,))
            free = [Entry(*row) for row in rows if row[0] not in self._claimed]
            if not free:
                now = self._clock()
                row = db.execute(
                    "insert into jobs (request, together, state, made_at) values (?, 0, ?, ?)", (request, WANTED, now)
                )
                free = [Entry(row.lastrowid or 0, WANTED, "", "", now, 0)]
            # What is furthest first: a picture that is there before one that would have to be drawn.
            entry = max(free, key=lambda one: (KEPT, SUBMITTED, ASKED, WANTED)[::-1].index(one.state))
            self._claimed.add(entry.id)
        return entry

    def note(self, entry: Entry, state: str, *, job: str | None = None, file: str = "") -> None:
        """Note how far a picture is, and as which job where that is new; on disk when this returns."""
        with self._changing() as db:
            said = (state, job, file, entry.id)
            db.execute("update jobs set state = ?, job = coalesce(?, job), file = ? where id = ?", said)
            if state == KEPT:
                self._forget_done(db, entry)

    def drop(self, entry: Entry) -> None:
        """Forget a picture that nobody waits for any more."""
        with self._changing() as db:
            db.execute("update jobs set state = ?, file = '' where id = ?", (KEPT, entry.id))
            self._forget_done(db, entry)

    def let_go(self, entry: Entry) -> None:
        """Leave a picture to whoever asks for it again."""
        with self._lock:
            self._claimed.discard(entry.id)

    def close(self) -> None:
        """Close the file; it is opened anew when something is noted."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def _forget_done(self, db: sqlite3.Connection, entry: Entry) -> None:
        """Forget those that were wanted together, once the last of them is there."""
        (together,) = db.execute("select together from jobs where id = ?", (entry.id,)).fetchone()
        if together == 0:
            db.execute("delete from jobs where id = ?", (entry.id,))
            self._claimed.discard(entry.id)
            return
        rest = "select 1 from jobs where together = ? and state != ? limit 1"
        if db.execute(rest, (together, KEPT)).fetchone() is None:
            self._claimed -= {row[0] for row in db.execute("select id from jobs where together = ?", (together,))}
            db.execute("delete from jobs where together = ?", (together,))

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """The file, for one change, which is on disk at the end of the block.

        Raises:
            EndpointFailed: when it cannot be written.
        """
        with self._lock:
            try:
                with self._file() as db:
                    yield db
            except (sqlite3.Error, OSError) as error:
                msg = f"what is asked for cannot be noted in {self._path} ({error}), and could be paid twice: make room"
                raise EndpointFailed(msg) from None

    def _file(self) -> sqlite3.Connection:
        """The open file. No write-ahead log: the session may be on a network volume."""
        if self._open is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._open = sqlite3.connect(self._path, check_same_thread=False, timeout=30)
            self._open.execute("pragma journal_mode = truncate")
            self._open.executescript(_SCHEMA)
            with self._open:
                self._open.execute("delete from jobs where made_at < ?", (self._clock() - _KEPT_S,))
        return self._open
