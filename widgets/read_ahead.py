"""An IPython extension that reads large libraries while a notebook's page still opens.

`python -m widgets.read_ahead PREFIX` gives it to the kernels of an environment, as `make lab` and `deploy/pod/start.sh`
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

KERNEL_ARGUMENT = "--InteractiveShellApp.extra_extensions=widgets.read_ahead"
"""What a kernel is started with to load it."""
_log = logging.getLogger("lab")


def load_ipython_extension(_shell: object) -> None:
    """Read on a thread of its own what the first picture will ask for. IPython calls this, at the kernel's start."""
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
            import_module("lab.pipelines.engine")
            import_module("lab.pipelines.families.starter")
    except Exception:
        _log.debug("the libraries could not be read ahead", exc_info=True)


if __name__ == "__main__":
    give_to(sys.argv[1])
