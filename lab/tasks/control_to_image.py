"""The edges, the depth or the pose of a picture, and words, become another picture: ControlNet."""

from __future__ import annotations

from lab.tasks._task import DRAWING, Task
from lab.tasks.text_to_image import TEXT_TO_IMAGE

CONTROL_TO_IMAGE = Task(
    name="control_to_image",
    title="A picture's edges, depth or pose steer a new one",
    run=TEXT_TO_IMAGE.run,
    recipe_fields=DRAWING | {"references", "regions"},
    needs=frozenset({"controls"}),
)
