"""What a task declares, and the bench of stages that it is built from. Knows no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from lab.core.errors import BadInput
from lab.core.picture import Picture
from lab.core.recipe import Control, Plan, Recipe, Request


class Bench(Protocol):
    """The stages of a picture. Each is cached by what goes in; what they hand on is the bench's own business."""

    def control_map(self, control: Control, picture: Picture, plan: Plan) -> Picture:
        """The picture as white-on-black lines, depth, ... at the plan's size."""
        ...

    def words(self, plan: Plan) -> Any:
        """The embeddings of both prompts."""
        ...

    def denoise(self, plan: Plan, words: Any, control_maps: tuple[Picture, ...] = ()) -> Any:
        """Latents, from noise; reports steps and previews, and stops when the job was cancelled."""
        ...

    def picture(self, latents: Any) -> Picture:
        """The picture in the latents."""
        ...


@dataclass(frozen=True)
class Task:
    """One thing the lab can do.

    Args:
        name: what recipes, notebooks and the command line call it.
        title: one line for people.
        run: from a request and its plan to the picture, on a bench.
        listens_to: the fields of a recipe that change this task's picture, besides model, seed and size.
        sketch: the kind of control that a sketch becomes here; None when the task takes no sketch.
    """

    name: str
    title: str
    run: Callable[[Request, Plan, Bench], Picture]
    listens_to: frozenset[str]
    sketch: str | None = None

    def check(self, recipe: Recipe) -> None:
        """Refuse what this task would ignore, and what it lacks.

        Raises:
            BadInput: names the field.
        """
        for name, field in Recipe.model_fields.items():
            deaf = name not in self.listens_to and name not in _FOR_EVERY_TASK
            if deaf and getattr(recipe, name) != field.get_default():
                msg = f"{self.name} does not use {name}: leave it out, or use another task"
                raise BadInput(msg)
        if self.sketch and not recipe.controls:
            msg = f"{self.name} needs a sketch: draw one, or give sketch=..."
            raise BadInput(msg)


_FOR_EVERY_TASK = {"schema_version", "task", "model", "revision", "seed", "width", "height"}
