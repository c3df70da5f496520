"""The picture that follows, without a lab: what is asked for when, and whose events are heard."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lab import Recipe, Request
from lab.core.events import Cancelled, Event, Failed, Finished, Progress, Queued, Result
from lab.jobs import Job
from lab.jobs.live_session import LiveSession
from lab.tasks import plan
from tests.fakes import picture_of

QUICK = {"steps": 2}


class AskedLab:
    """Keeps what is asked for; `asked_lab.finish()` and others let the test say what comes of the last one."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, int | None]] = []
        self.heard: list[Event] = []
        self.jobs: list[Job] = []
        self._last_live: Job | None = None
        self._listeners: list[list[Callable[[Event], None]]] = []
        self.session = LiveSession(self.taker("draw"), self.taker("live"), self.heard.append)

    def taker(self, kind: str) -> Callable[..., Job]:
        def take(request: Request, on_event: Callable[[Event], None] | None = None) -> Job:
            assert on_event is not None
            last = self._last_live
            if kind == "live" and last and last.request == request and not last.is_cancelling:
                listeners = self._listeners[last.number - 1]
                listeners += [on_event] if on_event not in listeners else []
                return last
            self.asked.append((kind, request.recipe.prompt, request.recipe.steps))
            self.jobs.append(Job(len(self.jobs) + 1, request, lambda _: result_of(request)))
            self._listeners.append([on_event])
            self._last_live = self.jobs[-1] if kind == "live" else last
            on_event(Queued(self.jobs[-1].number, request))
            return self.jobs[-1]

        return take

    def follow(self, prompt: str | None, steps: int = 8, **tools: int) -> None:
        wanted = None if prompt is None else Request(Recipe(prompt=prompt, steps=steps))
        self.session.follow(wanted, QUICK, tools)

    def tell(self, event_of: Callable[[Job], Event], number: int = 0) -> None:
        job = self.jobs[number - 1]
        for listener in tuple(self._listeners[number - 1]):
            listener(event_of(job))

    def finish(self, number: int = 0) -> None:
        self.tell(lambda job: Finished(job.number, result_of(job.request)), number)


def result_of(request: Request) -> Result:
    return Result(picture_of(request, 4), request, plan(request), 1.0)


@pytest.fixture
def asked_lab() -> AskedLab:
    return AskedLab()


def test_the_quick_picture_comes_first_then_the_full_one_then_nothing(asked_lab: AskedLab) -> None:
    for _ in range(3):
        asked_lab.follow("an apple")
        asked_lab.finish()
    asked_lab.follow("an apple")
    assert asked_lab.asked == [("live", "an apple", 2), ("live", "an apple", 8)]


def test_where_the_full_picture_is_no_slower_it_is_the_first(asked_lab: AskedLab) -> None:
    asked_lab.follow("an apple", steps=2)
    assert asked_lab.asked == [("live", "an apple", 2)]
    assert not asked_lab.jobs[0].request.is_quick


def test_more_steps_of_what_is_drawn_need_no_quick_picture(asked_lab: AskedLab) -> None:
    asked_lab.follow("an apple")
    asked_lab.finish()
    asked_lab.follow("an apple", steps=20)
    assert asked_lab.asked[-1] == ("live", "an apple", 20)


def test_a_picture_that_is_coming_is_not_asked_for_again(asked_lab: AskedLab) -> None:
    asked_lab.follow("an apple")
    asked_lab.finish()
    asked_lab.session.draw(Request(Recipe(prompt="an apple", steps=8)))
    asked_lab.follow("an apple")
    assert asked_lab.asked == [("live", "an apple", 2), ("draw", "an apple", 8)]
    asked_lab.tell(lambda job: Failed(job.number, "the disk is on fire", OSError()))
    asked_lab.follow("an apple")
    assert asked_lab.asked[2:] == [("live", "an apple", 8)]


def test_what_is_asked_for_again_is_heard_once(asked_lab: AskedLab) -> None:
    asked_lab.follow("an apple")
    asked_lab.follow("an apple")
    asked_lab.tell(lambda job: Progress(job.number, "steps"))
    assert [type(event) for event in asked_lab.heard] == [Queued, Progress]


def test_a_picture_that_is_not_wanted_any_more_is_stopped_and_not_heard(asked_lab: AskedLab) -> None:
    asked_lab.follow("an apple", steps=2)
    asked_lab.finish()
    asked_lab.follow("a key")
    asked_lab.follow("an apple", steps=2)
    assert asked_lab.jobs[-1].is_cancelling
    before = len(asked_lab.heard)
    asked_lab.tell(lambda job: Cancelled(job.number))
    assert len(asked_lab.heard) == before
    asked_lab.follow("a key")
    asked_lab.follow(None)
    assert [job.is_cancelling for job in asked_lab.jobs] == [False, True, True]


def test_a_function_that_is_declared_anew_makes_the_picture_anew_and_another_one_does_not(asked_lab: AskedLab) -> None:
    for _ in range(3):
        asked_lab.follow("an apple", mine=1)
        asked_lab.finish()
    asked_lab.follow("an apple", mine=1, others=5)
    assert len(asked_lab.asked) == 2
    for _ in range(3):
        asked_lab.follow("an apple", mine=2)
        asked_lab.finish()
    assert asked_lab.asked[2:] == [("live", "an apple", 2), ("live", "an apple", 8)]
    assert asked_lab.jobs[1].is_cancelling, "or the lab would hand it out again"


def test_after_close_nothing_is_heard(asked_lab: AskedLab) -> None:
    asked_lab.follow("an apple")
    asked_lab.session.close()
    before = len(asked_lab.heard)
    asked_lab.finish()
    assert len(asked_lab.heard) == before


def test_a_picture_that_cannot_be_asked_for_is_not_waited_for() -> None:
    def refuse(request: Request, on_event: Callable[[Event], None] | None = None) -> Job:
        raise ValueError(request.recipe.prompt, on_event)

    asked_lab = AskedLab()
    session = LiveSession(refuse, asked_lab.taker("live"), asked_lab.heard.append)
    with pytest.raises(ValueError, match="an apple"):
        session.draw(Request(Recipe(prompt="an apple", steps=8)))
    session.follow(Request(Recipe(prompt="an apple", steps=8)), {}, {})
    assert asked_lab.asked == [("live", "an apple", 8)]


def test_what_draw_was_asked_with_a_function_that_is_declared_anew_meanwhile_is_not_what_is_wanted(
    asked_lab: AskedLab,
) -> None:
    asked_lab.session.draw(Request(Recipe(prompt="an apple", steps=8)))
    asked_lab.follow("an apple", haze=1)
    asked_lab.follow("an apple", haze=2)
    asked_lab.finish(1)
    asked_lab.follow("an apple", haze=2)
    assert asked_lab.asked == [("draw", "an apple", 8), *[("live", "an apple", 2)] * 2]
    assert not asked_lab.jobs[-1].is_cancelling, "it is still wanted"
    assert isinstance(asked_lab.heard[-1], Finished), "it is shown all the same"
