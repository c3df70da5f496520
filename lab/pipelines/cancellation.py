"""Stops a cancelled job in the midst of what takes long: reading, coding, and a step of a large model."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch.nn.modules.module import register_module_forward_pre_hook, register_module_module_registration_hook
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from lab.core.errors import Stopped
from lab.core.reporter import Reporter
from lab.pipelines.deep_patch import DeepPatch
from lab.pipelines.speedups.hooks import found_once, standing_in

SOON_READ_BYTES = 64 << 20
"""Weights up to this size are read in about the time of a step of their model, once it is built."""


@contextmanager
def reading(reporter: Reporter, weights_bytes: float = math.inf) -> Iterator[None]:
    """While this lasts, a network with so many bytes of weights is read so that a cancelled job stops in the midst.

    While it is built, before the next layer; then between any two operations of torch, which costs microseconds for
    each, a third of the reading of a small model: so not where the end is near.
    """

    def check() -> None:
        try:
            reporter.check()
        except Stopped as stopped:
            raise _Enough(stopped) from None

    try:
        with (
            _checked(register_module_module_registration_hook, check),
            _BetweenOperations(check) if weights_bytes > SOON_READ_BYTES and STOPPING.is_on else nullcontext(),
        ):
            yield
    except _Enough as enough:
        raise enough.stopped from None


class _Enough(BaseException):
    """No `Exception`: where diffusers meets one in a file of weights, it reads all of it as text to say more."""

    def __init__(self, stopped: Stopped) -> None:
        super().__init__(str(stopped))
        self.stopped = stopped


def coding(reporter: Reporter) -> AbstractContextManager[None]:
    """While this lasts, a cancelled job stops before the next layer of whatever network works on this thread.

    Costs a small decoder a thirtieth of its time; no tokenizer makes an error of its own of what stops it here.
    """
    return _checked(register_module_forward_pre_hook, reporter.check)


@contextmanager
def _checked(register: Callable[[Callable[..., None]], RemovableHandle], check: Callable[[], None]) -> Iterator[None]:
    """While this lasts, it is checked at each event of any module on this thread."""
    own = threading.get_ident()

    def heard(*_: Any) -> None:
        if threading.get_ident() == own:
            check()

    handle = register(heard)
    try:
        yield
    finally:
        handle.remove()


def stepping(reporter: Reporter, *networks: Any) -> AbstractContextManager[None]:
    """While this lasts, a cancelled job stops before the next block of these networks; others are passed over.

    On a CPU a step of a large model takes seconds. On a GPU, which is told of a whole step at once, it changes nothing.
    """

    def checked(_: torch.nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
        def answer(*args: Any, **kwargs: Any) -> Any:
            reporter.check()
            return forward(*args, **kwargs)

        return answer

    return standing_in("cancellation", [block for network in networks for block in _blocks(network)], checked)


@found_once
def _blocks(network: torch.nn.Module) -> tuple[torch.nn.Module, ...]:
    """What stands in rows in a network and is itself made of layers: its residual and attention blocks, mostly."""
    rows = [part for part in network.modules() if isinstance(part, torch.nn.ModuleList)]
    return tuple({block: None for row in rows for block in row if [*block.children()]})


class _BetweenOperations(TorchFunctionMode):
    """While this lasts, it is checked between any two operations of torch on this thread."""

    def __init__(self, check: Callable[[], None]) -> None:
        super().__init__()
        self._check = check

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self._check()
        return func(*args, **(kwargs or {}))


def _check() -> None:
    """Whether torch asks before an operation."""
    asked: list[int] = []
    with _BetweenOperations(lambda: asked.append(1)):
        torch.zeros(1).add(1)
    if not asked:
        msg = "torch does not ask before an operation"
        raise RuntimeError(msg)


STOPPING = DeepPatch(
    "stopping in the midst of reading a large file", "Cancel waits until a file of weights is read", _check
)
