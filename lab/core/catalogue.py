"""Which models there are, as data: what they are good for and what they need. Loads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab.core.errors import BadInput
from lab.core.geometry import Size

SCHEDULERS = ("ddim", "euler", "euler a", "dpm++ 2m", "dpm++ 2m karras", "unipc", "lcm")
"""Every sampler there is, by its usual name."""


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
        guidance_scale: default pull of the words.
        scheduler: the sampler it is meant for.
        controls: where its ControlNet of each kind is: a hub repository, or a folder beside the shipped weights.
        repo: the hub repository, or a folder; None when the weights come with the lab.
        revision: of that repository; None for its newest.
        variant: which of several sets of files in it, such as "fp16".
        schedulers: the samplers that work with it.
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
            controls={"lines": "controlnet-lines"},
            schedulers=("ddim", "euler", "dpm++ 2m"),
        ),
        ModelCard(
            name="sd15",
            family="sd15",
            title="Stable Diffusion 1.5, with the scribble ControlNet 1.1; wants a GPU of 6 GB",
            licence="CreativeML OpenRAIL-M",
            native=Size(512, 512),
            multiple=8,
            steps=25,
            live_steps=8,
            guidance_scale=7.0,
            scheduler="dpm++ 2m karras",
            controls={"lines": "lllyasviel/control_v11p_sd15_scribble"},
            repo="stable-diffusion-v1-5/stable-diffusion-v1-5",
            variant="fp16",
        ),
        ModelCard(
            name="sdxl",
            family="sdxl",
            title="Stable Diffusion XL 1.0, with a ControlNet for any lines; wants a GPU of 16 GB",
            licence="CreativeML OpenRAIL++-M",
            native=Size(1024, 1024),
            multiple=8,
            steps=30,
            live_steps=8,
            guidance_scale=6.0,
            scheduler="dpm++ 2m karras",
            controls={"lines": "xinsir/controlnet-scribble-sdxl-1.0"},
            repo="stabilityai/stable-diffusion-xl-base-1.0",
            variant="fp16",
        ),
    )
}


def model_card(name: str) -> ModelCard:
    """The card of a model.

    Raises:
        BadInput: when the catalogue has no such model.
    """
    try:
        return CATALOGUE[name]
    except KeyError:
        msg = f"there is no model {name!r} in the catalogue: use one of {', '.join(CATALOGUE)}"
        raise BadInput(msg) from None
