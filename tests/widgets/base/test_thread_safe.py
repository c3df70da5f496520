"""The lock of a widget: what a worker posts is neither lost nor rolled back while a browser's update is applied."""

import threading

import pytest
from ipywidgets import Widget
from traitlets import Int, TraitError, validate

from widgets.base.thread_safe import ThreadSafe


class Meter(ThreadSafe, Widget):
    """A widget whose validator of `level` stops until the test opens the gate, and then refuses levels over 100."""

    level = Int(0).tag(sync=True)
    progress = Int(0).tag(sync=True)

    def __init__(self):
        self.entered, self.gate = threading.Event(), threading.Event()
        self.sent = []
        super().__init__()

    @validate("level")
    def _check_level(self, proposal):
        self.entered.set()
        assert self.gate.wait(10)
        if proposal.value > 100:
            msg = "too high"
            raise TraitError(msg)
        return proposal.value

    def send_state(self, key=None):
        self.sent.append(sorted([key] if isinstance(key, str) else key or self.keys))


@pytest.fixture
def meter():
    meter = Meter()
    yield meter
    meter.close()


def update_while_posting(meter, level):
    """A browser sets `level` while a worker posts progress 1, 2, 3."""
    refused = []

    def browser():
        try:
            meter.set_state({"level": level})
        except TraitError as error:
            refused.append(error)

    def worker():
        for step in (1, 2, 3):
            meter.post(progress=step)

    threads = [threading.Thread(target=browser), threading.Thread(target=worker)]
    threads[0].start()
    assert meter.entered.wait(10)
    threads[1].start()
    meter.gate.set()
    for thread in threads:
        thread.join(10)
    return refused


def test_a_refused_update_does_not_take_back_what_a_worker_posted(meter):
    refused = update_while_posting(meter, level=101)
    assert len(refused) == 1
    assert (meter.level, meter.progress) == (0, 3)


def test_posts_during_an_update_are_all_sent(meter):
    meter.sent.clear()
    update_while_posting(meter, level=7)
    assert (meter.level, meter.progress) == (7, 3)
    assert meter.sent.count(["progress"]) == 3


def test_several_traits_travel_in_one_message(meter):
    meter.gate.set()
    meter.sent.clear()
    meter.post(level=5, progress=2)
    assert meter.sent == [["level", "progress"]]


def test_an_unknown_trait_is_refused_by_name(meter):
    with pytest.raises(AttributeError, match="Meter has no trait colour"):
        meter.post(colour="red")


def test_parts_of_one_widget_share_one_lock():
    guard = threading.RLock()
    part = ThreadSafe.__new__(type("Part", (ThreadSafe,), {}))
    part.__init__(guard=guard)
    assert part.guard is guard
