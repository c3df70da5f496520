"""What tests of the worker listen with, and what they ask for."""

from __future__ import annotations

import threading
from collections.abc import Callable

from lab.core import Recipe, Request
from lab.core.events import Event

SOON_S = 20


class Heard:
    """Every event of a worker, and a way to wait for one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._new = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._new:
            self.events.append(event)
            self._new.notify_all()

    def until(self, wanted: Callable[[Event], bool]) -> Event:
        with self._new:
            found = self._new.wait_for(lambda: next(filter(wanted, self.events), None), SOON_S)
        assert found, f"only heard {self.events}"
        return found  # pyright: ignore[reportReturnType]

    def kinds(self, number: int) -> list[type]:
        return [type(event) for event in self.events if event.job == number]


def request(prompt: str = "an apple", seed: int = 0) -> Request:
    return Request(Recipe(prompt=prompt, seed=seed))
