"""What happens to a job, as frozen values; sent from the worker to whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from lab.core.picture import Picture
from lab.core.recipe import Plan, Request

AT_ONCE_S = 0.05
"""A picture that was there already comes sooner than this; its seconds tell nobody anything."""


@dataclass(frozen=True)
class Result:
    """A finished picture with all that made it.

    Args:
        picture: the picture.
        request: what was asked, pictures included.
        plan: what ran.
        seconds: from the start of the job to the picture.
        path: where it is kept, once the gallery has it.
        not_kept: why it is not safe, where file or index could not be written; empty when it is.
    """

    picture: Picture
    request: Request
    plan: Plan
    seconds: float
    path: Path | None = None
    not_kept: str = ""
    save: ClassVar[Callable[..., Path]]
    """Writes it as PNG or WebP: `lab.gallery.saved_file.save`, which the gallery puts here."""
    numbers: ClassVar[Callable[..., Any]]
    """How true it is to what was to stay, a `Fidelity` or None: `lab.tasks.numbers_of`, which the tasks put here."""

    @property
    def note(self) -> str:
        """What the person should know about it: how it was drawn, where that was not the usual way, and `not_kept`."""
        return "; ".join(filter(None, (self.plan.note, self.not_kept)))

    def _repr_png_(self) -> bytes:
        return self.picture.to_png()


@dataclass(frozen=True)
class Queued:
    """A job waits for its turn; the first event of every job, heard on the thread that asked for it."""

    job: int
    request: Request = field(repr=False)


@dataclass(frozen=True)
class Started:
    """The worker has taken the job out of the queue."""

    job: int


@dataclass(frozen=True)
class Progress:
    """How far a job is: `stage` in words, `step` of `steps` (0 of 0 outside the denoising loop)."""

    job: int
    stage: str
    step: int = 0
    steps: int = 0


@dataclass(frozen=True)
class Preview:
    """A rough picture of what is being drawn; small, meant to be enlarged."""

    job: int
    picture: Picture = field(repr=False)


@dataclass(frozen=True)
class Finished:
    """The picture is there, and kept."""

    job: int
    result: Result


@dataclass(frozen=True)
class Failed:
    """The job ended by an error; `sentence` is for the person, `error` for the code."""

    job: int
    sentence: str
    error: BaseException = field(repr=False)


@dataclass(frozen=True)
class Cancelled:
    """The job was cancelled, or made way for a newer one of the live slot."""

    job: int


Event: TypeAlias = Queued | Started | Progress | Preview | Finished | Failed | Cancelled
