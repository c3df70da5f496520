"""One thread at a time reads large libraries: of two at once, each gets modules of which the other has read half."""

from __future__ import annotations

import threading

WAKING = threading.RLock()
"""Held while torch, diffusers, transformers or what needs them is imported, by whoever may be the first of a kernel."""
