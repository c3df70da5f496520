"""Why a job failed, in one sentence for the person, with the whole of it in the log."""

from __future__ import annotations

import logging
from typing import Any, TypeVar

from lab.core.errors import JobFailed, SketchlabError
from lab.core.events import Failed
from lab.core.sentences.secrets import without_secrets
from lab.jobs.job import Work

_log = logging.getLogger("lab.jobs")
_E = TypeVar("_E", bound=BaseException)


def failed_by(error: BaseException, work: Work[Any], log_name: str) -> Failed:
    """A failure in one sentence: the lab's own as it is, any other with its trace in the log of that name."""
    if isinstance(error, SketchlabError):
        return Failed(work.number, str(error), without_traces(error))
    _log.error("job %d failed: %s", work.number, work.request.recipe.to_json(), exc_info=error)
    sentence = f"something broke ({type(error).__name__}: {error}); the whole trace is in {log_name}"
    failure = JobFailed(sentence)
    failure.__cause__ = without_traces(error)
    return Failed(work.number, str(failure), failure)


def without_traces(error: _E) -> _E:
    """An error, and those behind it, without secrets, and without their frames: those hold every tensor of a moment."""
    without_secrets(error)
    behind: BaseException | None = error
    while behind is not None:
        behind.__traceback__ = None
        behind = behind.__cause__ or behind.__context__
    return error
