"""Networks of onnxruntime and of torch that stop in their midst, when nobody wants their answer any more."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

from lab.core.reporter import check_wanted

_T = TypeVar("_T")
_LOOK_S = 0.1


class StoppableSession:
    """An `onnxruntime.InferenceSession`, whose `run` looks meanwhile whether it is still wanted."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def run(self, names: Any, inputs: Any) -> Any:
        """The network's answers, as of `InferenceSession.run`.

        Raises:
            Stopped: when nobody wants them any more; the network has stopped then.
        """
        from onnxruntime import RunOptions  # pyright: ignore[reportAttributeAccessIssue] - it comes from its C++ half

        options = RunOptions()
        with ThreadPoolExecutor(1, "onnx") as thread:  # its end waits for the network's
            asked = thread.submit(self._session.run, names, inputs, options)
            try:
                while not wait([asked], _LOOK_S).done:
                    check_wanted()
            except BaseException:
                options.terminate = True  # between two of its layers
                raise
            return asked.result()


def stoppable(session: _T) -> _T:
    """The same session of rembg, whose network can be stopped."""
    session.inner_session = StoppableSession(session.inner_session)  # pyright: ignore[reportAttributeAccessIssue]
    return session


@contextmanager
def stoppable_layers() -> Iterator[None]:
    """Meanwhile every network of torch that runs on this thread looks before each of its layers.

    Raises:
        Stopped: out of the network's call, when nobody wants its answer any more.
    """
    from torch.nn.modules.module import register_module_forward_pre_hook

    hook = register_module_forward_pre_hook(lambda *_: check_wanted())
    try:
        yield
    finally:
        hook.remove()
