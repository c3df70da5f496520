"""Stops a cancelled job in the midst of reading or coding, which have no steps to stop between."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from torch.overrides import TorchFunctionMode

from lab.core.errors import Stopped
from lab.core.hooks import Hooks


class Stoppable(TorchFunctionMode):
    """While this lasts, the job stops between any two operations of torch on this thread, when it was cancelled.

    Costs some microseconds an operation: not for denoising, which stops between its steps.
    """

    def __init__(self, hooks: Hooks) -> None:
        super().__init__()
        self._hooks = hooks

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self._hooks.check()
        return func(*args, **(kwargs or {}))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if error is not None and not isinstance(error, Stopped):
            self._hooks.check()  # libraries turn whatever stops their reading into errors of their own
