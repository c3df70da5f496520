"""Reads Fooocus, RuinedFooocus and the drawing spaces on hubs, whose `parameters` are JSON.

Fooocus writes some values as Python literals in texts, and evaluates them when it reads; here they are taken apart as
numbers, or said as text.
"""

from __future__ import annotations

import re
from typing import Any

from lab.gallery.foreign.bounded_json import fraction, whole
from lab.gallery.foreign.flat_table import Names, say_rest, take_table
from lab.gallery.foreign.imported import Draft
from lab.gallery.foreign.shared import take_loras, take_size

_NAMES = Names(
    prompt=("prompt", "Prompt"),
    negative_prompt=("negative_prompt", "Negative", "negativePrompt"),
    seed=("seed", "Seed"),
    steps=("steps", "num_inference_steps"),
    guidance_scale=("guidance_scale", "cfg", "cfg_scale"),
    model=("base_model", "base_model_name", "model"),
    model_hash=("base_model_hash", "model_hash"),
    sampler=("sampler", "sampler_name"),
)
_SIZE = re.compile(r"\s*[(\[]?\s*(\d{1,5})\s*(?:,|x|X)\s*(\d{1,5})\s*[)\]]?\s*")
_SILENT = (
    "metadata_scheme", "version", "software", "created_by", "full_prompt", "full_negative_prompt", "performance",
    "refiner_switch", "Version", "start_step", "total_steps",
)  # fmt: skip
_FEW_STEPS = ("Extreme Speed", "Lightning", "Hyper-SD", "Lcm")


def is_fooocus(table: dict[str, Any]) -> bool:
    """Whether a table is of one of these."""
    return ("prompt" in table or "Prompt" in table) and bool(
        {"metadata_scheme", "base_model", "base_model_name", "num_inference_steps", "software"} & {*table}
    )


def read_fooocus(table: dict[str, Any], draft: Draft) -> None:
    """Fill the draft in with what Fooocus wrote, in either of its JSON forms; what has no place here is said."""
    draft.tool = str(table.get("software") or table.get("version") or "Fooocus")[:40]
    draft.fields["task"] = "text_to_image"
    model = table.get("Model")
    if isinstance(model, dict):
        table = {**table, "model": model.get("Model"), "model_hash": model.get("Model hash")}
        table.pop("Model")
    rest = take_table(table, _NAMES, draft)
    size = _SIZE.fullmatch(str(rest.get("resolution", ""))[:60])
    if size:
        take_size(draft, int(size[1]), int(size[2]))
        rest.pop("resolution")
    _take_loras(rest, draft)
    if (skip := whole(rest.pop("clip_skip", None))) and skip != 1:
        draft.say(f"clip skip {skip}")
    if styles := rest.pop("styles", None):
        draft.say(f"styles {styles}")
    if expansion := rest.pop("prompt_expansion", None):
        draft.say(f"prompt expansion: what was drawn is full_prompt, longer than the prompt: {expansion}")
    elif table.get("full_prompt") not in (None, [draft.fields.get("prompt")]):
        draft.say(f"what was drawn is full_prompt: {table['full_prompt']}")
    if str(table.get("performance")) in _FEW_STEPS:
        draft.say(f"performance {table['performance']}: a LoRA for few steps, which the recipe has not")
    if (vae := rest.pop("vae", None)) and vae != "Default (model)":
        draft.say(f"VAE {vae}")
        draft.lack("vae", vae)
    say_rest(rest, draft, _SILENT)


def _take_loras(rest: dict[str, Any], draft: Draft) -> None:
    """LoRAs as lists of name, weight and hash, or as texts "name : weight", of which a file may hold both."""
    found: dict[str, tuple[str, float | None, str]] = {}
    listed = rest.pop("loras", None)
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, list) and len(one) > 1:
            name = next((str(part) for part in one if isinstance(part, str) and fraction(part) is None and part), "")
            weight = next((number for part in one[1:] if (number := fraction(part)) is not None), None)
            found[name] = (name, weight, "")
    for key in [key for key in rest if re.fullmatch(r"lora_combined_\d+", key)]:
        name, _, weight = str(rest.pop(key)).rpartition(" : ")
        found.setdefault(name, (name, fraction(weight), ""))
    take_loras(draft, [one for one in found.values() if one[0] and one[0] != "None"])
