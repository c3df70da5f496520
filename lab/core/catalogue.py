"""Which models there are, as data: what they are good for and what they need. Loads nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from lab.core.cards.klein import KLEIN_CARDS
from lab.core.cards.precisions import PRECISIONS, check_precision
from lab.core.cards.qwen_edit import QWEN_EDIT
from lab.core.cards.z_image import Z_IMAGE_CARDS
from lab.core.errors import BadInput, named
from lab.core.geometry import Size
from lab.core.model_card import (
    ACCELERATIONS,
    SCHEDULERS,
    ControlSource,
    IpAdapter,
    LivePreset,
    ModelCard,
    on_hub,
    path_of,
    short_form,
    taken_apart,
)
from lab.core.sentences.wording import several

_LINES_LIKE = ("lines", "scribble", "lineart", "canny", "softedge", "mlsd")
_SD15_TILE = "comfyanonymous/ControlNet-v1-1_fp16_safetensors:control_v11f1e_sd15_tile_fp16.safetensors"
"""Its makers publish this one as a pickle only."""
_UNION = "brad-twinkl/controlnet-union-sdxl-1.0-promax"
"""xinsir's ProMax model, which also knows tile and inpaint, under the file names that diffusers reads."""
_IP_ADAPTERS = "h94/IP-Adapter"
_WEIGHTS_FILE = "pytorch_lora_weights.safetensors"
_SD15_LIVE = (
    LivePreset("ByteDance/Hyper-SD:Hyper-SD15-4steps-lora.safetensors", scheduler="ddim trailing"),
    LivePreset(f"latent-consistency/lcm-lora-sdv1-5:{_WEIGHTS_FILE}"),
)
_SDXL_LIVE = (
    LivePreset("ByteDance/SDXL-Lightning:sdxl_lightning_4step_lora.safetensors", scheduler="euler trailing"),
    LivePreset("ByteDance/Hyper-SD:Hyper-SDXL-4steps-lora.safetensors", scheduler="ddim trailing"),
    LivePreset(f"latent-consistency/lcm-lora-sdxl:{_WEIGHTS_FILE}"),
)

__all__ = [
    "ACCELERATIONS",
    "CATALOGUE",
    "PRECISIONS",
    "SCHEDULERS",
    "ChosenModel",
    "ControlSource",
    "IpAdapter",
    "LivePreset",
    "ModelCard",
    "card_for",
    "chosen_model",
    "model_card",
]

