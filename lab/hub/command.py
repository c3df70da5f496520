"""The lab's own commands as they stand in sentences: they work as pasted, whatever is on the PATH."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from lab.core.catalogue import ModelCard


def fetch_command(*names: str) -> str:
    """The command that fetches weights by these names; options may be among them."""
    return shlex.join([_python(), "-m", "lab", "fetch", *names])


def install_command(*packages: str) -> str:
    """The command that installs packages where the lab finds them."""
    return shlex.join([_python(), "-m", "pip", "install", *packages])


def fetched_by(card: ModelCard, *beside: str) -> tuple[str, ...]:
    """A model as `fetch_command` takes it: its name or place, what is wanted beside it, and options."""
    name, at, _ = card.name.partition("@")  # a recipe may want another commit than the catalogue's
    family = ("--family", card.family) if card.is_own else ()
    revision = ("--revision", str(card.revision)) if card.revision and (at or card.is_own) else ()
    return (str(card.repo) if card.is_own else name, *beside, *family, *revision)


def _python() -> str:
    """This very Python: by its short name where a shell finds it by that."""
    found = shutil.which("python")
    return "python" if found and Path(found).parent == Path(sys.executable).parent else sys.executable
