"""What a model's folder says of itself is a stranger's word: configs and classes are checked before they are used.

A config that asks for a million layers, or for a program of its own, is refused here in a sentence; whether weights fit
the layers that it describes, `whole_network` finds out.
"""

from __future__ import annotations

import importlib
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.core.errors import BadInput
from lab.core.sentences.wording import shown

_LARGEST_FILE_BYTES = 1_000_000
"""Of a config: the longest of the models that the lab knows has 3 kB."""
_LARGEST_NUMBER = 1_000_000
"""No width or vocabulary is more: a hundred times the widest layer of the models that the lab knows."""
_LARGEST = {"rope_theta": 1_000_000_000}
"""What may be larger: the period of rotary positions is a number and no size."""
_LONGEST_LIST = 4096
_MOST_LAYERS = 512
"""Of one kind in a row: ten times the deepest of the models that the lab knows."""
_DEPTH = re.compile(r"layers|blocks|num_heads|attention_heads|depth")
"""How settings are called that say how often something is built."""
_FACTOR = re.compile(r"scaling_factor|latents_std")
"""Latents are divided by these."""
_CLASS = re.compile(r"[A-Z]\w{0,99}", re.ASCII)


def check_config(folder: Path) -> None:
    """Refuse a network's `config.json` that no network can have; one that is not there is nobody's fault.

    Raises:
        BadInput: names the setting and its value.
    """
    file = folder / "config.json"
    if not file.is_file():
        return
    if file.stat().st_size > _LARGEST_FILE_BYTES:
        msg = f"{file} is {file.stat().st_size / 1e6:.0f} MB, which no config is: fetch it again, or use another model"
        raise BadInput(msg)
    try:
        config = json.loads(file.read_bytes())
    except (ValueError, RecursionError):  # the library that reads it says what is wrong, and its caller a sentence
        return
    for name, value in _values(config):
        if not _can_be(name, value):
            msg = f"{file} says {name} is {shown(value)}, which cannot be: fetch it again, or use another model"
            raise BadInput(msg)


def part_class(library: str, kind: str) -> Any:
    """The class of a part of a model, by the names in its `model_index.json`.

    Raises:
        BadInput: when the library has no class of that name that reads weights.
    """
    found = getattr(importlib.import_module(library), kind, None) if _CLASS.fullmatch(kind) else None
    if not isinstance(found, type) or not hasattr(found, "from_pretrained"):
        msg = f"{library} has no part {shown(kind)}: the model is of another version, or broken; use another one"
        raise BadInput(msg)
    return found


def _values(config: Any, name: str = "it") -> Iterator[tuple[str, Any]]:
    """Every value in a config that is no table, by the name of its setting: lists as a whole, then what is in them."""
    if isinstance(config, dict):
        for key, value in config.items():
            yield from _values(value, str(key))
        return
    yield name, config
    if isinstance(config, list):
        for value in config:
            yield from _values(value, name)


def _can_be(name: str, value: Any) -> bool:
    """Whether a setting of that name may have this value."""
    if isinstance(value, list):
        return len(value) <= (_MOST_LAYERS if _DEPTH.search(name) else _LONGEST_LIST)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    most = _MOST_LAYERS if _DEPTH.search(name) else _LARGEST.get(name, _LARGEST_NUMBER)
    is_factor = _FACTOR.search(name) is not None
    return math.isfinite(value) and abs(value) <= most and not (is_factor and value <= 0)
