"""Blocks in which libraries are quiet overlap on threads, and end in any order: nothing of them is left afterwards."""

from __future__ import annotations

import contextlib
import io
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import permutations
from typing import Any

import pytest

from lab.core.library_logging import QuietLibraries, quiet_thread

ORDERS = [
    order
    for order in permutations("AaBb")
    if order.index("A") < order.index("a") and order.index("B") < order.index("b")
]
"""Every order in which two blocks begin (A, B) and end (a, b)."""


class Library:
    """What diffusers' and transformers' `utils.logging` have."""

    def __init__(self) -> None:
        self.level, self.bars = 30, True

    def get_verbosity(self) -> int:
        return self.level

    def set_verbosity(self, verbosity: int) -> None:
        self.level = verbosity

    def set_verbosity_error(self) -> None:
        self.level = 40

    def is_progress_bar_enabled(self) -> bool:
        return self.bars

    def enable_progress_bar(self) -> None:
        self.bars = True

    def disable_progress_bar(self) -> None:
        self.bars = False


class OnThread:
    """A block on a thread of its own, begun and ended when it is told to; with an error, if one is given."""

    def __init__(self, block: Callable[[], AbstractContextManager[None]]) -> None:
        self._block = block
        self._begun, self._may_end = threading.Event(), threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run)

    def begin(self) -> None:
        self._thread.start()
        assert self._begun.wait(10)

    def end(self, error: Exception | None = None) -> None:
        self._error = error
        self._may_end.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        with contextlib.suppress(ArithmeticError), self._block():
            self._begun.set()
            assert self._may_end.wait(10)
            if self._error:
                raise self._error


@pytest.fixture(autouse=True)
def _own_filters() -> Iterator[None]:
    """Filters that a test may leave behind."""
    with warnings.catch_warnings():
        yield


def state(*libraries: Library) -> tuple[Any, ...]:
    """All that such a block may change."""
    return sys.stdout, sys.stderr, list(warnings.filters), [(one.level, one.bars) for one in libraries]


def run(order: tuple[str, ...], blocks: dict[str, OnThread], error: Exception | None = None) -> None:
    for step in order:
        if step.isupper():
            blocks[step].begin()
        else:
            blocks[step.upper()].end(error)


@pytest.mark.parametrize("order", ORDERS, ids="".join)
@pytest.mark.parametrize("error", [None, ZeroDivisionError("oh")], ids=["ends", "fails"])
def test_quiet_threads_leave_everything_as_it_was(order: tuple[str, ...], error: Exception | None) -> None:
    before = state()
    run(order, {name: OnThread(quiet_thread) for name in "AB"}, error)
    assert state() == before


@pytest.mark.parametrize("order", ORDERS, ids="".join)
@pytest.mark.parametrize("error", [None, ZeroDivisionError("oh")], ids=["ends", "fails"])
def test_quiet_libraries_leave_everything_as_it_was(order: tuple[str, ...], error: Exception | None) -> None:
    library = Library()
    quiet = QuietLibraries(library, ignored="Already")
    before = state(library)
    run(order, {name: OnThread(quiet) for name in "AB"}, error)
    assert state(library) == before


@pytest.mark.parametrize("order", ORDERS, ids="".join)
def test_two_who_want_the_same_library_quiet_need_not_know_of_each_other(order: tuple[str, ...]) -> None:
    shared, other = Library(), Library()
    before = state(shared, other)
    blocks = {"A": OnThread(QuietLibraries(shared, other)), "B": OnThread(QuietLibraries(shared))}
    for step in order:
        run((step,), blocks)
        inside = any(order.index(name) <= order.index(step) < order.index(name.lower()) for name in "AB")
        assert (shared.level, shared.bars) == ((40, False) if inside else (30, True)), f"after {step} of {order}"
    assert state(shared, other) == before


@pytest.mark.parametrize("order", ORDERS, ids="".join)
def test_a_map_and_a_job_leave_everything_as_it_was(order: tuple[str, ...]) -> None:
    library = Library()
    before = state(library)
    run(order, {"A": OnThread(quiet_thread), "B": OnThread(QuietLibraries(library, ignored="Already"))})
    assert state(library) == before


def test_a_block_that_fails_leaves_the_other_one_quiet() -> None:
    library = Library()
    quiet = QuietLibraries(library)
    failing, going_on = OnThread(quiet), OnThread(quiet)
    failing.begin()
    going_on.begin()
    failing.end(ZeroDivisionError("oh"))
    assert (library.level, library.bars) == (40, False)
    going_on.end()
    assert (library.level, library.bars) == (30, True)


def test_streams_that_another_puts_there_meanwhile_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """As IPython does to capture what a cell writes."""
    block = OnThread(quiet_thread)
    block.begin()
    replaced = io.StringIO()
    monkeypatch.setattr(sys, "stdout", replaced)
    block.end()
    assert sys.stdout is replaced


def test_a_stream_that_another_brings_back_does_no_harm_and_is_gone_after_the_next_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = io.StringIO()
    monkeypatch.setattr(sys, "stdout", before)
    block = OnThread(quiet_thread)
    block.begin()
    with contextlib.redirect_stdout(io.StringIO()):
        block.end()
    print("seen")  # noqa: T201
    assert before.getvalue() == "seen\n"
    with quiet_thread():
        print("unseen")  # noqa: T201
    assert sys.stdout is before
    assert before.getvalue() == "seen\n"


@pytest.mark.parametrize("block", [quiet_thread, QuietLibraries(Library(), ignored="careful")])
def test_filters_that_another_brings_back_ignore_nothing(block: Callable[[], AbstractContextManager[None]]) -> None:
    """`warnings.catch_warnings` of a library, on another thread: it saves our filter, and brings it back."""
    warnings.simplefilter("error")
    quiet = OnThread(block)
    quiet.begin()
    with warnings.catch_warnings():
        quiet.end()
    with pytest.raises(UserWarning, match="careful"):
        warnings.warn("careful", stacklevel=1)


def test_a_quiet_thread_warns_nobody_and_the_others_still_do() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with quiet_thread():
            warnings.warn("of the quiet thread", stacklevel=1)
            other = threading.Thread(target=lambda: warnings.warn("of another", stacklevel=1))
            other.start()
            other.join()
    assert [str(one.message) for one in heard] == ["of another"]


def test_only_the_warnings_that_were_named_are_ignored() -> None:
    quiet = QuietLibraries(Library(), ignored=r"Already found a `peft_config`")
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with quiet():
            warnings.warn("Already found a `peft_config` attribute in the model", stacklevel=1)
            warnings.warn("something else", stacklevel=1)
        warnings.warn("Already found a `peft_config` attribute in the model", stacklevel=1)
    assert [str(one.message)[:14] for one in heard] == ["something else", "Already found "]
