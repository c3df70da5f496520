"""Where the lab keeps what belongs to no session: which terms were accepted, and copies of weights. Touches no disk."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder of everything that is kept, which `lab.gallery` knows too, some floors above; need not be there.

    Raises:
        RuntimeError: when nobody has said where, and the machine knows no home.
    """
    return Path(os.environ.get("SKETCHLAB_HOME") or "~/.sketchlab").expanduser()
