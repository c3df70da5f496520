"""An IPython extension that reads large libraries while a notebook's page still opens.

`python -m lab.read_ahead PREFIX` gives it to the kernels of an environment, as `make lab` and `deploy/pod/start.sh`
do. Without it they read what is needed when it is.
"""

from __future__ import annotations

import logging
import sys
import threading
from importlib import import_module

from ipykernel.kernelspec import write_kernel_spec
from jupyter_client.kernelspec import KernelSpecManager

from lab.vision.waking import WAKING

KERNEL_ARGUMENT = "--InteractiveShellApp.extra_extensions=lab.read_ahead"
"""What a kernel is started with to load it."""
_AT_ONCE = ("ipywidgets", "anywidget", "lab.session")
"""What Studios are made of. Not ipycanvas: it makes a widget as it is read, of which no page would hear so early."""
_BESIDE = ("lab.pipelines.engine", "lab.pipelines.families.starter")
"""What draws with the model that is here from the beginning."""
_log = logging.getLogger("lab")


def load_ipython_extension(_shell: object) -> None:
    """Read what Studios are made of, and on a thread of its own what draws. IPython calls it as the kernel starts."""
    for name in _AT_ONCE:
        import_module(name)
    threading.Thread(target=_read, name="sketchlab-read-ahead", daemon=True).start()


def give_to(prefix: str) -> None:
    """Let the Python kernels of an environment load it.

    Args:
        prefix: of the environment, as `sys.prefix` is inside it.
    """
    spec = write_kernel_spec(extra_arguments=[KERNEL_ARGUMENT])
    KernelSpecManager().install_kernel_spec(spec, "python3", prefix=prefix)


def _read() -> None:
    """What cannot be read says so where it is needed: here nobody has asked yet."""
    try:
        with WAKING:
            for name in _BESIDE:
                import_module(name)
    except Exception:
        _log.debug("the libraries could not be read ahead", exc_info=True)


if __name__ == "__main__":
    give_to(sys.argv[1])
