"""What is tried, one after the other, when the device is full; and what is said about it. Knows no stage."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import torch

from lab.core.errors import BadInput, OutOfMemory, SketchlabError
from lab.core.reporter import Reporter
from lab.pipelines.memory.weights_in_use import give_back

_T = TypeVar("_T")


class Fallback(NamedTuple):
    """One thing to try.

    Args:
        done: what it did, in words.
        act: does it, and says whether that changed anything.
        goes_on: whether it may be done again and again, for as long as it changes something. What a stage itself puts
            back, as it does with kept results, must not: a stage that never fits would be tried for ever.
    """

    done: str
    act: Callable[[], Any]
    goes_on: bool = False


class OomRetry:
    """Runs the stages of one job; each that finds the device full is tried again after the next fallback.

    Args:
        device: where the work is done.
        reporter: hears of every fallback.
        common: the fallbacks that help any stage.
    """

    def __init__(self, device: torch.device, reporter: Reporter, common: list[Fallback]) -> None:
        self._device = device
        self._reporter = reporter
        self.common = common
        self.notes: list[str] = []

    def note(self, done: str) -> None:
        """Remember, and tell, what was done to save memory."""
        if done not in self.notes:
            self.notes.append(done)
            self._reporter.progress(f"memory was full: {done}")

    def run(self, work: Callable[[], _T], fallbacks: list[Fallback], what: str) -> _T:
        """What `work` gives, at last.

        Args:
            work: does a stage from its beginning.
            fallbacks: what may help it, the least costly first.
            what: what the memory is needed for, for the sentence.

        Raises:
            OutOfMemory: when nothing helped.
        """
        left = self._tried(fallbacks)
        while True:
            try:
                return work()
            except (MemoryError, RuntimeError) as error:  # torch's own is a RuntimeError
                if not is_out_of_memory(error):
                    raise
            # Only here the error is gone, and with it all that its trace held.
            gc.collect()
            give_back(self._device)
            if next(left, None) is None:
                break
        tried = f", even after the lab {' and '.join(self.notes)}" if self.notes else ""
        msg = f"{what} needs more memory than {self._device} has{tried}: lower the size, or call lab.release()"
        raise OutOfMemory(msg)

    def _tried(self, fallbacks: list[Fallback]) -> Iterator[Fallback]:
        for fallback in fallbacks:
            while fallback.act():
                give_back(self._device)
                self.note(fallback.done)
                yield fallback
                if not fallback.goes_on:
                    break


@contextmanager
def refusing(sentence: Callable[[str], str]) -> Iterator[None]:
    """What a library cannot read is bad input, and said so; unless it found the device full, which `OomRetry` mends.

    For nothing but the reading of somebody's file: a broken one makes libraries raise whatever they like.

    Args:
        sentence: what is wrong, from the first line of the library's own words.

    Raises:
        BadInput: for every error of a library; the lab's own go through.
    """
    try:
        yield
    except SketchlabError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise BadInput(sentence((str(error).strip() or type(error).__name__).splitlines()[0])) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the device is full, on whichever device."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)
