"""What the lab can do: one file a task, each a readable function built from stages that it is handed."""

from lab.core.events import Result
from lab.tasks._plan import MOST_REGIONS, PlannedRequest, live_size, plan
from lab.tasks._registry import TASKS, numbers_of, task_named
from lab.tasks._steps import on_its_notch, steps_run
from lab.tasks._task import Settings, Stages, Task, picture_size, sketch_size

Result.numbers = numbers_of

__all__ = [
    "MOST_REGIONS",
    "TASKS",
    "PlannedRequest",
    "Settings",
    "Stages",
    "Task",
    "live_size",
    "numbers_of",
    "on_its_notch",
    "picture_size",
    "plan",
    "sketch_size",
    "steps_run",
    "task_named",
]
