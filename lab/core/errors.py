"""Every error a user can meet, as one tree.

    SketchlabError
    ├── BadInput          what was asked cannot be done; says the value and the remedy
    ├── MissingWeights    a model is not on this machine; says where it comes from
    ├── OutOfMemory       the device is full even after everything was tried
    ├── NotFinite         weights made NaN or infinity of a picture; says which model did
    ├── WouldBlock        a blocking wait where the kernel must stay responsive
    ├── Stopped           the user cancelled; nothing went wrong
    └── JobFailed         the worker met a defect; names the log file with the whole trace

Messages are sentences for the person at the canvas, not for the log.
"""

from collections.abc import Mapping
from typing import TypeVar

_T = TypeVar("_T")


class SketchlabError(Exception):
    """Any error that the lab raises on purpose."""


class BadInput(SketchlabError, ValueError):
    """What was asked cannot be done; raised at the door, before any model is loaded."""


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


def named(name: str, table: Mapping[str, _T], noun: str) -> _T:
    """The entry of that name in a table of models, tasks, preprocessors, ...

    Raises:
        BadInput: when there is none; says which there are.
    """
    if name not in table:
        msg = f"there is no {noun} {name!r}: use one of {', '.join(table)}"
        raise BadInput(msg)
    return table[name]
