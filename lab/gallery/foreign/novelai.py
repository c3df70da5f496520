"""Reads NovelAI, whose settings are JSON in the text `Comment`, which in WebP is a text within JSON."""

from __future__ import annotations

from typing import Any

from lab.gallery.foreign.bounded_json import fraction
from lab.gallery.foreign.flat_table import Names, say_rest, take_table
from lab.gallery.foreign.imported import Draft

_NAMES = Names(
    negative_prompt=("uc", "negative_prompt"), guidance_scale=("scale",), schedule=("noise_schedule",), model=()
)
_SILENT = (
    "n_samples", "signed_hash", "request_type", "version", "stream", "extra_passthrough_testing", "legacy_v3_extend",
    "cfg_sched_eligibility", "prefer_brownian", "explike_fine_detail", "minimize_sigma_inf", "uncond_per_vibe",
    "wonky_vibe_correlation", "deliberate_euler_ancestral_bug", "v4_prompt", "v4_negative_prompt",
    "controlnet_strength",
    "dynamic_thresholding_percentile", "dynamic_thresholding_mimic_scale", "uncond_scale", "legacy",
    "add_original_image",
    "params_version", "skip_cfg_below_sigma", "hide_debug_overlay", "strength", "image_format",
)  # fmt: skip


def is_novelai(table: dict[str, Any]) -> bool:
    """Whether the JSON of a picture's `Comment` has the fields that NovelAI alone writes."""
    return "uc" in table and "scale" in table and ("sampler" in table or "signed_hash" in table)


def read_novelai(table: dict[str, Any], source: str | None, draft: Draft) -> None:
    """Fill in what the table says.

    Args:
        table: of settings.
        source: what the file says of the model.
        draft: takes it.
    """
    draft.tool = "NovelAI"
    kind = str(table.get("request_type", ""))
    is_redrawn = "Img2Img" in kind or "Infill" in kind or bool(fraction(table.get("strength")) and "image" in table)
    draft.fields["task"] = "inpaint" if "Infill" in kind else "image_to_image" if is_redrawn else "text_to_image"
    rest = take_table(table, _NAMES, draft)
    if source:
        draft.take("model", source)
        draft.lack("model", source)
    draft.say(f"{source or 'the model'} is NovelAI's own, which nobody else has")
    if is_redrawn:
        draft.take("strength", fraction(table.get("strength")))
        draft.say("the picture that it started from is not in the file")
        draft.lack("picture", "that it started from")
    for name in ("v4_prompt", "v4_negative_prompt"):
        of = table.get(name)
        caption = of.get("caption") if isinstance(of, dict) else None
        characters = caption.get("char_captions") if isinstance(caption, dict) else None
        for one in characters if isinstance(characters, list) else ():
            if isinstance(one, dict):
                draft.say(f"words for one figure ({name}): {one.get('char_caption')}")
    say_rest(rest, draft, _SILENT)
