"""What makes a picture, as one value: everything that can change it, and nothing else.

Pictures are named by the hash of their content, so that a recipe is small, comparable and safe to log. A `Request` is a
recipe together with the pictures it names; a `Plan` is what will really run.
Bounds, defaults, units and help stand in the fields here, once: sliders, command line and documents are derived from
them (see `lab.core.params`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import FailFast, Field, SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from lab.core.errors import BadInput, named
from lab.core.frozen_model import FrozenModel
from lab.core.geometry import Size
from lab.core.model_card import ACCELERATIONS, ModelCard, sampler_named, short_form
from lab.core.picture import Picture
from lab.core.recipes.code import code_of
from lab.core.recipes.migrations import SCHEMA_VERSION, migrated
from lab.core.sentences.checked_call import checked
from lab.core.sketch import Sketch

Setting = float | int | str | bool
_FEW = FailFast()
"""Of several the first that is wrong is told: what is given may be endless."""
_NOT_MANY = Field(max_length=64)
"""Of anything that a recipe has several of: more than anybody uses, and no list that fills the memory."""
_LEFT_OUT = {
    "words": "plain",
    "precision": "exact",
    "variation_seed": None,
    "variation_strength": 0.0,
    "regions": (),
}
"""Fields that are not written while they say this: a recipe without them reads everywhere as it always did."""
PictureName = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", description="Hash of a picture's content")]


class Control(FrozenModel):
    """A picture that steers the drawing, through a ControlNet."""

    kind: Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")] = "lines"
    """What the ControlNet was trained on: lines, canny, depth, ..."""
    picture: PictureName
    """The picture that steers, by its hash."""
    preprocessor: str = "lines"
    """Turns the picture into a control map; "none" when it is one already."""
    settings: Annotated[dict[str, Setting], _NOT_MANY] = Field(default_factory=dict)
    """Settings of the preprocessor."""
    weight: Annotated[float, Field(ge=0, le=2, json_schema_extra={"step": 0.05})] = 1.0
    """ControlNet conditioning scale: 0 ignores the picture, 1 is as trained."""
    start: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the steps after which the control begins."""
    end: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share of the steps after which the control ends."""

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Self:
        if self.start >= self.end:
            msg = f"a control must start before it ends, not at {self.start:g} with the end at {self.end:g}"
            raise ValueError(msg)
        return self


class Lora(FrozenModel):
    """A LoRA by name or path, and how much of it."""

    name: Annotated[str, Field(min_length=1)]
    """A safetensors file, or a hub repository."""
    weight: Annotated[float, Field(ge=-4, le=4, json_schema_extra={"usual": [-1, 2], "step": 0.05})] = 1.0
    """1 is as trained."""


class Reference(FrozenModel):
    """A picture that lends its style or its composition, through an IP-Adapter."""

    picture: PictureName
    """The picture that lends, by its hash."""
    weight: Annotated[float, Field(ge=0, le=2, json_schema_extra={"step": 0.05})] = 1.0
    """How much of it: 0 ignores it, 1 is as trained."""
    lends: Literal["both", "style", "composition"] = "both"
    """What is borrowed."""


class Region(FrozenModel):
    """A part of the picture with words of its own."""

    picture: PictureName
    """The mask, white where the words count, by its hash."""
    prompt: Annotated[str, Field(max_length=4000)] = ""
    """What to draw there, in words."""


class Finish(FrozenModel):
    """A filter that the finished picture goes through."""

    name: Annotated[str, Field(min_length=1)]
    """Of the filter."""
    settings: Annotated[dict[str, Setting], _NOT_MANY] = Field(default_factory=dict)
    """Of the filter."""


class Recipe(FrozenModel):
    """Everything that can change the picture. None means: the default of the model or the task."""

    schema_version: Annotated[int, Field(ge=1, le=SCHEMA_VERSION)] = SCHEMA_VERSION
    """The form of this recipe."""
    task: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")] = "text_to_image"
    """What is done, by the name of its task."""
    model: Annotated[str, Field(min_length=1)] = "starter"
    """Name in the catalogue; with a family the place of a model that is in none: a folder, a file or a repository."""
    family: Annotated[str, Field(min_length=1)] | None = None
    """Family of a model that is in no catalogue; None for one that is in it."""
    acceleration: str | None = None
    """What makes the drawing faster and less exact; None draws exactly."""
    precision: Literal["exact", "8bit", "auto", "4bit"] = "exact"
    """In how many bits the model's weights are held; auto is for whoever draws to choose, and says what was used."""
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    """Commit of the hub repository that the model's weights are taken from; None for the catalogue's."""
    prompt: Annotated[str, Field(max_length=4000)] = ""
    """What to draw, in words."""
    negative_prompt: Annotated[str, Field(max_length=4000)] = ""
    """What to stay away from, in words."""
    words: Literal["plain", "weighted"] = "plain"
    """How the words are read: plain as they stand, up to what the model reads at once; weighted at any length, with
    (a:1.2), ((a)), [a] and BREAK counting as they do in AUTOMATIC1111's web UI."""
    seed: Annotated[int, Field(ge=0, le=2**64 - 1, strict=True)] = 0
    """The noise to start from: the same seed gives the same picture. Up to 2**64 - 1, as torch's generators take it."""
    variation_seed: Annotated[int, Field(ge=0, le=2**64 - 1, strict=True)] | None = None
    """The noise that the one of the seed is turned towards; None for its own."""
    variation_strength: Annotated[float, Field(ge=0, le=1, json_schema_extra={"step": 0.05})] = 0.0
    """How far it is turned towards the noise of the variation seed: 0 not at all, 1 all the way."""
    steps: Annotated[int, Field(ge=1, le=150, strict=True)] | None = Field(
        default=None, json_schema_extra={"usual": [1, 50]}
    )
    """How many denoising steps are asked for."""
    guidance_scale: Annotated[float, Field(ge=0, le=30)] | None = Field(
        default=None, json_schema_extra={"usual": [1, 15], "step": 0.5}
    )
    """How strongly the words pull; 1 and below switch classifier-free guidance off."""
    image_guidance_scale: Annotated[float, Field(ge=1, le=10)] | None = Field(
        default=None, json_schema_extra={"usual": [1, 3], "step": 0.1}
    )
    """How strongly an edited picture holds on to what it was."""
    strength: Annotated[float, Field(ge=0, le=1)] | None = Field(default=None, json_schema_extra={"step": 0.05})
    """How much of a given picture is redrawn (denoise): 0 keeps it, 1 ignores it."""
    width: Annotated[int, Field(ge=16, le=8192, strict=True)] | None = None
    """Width of the picture in pixels."""
    height: Annotated[int, Field(ge=16, le=8192, strict=True)] | None = None
    """Height of the picture in pixels."""
    scheduler: str | None = None
    """Sampler, as it is usually called: Euler a, DPM++ 2M Karras, UniPC, DDIM, LCM, ..."""
    loras: Annotated[tuple[Lora, ...], _FEW, _NOT_MANY] = ()
    """LoRAs, in order."""
    controls: Annotated[tuple[Control, ...], _FEW, _NOT_MANY] = ()
    """Pictures that steer."""
    image: PictureName | None = None
    """The picture to start from, by its hash."""
    mask: PictureName | None = None
    """Where the picture may change, by its hash."""
    scene: PictureName | None = None
    """The picture that a subject is put into, by its hash."""
    colours: PictureName | None = None
    """The colours of a sketch, by their hash: a picture to start from as far as it is opaque."""
    colour_strength: Annotated[float, Field(ge=0, le=1, title="Colours count", json_schema_extra={"step": 0.05})] = 0.6
    """How much the colours of a sketch count: 0 ignores them, 1 leaves little to the model."""
    # The default is from `python -m bench.colours`: at 0.5 a blue face is 18 degrees off, at 0.6 11, at 0.8 5, and the
    # share of the lines that are followed falls from 0.97 to 0.96 and 0.93.
    references: Annotated[tuple[Reference, ...], _FEW, _NOT_MANY] = ()
    """Pictures whose style or composition is borrowed."""
    regions: Annotated[tuple[Region, ...], _FEW, _NOT_MANY] = ()
    """Parts of the picture with words of their own; the prompt counts beside them."""
    filters: Annotated[tuple[Finish, ...], _FEW, _NOT_MANY] = ()
    """What the finished picture goes through, in order."""
    settings: Annotated[dict[str, Setting], _NOT_MANY] = Field(default_factory=dict)
    """What only this task knows, such as how far a mask is feathered; the task declares them."""

    @model_validator(mode="before")
    @classmethod
    def _of_this_version(cls, values: Any) -> Any:
        """A recipe of an earlier version as this one writes it."""
        return migrated(values) if isinstance(values, dict) else values

    @field_validator("scheduler")
    @classmethod
    def _by_the_labs_name(cls, scheduler: str | None) -> str | None:
        """A sampler by whatever the field calls it; what is no sampler is for the plan to refuse."""
        return scheduler if scheduler is None else sampler_named(scheduler) or scheduler

    @model_serializer(mode="wrap")
    def _without_what_says_nothing(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        said = write(self).items()
        return {name: value for name, value in said if name not in _LEFT_OUT or getattr(self, name) != _LEFT_OUT[name]}

    @field_validator("acceleration")
    @classmethod
    def _is_known(cls, acceleration: str | None) -> str | None:
        if acceleration is not None:
            named(acceleration, ACCELERATIONS, "acceleration")
        return acceleration

    to_comfyui: ClassVar[Callable[..., Any]]
    """Writes a folder that ComfyUI opens: `lab.gallery.comfyui_export`, which the gallery puts here."""

    def to_json(self) -> str:
        """One line of JSON with every field, from which `Recipe.from_json` makes the same recipe."""
        return self.model_dump_json()

    def to_code(self) -> str:
        """A notebook's cell that makes the picture again; `print` it. It finds the pictures by their hashes."""
        return code_of(self)

    @classmethod
    @checked
    def from_json(cls, text: str | bytes) -> Recipe:
        """The recipe that `to_json` wrote.

        Raises:
            BadInput: when the text is not a recipe.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            msg = f"this recipe cannot be used: it is not JSON ({error})"
            raise BadInput(msg) from None
        if not isinstance(values, dict):
            msg = f"this recipe cannot be used: it is a table of fields, not {text!r:.80}"
            raise BadInput(msg)
        version = values.get("schema_version")
        if isinstance(version, int) and version > SCHEMA_VERSION:
            msg = f"this recipe is of version {version}, of a newer lab: this one reads up to {SCHEMA_VERSION}"
            raise BadInput(msg)
        return cls(**values)

    @property
    def hash(self) -> str:
        """The name of the recipe: 32 hex digits of SHA-256 over all that it says, which is not what it leaves out.

        So a field that a later version adds changes the name of no recipe that does not use it.
        """
        said = self.model_dump(mode="json", exclude_defaults=True, exclude={"schema_version"})
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]

    @checked
    def answers(self, asked: Recipe) -> bool:
        """Whether a picture of this recipe is what that one asked for, which may leave the precision open."""
        return self == asked or (asked.precision == "auto" and self.changed(precision="auto") == asked)

    @property
    def picture_names(self) -> tuple[str, ...]:
        """The hashes of all pictures that the recipe needs, each once."""
        single = [name for name in (self.image, self.mask, self.scene, self.colours) if name]
        steering = [one.picture for one in (*self.controls, *self.references, *self.regions)]
        return tuple(dict.fromkeys([*single, *steering]))


@checked
@dataclass(frozen=True)
class Request:
    """A recipe together with the pictures it names: all that a worker, a file or a server needs.

    Args:
        recipe: what is wanted.
        pictures: by their hashes; those that the recipe does not name are left out.
        is_quick: whether another picture of the same is wanted after it, in more steps. Changes nothing in the
            picture; the gallery keeps fewer of such.
        sketch: the strokes that became pictures of the recipe, so that they can be drawn on. Changes nothing either.

    Raises:
        BadInput: when a picture that the recipe names is missing.
    """

    recipe: Recipe
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    is_quick: bool = field(default=False, compare=False)
    sketch: Sketch | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Check that every picture is there, and leave out the others."""
        for name in self.recipe.picture_names:
            if name not in self.pictures:
                msg = f"the recipe needs the picture {name}, which was not given with it"
                raise BadInput(msg)
        object.__setattr__(self, "pictures", {name: self.pictures[name] for name in self.recipe.picture_names})


@dataclass(frozen=True)
class Plan:
    """What will really run: the model's defaults filled in, sizes snapped; `note` says what is not as it was asked.

    Whoever runs it adds what was not read and what had to be done; where it ran, in which numbers and how many threads,
    with which versions of the libraries; and of all weights the SHA-256, or the commit when they are from a hub. `card`
    is of the model that draws, at the recipe's revision.
    """

    recipe: Recipe
    card: ModelCard
    size: Size
    steps: int
    steps_run: int
    guidance_scale: float
    scheduler: str
    strength: float = 1.0
    image_guidance_scale: float = 1.5
    note: str = ""
    device: str = ""
    dtype: str = ""
    revision: str | None = None
    threads: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """The plan in a few words, for the line under a picture."""
        if not self.steps:
            return self.recipe.task.replace("_", " ")
        steps = (
            f"{self.steps} steps" if self.steps_run == self.steps else f"runs {self.steps_run} of {self.steps} steps"
        )
        said = self.recipe
        model = short_form(said.model, said.acceleration)
        return f"{model} · {self.size} · {steps} · guidance {self.guidance_scale:g} · seed {said.seed}"
