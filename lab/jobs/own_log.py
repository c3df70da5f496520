"""Which log file the work on a thread belongs to; knows no file."""

from __future__ import annotations

from contextvars import ContextVar

OWN_LOG: ContextVar[str] = ContextVar("OWN_LOG", default="")
"""The log file of the lab whose worker this thread is, as its path; empty on every other thread."""
