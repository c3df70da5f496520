"""What a task declares, and the stages that it is built from. Knows no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal, Protocol, Self

from lab.core.catalogue import ModelCard
from lab.core.errors import BadInput
from lab.core.frozen_model import FrozenModel
from lab.core.geometry import Size
from lab.core.picture import Mask, Picture
from lab.core.recipe import Control, Plan, Recipe, Request
from lab.core.reporter import Reporter, working_for
from lab.preprocessors import filter_named, filtered
from lab.retouch.fidelity import Fidelity, Stays, fidelity
from lab.retouch.proportions import laid_out
from lab.retouch.stitch import InpaintArea


class Stages(Protocol):
    """The stages of a picture. Each is cached by what goes in; what they hand on is their own business.

    Args:
        reporter: for what a task does itself: hear how far it is, and may stop it.
    """

    reporter: Reporter

    def control_map(self, control: Control, picture: Picture, plan: Plan) -> Picture:
        """The picture as white-on-black lines, depth, ... at the plan's size."""
        ...

    def words(self, plan: Plan, seen: tuple[Picture, ...] = ()) -> Any:
        """The embeddings of prompt and negative prompt, whatever the model's family makes of them.

        `seen` are the pictures that the words speak of, the edited one first; most models read words alone.
        """
        ...

    def denoise(
        self,
        plan: Plan,
        words: Any,
        control_maps: tuple[Picture, ...] = (),
        *,
        start: Picture | None = None,
        mask: Mask | None = None,
        edited: Picture | None = None,
        references: tuple[Picture, ...] = (),
        regions: tuple[Mask, ...] = (),
    ) -> Any:
        """Latents at the plan's size; reports steps and previews, and stops when the job was cancelled.

        Args:
            plan: what will run; `plan.strength` counts where there is a start.
            words: from `words`.
            control_maps: one for each control of the recipe, at the plan's size.
            start: the picture to start from, RGB, at the plan's size; pure noise when None.
            mask: where the start may change, at the plan's size; greys change as much as they are light.
            edited: the picture that the words say how to change, RGB, at the plan's size; instead of a start.
            references: the pictures of the recipe's references, in order.
            regions: where the recipe's regions are, in order, at the plan's size.
        """
        ...

    def picture(self, latents: Any) -> Picture:
        """The latents decoded, RGB uint8, of the plan's size."""
        ...

    def say(self, sentence: str) -> None:
        """What is to be known of the picture, for the line beside it."""
        ...

    def once(self, stage: str, inputs: tuple[Any, ...], make: Callable[[], Picture]) -> Picture:
        """A picture that is made without the model, such as a cut-out: kept by the values that go in."""
        ...

    def upscaled(self, picture: Picture, upscaler: str, factor: int) -> Picture:
        """The picture through an upscaling network, in overlapping tiles; `factor` times larger."""
        ...


class Settings(FrozenModel):
    """What one task knows beyond the fields of a recipe; every task's own are a subclass.

    Bounds, defaults, units and help stand in the fields, as in `Recipe`; panels and documents are derived from them.
    """

    called: ClassVar[str] = "these settings"

    @classmethod
    def of(cls, recipe: Recipe) -> Self:
        """The settings in a recipe; the defaults of those that it leaves out."""
        return cls(**recipe.settings)


def models_own_size(request: Request, card: ModelCard) -> Size:
    """The shape of the picture to start from, else of the first control picture, with the pixels the model likes."""
    recipe = request.recipe
    shapes = [*filter(None, [recipe.image]), *(control.picture for control in recipe.controls)]
    return picture_size(card, request.pictures[shapes[0]].size) if shapes else card.native


def picture_size(card: ModelCard, shape: Size) -> Size:
    """The size of a picture of this shape, with about as many pixels as the model knows best."""
    return shape.with_pixels(card.native.pixels).multiple_of(card.multiple)


def sketch_size(card: ModelCard, paper: Size) -> Size:
    """The size at which a sketch on such paper should be drawn for the model: never smaller than the paper."""
    wanted = paper.fitted_into(picture_size(card, paper))
    return wanted if wanted.pixels > paper.pixels else paper


def kept_size(request: Request, plan: Plan) -> Size:
    """What is kept of the size that is drawn: all where the request says a size, else the shape of its picture.

    That is the picture to start from, or the first that steers; all where there is none.
    """
    recipe = request.recipe
    shapes = [*filter(None, [recipe.image]), *(control.picture for control in recipe.controls)]
    if _says_size(request) or not shapes:
        return plan.size
    return request.pictures[shapes[0]].size.fitted_into(plan.size)


def finished_size(request: Request, plan: Plan) -> Size:
    """The size of the finished picture: that of the picture to start from where nothing of it is redrawn."""
    is_untouched = bool(request.recipe.image) and plan.steps_run == 0 and not _says_size(request)
    return request.pictures[request.recipe.image or ""].size if is_untouched else kept_size(request, plan)


def untouched(picture: Picture, request: Request, plan: Plan) -> Picture:
    """The picture to start from where nothing of it is redrawn: as it is, or at the size that the request says."""
    if not _says_size(request):
        return picture
    return laid_out(picture, plan.size, plan.size).resized(plan.size)


def _says_size(request: Request) -> bool:
    return request.recipe.width is not None or request.recipe.height is not None


