"""What a picture can be in a task, by what the task declares; knows no canvas."""

from __future__ import annotations

from lab.tasks import Task


def is_drawn(task: Task) -> bool:
    """Whether a person draws what steers a task, so that a picture below is only there to be traced."""
    return bool(task.sketch) and "controls" in task.needs


def uses_of(task: Task) -> dict[str, str]:
    """What a picture can be in a task, by the names that its inputs have, with the word for people."""
    fields = task.needs | task.recipe_fields
    if not fields & {"image", "controls"}:
        return {}
    found = {"image": "To trace" if is_drawn(task) else main_use(task) or "Picture"}
    if "mask" in fields:
        found["mask"] = "Mask"
    if "scene" in task.recipe_fields:
        found["scene"] = "Scene"
    if task.borrows_palettes:
        found["style"] = "Style"
    return found


def main_use(task: Task) -> str:
    """What the picture of a task is called where there is another one beside it."""
    return "Product" if "scene" in task.recipe_fields else "Picture" if task.borrows_palettes else ""
