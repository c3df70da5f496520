"""Training that can be stopped at any moment: atomic checkpoints and a clock that counts only training time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch


def save(path: Path, state: dict[str, Any]) -> None:
    """Writes a checkpoint so that a reader sees the old one or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arriving = path.with_suffix(".arriving")
    torch.save(state, arriving)
    arriving.replace(path)


def load(path: Path) -> dict[str, Any] | None:
    """The checkpoint, or None when there is none yet."""
    if not path.exists():
        return None
    return torch.load(path, map_location="cpu", weights_only=True)


class Clock:
    """Counts the seconds of training over all sittings, against what was planned."""

    def __init__(self, planned_s: float, spent_s: float = 0.0) -> None:
        self.planned_s = planned_s
        self._before_s = spent_s
        self._began = time.monotonic()

    @property
    def spent_s(self) -> float:
        """Seconds of training so far, over all sittings."""
        return self._before_s + time.monotonic() - self._began

    @property
    def progress(self) -> float:
        """The share of the planned time that is spent, 0 to 1."""
        return min(1.0, self.spent_s / self.planned_s)

    @property
    def is_over(self) -> bool:
        """Whether the planned time is used up."""
        return self.spent_s >= self.planned_s


def rate_share(step: int, progress: float, warmup_steps: int = 100, hold: float = 0.4) -> float:
    """The share of the peak learning rate: up over the first steps, flat until `hold` of the time, then down to 2 %."""
    warm = min(1.0, (step + 1) / warmup_steps)
    down = 1.0 if progress < hold else max(0.02, (1 - progress) / (1 - hold))
    return warm * down
