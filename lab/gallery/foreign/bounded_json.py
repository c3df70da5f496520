"""JSON of a stranger: bounded in length, nesting and parts before it is parsed, so that it costs little."""

from __future__ import annotations

import json
import math
from typing import Any

MAX_LETTERS = 4_000_000
"""The longest text that is read. The largest graphs of ComfyUI that people share have a tenth of it."""
_MAX_PARTS = 400_000
"""Of lists and tables; each takes up to 200 bytes once parsed."""
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)
"""NaN and Infinity, which ComfyUI writes for what it has not run, become None."""


def parsed(text: str) -> Any:
    """The value in a text; None when it is no JSON, or more than anybody writes."""
    text = text.strip("\0 \t\r\n")
    if len(text) > MAX_LETTERS or text.count(",") + text.count("[") + text.count("{") > _MAX_PARTS:
        return None
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def parsed_at(text: str, at: int) -> tuple[Any, int] | None:
    """The value that begins there, and where it ends; None when there is none."""
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None


def table(text: str) -> dict[str, Any] | None:
    """The table in a text; None when it holds something else."""
    value = parsed(text)
    return value if isinstance(value, dict) else None


def whole(value: Any) -> int | None:
    """A whole number, which may be written as text or as 20.0; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value == int(value) and abs(value) < 2**53 else None
    if isinstance(value, str) and len(value) <= 40:
        try:
            return int(value.strip()) if "_" not in value else None
        except ValueError:
            number = fraction(value)
            return whole(number) if number is not None else None
    return None


def fraction(value: Any) -> float | None:
    """A finite number, which may be written as text; without what adding steps of a slider leaves behind."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and (len(value) > 40 or "_" in value):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return round(number, 6) if math.isfinite(number) else None


def words(value: Any) -> str | None:
    """A text; None for anything else."""
    return value if isinstance(value, str) else None
