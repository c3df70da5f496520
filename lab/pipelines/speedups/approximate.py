"""Exactness traded for speed, for those who ask for it: what is done to a denoiser, and what that costs, measured.

Nothing of this is on unless a recipe's `acceleration` says so; the next exact picture finds the denoiser
as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeAlias, cast

import numpy as np
import torch
from diffusers import ModelMixin

from lab.core.errors import BadInput
from lab.core.picture import Picture
from lab.core.reporter import NullReporter, Reporter
from lab.pipelines.deep_patch import DeepPatch
from lab.pipelines.memory.budget import MemoryBudget
from lab.pipelines.speedups import taylorseer
from lab.pipelines.speedups.first_step_cache import FIRST_STEP

_COMPILER = "inductor"
_TIMES = 4
Draw: TypeAlias = Callable[[Reporter], Picture]


class Trades:
    """What can be put on one denoiser for the length of a drawing.

    Args:
        backbone: the denoiser.
        memory: counts what that keeps.
        owner: the model that it belongs to, as the memory knows it.
    """

    def __init__(self, backbone: torch.nn.Module, memory: MemoryBudget, owner: str) -> None:
        self._backbone = backbone
        self._is_reordered = False
        self._compiled: dict[torch.nn.Module, Any] = {}
        self._ways = {
            "taylorseer": lambda: taylorseer.foretelling(backbone, memory, owner),
            "channels_last": nullcontext,
            "compile": self._compiling,
        }

    def on(self, name: str) -> AbstractContextManager[None]:
        """While this lasts, the denoiser works so; the names are those of `ACCELERATIONS`, "" is exact.

        Raises:
            BadInput: when the library that does it has changed.
        """
        if name in DEEP and not DEEP[name].is_on:
            msg = f"this diffusers or torch cannot draw with {name} ({DEEP[name].why_off}): draw without it"
            raise BadInput(msg)
        self._reorder(channels_last=name == "channels_last")
        return self._ways[name]() if name else nullcontext()

    def _reorder(self, *, channels_last: bool) -> None:
        """Have the weights of convolutions in that order, until others are wanted: each change copies all of them."""
        if channels_last:
            self._is_reordered = True
            self._backbone.to(memory_format=torch.channels_last)
        elif self._is_reordered:
            self._backbone.to(memory_format=torch.contiguous_format)
            self._is_reordered = False

    @contextmanager
    def _compiling(self) -> Iterator[None]:
        """Compile the layers that repeat, at the first use; they are remembered, since that takes a minute."""
        names = cast("Any", self._backbone)._repeated_blocks  # noqa: SLF001 - what diffusers' own compiling goes by
        repeated = [module for module in self._backbone.modules() if type(module).__name__ in names]
        for block in repeated:
            if block not in self._compiled:
                block.compile(backend=_COMPILER)
                self._compiled[block] = block._compiled_call_impl  # noqa: SLF001
            block._compiled_call_impl = self._compiled[block]  # noqa: SLF001
        try:
            yield
        finally:
            for block in repeated:
                block._compiled_call_impl = None  # noqa: SLF001


def _check_compiling() -> None:
    _ = torch.nn.Module._compiled_call_impl, ModelMixin._repeated_blocks  # noqa: SLF001


DEEP = {
    "taylorseer": DeepPatch("drawing with taylorseer", "it is refused", taylorseer.check),
    "compile": DeepPatch("drawing with compiled layers", "it is refused", _check_compiling),
}
"""The trades that diffusers and torch have no documented way to take back for the next picture."""


@dataclass(frozen=True)
class Cost:
    """What a trade gives and takes, measured on one request: seconds a picture, and how far it is off, in levels."""

    exact_s: float
    traded_s: float
    levels_off: float

    def __str__(self) -> str:
        """In words."""
        return f"{self.exact_s / self.traded_s:.2f} times as fast, {self.levels_off:.1f} of 255 levels off on average"


def cost(exact: Draw, traded: Draw, forget: Callable[..., int], reporter: Reporter) -> Cost:
    """What a trade costs, on this machine: draws one picture both ways, in turn, four times.

    Args:
        exact: draws it as it is.
        traded: draws it by the trade.
        forget: drops what these stages made.
        reporter: hears of all, but for previews.
    """
    unseen = _Unseen(reporter)
    made: list[list[Picture]] = [[], []]
    seconds: list[list[float]] = [[], []]
    for _ in range(_TIMES):
        for way, draw in enumerate((exact, traded)):
            forget("denoise", FIRST_STEP, "picture")
            began = time.perf_counter()
            made[way].append(draw(unseen))
            seconds[way].append(time.perf_counter() - began)
    one, other = (pictures[-1].pixels.astype(np.int16) for pictures in made)
    exact_s, traded_s = (median(spent[1:]) for spent in seconds)  # the first of each also loads, reads and compiles
    return Cost(exact_s, traded_s, float(np.abs(one - other).mean()))


class _Unseen(NullReporter):
    """Tells and asks what others do, but makes no preview, which would take a part of the time that is measured."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def check(self) -> None:
        """As the others say."""
        self._reporter.check()

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        """As the others say."""
        self._reporter.progress(stage, step, steps)
