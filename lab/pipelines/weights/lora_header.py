"""What a file of a LoRA says of itself: which models it was trained for, and the words that wake it. Reads no weights.

Needs no torch, so that a folder of hundreds is listed at once.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError, safe_open

from lab.core.errors import BadInput

_LORA = re.compile(
    r"lora_(A|B|down|up|mid)\b|lora\.(down|up)\b|\.hada_|\.lokr_|\.alpha$|dora_scale$|\.oft_|\.diff(_b)?$"
)
_DOWN = re.compile(r"(lora_down|lora_A|lora\.down)(\.default)?\.weight$|hada_w1_b$")
_CROSS = re.compile(r"attn2[._](processor\.)?to_[kv]")
_WIDTHS = {768: "sd15", 1024: "sd2", 2048: "sdxl"}
"""How wide the states of the words are that each UNet listens to (cross_attention_dim of its config)."""
_BY_NAME = (
    (r"^lora_te[12]_|^text_encoder_2\.|^lora_unet_(input|output)_blocks_", "sdxl"),
    (r"single_transformer_blocks|double_blocks|single_blocks|double_stream", "flux"),
    (r"joint_blocks|context_block", "sd3"),
    (r"(^|[._])layers[._]\d+[._](attention|feed_forward|adaLN_modulation)", "z-image"),
    (r"add_q_proj|txt_mlp|img_mlp", "other"),
    (r"^lora_te_text_model|^text_encoder\.", "sd15"),
)
"""Pieces of the names of weights that no other family has, the surest first."""
_BY_WORDS = (("xl", "sdxl"), ("sd_v1", "sd15"), ("stable-diffusion-v1", "sd15"), ("sd_v2", "sd2"), ("flux", "flux"))
"""Pieces of what trainers write about the base model (kohya's `ss_base_model_version`, sai_model_spec)."""
TITLES = {
    "sd15": "Stable Diffusion 1.5", "sdxl": "Stable Diffusion XL", "z-image": "Z-Image", "sd2": "Stable Diffusion 2",
    "flux": "FLUX", "sd3": "Stable Diffusion 3", "other": "another family of models",
}  # fmt: skip
_TAKEN_BY = {"sd15": "sd15", "instruct": "sd15", "sdxl": "sdxl", "z-image": "z-image"}
"""Whose LoRAs a family of the lab takes; of one that is not here, nothing is known."""
_LONGEST_BYTES, _MOST_NAMES = 20_000_000, 20_000
"""Of a header: no LoRA has a fifth of it, and what is longer takes seconds to read."""
_MOST_TRIGGERS = 8
_OFTEN = 0.5
"""A word that stood beside fewer than half as many pictures as the most frequent one wakes little."""


class LoraHeader(NamedTuple):
    """What a file says of itself.

    Args:
        family: of the models that it was trained for, see `TITLES`; None where nothing tells.
        triggers: words that wake it, the best first.
    """

    family: str | None
    triggers: tuple[str, ...]


def lora_header(file: Path) -> LoraHeader | None:
    """What a LoRA's file says of itself; None for a file that is none, or that cannot be read."""
    try:
        with file.open("rb") as begun:
            if int.from_bytes(begun.read(8), "little") > _LONGEST_BYTES:
                return None
        with safe_open(file, framework="np") as opened:
            names = [*opened.keys()]
            if len(names) > _MOST_NAMES:
                return None
            said = opened.metadata() or {}
            if not any(_LORA.search(name) for name in names):
                return None
            return LoraHeader(_family(names, opened, said), _triggers(said))
    except (SafetensorError, OSError, ValueError):
        return None


def is_for(trained_for: str | None, family: str) -> bool:
    """Whether a LoRA may be put on models of a family: unless it was surely trained for others."""
    return trained_for is None or _TAKEN_BY.get(family, trained_for) == trained_for


def check_family(name: str, file: Path, model: str, family: str) -> None:
    """Refuse a LoRA of another family, from its header alone.

    Args:
        name: of the LoRA, for the sentence.
        file: of it.
        model: that it would be put on, for the sentence.
        family: of that model.

    Raises:
        BadInput: says what it was trained for.
    """
    header = lora_header(file)
    if header is not None and header.family is not None and not is_for(header.family, family):
        wants = TITLES[_TAKEN_BY[family]]
        msg = f"the LoRA {name} was trained for {TITLES[header.family]}, and {model} takes those for {wants}"
        raise BadInput(msg)


def _family(names: list[str], opened: Any, said: dict[str, str]) -> str | None:
    """By how wide the words are that it changes; else by names that only one family has; else by what was written."""
    crossing = next((name for name in names if _CROSS.search(name) and _DOWN.search(name)), None)
    if crossing is not None:
        shape = opened.get_slice(crossing).get_shape()
        if len(shape) > 1 and shape[1] in _WIDTHS:
            return _WIDTHS[shape[1]]
    for piece, family in _BY_NAME:
        if any(re.search(piece, name) for name in names):
            return family
    written = f"{said.get('ss_base_model_version', '')} {said.get('modelspec.architecture', '')}".lower()
    return next((family for piece, family in _BY_WORDS if piece in written), None)


def _triggers(said: dict[str, str]) -> tuple[str, ...]:
    """What its maker says wakes it, then the tags that it was trained with most (kohya's `ss_tag_frequency`)."""
    phrase = [one.strip() for one in said.get("modelspec.trigger_phrase", "").split(",")]
    counts: dict[str, int] = {}
    try:
        folders = json.loads(said.get("ss_tag_frequency", "{}"))
        for tags in folders.values():
            for tag, count in tags.items():
                counts[tag.strip()] = counts.get(tag.strip(), 0) + int(count)
    except (ValueError, AttributeError, TypeError):  # metadata are whatever somebody wrote
        counts = {}
    often = sorted(
        (tag for tag in counts if counts[tag] >= _OFTEN * max(counts.values())), key=lambda tag: -counts[tag]
    )
    return tuple(dict.fromkeys(filter(None, [*phrase, *often])))[:_MOST_TRIGGERS]
