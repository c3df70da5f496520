"""Reads what Stability Matrix keeps beside its graph of ComfyUI, where that is gone."""

from __future__ import annotations

from typing import Any

from lab.gallery.foreign.flat_table import Names, say_rest, take_table
from lab.gallery.foreign.imported import Draft

_NAMES = Names(
    prompt=("PositivePrompt",),
    negative_prompt=("NegativePrompt",),
    seed=("Seed",),
    steps=("Steps",),
    guidance_scale=("CfgScale",),
    width=("Width",),
    height=("Height",),
    model=("ModelName",),
    model_hash=("ModelHash",),
    sampler=("Sampler",),
    schedule=(),
)


def is_stability_matrix(said: dict[str, Any]) -> bool:
    """Whether a table is Stability Matrix'."""
    return "PositivePrompt" in said and "CfgScale" in said


def read_stability_matrix(said: dict[str, Any], draft: Draft) -> None:
    """Fill in what the table says; the words may hold comments, which were not drawn."""
    draft.tool = "Stability Matrix"
    draft.fields["task"] = "text_to_image"
    rest = take_table(said, _NAMES, draft)
    if "#" in draft.fields.get("prompt", ""):
        draft.say("what stands behind a # in the prompt is a comment there, which was not drawn")
    say_rest(rest, draft, ("VideoQuality",))
