"""The process that forks: reads the libraries once, then becomes what it is asked for, as often as it is asked.

It has no threads but those of OpenBLAS, which starts its own anew in a fork. It ends with its standard input, and what
it became with whoever asked for it.
"""

from __future__ import annotations

import gc
import json
import os
import random
import runpy
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module

# Not `widgets`: ipycanvas makes a widget as it is read, which no page would hear of where there is no kernel yet.
_READ = ("ipykernel.kernelapp", "lab.session", "lab.pipelines.word_count", "lab.pipelines.engine")


class _Forks:
    def __init__(self, door: socket.socket) -> None:
        self._doors = selectors.DefaultSelector()
        self._listen(door, partial(self._answer, door))
        self._listen(sys.stdin, sys.exit)

    def serve(self) -> None:
        while True:
            for key, _ in self._doors.select():
                if key.fileobj in self._doors.get_map():  # it may have ended beside another one
                    key.data()

    def _listen(self, what: object, call: Callable[[], object]) -> None:
        self._doors.register(what, selectors.EVENT_READ, call)  # pyright: ignore[reportArgumentType]

    def _close(self) -> None:
        """What a fork has no use for; an object left open would close a file of the fork's own when it is forgotten."""
        left = [key.fileobj for key in self._doors.get_map().values()]
        self._doors.close()  # first: what is unregistered here would be so in the process that forks, too
        for what in left:
            if isinstance(what, socket.socket):
                what.close()
            elif isinstance(what, int):
                os.close(what)

    def _answer(self, door: socket.socket) -> None:
        asker, _ = door.accept()
        asked, streams = _received(asker)
        pid = os.fork()
        if not pid:
            self._close()
            asker.close()
            _become(asked, streams)
        for stream in streams:
            os.close(stream)
        with suppress(OSError):  # it is gone, which is heard below
            asker.sendall(str(pid).encode())
        end = os.pidfd_open(pid)
        self._listen(asker, partial(os.kill, pid, signal.SIGKILL))  # who asked is gone
        self._listen(end, partial(self._ended, asker, end, pid))

    def _ended(self, asker: socket.socket, end: int, pid: int) -> None:
        for what in (asker, end):
            self._doors.unregister(what)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with suppress(OSError):
            asker.sendall(str(code if code >= 0 else 128 - code).encode())
        asker.close()
        os.close(end)


def _received(asker: socket.socket) -> tuple[dict, list[int]]:
    asked, streams, *_ = socket.recv_fds(asker, 2**16, 3)
    while not asked.endswith(b"\n"):
        asked += asker.recv(2**16)
    return json.loads(asked), streams


def _become(asked: dict, streams: list[int]) -> None:
    """Be what was asked for, to the end."""
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    sys.path[0] = asked["cwd"]
    _sow()
    module, *arguments = asked["argv"]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


def _sow() -> None:
    """Dice of its own, as each new process has."""
    import numpy as np
    import torch

    random.seed()
    np.random.seed()  # noqa: NPY002 - those of code that does not ask for its own
    torch.seed()


if __name__ == "__main__":
    for name in _READ:
        import_module(name)
    import_module("ipywidgets").register_comm_target()  # which it does where it is read in a kernel
    gc.collect()
    gc.freeze()  # what the forks share stays shared
    _Forks(socket.socket(fileno=int(sys.argv[1]))).serve()
