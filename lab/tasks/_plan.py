"""From what was asked to what will run: defaults filled in, sizes snapped, and whatever cannot be done refused."""

from __future__ import annotations

from lab.core.catalogue import ModelCard, model_card
from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.recipe import Plan, Recipe, Request
from lab.preprocessors import preprocessor_named
from lab.tasks._named import task_named


def plan(request: Request) -> Plan:
    """What will run for a request; on which device is for the engine to add.

    Raises:
        BadInput: when the task, the model or a preprocessor cannot do what is asked.
    """
    recipe = request.recipe
    card = model_card(recipe.model)
    task_named(recipe.task).check(recipe)
    for control in recipe.controls:
        if control.kind not in card.controls:
            msg = f"{card.name} has no ControlNet for {control.kind!r}; it has {', '.join(card.controls) or 'none'}"
            raise BadInput(msg)
        preprocessor_named(control.preprocessor)
    scheduler = recipe.scheduler or card.scheduler
    if scheduler not in card.schedulers:
        msg = f"{card.name} has no scheduler {scheduler!r}: use one of {', '.join(card.schedulers)}"
        raise BadInput(msg)
    steps = recipe.steps or card.steps
    return Plan(
        recipe=recipe,
        size=_size(recipe, request, card),
        steps=steps,
        steps_run=steps,
        guidance_scale=card.guidance_scale if recipe.guidance_scale is None else recipe.guidance_scale,
        scheduler=scheduler,
    )


def picture_size(card: ModelCard, shape: Size) -> Size:
    """The size of a picture of this shape, with about as many pixels as the model knows best."""
    return shape.with_pixels(card.native.pixels).multiple_of(card.multiple)


def _size(recipe: Recipe, request: Request, card: ModelCard) -> Size:
    """The size asked for; else the shape of the first control picture, or the model's own."""
    wanted = card.native
    if recipe.controls:
        wanted = picture_size(card, request.pictures[recipe.controls[0].picture].size)
    return Size(recipe.width or wanted.width, recipe.height or wanted.height).multiple_of(card.multiple)
