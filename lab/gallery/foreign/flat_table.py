"""Reads a table of settings that are each called by one name: what most tools write, each with names of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from lab.gallery.foreign.bounded_json import fraction, whole, words
from lab.gallery.foreign.comfyui.graph import Link
from lab.gallery.foreign.imported import Draft
from lab.gallery.foreign.names import sampler
from lab.gallery.foreign.shared import take_model, take_sampler, take_size

_NUMBERS = {"seed": whole, "steps": whole, "guidance_scale": fraction}
_MOST_SAID = 60


class Names(NamedTuple):
    """What a tool calls what the lab knows; the first that is there counts."""

    prompt: tuple[str, ...] = ("prompt",)
    negative_prompt: tuple[str, ...] = ("negative_prompt",)
    seed: tuple[str, ...] = ("seed",)
    steps: tuple[str, ...] = ("steps",)
    guidance_scale: tuple[str, ...] = ("cfg_scale",)
    width: tuple[str, ...] = ("width",)
    height: tuple[str, ...] = ("height",)
    model: tuple[str, ...] = ("model",)
    model_hash: tuple[str, ...] = ("model_hash",)
    sampler: tuple[str, ...] = ("sampler",)
    schedule: tuple[str, ...] = ("scheduler",)


def take_table(table: Mapping[str, Any], names: Names, draft: Draft) -> dict[str, Any]:
    """Fill in what the names say; what is left of the table."""
    rest = dict(table)

    def taken(field: str) -> Any:
        for name in getattr(names, field):
            if rest.get(name) is not None:
                return rest.pop(name)
        return None

    for field in ("prompt", "negative_prompt"):
        text = words(taken(field))
        draft.take(field, text.strip() if text is not None else None)
    for field, number in _NUMBERS.items():
        value = taken(field)
        if value is not None and (read := number(value)) is None:
            draft.say(f"{field.replace('_', ' ')} {value!r:.60}: this is no number")
        elif value is not None:
            draft.take(field, read)
    width, height = taken("width"), taken("height")
    take_size(draft, whole(width), whole(height))
    model, known = taken("model"), taken("model_hash")
    take_model(draft, model, known)
    written, schedule = words(taken("sampler")), words(taken("schedule"))
    if written:
        take_sampler(draft, sampler(written, schedule), written)
    elif schedule:
        draft.say(f"schedule {schedule}: the sampler is not named")
    return rest


def say_rest(rest: Mapping[str, Any], draft: Draft, silent: Iterable[str] = ()) -> None:
    """Say whatever is left and says something."""
    passed = {*silent}
    left = [(name, value) for name, value in rest.items() if name not in passed and not is_nothing(value)]
    for name, value in left[:_MOST_SAID]:
        draft.say(f"{name}: {value if isinstance(value, str | int | float) else repr(value)[:300]}")
    if len(left) > _MOST_SAID:
        draft.say(f"and {len(left) - _MOST_SAID} settings more")


def is_nothing(value: Any) -> bool:
    """Whether a setting is off: empty, none, zero or false."""
    return value in (None, "", 0, False, [], {}, "None", "none", "Default (model)") and not isinstance(value, Link)
