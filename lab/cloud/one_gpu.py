"""A process's GPU, which after some errors nothing can be drawn on any more. Knows no torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lab.core.errors import SketchlabError

_TROUBLE = ("CUDA error", "CUBLAS_STATUS_", "CUDNN_STATUS_", "device-side assert")
"""What torch's errors say after which a process can use its GPU no more (out of memory is none of them)."""


class OneGpu:
    """Notes when the GPU is out of order, on the very thread that draws: what waits there must not begin."""

    def __init__(self) -> None:
        self.is_broken = False

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While something is drawn.

        Raises:
            SketchlabError: when nothing can be drawn any more.
        """
        if self.is_broken:
            msg = "the GPU is out of order since an earlier job"
            raise SketchlabError(msg)
        try:
            yield
        except BaseException as error:
            self.is_broken = _is_trouble(error)
            raise


def _is_trouble(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if type(cause).__name__ == "AcceleratorError" or any(mark in str(cause) for mark in _TROUBLE):
            return True
        cause = cause.__cause__
    return False
