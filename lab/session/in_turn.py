"""Many pictures one after the other: each is opened at its turn, and one that cannot be done stops no other."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lab.core.errors import BadInput, JobFailed, NotFinite, OutOfMemory, SketchlabError
from lab.core.events import Result
from lab.session.grid import combinations

if TYPE_CHECKING:
    from lab.jobs import Job
    from lab.session.lab import Lab

_ALIKE = 3
"""So many pictures that are refused with the same words at the start tell of a mistake in the settings."""


def in_turn(
    lab: Lab, task: str, over: Mapping[str, Any], **settings: Any
) -> Iterator[tuple[str, Result | SketchlabError]]:
    """Every combination of `over`, as for `Lab.grid`, by name: its result, or why there is none.

    Paths are opened when their turn has come, so the memory that this takes does not grow with their number. Waits
    for each, so it is for scripts.

    Args:
        lab: who draws.
        task: name of a task.
        over: for each setting its values: a list, or a folder, which stands for all pictures in it.
        settings: what is the same in all: what `Lab.request` takes.

    Raises:
        BadInput: when there is nothing to go over, or the first are all refused for the same reason.
        SketchlabError: for what is no picture's fault, such as missing weights.
    """
    chosen, refused = combinations(over), []
    for name, one in chosen.items():
        try:
            outcome: Result | SketchlabError = lab.run(task, **{**settings, **one}).wait()
        except (BadInput, JobFailed, NotFinite, OutOfMemory) as error:
            outcome = error
        if refused is not None:
            refused = [*refused, str(outcome)] if isinstance(outcome, BadInput) else None
        if refused and len(set(refused)) == 1 and len(refused) == min(_ALIKE, len(chosen)):
            raise BadInput(refused[0])
        yield name, outcome


def ended(jobs: Mapping[str, Job]) -> Iterator[tuple[str, Result | SketchlabError]]:
    """The same of jobs that were asked for together, in their order."""
    for name, job in jobs.items():
        try:
            yield name, job.wait()
        except SketchlabError as error:
            yield name, error


class LeftOut(NamedTuple):
    """Why something in a folder was not taken, and whether it may be a picture that somebody misses."""

    why: str
    is_missed: bool = False


def left_out(folder: Path, taken: list[Path]) -> dict[str, LeftOut]:
    """What lies in a folder and is not among the pictures taken from it, by name: why."""
    found = sorted(path for path in folder.iterdir() if path not in taken)
    return {path.name: _reason(path) for path in found}


def _reason(path: Path) -> LeftOut:
    if path.name.startswith("."):
        return LeftOut("it is hidden")
    if path.is_dir():
        return LeftOut("it is a folder: what is in it is not looked at")
    kind = mimetypes.guess_type(path.name)[0]
    return LeftOut("it is no picture by the end of its name", is_missed=kind is None or kind.startswith("image/"))