CATALOGUE: dict[str, ModelCard] = {
    card.name: card
    for card in (
        ModelCard(
            name="starter",
            family="starter",
            title="small model trained for this lab, in the style of 3D emoji; comes with it, runs on any CPU",
            licence="Apache-2.0",
            native=Size(256, 256),
            multiple=64,
            steps=12,
            live_steps=4,
            guidance_scale=3.0,
            scheduler="ddim",
            pieces_read=16,
            controls=dict.fromkeys(_LINES_LIKE, ControlSource("controlnet-lines")),
            schedulers=("ddim", "euler", "dpm++ 2m"),
            takes_loras=False,
        ),
        ModelCard(
            name="sd15",
            family="sd15",
            title="Stable Diffusion 1.5 with the ControlNets 1.1; wants a GPU of 4 GB",
            licence="CreativeML OpenRAIL-M",
            native=Size(512, 512),
            multiple=8,
            steps=25,
            live_steps=8,
            guidance_scale=7.0,
            scheduler="dpm++ 2m karras",
            controls={
                "lines": ControlSource("lllyasviel/control_v11p_sd15_scribble"),
                "scribble": ControlSource("lllyasviel/control_v11p_sd15_scribble"),
                "canny": ControlSource("lllyasviel/control_v11p_sd15_canny"),
                "openpose": ControlSource("lllyasviel/control_v11p_sd15_openpose"),
                "depth": ControlSource("lllyasviel/control_v11f1p_sd15_depth"),
                "normal": ControlSource("lllyasviel/control_v11p_sd15_normalbae"),
                "lineart": ControlSource("lllyasviel/control_v11p_sd15_lineart"),
                "lineart_anime": ControlSource("lllyasviel/control_v11p_sd15s2_lineart_anime"),
                "mlsd": ControlSource("lllyasviel/control_v11p_sd15_mlsd"),
                "softedge": ControlSource("lllyasviel/control_v11p_sd15_softedge"),
                "tile": ControlSource(_SD15_TILE),
                "inpaint": ControlSource("lllyasviel/control_v11p_sd15_inpaint"),
            },
            repo="stable-diffusion-v1-5/stable-diffusion-v1-5",
            revision="451f4fe16113bff5a5d2269ed5ad43b0592e9a14",
            variant="fp16",
            live_presets=_SD15_LIVE,
            preview="madebyollin/taesd",
            ip_adapter=IpAdapter(_IP_ADAPTERS, "models", "ip-adapter_sd15.safetensors"),
            download_gb=2.13,
            memory_gb=(2.13, 0.43),
        ),
        ModelCard(
            name="sdxl",
            family="sdxl",
            title="Stable Diffusion XL 1.0 with a ControlNet Union for every kind; wants a GPU of 12 GB",
            licence="CreativeML OpenRAIL++-M",
            native=Size(1024, 1024),
            multiple=8,
            steps=30,
            live_steps=8,
            guidance_scale=6.0,
            scheduler="dpm++ 2m karras",
            controls={
                "openpose": ControlSource(_UNION, 0),
                "depth": ControlSource(_UNION, 1),
                "lines": ControlSource(_UNION, 2),
                "scribble": ControlSource(_UNION, 2),
                "softedge": ControlSource(_UNION, 2),
                "canny": ControlSource(_UNION, 3),
                "lineart": ControlSource(_UNION, 3),
                "lineart_anime": ControlSource(_UNION, 3),
                "mlsd": ControlSource(_UNION, 3),
                "normal": ControlSource(_UNION, 4),
                "tile": ControlSource(_UNION, 6),
                "inpaint": ControlSource(_UNION, 7),
            },
            repo="stabilityai/stable-diffusion-xl-base-1.0",
            revision="462165984030d82259a11f4367a4eed129e94a7b",
            variant="fp16",
            live_presets=_SDXL_LIVE,
            preview="madebyollin/taesdxl",
            ip_adapter=IpAdapter(
                _IP_ADAPTERS, "sdxl_models", "ip-adapter_sdxl_vit-h.safetensors", "models/image_encoder"
            ),
            download_gb=6.94,
            memory_gb=(6.94, 0.41),
        ),
        ModelCard(
            name="instruct-pix2pix",
            family="instruct",
            title="InstructPix2Pix: changes a picture by an instruction in words; wants a GPU of 4 GB",
            licence="MIT; made of Stable Diffusion 1.5, whose use restrictions go along",
            native=Size(512, 512),
            multiple=8,
            steps=20,
            live_steps=8,
            guidance_scale=7.5,
            scheduler="euler a",
            controls={},
            repo="timbrooks/instruct-pix2pix",
            revision="31519b5cb02a7fd89b906d88731cd4d6a7bbf88d",
            variant="fp16",
            edits=True,
            draws=False,
            preview="madebyollin/taesd",
            download_gb=2.13,
            memory_gb=(2.13, 0.43),
        ),
    )
}
_OTHERS = (
    replace(
        CATALOGUE["sd15"],
        name="sd15-inpaint",
        title="Stable Diffusion 1.5 that was trained to fill masked parts; wants a GPU of 4 GB",
        repo="stable-diffusion-v1-5/stable-diffusion-inpainting",
        revision="8a4288a76071f7280aedbdb3253bdb9e9d5d84bb",
        fills=True,
    ),
    replace(
        CATALOGUE["sdxl"],
        name="sdxl-inpaint",
        title="Stable Diffusion XL that was trained to fill masked parts; wants a GPU of 12 GB",
        # diffusers' pipelines for the Union model refuse a UNet of nine channels.
        controls={
            "openpose": ControlSource("xinsir/controlnet-openpose-sdxl-1.0"),
            "depth": ControlSource("diffusers/controlnet-depth-sdxl-1.0"),
            "lines": ControlSource("xinsir/controlnet-scribble-sdxl-1.0"),
            "scribble": ControlSource("xinsir/controlnet-scribble-sdxl-1.0"),
            "canny": ControlSource("diffusers/controlnet-canny-sdxl-1.0"),
        },
        repo="diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
        revision="115134f363124c53c7d878647567d04daf26e41e",
        fills=True,
    ),
    replace(
        CATALOGUE["sdxl"],
        name="sdxl-turbo",
        title="SDXL Turbo: a picture of 512 pixels in 1 to 4 steps; wants a GPU of 12 GB",
        licence="Stability AI's own (sai-nc-community): non-commercial use only",
        asks=True,
        may_sell=False,
        native=Size(512, 512),
        steps=4,
        live_steps=2,
        guidance_scale=1.0,
        scheduler="euler a",
        repo="stabilityai/sdxl-turbo",
        revision="71153311d3dbb46851df1931d3ca6e939de83304",
        live_presets=(),
    ),
)
CATALOGUE |= {card.name: card for card in (*Z_IMAGE_CARDS, *_OTHERS, *KLEIN_CARDS, QWEN_EDIT)}


