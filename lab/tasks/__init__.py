"""What the lab can do: one file a task, each a readable function built from the stages of a bench."""

from lab.tasks._named import TASKS, task_named
from lab.tasks._plan import plan
from lab.tasks._steps import on_its_notch, steps_run
from lab.tasks._task import Bench, Settings, Task, picture_size, sketch_size

__all__ = [
    "TASKS",
    "Bench",
    "Settings",
    "Task",
    "on_its_notch",
    "picture_size",
    "plan",
    "sketch_size",
    "steps_run",
    "task_named",
]
