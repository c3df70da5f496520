"""A Python that has read the lab, torch and diffusers once, and becomes whatever is asked of it by a fork.

with WarmPython.start() as warm:
    subprocess.run([*warm.command, "ipykernel_launcher", "-f", file])     as `python -m ipykernel_launcher -f file`

Reading them costs each new process ten seconds of the processor; a fork costs some milliseconds. What is started is a
process of its own, with the arguments, environment, folder, standard streams and signals of who asked; it ends with it.
Processes that must read the libraries themselves, since that is what is looked at, are started as ever.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent.parent


class WarmPython(NamedTuple):
    """`command`, followed by a module and its arguments, is what `python -m` would be."""

    command: tuple[str, ...]

    @classmethod
    @contextmanager
    def start(cls) -> Iterator[Self]:
        """One that is there until the block ends; who asks while it still reads the libraries waits for it."""
        paths = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as door:
            place = str(Path(folder) / "door")
            door.bind(place)
            door.listen(16)
            command = [sys.executable, "-m", "tests.warm.forks", str(door.fileno())]
            env = {**os.environ, "PYTHONPATH": paths}
            forks = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[door.fileno()], env=env, cwd=_ROOT)
            try:
                yield cls((sys.executable, "-I", "-S", str(_HERE / "ask.py"), place))
            finally:
                forks.communicate()  # it ends with its standard input
