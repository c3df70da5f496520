"""Whatever works on pixels looks between its pieces whether the picture is still wanted."""

from __future__ import annotations

import random
import time
from functools import partial
from typing import Any

import cv2
import numpy as np
import pytest

from lab.core import Picture, reporter
from lab.core.catalogue import chosen_model
from lab.core.errors import Stopped
from lab.core.reporter import NullReporter, check_wanted, working_for
from lab.preprocessors import FILTERS, PREPROCESSORS, control_map, filtered
from lab.session.requests import requested
from lab.tasks import PlannedRequest, plan
from tests.tasks.paper_stages import PaperStages


class Cancelling(NullReporter):
    """Stops the work at its check of this number; counts them."""

    def __init__(self, at: int | None = None) -> None:
        self.at, self.checks = at, 0

    def check(self) -> None:
        assert self.at is None or self.checks < self.at, "nothing goes on after it was stopped"
        self.checks += 1
        if self.checks == self.at:
            raise Stopped


class Longest(NullReporter):
    """The most that this thread worked between two looks, and in all, in seconds; what else the machine does is out."""

    def __init__(self) -> None:
        self.began = self.last = time.thread_time()
        self.longest_s = 0.0

    def check(self) -> None:
        now = time.thread_time()
        self.longest_s, self.last = max(self.longest_s, now - self.last), now

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:  # noqa: ARG002 - the protocol's
        self.check()

    def share(self) -> float:
        self.check()
        return self.longest_s / (self.last - self.began)


def product() -> Picture:
    pixels = np.full((300, 400, 3), 236, np.uint8)
    cv2.ellipse(pixels, (200, 160), (90, 70), 20, 0, 360, (150, 40, 30), -1, cv2.LINE_AA)
    return Picture(pixels)


MASK = np.zeros((300, 400), np.uint8)
cv2.circle(MASK, (200, 150), 90, 255, 20, cv2.LINE_AA)
SOFT = cv2.GaussianBlur(MASK, (0, 0), 5)
CUT_OUT = Picture(np.dstack([product().pixels, MASK]))
TASKS: dict[str, tuple[dict[str, Any], int]] = {
    "remove_background": ({"reflection": 0.4}, 160),
    "product_shot": ({"scene": np.full((300, 400, 3), 90, np.uint8), "reflection": 0.4}, 80),
    "inpaint": ({"mask": SOFT, "grow_px": 60, "fill_holes": True}, 60),
    "outpaint": ({"right": 300}, 40),
    "upscale": ({"image": CUT_OUT, "factor": 2}, 40),
}
"""The settings, and how often a task looks at least; that is between any two pieces of its work."""


def asked(task: str) -> PlannedRequest:
    return plan(requested(chosen_model("starter"), task, **{"image": product(), **TASKS[task][0]}))


@pytest.mark.parametrize("task", TASKS)
def test_a_task_stops_at_any_of_many_moments(task: str) -> None:
    planned, counting = asked(task), Cancelling()
    planned.task.made(planned.request, planned.plan, PaperStages(reporter=counting))
    assert counting.checks >= TASKS[task][1]
    dice = random.Random(task)
    for _ in range(20):
        stopping = Cancelling(dice.randint(1, counting.checks))
        with pytest.raises(Stopped):
            planned.task.made(planned.request, planned.plan, PaperStages(reporter=stopping))


@pytest.mark.parametrize("task", ["inpaint", "outpaint", "upscale"])
def test_no_piece_of_a_task_is_a_third_of_it(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter, "_PIXELS_AT_ONCE", 20_000)
    planned, shares = asked(task), []
    for _ in range(4):  # the first time libraries load
        longest = Longest()
        planned.task.made(planned.request, planned.plan, PaperStages(reporter=longest))
        shares.append(longest.share())
    assert min(shares) < 1 / 3, shares


def test_every_tool_without_a_network_stops_between_its_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter, "_PIXELS_AT_ONCE", 20_000)
    picture, dice = product(), random.Random(0)
    tools = {name: partial(control_map, name, picture, picture.size, {}) for name in PREPROCESSORS}
    tools = {name: work for name, work in tools.items() if not PREPROCESSORS[name].weights}
    tools |= {name: partial(filtered, name, picture, {}) for name in FILTERS}
    looks: dict[str, int] = {}
    for name, work in tools.items():
        counting = Cancelling()
        with working_for(counting):
            work()
        looks[name] = counting.checks
        for _ in range(3):
            with pytest.raises(Stopped), working_for(Cancelling(dice.randint(1, counting.checks))):
                work()
    assert min(looks.values()) >= 2, looks
    in_pieces = {"lineart_standard", "scribble_xdog", "blur", "sharpen", "grain"}
    assert min(looks[name] for name in in_pieces) >= 8, looks


def test_outside_of_a_job_nothing_is_stopped() -> None:
    check_wanted()
    with pytest.raises(Stopped), working_for(Cancelling(1)):
        check_wanted()
    check_wanted()
