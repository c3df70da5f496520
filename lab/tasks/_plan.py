"""From what was asked to what will run: defaults filled in, sizes snapped, and whatever cannot be done refused."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from shutil import which
from typing import Any

from lab.core.cards.precisions import check_precision
from lab.core.catalogue import CATALOGUE, ModelCard, model_card
from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.image_files import MAX_PIXELS, MAX_SLOW_PIXELS
from lab.core.picture import Picture
from lab.core.recipe import Plan, Recipe, Request
from lab.core.sentences.wording import several
from lab.preprocessors import filter_named, preprocessor_named
from lab.prompts import check_weights
from lab.tasks._differences import differences
from lab.tasks._registry import task_named
from lab.tasks._steps import on_its_notch, steps_run
from lab.tasks._task import Task

_LEAST_SEEN_PX, _LONGEST_SEEN = 64, 8
"""What diffusers' pipelines of FLUX.2 refuse to see beyond."""
_MOST_CONTROLS = 4
"""Each is one more network in every step."""

MOST_REGIONS = 4
"""Each is once more all cross-attentions in every step."""
_WITH_REGIONS = (None, "channels_last")
"""The accelerations that see the layers as they are, each time they are asked."""


@dataclass(frozen=True)
class PlannedRequest:
    """What was asked, what will run for it, and the task that does it: whoever has this looks nothing up by name."""

    request: Request
    plan: Plan
    task: Task

    @property
    def makes(self) -> Size:
        """The size of the finished picture."""
        return self.task.makes(self.request, self.plan)


def plan(request: Request) -> PlannedRequest:
    """A request with what will run for it; on which device is for the one who runs it to add.

    Raises:
        BadInput: when the task, the model or a preprocessor cannot do what is asked.
    """
    recipe = request.recipe
    card = model_card(recipe.model, recipe.revision, recipe.family)
    task = task_named(recipe.task)
    task.check(recipe)
    _check_means(request, task, card)
    _check_mask(request)
    scheduler = recipe.scheduler or card.scheduler
    if scheduler not in card.schedulers:
        msg = f"{card.name} has no scheduler {scheduler!r}: use one of {', '.join(card.schedulers)}"
        raise BadInput(msg)
    steps = recipe.steps or card.steps
    strength = on_its_notch(steps, task.strength_of(recipe))
    steps, runs = steps_run(steps, strength if recipe.image else 1.0, card)
    steps, runs = (steps, runs) if task.draws else (0, 0)
    wanted = task.size(request, card)
    size = Size(recipe.width or wanted.width, recipe.height or wanted.height).multiple_of(card.multiple)
    what_runs = Plan(
        recipe=recipe,
        card=card,
        size=size,
        steps=steps,
        steps_run=runs,
        guidance_scale=card.guidance_scale if recipe.guidance_scale is None else recipe.guidance_scale,
        scheduler=scheduler,
        strength=strength,
        image_guidance_scale=recipe.image_guidance_scale or card.image_guidance_scale,
        note=differences(request, task, card, size, runs),
    )
    _check_size(task.makes(request, what_runs), task, request.pictures.get(recipe.image or ""))
    return PlannedRequest(request, what_runs, task)


def live_size(request: Request, card: ModelCard) -> dict[str, Any]:
    """Width and height of its live picture, where the model's card says so (`ModelCard.live_side`); else nothing.

    Only of what a guide holds in place: from words alone, a picture of another size is another picture.

    Raises:
        BadInput: as `plan` does.
    """
    side = card.live_side
    if side is None or not request.recipe.controls:
        return {}
    planned = plan(request)
    size = planned.plan.size
    if max(size) <= side or "width" not in planned.task.recipe_fields:
        return {}
    small = size.fitted_into(Size(side, side)).multiple_of(card.multiple)
    return {"width": small.width, "height": small.height}


def _check_size(finished: Size, task: Task, source: Picture | None) -> None:
    """Refuse a picture that could not be opened again once it is drawn."""
    is_cut_out = task.has_alpha and not task.draws
    is_transparent = is_cut_out or (task.has_alpha and source is not None and source.has_alpha)
    most = MAX_SLOW_PIXELS if is_transparent else MAX_PIXELS
    if finished.pixels > most:
        what = "a picture with transparent parts" if is_transparent else "a picture"
        msg = f"it would be {finished}, and {what} has at most {most // 1_000_000} megapixels: make it smaller"
        raise BadInput(msg)