def image_size(request: Request, _: Plan) -> Size:
    """The size of the picture to start from."""
    return request.pictures[request.recipe.image or ""].size


@dataclass(frozen=True)
class Task:
    """One thing the lab can do.

    Args:
        name: what recipes, notebooks and the command line call it.
        title: one line for people.
        run: from a request and its plan to the picture, on stages that are handed to it.
        recipe_fields: the fields of a recipe that change this task's picture, besides model, seed and size.
        needs: the pictures without which it cannot be done, of "image", "mask", "controls" and "references".
        sketch: the kind of control that a sketch becomes here; None when the task takes no sketch.
        strength: how much of the picture is redrawn unless the recipe says; counts where there is an image.
        settings: what only this task knows.
        size: the size at which the model draws, when the recipe does not say.
        makes: the size of the finished picture.
        has_alpha: whether the finished picture may be transparent somewhere.
        outcome: what will happen to a masked picture, for a painter to show; None where there is no mask.
        draws: whether a diffusion model draws at all.
        edits: whether it wants a model that changes pictures by instructions.
        borrows_palettes: whether references are of use on models without an IP-Adapter as well.
        redraws: how much of the picture to start from a request redraws, where its strength does not say.
        remark: what a person should know of a request before it is drawn, or nothing.
        frame: what a person can drag over a picture instead of moving sliders: the "edges" of one that grows, or the
            "place" of a product in its scene.
        on_white: whether transparent parts of the picture to start from become white paper.
        stays: what is to stay of a picture of the request in the finished one, as far as pixels alone tell; None where
            nothing is.
    """

    name: str
    title: str
    run: Callable[[Request, Plan, Stages], Picture]
    recipe_fields: frozenset[str]
    needs: frozenset[str] = frozenset()
    sketch: str | None = None
    strength: float = 1.0
    settings: type[Settings] = Settings
    size: Callable[[Request, ModelCard], Size] = models_own_size
    makes: Callable[[Request, Plan], Size] = finished_size
    has_alpha: bool = False
    outcome: Callable[[Request, ModelCard], InpaintArea] | None = None
    draws: bool = True
    edits: bool = False
    borrows_palettes: bool = False
    redraws: Callable[[Recipe], float] | None = None
    remark: Callable[[Request], str] | None = None
    frame: Literal["edges", "place"] | None = None
    on_white: bool = False
    stays: Callable[[Request, Plan, Picture], Stays | None] | None = None

    def numbers(self, request: Request, plan: Plan, made: Picture) -> Fidelity | None:
        """How true a finished picture is to what was to stay of another one; None where nothing was."""
        stays = self.stays(request, plan, made) if self.stays else None
        return fidelity(made, stays) if stays and stays.picture.size == made.size else None

    def strength_of(self, recipe: Recipe) -> float:
        """How much of the picture to start from is redrawn, 0..1."""
        if self.redraws is not None:
            return self.redraws(recipe)
        return self.strength if recipe.strength is None else recipe.strength

    def fits(self, card: ModelCard) -> bool:
        """Whether the model can do it at all: an editor draws nothing new, and most models edit nothing."""
        return not self.draws or (card.edits if self.edits else card.draws)

    def takes_colours(self, card: ModelCard) -> bool:
        """Whether the colours of a sketch count here, on this model."""
        return "colours" in self.recipe_fields and not card.fills

    def made(self, request: Request, plan: Plan, stages: Stages) -> Picture:
        """The finished picture, through the filters of the recipe."""
        with working_for(stages.reporter):
            return self._filtered(self.run(request, plan, stages), request, stages)

    def _filtered(self, picture: Picture, request: Request, stages: Stages) -> Picture:
        for one in request.recipe.filters:
            inputs = (picture.hash, one.name, filter_named(one.name).number, sorted(one.settings.items()))
            picture = stages.once("filter", inputs, partial(filtered, one.name, picture, one.settings))
        return picture

    def check(self, recipe: Recipe) -> None:
        """Refuse what this task would ignore, and what it lacks.

        Raises:
            BadInput: names the field.
        """
        for name, field in Recipe.model_fields.items():
            deaf = name not in self.recipe_fields | self.needs and name not in _FOR_EVERY_TASK
            if deaf and getattr(recipe, name) != field.get_default(call_default_factory=True):
                msg = f"{self.name} does not use {name}: leave it out, or use another task"
                raise BadInput(msg)
        for name in sorted(self.needs):
            if not getattr(recipe, name):
                sketch = self.sketch and name == "controls"
                said = "a sketch: draw one, or give sketch=..." if sketch else f"{_SAID[name]}: give {name}=..."
                msg = f"{self.name} needs {said}"
                raise BadInput(msg)
        self.settings.of(recipe)


DRAWING = frozenset(
    {
        "prompt", "negative_prompt", "words", "variation_seed", "variation_strength", "steps", "guidance_scale",
        "scheduler", "loras", "width", "height",
    }
)  # fmt: skip
"""The fields that every task listens to in which a diffusion model draws."""

_FOR_EVERY_TASK = {
    "schema_version",
    "task",
    "model",
    "family",
    "revision",
    "acceleration",
    "precision",
    "seed",
    "settings",
    "filters",
}
_SAID = {
    "image": "a picture to start from",
    "mask": "a mask, white where the picture may change",
    "references": "a picture whose style is borrowed",
    "controls": "a picture that steers",
}
