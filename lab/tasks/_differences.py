"""What of a plan is not as it was asked, in words for the line under the picture; changes nothing."""

from __future__ import annotations

from lab.core.catalogue import ModelCard
from lab.core.geometry import Size
from lab.core.picture import Mask
from lab.core.recipe import Control, Request
from lab.retouch.context import islands
from lab.tasks._task import Task

_OPAQUE = 250
"""From this alpha on, of 255, nobody sees what is behind."""
_COARSE = 2
"""From here on one sees that parts of a mask were drawn at a smaller size than their own."""


def differences(request: Request, task: Task, card: ModelCard, size: Size, steps_run: int) -> str:
    """Where a picture of this size, in so many steps, may be another one than was meant; empty when it is that."""
    said = [_of_size(request, card, size), *(_of_control(one, steps_run) for one in request.recipe.controls)]
    remark = task.remark(request) if task.remark else ""
    said += [_of_colours(request, card), _of_references(request, task, card), _of_mask(request, task, card)]
    said += [_of_alpha(request, task, steps_run), remark]
    return "; ".join(filter(None, said))


def _of_alpha(request: Request, task: Task, steps: int) -> str:
    picture = request.pictures.get(request.recipe.image or "")
    if picture is None or not (task.on_white and (steps or request.recipe.references)) or not picture.has_alpha:
        return ""
    is_clear = int(picture.pixels[..., 3].min()) < _OPAQUE
    return "transparent parts of the picture are laid on white" if is_clear else ""


def _of_mask(request: Request, task: Task, card: ModelCard) -> str:
    if task.outcome is None or not request.recipe.mask:
        return ""
    found = islands(Mask.from_grey(request.pictures[request.recipe.mask]), card.native)
    if found.coarser < _COARSE:
        return ""
    times = f"{found.coarser:.0f} times"
    return f"the mask has {found.count} parts far apart, drawn together about {times} coarser than one by one"


def _of_size(request: Request, card: ModelCard, size: Size) -> str:
    recipe = request.recipe
    if recipe.width is None and recipe.height is None:
        return ""
    asked = Size(recipe.width or size.width, recipe.height or size.height)
    if recipe.scene:
        scene = request.pictures[recipe.scene].size
        return "" if scene == asked else f"as large as its scene, {scene}; {asked} was asked for"
    if asked == size:
        return ""
    return f"drawn at {size}, since this model draws in multiples of {card.multiple}; {asked} was asked for"


def _of_control(control: Control, steps: int) -> str:
    """By the rule of diffusers' pipelines, a control counts in the steps that lie wholly between its start and end."""
    if not steps or any(step / steps >= control.start and (step + 1) / steps <= control.end for step in range(steps)):
        return ""
    between = f"from {control.start:g} to {control.end:g} of {steps} steps"
    return f"the control {control.kind} counts in no step: {between} there is no whole one"


def _of_colours(request: Request, card: ModelCard) -> str:
    if not (request.recipe.colours and request.recipe.colour_strength and card.fills):
        return ""
    return f"{card.name} was trained to fill masks: the colours of the sketch do not count"


def _of_references(request: Request, task: Task, card: ModelCard) -> str:
    references = request.recipe.references
    if card.sees_references:
        numbers = any((one.weight, one.lends) != (1.0, "both") for one in references)
        controls = any((one.weight, one.start, one.end) != (1.0, 0.0, 1.0) for one in request.recipe.controls)
        said = f"{card.name} sees references and controls as pictures: say in words what each is for; their numbers"
        return f"{said} do not count" if numbers or controls else ""
    if not task.borrows_palettes or card.takes_references:
        return ""
    if len(references) < 2 and all((one.weight, one.lends) == (1.0, "both") for one in references):
        return ""
    return f"{card.name} has no IP-Adapter: the first reference lends its colours, and nothing else of them counts"
