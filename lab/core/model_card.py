"""What there is to know of a model before it is loaded, as values. Loads nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lab.core.geometry import Size


class Sampler(NamedTuple):
    """What people know of a sampler: its title as AUTOMATIC1111's web UI writes it, and how many steps are usual.

    The steps are for models that are not distilled to few, as the authors of the samplers and diffusers' documentation
    ("Schedulers" of its API) give them.
    """

    title: str
    steps: tuple[int, int]


SAMPLERS = {
    "ddim": Sampler("DDIM", (25, 50)),
    "ddim trailing": Sampler("DDIM trailing", (4, 8)),
    "euler": Sampler("Euler", (20, 30)),
    "euler trailing": Sampler("Euler trailing", (4, 8)),
    "euler a": Sampler("Euler a", (20, 40)),
    "dpm++ 2m": Sampler("DPM++ 2M", (20, 30)),
    "dpm++ 2m karras": Sampler("DPM++ 2M Karras", (20, 30)),
    "dpm++ 2m sde": Sampler("DPM++ 2M SDE", (20, 30)),
    "dpm++ 2m sde karras": Sampler("DPM++ 2M SDE Karras", (20, 30)),
    "unipc": Sampler("UniPC", (10, 20)),
    "lcm": Sampler("LCM", (4, 8)),
    "euler shift 3": Sampler("Euler shift 3", (4, 8)),
}
"""All samplers, by their names in recipes. "Trailing" ones begin at pure noise, as models of few steps want it."""
_OF_FLOW_ALONE = ("euler shift 3",)
SCHEDULERS = tuple(name for name in SAMPLERS if name not in _OF_FLOW_ALONE)
"""Those of a model whose card does not say otherwise."""
_WRITTEN = (("_", " "), ("dpmpp", "dpm++"), ("uni pc", "unipc"), ("ancestral", "a"), ("  ", " "))
"""How ComfyUI and diffusers write parts of the names."""

ACCELERATIONS = {
    "taylorseer": "from the fourth step on two layers of three are foretold instead of run",
    "channels_last": "convolutions see memory in another order, which changes the last bits",
    "compile": "layers are compiled for this machine, which takes a minute and changes the last bits",
}
"""What makes a drawing faster and less exact, for those who ask: the values of a recipe's `acceleration`."""

_READ_BY_CLIP = ("starter", "sd15", "sdxl", "instruct")
"""Families whose words go through CLIP alone: what it makes of them can be weighed, and chunks of it put in a row."""

_HEARD_IN_PARTS = ("starter", "sd15", "sdxl", "klein", "z-image")
"""Families whose denoiser can hear other words in another part of the picture."""

_ON_A_HUB = re.compile(
    r"(?![^:]*(--|\.\.))(?P<repo>\b[\w.-]{1,96}\b/\b[\w.-]{1,96}\b(?<!\.git))(:(?P<file>(?!/|(.*/)?\.\.(/|$))[^:\\\0-\x1f]+))?",
    re.ASCII,
)
"""What the hub's own library lets through as the name of a repository; for any other it has an error of its own."""


def sampler_named(name: str) -> str | None:
    """The name in recipes of a sampler that goes by its title, in any case, or as ComfyUI writes it; None for none."""
    said = name.strip().lower()
    for theirs, ours in _WRITTEN:
        said = said.replace(theirs, ours)
    return said if said in SAMPLERS else None


def taken_apart(model: str) -> tuple[str, str | None]:
    """The short form "sd15 + taylorseer" as a model's name and what stands behind it, which may be no acceleration.

    For those who hear what a person typed, and for recipes of the time when that was a name; a recipe has two fields.
    """
    name, plus, acceleration = model.rpartition(" + ")
    return (name, acceleration) if plus else (model, None)


def short_form(model: str, acceleration: str | None) -> str:
    """What `taken_apart` takes apart, for a person to read."""
    return f"{model} + {acceleration}" if acceleration else model


def path_of(place: str) -> Path | None:
    """The place as a path when it names one, there or not; None for a repository of a model hub, or what is neither."""
    try:
        path = Path(place).expanduser()
        is_there = path.exists()
    except (OSError, RuntimeError):  # a name that no file can have, such as a very long one; nobody's home
        return None
    return path if is_there or path.is_absolute() or place.startswith((".", "~")) else None


