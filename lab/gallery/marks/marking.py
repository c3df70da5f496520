"""Stars and tags of a gallery's pictures, in the rows of its index. Opens no picture."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lab.core.sentences.checked_call import Listed, checked
from lab.gallery.index import Index
from lab.gallery.marks.tags import tags_in, with_tags, without_tags


class Marking:
    """A part of `Gallery`; knows its folder and its index."""

    folder: Path
    _index: Index

    @checked
    def star(self, path: Path, *, is_starred: bool = True) -> bool:
        """Give a picture a star, with which it is kept for good, or take it away; whether it is in the index.

        Raises:
            sqlite3.Error: when the index cannot be written.
        """
        if not path.is_relative_to(self.folder):
            return False
        change = "update pictures set is_starred = ? where file = ?"
        values = (is_starred, path.relative_to(self.folder).as_posix())
        return self._index.change(lambda rows: rows.execute(change, values).rowcount > 0)

    @checked
    def tag(self, path: Path, tags: Listed[str]) -> tuple[str, ...]:
        """Give a picture of any session tags, with which it is kept for good: `lab.gallery.tag(kept.path, ["summer"])`.

        `lab.gallery.search("tag:summer")` finds it again.

        Returns:
            All tags that it has now; none when it is not in the index.

        Raises:
            BadInput: when one is no tag, or there are too many.
            sqlite3.Error: when the index cannot be written.
        """
        return self._retagged(path, lambda had: with_tags(had, tags))

    @checked
    def untag(self, path: Path, tags: Listed[str]) -> tuple[str, ...]:
        """Take tags away from a picture; those that it has then. Errors as for `tag`."""
        return self._retagged(path, lambda had: without_tags(had, tags))

    @property
    def tags(self) -> tuple[str, ...]:
        """All tags that are given, by the alphabet."""
        those = "select distinct value from pictures, json_each(tags) where tags != '[]' order by value collate nocase"
        with suppress(sqlite3.Error, OSError):
            return self._index.read(lambda rows: tuple(row["value"] for row in rows.execute(those)))
        return ()

    def _retagged(self, path: Path, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> tuple[str, ...]:
        if not path.is_relative_to(self.folder):
            return ()
        file = path.relative_to(self.folder).as_posix()

        def changed(rows: sqlite3.Connection) -> tuple[str, ...]:
            row = rows.execute("select tags from pictures where file = ?", (file,)).fetchone()
            if row is None:
                return ()
            tags = change(tags_in(row["tags"]))
            rows.execute("update pictures set tags = ? where file = ?", (json.dumps(tags), file))
            return tags

        return self._index.change(changed)
