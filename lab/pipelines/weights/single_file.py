"""Reads models and ControlNets that come as one `.safetensors` file; their configs are the lab's own, not a hub's."""

from __future__ import annotations

import json
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    DDIMScheduler,
    UNet2DConditionModel,
    ZImageControlNetModel,
)
from diffusers.loaders.single_file_utils import (
    convert_controlnet_checkpoint,
    convert_z_image_controlnet_checkpoint_to_diffusers,
)
from safetensors.torch import load_file

from lab.core.catalogue import CATALOGUE, ModelCard
from lab.core.errors import BadInput
from lab.core.model_card import path_of
from lab.core.reporter import Reporter
from lab.hub.command import fetch_command
from lab.pipelines.cancellation import reading
from lab.pipelines.families import FAMILIES
from lab.pipelines.memory.oom_fallbacks import refusing
from lab.pipelines.weights.checkpoint_kind import check_architecture, lacks_autoencoder, trained_with
from lab.pipelines.weights.clip_tokenizer import clip_tokenizer
from lab.pipelines.weights.download import cached
from lab.pipelines.weights.repo_layout import INDEX, lacking, parts_of, shapes_in, variant_of, weights_among
from lab.pipelines.weights.whole_network import whole

_CONFIGS = Path(__file__).parent / "configs"
"""The configs of each family's parts, in diffusers' layout without weights."""
_MB = 1_000_000
_IN_ONE_FILE = ("sd15", "sdxl")
"""Families whose whole model comes in a single file too."""
_FIRST_LAYER = "model.diffusion_model.input_blocks.0.0.weight"
_HINT = "controlnet_cond_embedding.{}.weight"
"""What a ControlNet sees its picture with."""
_HEAD_CHANNELS = 128
"""Of every attention head in Z-Image."""
_LATENT_CHANNELS = 16
"""Of Z-Image; a ControlNet of its second generation looks at a mask and a masked picture besides."""


