"""The browser's half, run by Node on the shipped files."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import playwright

# Playwright brings a Node of its own, for machines that have none.
_NODE = shutil.which("node") or str(Path(playwright.__file__).parent / "driver" / "node")


def node(*arguments: str | Path) -> None:
    """Run Node, which must end well."""
    run = subprocess.run([_NODE, *map(str, arguments)], capture_output=True, text=True, timeout=240, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
