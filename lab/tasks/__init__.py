"""What the lab can do: one file a task, each a readable function built from the stages of a bench."""

from lab.tasks._named import TASKS, task_named
from lab.tasks._plan import picture_size, plan
from lab.tasks._task import Bench, Task

__all__ = ["TASKS", "Bench", "Task", "picture_size", "plan", "task_named"]
