"""The table at the head of a safetensors file: which weights it holds, checked before anything is allocated."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import _TYPES

from lab.pipelines.memory.oom_fallbacks import refusing

_LONGEST_BYTES = 100_000_000
"""The longest table that the format allows, as safetensors' own reader has it."""
_WORDS = "__metadata__"
"""Where whoever wrote a file says what they like of it; no weight."""


def metadata_of(file: Path) -> dict[str, str]:
    """What whoever wrote a safetensors file says of it; empty where that is nothing. Errors as for `header_of`."""
    return _read(file)[1]


def header_of(file: Path) -> dict[str, dict[str, Any]]:
    """Type (`dtype`), shape and place (`data_offsets`) of every weight, by name, from the file's first bytes.

    Raises:
        BadInput: when it is no safetensors file, ends before its last weight does, or says of a weight what cannot be.
    """
    return _read(file)[0]


def _read(file: Path) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """The weights, and words about them."""

    def cut(_: str) -> str:
        return f"{file} is not a safetensors file, or not all of it: fetch it again"

    with refusing(cut), file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        left = file.stat().st_size - opened.tell() - length
        if left < 0 or length > _LONGEST_BYTES:
            raise EOFError
        header = json.loads(opened.read(length))
        said = header.pop(_WORDS, None)
        if not all(_can_be(tensor, left) for tensor in header.values()):
            raise EOFError
    return header, said if isinstance(said, dict) else {}


def dtype_of(tensor: dict[str, Any]) -> torch.dtype:
    """The type of a weight as torch calls it; float32 for one that it does not know."""
    return _TYPES.get(tensor["dtype"], torch.float32)


def _can_be(tensor: dict[str, Any], data_bytes: int) -> bool:
    """Whether a weight lies within the file, and is as large as its shape and type say."""
    begin, end = tensor["data_offsets"]
    shape = tensor["shape"]
    whole = all(type(number) is int and number >= 0 for number in (begin, end, *shape))
    if not whole or not begin <= end <= data_bytes:
        return False
    known = _TYPES.get(tensor["dtype"])
    return known is None or math.prod(shape) * known.itemsize == end - begin
