"""The tasks by name."""

from __future__ import annotations

from lab.core.errors import named
from lab.core.events import Result
from lab.retouch.fidelity import Fidelity
from lab.tasks._task import Task
from lab.tasks.control_to_image import CONTROL_TO_IMAGE
from lab.tasks.edit import EDIT
from lab.tasks.image_to_image import IMAGE_TO_IMAGE
from lab.tasks.inpaint import INPAINT
from lab.tasks.outpaint import OUTPAINT
from lab.tasks.product_shot import PRODUCT_SHOT
from lab.tasks.remove_background import REMOVE_BACKGROUND
from lab.tasks.sketch_to_image import SKETCH_TO_IMAGE
from lab.tasks.style_transfer import STYLE_TRANSFER
from lab.tasks.text_to_image import TEXT_TO_IMAGE
from lab.tasks.upscale import UPSCALE

TASKS: dict[str, Task] = {
    task.name: task
    for task in (  # in the order in which they are shown
        SKETCH_TO_IMAGE,
        TEXT_TO_IMAGE,
        IMAGE_TO_IMAGE,
        INPAINT,
        OUTPAINT,
        CONTROL_TO_IMAGE,
        STYLE_TRANSFER,
        REMOVE_BACKGROUND,
        PRODUCT_SHOT,
        UPSCALE,
        EDIT,
    )
}


def task_named(name: str) -> Task:
    """The task of that name.

    Raises:
        BadInput: when there is none.
    """
    return named(name, TASKS, "task")


def numbers_of(result: Result) -> Fidelity | None:
    """How true a picture is to what was to stay of another one: `print(result.numbers())`.

    Pixels that changed outside the mask or the product, and the colour step across the seam. None where nothing was to
    stay, or pixels alone do not tell what.
    """
    return task_named(result.plan.recipe.task).numbers(result.request, result.plan, result.picture)
