"""JavaScript modules as the one that a browser can load: anywidget's modules cannot import their neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def joined(folder: Path, parts: Iterable[str]) -> str:
    """The files of a folder as one module; each comes after those that it needs at once."""
    lines = (line for part in parts for line in (folder / part).read_text("utf-8").splitlines())
    return "\n".join(line for line in lines if not line.startswith("import "))
