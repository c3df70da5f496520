"""Read by each kernel of this environment as it starts: that of a notebook of the lab reads large libraries at once.

torch, diffusers and transformers take seconds, in which a person reads a notebook's first words. A kernel without a
notebook in which the lab is imported does nothing of it; SKETCHLAB_READ_AHEAD=0 switches it off for all.
"""

import os
import threading
import time
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell

_OF_THE_LAB = "from lab import"
_LOOKS_S = 0.02


def _is_of_the_lab() -> bool:
    notebook = Path(
        os.environ.get("JPY_SESSION_NAME", "")
    )  # jupyter-server's word; a kernel starts beside its notebook
    try:
        return _OF_THE_LAB in (Path.cwd() / notebook.name).read_text("utf-8")
    except (OSError, ValueError):
        return False


def _read_ahead() -> None:
    while not (InteractiveShell.initialized() and getattr(InteractiveShell.instance(), "kernel", None)):
        time.sleep(_LOOKS_S)  # ipywidgets looks for the kernel when it is imported
    try:
        import widgets  # noqa: F401
        from lab.vision.waking import WAKING

        with WAKING:
            import lab.pipelines.engine  # noqa: F401
    except ImportError:  # the first cell says so
        return


if os.environ.get("SKETCHLAB_READ_AHEAD") != "0" and _is_of_the_lab():
    threading.Thread(target=_read_ahead, name="sketchlab-reads-ahead", daemon=True).start()
