"""Words that a person often adds, under names of their own: a table in the home that a spreadsheet can open."""

from __future__ import annotations

import csv
import io
import logging
from pathlib import Path

from lab.core.errors import BadInput
from lab.core.frozen_model import FrozenModel
from lab.core.sentences.checked_call import checked
from lab.gallery.files import write_whole

_log = logging.getLogger("lab.gallery")
_COLUMNS = ["name", "prompt", "negative_prompt"]
"""Those of the `styles.csv` of AUTOMATIC1111's web UI, so that one's own can be copied."""
_PLACE = "{prompt}"


class Style(FrozenModel):
    """Words for both prompts; where `{prompt}` stands in them, the prompt goes, else they stand behind it."""

    name: str
    prompt: str = ""
    negative_prompt: str = ""

    @checked
    def applied(self, prompt: str, negative_prompt: str = "") -> tuple[str, str]:
        """Prompt and negative prompt with this style's words put in."""
        return _added(self.prompt, prompt), _added(self.negative_prompt, negative_prompt)


@checked
class Styles:
    """The styles in a home's `styles.csv`, read anew whenever they are asked for.

    Args:
        home: the folder of everything that is kept.
    """

    def __init__(self, home: Path) -> None:
        self.file = home / "styles.csv"

    @property
    def all(self) -> tuple[Style, ...]:
        """All of them in the order of the file; none where it cannot be read, which the log says."""
        try:
            text = self.file.read_text("utf-8-sig")
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeError):
            _log.exception("%s cannot be read", self.file)
            return ()
        try:
            rows = [*csv.DictReader(io.StringIO(text, newline=""))]
        except csv.Error:
            _log.exception("%s is no table", self.file)
            return ()
        wanted = [{name: row.get(name) or "" for name in _COLUMNS} for row in rows]
        return tuple(Style(**row) for row in wanted if row["name"])

    @checked
    def keep(self, style: Style) -> None:
        """Keep a style, in place of the one of the same name.

        Raises:
            BadInput: when it has no name, or cannot be written.
        """
        if not style.name.strip():
            msg = "a style needs a name: give it one"
            raise BadInput(msg)
        kept = {one.name: one for one in self.all}
        self._write({**kept, style.name: style})

    @checked
    def remove(self, name: str) -> None:
        """Remove the style of that name, if there is one; errors as for `keep`."""
        self._write({one.name: one for one in self.all if one.name != name})

    def _write(self, styles: dict[str, Style]) -> None:
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, _COLUMNS)
        table.writeheader()
        table.writerows(dict(one) for one in styles.values())
        try:
            write_whole(self.file, text.getvalue().encode())
        except OSError as error:
            msg = f"{self.file} cannot be written: {error.strerror or error}"
            raise BadInput(msg) from error


def _added(words: str, prompt: str) -> str:
    if _PLACE in words:
        return words.replace(_PLACE, prompt)
    return ", ".join(filter(None, (prompt.strip(), words.strip())))
