"""Which models there are, as data: what they are good for and what they need. Loads nothing."""

from __future__ import annotations

from dataclasses import dataclass

from lab.core.errors import BadInput
from lab.core.geometry import Size


@dataclass(frozen=True)
class ModelCard:
    """One model.

    Args:
        name: what `open_lab` and recipes call it.
        family: which file of `lab.pipelines.families` loads and runs it.
        title: one line for people.
        licence: of the weights.
        native: the size it was trained for, in pixels.
        multiple: its pictures' sides are multiples of this.
        steps: default number of denoising steps.
        live_steps: the same for the live slot, where speed counts more.
        guidance_scale: default pull of the words.
        scheduler: the sampler it is meant for.
        schedulers: all samplers that work with it.
        controls: the kinds of control it has a ControlNet for.
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
    schedulers: tuple[str, ...]
    controls: tuple[str, ...]


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
            live_steps=6,
            guidance_scale=3.0,
            scheduler="ddim",
            schedulers=("ddim", "euler", "dpm++ 2m"),
            controls=("lines",),
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
