"""The engine that all of a kernel shares: labs draw with it, `look` looks into it. Imports torch only to wake it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.pipelines.engine import DiffusersEngine

_WAKING = threading.Lock()
_woken: list[DiffusersEngine] = []


def kernel_engine() -> DiffusersEngine:
    """The engine of this kernel, woken at the first call: importing torch and diffusers takes seconds."""
    from lab.pipelines.engine import DiffusersEngine

    with _WAKING:
        if not _woken:
            _woken.append(DiffusersEngine())
        return _woken[0]


def woken_engine() -> DiffusersEngine | None:
    """The same where it is awake; waits for nobody."""
    return _woken[0] if _woken else None
