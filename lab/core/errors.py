"""Every error a user can meet, as one tree.

    SketchlabError
    ├── BadInput          what was asked cannot be done; says the value and the remedy
    ├── MissingWeights    a model is not on this machine; says where it comes from
    ├── OutOfMemory       the device is full even after everything was tried
    ├── NotFinite         weights made NaN or infinity of a picture; says which model did
    ├── WouldBlock        a blocking wait where the kernel must stay responsive
    ├── Stopped           the user cancelled; nothing went wrong
    ├── EndpointFailed    a rented GPU did not answer as it should; says what to look at
    └── JobFailed         the worker met a defect; names the log file with the whole trace

Messages are sentences for the person at the canvas, not for the log.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from lab.core.sentences.wording import one_line, several, short, shown

_T = TypeVar("_T")


class SketchlabError(Exception):
    """Any error that the lab raises on purpose: one line, without a secret."""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(one_line(sentence))


class BadInput(SketchlabError, ValueError):
    """What was asked cannot be done; raised at the door, before any model is loaded. Under 200 letters."""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(short(one_line(sentence)))


class MissingWeights(SketchlabError):
    """A model's weights are not on this machine."""


class OutOfMemory(SketchlabError):
    """The device has too little memory, after everything that can be freed was freed."""


class NotFinite(SketchlabError):
    """A model made values that are no numbers, of which nothing can be shown."""


class WouldBlock(SketchlabError):
    """A blocking wait was asked for on a thread that runs an event loop."""


class Stopped(SketchlabError):
    """The job was cancelled, by a person or by a newer request."""


class JobFailed(SketchlabError):
    """A job ended by a defect, not by its input; the message names the log file."""


class EndpointFailed(SketchlabError):
    """A serverless endpoint could not be asked, or its workers did not do what they were asked."""


def named(name: str, table: Mapping[str, _T], noun: str) -> _T:
    """The entry of that name in a table of models, tasks, preprocessors, ...

    Raises:
        BadInput: when there is none; says which there are.
    """
    if not isinstance(name, str) or name not in table:
        like = get_close_matches(name, table, 3) if isinstance(name, str) else []
        rest = [other for other in table if other not in like]
        msg = f"there is no {noun} {shown(name)}: use one of {several([*like, *rest])}"
        raise BadInput(msg)
    return table[name]