class OnHub(NamedTuple):
    """A repository of a model hub, and a file in it where one is meant."""

    repo: str
    file: str = ""


def on_hub(place: str) -> OnHub | None:
    """The place as `owner/name`, or `owner/name:file`; None for another form. Asks nobody whether it is there."""
    found = _ON_A_HUB.fullmatch(place)
    return OnHub(found["repo"], found["file"] or "") if found else None


@dataclass(frozen=True)
class ControlSource:
    """Where a ControlNet is: a hub repository, a file in one, a folder; or a folder's name beside the shipped weights.

    `mode` is the kind that is meant, by its number, where it is a Union model that serves many.
    """

    repo: str
    mode: int | None = None


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

    The LoRA's place is `owner/repo:file`, or a file.
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
        licence: of the weights, and what it forbids.
        native: the size it was trained for, in pixels.
        multiple: its pictures' sides are multiples of this.
        steps: default number of denoising steps.
        live_steps: the same for the live slot, where speed counts more.
        live_side: how long the longer side of a live picture is that follows a sketch or another guide; as long as that
            of the full one when None.
        live_presets: what the live slot uses instead: the first of them whose LoRA is on this machine.
        preview: a tiny decoder (TAESD) of its latents, a hub repository or folder, which shows half-made pictures once
            it is on this machine: `python -m lab fetch sd15 preview`.
        guidance_scale: default pull of the words.
        scheduler: the sampler it is meant for.
        controls: where its ControlNet of each kind is.
        repo: the hub repository, or a folder; None when the weights come with the lab.
        is_own: whether it is in no catalogue: its recipes say its family too.
        revision: the commit of that repository; None for the one that is fetched first.
        variant: which of several sets of files in it, such as "fp16".
        schedulers: the samplers that work with it.
        ip_adapter: what lets pictures lend it their style; None when there is nothing.
        takes_loras: whether LoRAs can be attached.
        edits: whether it changes pictures by instructions.
        draws: whether it draws new pictures, which a mere editor does not.
        sees_references: whether references go in as pictures that the words can speak of; no IP-Adapter is needed then.
        shown_controls: the kinds of control that go in as such a picture, as there is no ControlNet for them; each with
            the sentence before the words that says so.
        image_guidance_scale: default hold of an edited picture on what it was.
        fills: whether it was trained to fill masks, and starts from nothing else.
        rounds_steps_up: how its diffusers pipelines round the number of steps that a strength leaves.
        download_gb: size of what is fetched at its first use, in GB, without ControlNets.
        memory_gb: memory that its weights take on a GPU in halves, in GB; with all layers streamed to it as they are
            needed, the second number.
        asks: whether its licence must be accepted before it is fetched.
        may_sell: whether its licence lets pictures be sold; None where only its repository says.
        pieces_read: how many pieces of words it reads, with those that mark begin and end; what is beyond is told. None
            where nothing is cut off.
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
    controls: Mapping[str, ControlSource]
    repo: str | None = None
    is_own: bool = False
    revision: str | None = None
    variant: str | None = None
    schedulers: tuple[str, ...] = SCHEDULERS
    ip_adapter: IpAdapter | None = None
    takes_loras: bool = True
    fills: bool = False
    rounds_steps_up: bool = False
    edits: bool = False
    draws: bool = True
    sees_references: bool = False
    shown_controls: Mapping[str, str] = field(default_factory=dict)
    live_side: int | None = None
    live_presets: tuple[LivePreset, ...] = ()
    preview: str | None = None
    image_guidance_scale: float = 1.5
    download_gb: float = 0.0
    memory_gb: tuple[float, float] = (0.1, 0.1)
    asks: bool = False
    may_sell: bool | None = True
    pieces_read: int | None = 77

    @property
    def weighs_words(self) -> bool:
        """Whether a recipe's `words` may be "weighted"."""
        return self.family in _READ_BY_CLIP

    @property
    def control_kinds(self) -> tuple[str, ...]:
        """Every kind of control that it follows, by a ControlNet or as a picture that it sees."""
        return (*self.controls, *self.shown_controls)

    @property
    def takes_regions(self) -> bool:
        """Whether parts of a picture can have words of their own."""
        return self.family in _HEARD_IN_PARTS

    @property
    def takes_references(self) -> bool:
        """Whether a picture can lend it anything."""
        return self.sees_references or self.ip_adapter is not None