def read_one_file(card: ModelCard, file: Path, dtype: torch.dtype, reporter: Reporter) -> dict[str, Any]:
    """The components of a checkpoint in the layout that the models were first published in.

    Raises:
        BadInput: when it is of another family, or of one that has no such files.
    """
    if card.family not in _IN_ONE_FILE:
        msg = f"models of the family {card.family} are not read from one file: give a folder in diffusers' layout"
        raise BadInput(msg)
    reporter.progress("loading", 0, max(1, file.stat().st_size // _MB))
    shapes = shapes_in(file)
    check_architecture(file, card.family)
    if _FIRST_LAYER not in shapes:
        msg = f"{file.name} cannot be read as a model of the family {card.family}: it has no {_FIRST_LAYER}"
        raise BadInput(msg)
    config = config_folder(card.family)
    extra = {} if (config / "tokenizer").is_dir() else _words(config)
    if lacks_autoencoder(file):
        extra["vae"] = _borrowed_autoencoder(card, file, dtype)

    def strange(why: str) -> str:
        return f"{file.name} cannot be read as a model of the family {card.family} ({why})"

    # The number of channels tells a model that fills masks from one that does not.
    with refusing(strange), reading(reporter):
        unet = UNet2DConditionModel.from_single_file(
            str(file), config=str(config), subfolder="unet", dtype=dtype, in_channels=shapes[_FIRST_LAYER][1]
        )
        kind: Any = FAMILIES[card.family].pipelines["words", ""]
        pipe = kind.from_single_file(
            str(file), config=str(config), dtype=dtype, local_files_only=True, unet=unet, **extra
        )
        components = dict(pipe.components)
        for part in components.values():
            if isinstance(part, torch.nn.Module):
                whole(part)
    reporter.check()
    trained = trained_with(file)
    if trained:  # DDIM's knows all that can be said of a noise schedule, and only that is asked of a model's own
        components["scheduler"] = DDIMScheduler.from_config(components["scheduler"].config, **trained)
    return components


def _borrowed_autoencoder(card: ModelCard, file: Path, dtype: torch.dtype) -> AutoencoderKL:
    """The autoencoder of the family's own model, for a checkpoint that has none.

    Raises:
        BadInput: when that is not on this machine.
    """
    own = CATALOGUE[card.family]
    place = str(own.repo)
    index = None if path_of(place) else cached(place, INDEX, own.revision)
    folder = (path_of(place) or (index.parent if index else Path())) / "vae"
    if lacking(folder, "vae", own.variant):
        msg = (
            f"{file.name} has no autoencoder (VAE) in it, and that of {own.name} is not on this machine: "
            f"`{fetch_command(own.name)}`"
        )
        raise BadInput(msg)
    variant = variant_of(weights_among([one.name for one in folder.iterdir()], own.variant))
    return AutoencoderKL.from_pretrained(folder, dtype=dtype, variant=variant, use_safetensors=True)


def read_control_file(card: ModelCard, file: Path, dtype: torch.dtype) -> ControlNetModel:
    """A ControlNet of a U-Net, in diffusers' layout or in that of its makers; its config is that of the U-Net.

    Raises:
        BadInput: when it is something else.
    """
    unet = json.loads((config_folder(card.family) / "unet" / "config.json").read_text())
    config = {name: value for name, value in unet.items() if name in signature(ControlNetModel).parameters}
    weights = convert_controlnet_checkpoint(load_file(file), {"layers_per_block": 2, **config})
    found = {name: weight.to(dtype) for name, weight in weights.items() if weight is not None}
    first, steps = _HINT.format("conv_in"), [_HINT.format(f"blocks.{place}") for place in range(1, len(found), 2)]
    if first not in found:
        msg = f"{file.name} is not a ControlNet of {card.name}: it has no {first}"
        raise BadInput(msg)
    channels = [found[name].shape[0] for name in (first, *steps) if name in found]
    with torch.device("meta"):
        net = ControlNetModel(**{**config, "conditioning_embedding_out_channels": channels})
    with refusing(lambda why: f"{file.name} is not a ControlNet of {card.name} ({why})"):
        net.load_state_dict(found, assign=True)
    return net


def read_z_image_control(file: Path, backbone: dict[str, Any], dtype: torch.dtype) -> ZImageControlNetModel:
    """A ControlNet of Z-Image; the file says all that its layers are but where they act.

    Args:
        file: of the first generation, or of one that can fill masks as well.
        backbone: the config of the transformer that it steers.
        dtype: of its weights.

    Raises:
        BadInput: when it is something else.
    """
    weights = {name: weight.to(dtype) for name, weight in load_file(file).items()}
    entry = weights.get("control_all_x_embedder.2-1.weight")
    if entry is None:
        msg = f"{file.name} is not a ControlNet of Z-Image: it has no control_all_x_embedder.2-1.weight"
        raise BadInput(msg)
    layers, refiners = (_count(weights, part) for part in ("control_layers", "control_noise_refiner"))
    depth = backbone.get("n_layers", 30)
    channels = entry.shape[1] // 4
    heads = backbone.get("n_heads", entry.shape[0] // _HEAD_CHANNELS)
    refined = _refined_by(weights) if channels > _LATENT_CHANNELS else None
    config: dict[str, Any] = {
        "control_in_dim": channels,
        # They are spread evenly: after each fifth of 30 where there are six, after each second where there are fifteen.
        "control_layers_places": list(range(0, depth, max(1, round(depth / layers))))[:layers],
        "control_refiner_layers_places": list(range(refiners)) if refined else None,
        "add_control_noise_refiner": refined,
        "dim": entry.shape[0],
        "n_refiner_layers": refiners or 2,
        "n_heads": heads,
        "n_kv_heads": backbone.get("n_kv_heads", heads),
    }
    with torch.device("meta"):
        net = ZImageControlNetModel(**config)
    weights = convert_z_image_controlnet_checkpoint_to_diffusers(weights, config)
    try:
        net.load_state_dict(weights, assign=True)
    except RuntimeError as error:
        msg = f"{file.name} cannot be read as a ControlNet of Z-Image ({str(error).strip().splitlines()[-1].strip()})"
        raise BadInput(msg) from error
    return net


def _count(weights: dict[str, torch.Tensor], part: str) -> int:
    """How many layers a part has."""
    return len({name.split(".")[1] for name in weights if name.startswith(f"{part}.")})


def _refined_by(weights: dict[str, torch.Tensor]) -> str:
    """Which layers refine the noise in the second generation: those of 2.0 were trained into the control's own."""
    own = weights.get("control_noise_refiner.0.before_proj.weight")
    return "control_noise_refiner" if own is not None and bool(own.any()) else "control_layers"


def config_folder(family: str) -> Path:
    """The configs of the family's parts: of its own model where that is a folder, else the lab's."""
    own = CATALOGUE[family].repo
    folder = Path(own).expanduser() if own else _CONFIGS
    return folder if (folder / INDEX).is_file() else _CONFIGS / family


def _words(config: Path) -> dict[str, Any]:
    """The tokenizers that the lab's own configs leave out."""
    parts = parts_of(json.loads((config / INDEX).read_text()))
    pads = {"tokenizer": {}, "tokenizer_2": {"pad": "!"}}
    return {name: clip_tokenizer(**pad) for name, pad in pads.items() if name in parts}
