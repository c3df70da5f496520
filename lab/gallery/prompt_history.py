"""What was asked for before, newest first; a file of the home."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import NamedTuple

from lab.core.sentences.checked_call import checked
from lab.gallery.files import write_whole

_log = logging.getLogger("lab.gallery")
_MOST = 200


class Said(NamedTuple):
    """Both prompts of one picture."""

    prompt: str
    negative_prompt: str = ""


@checked
class PromptHistory:
    """The last 200 prompts of a home, each once. A file that cannot be read or written stops nobody.

    Args:
        home: the folder of everything that is kept.
    """

    def __init__(self, home: Path) -> None:
        self.file = home / "prompts.jsonl"

    @property
    def all(self) -> tuple[Said, ...]:
        """Every pair of prompts, newest first, each once; none when the file is not there or cannot be read."""
        try:
            lines = self.file.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeError):
            _log.exception("%s cannot be read", self.file)
            return ()
        return tuple(said for line in lines if (said := _read(line)))

    @checked
    def keep(self, prompt: str, negative_prompt: str = "") -> None:
        """Put this in front; what is empty is not kept."""
        said = Said(prompt.strip(), negative_prompt.strip())
        if not any(said):
            return
        newest = [said, *(one for one in self.all if one != said)][:_MOST]
        try:
            write_whole(self.file, "".join(f"{json.dumps(one)}\n" for one in newest).encode())
        except OSError:
            _log.exception("the prompt could not be kept in %s", self.file)


def _read(line: str) -> Said | None:
    """One line; None for one that is none."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(said, list) and len(said) == len(Said._fields) and all(isinstance(one, str) for one in said)
    return Said(*said) if whole else None
