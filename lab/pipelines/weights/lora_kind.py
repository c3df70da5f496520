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


def with_alphas_in(file: Path) -> dict[str, torch.Tensor] | None:
    """The weights of kohya's trainer with each layer's alpha multiplied in; None where all layers have the same.

    Of different ones diffusers tells peft by names under which it has no layers: they count for nothing then.

    Raises:
        BadInput: when it is no safetensors file.
    """
    names = [name.removesuffix(".alpha") for name in shapes_in(file) if name.endswith(".alpha")]
    if not names:
        return None
    weights = load_file(file)
    scales = {name: float(weights.pop(f"{name}.alpha")) for name in names}
    if len(set(scales.values())) == 1:
        return None
    for name, alpha in scales.items():
        down, up = f"{name}.lora_down.weight", f"{name}.lora_up.weight"
        if up in weights and down in weights:
            weights[up] = weights[up] * (alpha / weights[down].shape[0])
    return weights
