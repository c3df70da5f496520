"""Which kind of LoRA a file is, by the names of its weights: what would be drawn with by half is mended or refused."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from safetensors.torch import load_file

from lab.core.errors import BadInput
from lab.pipelines.weights.repo_layout import shapes_in

_KINDS = {
    r"dora_scale$": "a DoRA as kohya's trainer writes it",  # diffusers leaves that out on purpose, and draws the rest
    r"\.lora_mid\.": "a LoCon with a Tucker decomposition",
    r"\.hada_": "a LoHa",
    r"\.lokr_": "a LoKr",
    r"\.oft_(blocks|diag)": "an OFT",
    r"\.on_input$": "an (IA)3",
    r"\.a1\.weight$": "a GLoRA",
    r"\.w_norm$": "one that changes norms, too",
    r"\.diff(_b)?$": "a difference of whole weights",
}
"""A piece of the names of its weights, and what LyCORIS calls it (github.com/KohakuBlueleaf/LyCORIS)."""
_WORDS_LAYER = re.compile(
    r"(?P<encoder>lora_te[12]?_)(?:text_model_)?encoder_layers_\d+_(?P<place>\w+)\.lora_down\.weight"
)
_READ = {"z-image": (r"\.lokr_",)}
"""Those that diffusers does read, by the family."""


def check_kind(name: str, file: Path, family: str) -> None:
    """Refuse a LoRA of which diffusers would leave a part out, or all of it; says which kind it is.

    Raises:
        BadInput: when it is of such a kind, or no safetensors file.
    """
    names = shapes_in(file)
    for piece, kind in _KINDS.items():
        if piece not in _READ.get(family, ()) and any(re.search(piece, one) for one in names):
            msg = (
                f"the LoRA {Path(name).name} is {kind}, which diffusers does not draw with in full: "
                "use one that was trained as LoRA or LoCon, or was merged into a checkpoint"
            )
            raise BadInput(msg)


def mended(file: Path) -> dict[str, torch.Tensor] | None:
    """The weights of kohya's trainer as diffusers reads all of them; None where it reads the file itself in full.

    Each layer's alpha is multiplied in where they differ: of different ones diffusers tells peft by names under which
    it has no layers, and they count for nothing then. And a text encoder has an `out_proj` that does nothing where it
    has none: by that name alone diffusers knows how the others are called.

    Raises:
        BadInput: when it is no safetensors file.
    """
    shapes = shapes_in(file)
    nothing = _nothing_for_words(shapes)
    names = [name.removesuffix(".alpha") for name in shapes if name.endswith(".alpha")]
    if not names and not nothing:
        return None
    weights = load_file(file)
    scales = {name: float(weights[f"{name}.alpha"]) for name in names}
    if len(set(scales.values())) <= 1:
        return {**weights, **nothing} if nothing else None
    for name, alpha in scales.items():
        del weights[f"{name}.alpha"]
        down, up = f"{name}.lora_down.weight", f"{name}.lora_up.weight"
        if up in weights and down in weights:
            weights[up] = weights[up] * (alpha / weights[down].shape[0])
    return {**weights, **nothing}


def _nothing_for_words(shapes: dict[str, list[int]]) -> dict[str, torch.Tensor]:
    """An `out_proj` of zeros for each text encoder of kohya's that has layers, and none of that name."""
    found: dict[str, torch.Tensor] = {}
    for prefix in ("lora_te_", "lora_te1_", "lora_te2_"):
        layers = [match for name in shapes if (match := _WORDS_LAYER.fullmatch(name)) and match["encoder"] == prefix]
        if layers and not any(layer["place"] == "self_attn_out_proj" for layer in layers):
            first = layers[0]
            rank, inner = shapes[first[0]]
            width = shapes[first[0].replace("lora_down", "lora_up")][0] if first["place"] == "mlp_fc2" else inner
            own = first[0].replace(first["place"], "self_attn_out_proj")
            found[own] = torch.zeros(rank, width)
            found[own.replace("lora_down", "lora_up")] = torch.zeros(width, rank)
    return found