def _check_means(request: Request, task: Task, card: ModelCard) -> None:
    """Refuse what the model has no weights for."""
    recipe = request.recipe
    if not task.fits(card):
        fit = several((one.name for one in CATALOGUE.values() if task.fits(one)), 60)
        msg = (
            f"{card.name} {'takes no instructions' if task.edits else 'only edits pictures'}: for {task.name} use {fit}"
        )
        raise BadInput(msg)
    _check_words(recipe, card)
    check_precision(recipe.precision, card.name)
    if recipe.acceleration == "compile" and which(_compiler()) is None:
        msg = f"compile needs the C++ compiler {_compiler()}: install it, or leave the acceleration out"
        raise BadInput(msg)
    for one in recipe.filters:
        filter_named(one.name).checked(one.settings)
    _check_controls(recipe, card)
    _check_references(request, task, card)
    _check_regions(recipe, card)
    if recipe.loras and not card.takes_loras:
        msg = f"{card.name} takes no LoRAs: leave loras out"
        raise BadInput(msg)


def _check_words(recipe: Recipe, card: ModelCard) -> None:
    if recipe.words == "plain":
        return
    if not card.weighs_words:
        msg = f"{card.name} reads words as they stand, without weights and at once: leave words='weighted' out"
        raise BadInput(msg)
    check_weights(recipe.prompt, "prompt")
    check_weights(recipe.negative_prompt, "negative prompt")


def _compiler() -> str:
    """The compiler that torch calls: what the environment's CXX says, else its own choice."""
    return os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++")


def _check_controls(recipe: Recipe, card: ModelCard) -> None:
    for control in recipe.controls:
        if control.kind not in card.control_kinds:
            kinds = ", ".join(card.control_kinds) or "none"
            msg = f"{card.name} has no ControlNet for {control.kind!r}; it has {kinds}"
            raise BadInput(msg)
        preprocessor_named(control.preprocessor).checked(control.settings)
    nets = {kind: source.mode for kind, source in card.controls.items()}
    alone = [one.kind for one in recipe.controls if one.kind in nets and nets[one.kind] is None]
    if 0 < len(alone) < len(recipe.controls):
        msg = (
            f"{card.name} has one model for most kinds of control, and {alone[0]!r} in another: use them one at a time"
        )
        raise BadInput(msg)
    if len(recipe.controls) > _MOST_CONTROLS:
        msg = f"a drawing follows at most {_MOST_CONTROLS} controls at once, not {len(recipe.controls)}"
        raise BadInput(msg)


def _check_references(request: Request, task: Task, card: ModelCard) -> None:
    recipe = request.recipe
    if card.sees_references:
        for one in recipe.references:
            _check_seen(request.pictures[one.picture].size, card)
        return
    if len({(one.weight, one.lends) for one in recipe.references}) > 1:
        msg = "several references lend together: give all of them the same weight and the same 'lends'"
        raise BadInput(msg)
    if recipe.references and not card.takes_references and not task.borrows_palettes:
        msg = f"{card.name} has no IP-Adapter, so no picture can lend its style: leave references out"
        raise BadInput(msg)


def _check_regions(recipe: Recipe, card: ModelCard) -> None:
    if not recipe.regions:
        return
    if not card.takes_regions:
        msg = f"{card.name} hears the same words everywhere: leave regions out, or draw with a model that takes them"
        raise BadInput(msg)
    if len(recipe.regions) > MOST_REGIONS:
        msg = f"a drawing has at most {MOST_REGIONS} regions, not {len(recipe.regions)}"
        raise BadInput(msg)
    if recipe.acceleration not in _WITH_REGIONS:
        msg = f"regions are not drawn with acceleration {recipe.acceleration!r}: leave one of the two out"
        raise BadInput(msg)


def _check_seen(size: Size, card: ModelCard) -> None:
    """Refuse a reference that the model cannot see."""
    if min(size) < _LEAST_SEEN_PX or max(size) > _LONGEST_SEEN * min(size):
        msg = (
            f"{card.name} sees references of {_LEAST_SEEN_PX} pixels at least and at most {_LONGEST_SEEN} times "
            f"as long as wide, not of {size}: crop it, or make it larger"
        )
        raise BadInput(msg)


def _check_mask(request: Request) -> None:
    """Refuse a mask of another size than its picture."""
    recipe = request.recipe
    if recipe.image and recipe.mask:
        image, mask = request.pictures[recipe.image], request.pictures[recipe.mask]
        if image.size != mask.size:
            msg = f"the mask is {mask.size} and its picture {image.size}: make the mask as large as the picture"
            raise BadInput(msg)
