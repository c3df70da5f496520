"""Which models there are, as data: what they are good for and what they need. Loads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lab.core.errors import BadInput, named
from lab.core.geometry import Size

SCHEDULERS = ("ddim", "euler", "euler a", "dpm++ 2m", "dpm++ 2m karras", "unipc", "lcm")
"""Every sampler there is, by its usual name."""


@dataclass(frozen=True)
class IpAdapter:
    """Where a model's IP-Adapter is: a hub repository or folder, and in it the folder and file of the adapter.

    `image_encoder` is its CLIP vision model, relative to that folder, or from the top when it has a slash.
    """

    repo: str
    folder: str
    file: str
    image_encoder: str = "image_encoder"


@dataclass(frozen=True)
class LivePreset:
    """How a model draws in very few steps: a LoRA that was distilled for it, and the settings that it wants.

    The LoRA's place is `owner/repo:file`.
    """

    lora: str
    steps: int = 4
    guidance_scale: float = 1.0
    scheduler: str = "lcm"


@dataclass(frozen=True)
class ModelCard:
    """One model.

    Args:
        name: what `open_lab` and recipes call it.
        family: which file of `lab.pipelines.families` runs it.
        title: one line for people.
        licence: of the weights.
        native: the size it was trained for, in pixels.
        multiple: its pictures' sides are multiples of this.
        steps: default number of denoising steps.
        live_steps: the same for the live slot, where speed counts more.
        live_preset: what the live slot uses instead, once its LoRA is on this machine.
        guidance_scale: default pull of the words.
        scheduler: the sampler it is meant for.
        controls: where its ControlNet of each kind is: a hub repository, or a folder beside the shipped weights; with
            `#mode` behind it when it is a Union model that serves many kinds.
        repo: the hub repository, or a folder; None when the weights come with the lab.
        revision: of that repository; None for its newest.
        variant: which of several sets of files in it, such as "fp16".
        schedulers: the samplers that work with it.
        ip_adapter: what lets pictures lend it their style; None when there is nothing.
        takes_loras: whether LoRAs can be attached.
        most_controls: how many controls it follows at once.
        steers_pictures: whether it follows controls while it starts from a picture.
        times_controls: whether a control can begin and end within the steps.
        edits: whether it changes pictures by instructions, and does nothing else.
        image_guidance_scale: default hold of an edited picture on what it was.
        rounds_steps_up: how its diffusers pipelines round the number of steps that a strength leaves.
        download_gb: size of what is fetched at its first use, in GB, without ControlNets.
        memory_gb: memory that its weights take on a GPU, in GB; with everything but the running part offloaded, the
            second number.
    """

    name: str
    family: str
    title: str
    licence: str
    native: Size
    multiple: int
    steps: int
    live_steps: int
    guidance_scale: float
    scheduler: str
    controls: Mapping[str, str]
    repo: str | None = None
    revision: str | None = None
    variant: str | None = None
    schedulers: tuple[str, ...] = SCHEDULERS
    ip_adapter: IpAdapter | None = None
    takes_loras: bool = True
    most_controls: int = 4
    steers_pictures: bool = True
    times_controls: bool = True
    rounds_steps_up: bool = False
    edits: bool = False
    live_preset: LivePreset | None = None
    image_guidance_scale: float = 1.5
    download_gb: float = 0.0
    memory_gb: tuple[float, float] = (0.1, 0.1)


_SD15_CONTROL = "lllyasviel/control_v11{}_sd15{}"
_LINES_LIKE = ("lines", "scribble", "lineart", "canny", "softedge", "mlsd")
_UNION = "xinsir/controlnet-union-sdxl-1.0#{}"
_Z_UNION = "alibaba-pai/Z-Image-Turbo-Fun-Controlnet-Union:Z-Image-Turbo-Fun-Controlnet-Union.safetensors"
_IP_ADAPTERS = "h94/IP-Adapter"

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
            controls=dict.fromkeys(_LINES_LIKE, "controlnet-lines"),
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
                "lines": _SD15_CONTROL.format("p", "_scribble"),
                "scribble": _SD15_CONTROL.format("p", "_scribble"),
                "canny": _SD15_CONTROL.format("p", "_canny"),
                "openpose": _SD15_CONTROL.format("p", "_openpose"),
                "depth": _SD15_CONTROL.format("f1p", "_depth"),
                "normal": _SD15_CONTROL.format("p", "_normalbae"),
                "lineart": _SD15_CONTROL.format("p", "_lineart"),
                "lineart_anime": _SD15_CONTROL.format("p", "s2_lineart_anime"),
                "mlsd": _SD15_CONTROL.format("p", "_mlsd"),
                "softedge": _SD15_CONTROL.format("p", "_softedge"),
                "tile": _SD15_CONTROL.format("f1e", "_tile"),
            },
            repo="stable-diffusion-v1-5/stable-diffusion-v1-5",
            variant="fp16",
            live_preset=LivePreset("latent-consistency/lcm-lora-sdv1-5:pytorch_lora_weights.safetensors"),
            ip_adapter=IpAdapter(_IP_ADAPTERS, "models", "ip-adapter_sd15.safetensors"),
            download_gb=2.7,
            memory_gb=(2.2, 1.8),
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
                "openpose": _UNION.format(0),
                "depth": _UNION.format(1),
                "lines": _UNION.format(2),
                "scribble": _UNION.format(2),
                "softedge": _UNION.format(2),
                "canny": _UNION.format(3),
                "lineart": _UNION.format(3),
                "lineart_anime": _UNION.format(3),
                "mlsd": _UNION.format(3),
                "normal": _UNION.format(4),
            },
            repo="stabilityai/stable-diffusion-xl-base-1.0",
            variant="fp16",
            live_preset=LivePreset("latent-consistency/lcm-lora-sdxl:pytorch_lora_weights.safetensors"),
            ip_adapter=IpAdapter(
                _IP_ADAPTERS, "sdxl_models", "ip-adapter_sdxl_vit-h.safetensors", "models/image_encoder"
            ),
            download_gb=6.9,
            memory_gb=(6.8, 5.2),
        ),
        ModelCard(
            name="instruct-pix2pix",
            family="instruct",
            title="InstructPix2Pix: changes a picture by an instruction in words; wants a GPU of 4 GB",
            licence="CreativeML OpenRAIL-M",
            native=Size(512, 512),
            multiple=8,
            steps=20,
            live_steps=8,
            guidance_scale=7.5,
            scheduler="euler a",
            controls={},
            repo="timbrooks/instruct-pix2pix",
            variant="fp16",
            edits=True,
            download_gb=2.7,
            memory_gb=(2.2, 1.8),
        ),
        ModelCard(
            name="z-image",
            family="z-image",
            title="Z-Image-Turbo: 8 steps to a picture, reads long prompts; wants a GPU of 16 GB, or 24",
            licence="Apache-2.0",
            native=Size(1024, 1024),
            multiple=16,
            steps=9,
            live_steps=4,
            guidance_scale=1.0,
            scheduler="euler",
            controls=dict.fromkeys(("canny", "softedge", "depth", "openpose", "mlsd", "lines", "scribble"), _Z_UNION),
            repo="Tongyi-MAI/Z-Image-Turbo",
            schedulers=("euler",),
            most_controls=1,
            steers_pictures=False,
            times_controls=False,
            rounds_steps_up=True,
            download_gb=20.5,
            memory_gb=(20.5, 12.5),
        ),
    )
}


def model_card(name: str) -> ModelCard:
    """The card of a model.

    Raises:
        BadInput: when the catalogue has no such model.
    """
    return named(name, CATALOGUE, "model")


def card_for(place: str, family: str) -> ModelCard:
    """The card of another model of a known family: the family's own, with its weights elsewhere.

    It is in the catalogue from then on, under its place, so that recipes can name it.

    Args:
        place: a folder in diffusers' layout, a `.safetensors` file, a hub repository `owner/name`, or a single file in
            one, `owner/name:file.safetensors`.
        family: sd15, sdxl or z-image.

    Raises:
        BadInput: when there is no such family, or the place is a pickle or the name of another model.
    """
    families = {card.family: card for card in CATALOGUE.values() if card.repo and card.name == card.family}
    own = named(family, families, "family of models")
    known = CATALOGUE.get(place)
    if known is not None and known.repo != place:
        msg = f"{place!r} is in the catalogue already: open it by its name alone, without a family"
        raise BadInput(msg)
    if place.endswith((".ckpt", ".pt", ".pth", ".bin")):
        msg = f"{place} is a pickle, which can run any program: convert it to .safetensors first"
        raise BadInput(msg)
    file = place.endswith(".safetensors")
    variant = None if file else own.variant
    title = f"{place}, of the family {family}"
    card = replace(
        own, name=place, title=title, licence="see its repository", repo=place, revision=None, variant=variant
    )
    CATALOGUE[place] = card
    return card