@dataclass(frozen=True)
class ChosenModel:
    """A model, what makes its drawings faster and less exact, of `ACCELERATIONS`, and its `PRECISIONS`."""

    card: ModelCard
    acceleration: str | None = None
    precision: str = "exact"

    @property
    def name(self) -> str:
        """Model and acceleration as `open_lab` takes them in one string: "sd15 + taylorseer"."""
        return short_form(self.card.name, self.acceleration)

    @property
    def recipe_fields(self) -> dict[str, Any]:
        """Its fields of a `Recipe`: model, family of a model of the user's own, acceleration."""
        family = self.card.family if self.card.is_own else None
        return {
            "model": self.card.name, "family": family, "acceleration": self.acceleration, "precision": self.precision,
        }  # fmt: skip


def chosen_model(
    model: str, *, family: str | None = None, acceleration: str | None = None, precision: str | None = None
) -> ChosenModel:
    """The model that a person names. What is behind the doors goes by its fields.

    Args:
        model: its name in the catalogue; with a family one of the user's own, see `card_for`. An acceleration may stand
            behind it.
        family: sd15, sdxl, z-image, klein or qwen-edit.
        acceleration: where none stands behind the name.
        precision: in how many bits it is held; exact when None.

    Raises:
        BadInput: when there is no such model, family, acceleration or precision.
    """
    path, (name, behind) = path_of(model), taken_apart(model)
    is_place = path is not None and path.exists()
    if is_place or (name not in CATALOGUE and behind not in ACCELERATIONS):  # the plus is a part of its name
        name, behind = model, None
    for one in (behind, acceleration):
        if one is not None:
            named(one, ACCELERATIONS, "acceleration")
    if behind and acceleration and behind != acceleration:
        msg = f"{model!r} says {behind}, and acceleration says {acceleration}: leave one of them out"
        raise BadInput(msg)
    chosen = ChosenModel(model_card(name, family=family), behind or acceleration, precision or "exact")
    check_precision(chosen.precision, chosen.card.name)
    return chosen


def model_card(name: str, revision: str | None = None, family: str | None = None) -> ModelCard:
    """The card of a model as recipes name it.

    Args:
        name: in the catalogue; with a family the place of one of the user's own, see `card_for`.
        revision: the commit of its repository to use instead of the catalogue's; its name says so then.
        family: of a model that is in no catalogue.

    Raises:
        BadInput: when there is no such model or family, or its weights know no revisions.
    """
    if family is not None or name in CATALOGUE:
        card = CATALOGUE[name] if family is None else card_for(name, family)
    else:
        msg = (
            f"there is no model {name!r}: use one of {several(CATALOGUE, 60)}; "
            f"or say the family of one of your own, such as family='sd15'"
        )
        raise BadInput(msg)
    return card if revision in (None, card.revision) else _at(card, str(revision))


def _at(card: ModelCard, revision: str) -> ModelCard:
    if card.repo is None or path_of(card.repo) is not None:
        msg = f"the weights of {card.name} are not from a model hub, so they have no revision {revision}: leave it out"
        raise BadInput(msg)
    return replace(card, name=f"{card.name}@{revision[:12]}", revision=revision)


def card_for(place: str, family: str) -> ModelCard:
    """The card of another model of a known family: the family's own, with its weights elsewhere.

    Its name is its place, so that a recipe which says that and the family is enough to draw with it anywhere; a path
    that begins where the kernel is becomes a whole one.

    Args:
        place: a folder in diffusers' layout, a `.safetensors` file, a hub repository `owner/name`, or a single file in
            one, `owner/name:file.safetensors`; of klein the denoiser in such a file, or in a `.gguf`.
        family: sd15, sdxl, z-image, klein or qwen-edit.

    Raises:
        BadInput: when there is no such family, or the place is none, a pickle or the name of another model.
    """
    families = {card.family: card for card in CATALOGUE.values() if card.repo and card.name == card.family}
    own = named(family, families, "family of models")
    if place in CATALOGUE:
        msg = f"{place!r} is in the catalogue already: open it by its name alone, without a family"
        raise BadInput(msg)
    if place.endswith((".ckpt", ".pt", ".pth", ".bin")):
        msg = f"{place} is a pickle, which can run any program: convert it to .safetensors first"
        raise BadInput(msg)
    file = place.endswith((".safetensors", ".gguf"))
    path, there = path_of(place), on_hub(place)
    if path is None and (there is None or (file and not there.file)):
        msg = f"there is no model in {place!r}: give a folder or file that is here, or a hub's owner/name"
        raise BadInput(msg)
    if path is not None and not place.startswith("~"):
        place = str(path.absolute())
    return replace(
        own,
        name=place,
        title=f"{place}, of the family {family}",
        licence="see its repository",
        repo=place,
        is_own=True,
        may_sell=None,
        revision=None,
        variant=None if file else own.variant,
    )
