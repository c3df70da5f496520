"""A sketch and words become a picture that follows the lines."""

from __future__ import annotations

from lab.tasks._task import DRAWING, Task
from lab.tasks.text_to_image import TEXT_TO_IMAGE

SKETCH_TO_IMAGE = Task(
    name="sketch_to_image",
    title="A sketch and words become a picture",
    run=TEXT_TO_IMAGE.run,
    recipe_fields=DRAWING | {"references"},
    needs=frozenset({"controls"}),
    sketch="lines",
)
