"""The thread beside the widgets: newest first, nothing twice, and no thread when there is nothing to do."""

import threading

import pytest

from widgets.base.background_queue import BackgroundQueue


class Script:
    """A queue whose first work stops at a gate: `done` lists what was done, `rested` is set when nothing is left."""

    def __init__(self):
        self.done, self.rested, self.gate, self.entered = [], threading.Event(), threading.Event(), threading.Event()
        self.queue = BackgroundQueue("test queue", self.rested.set)
        self.queue.run_next(self.stop)
        assert self.entered.wait(10)

    def stop(self):
        self.entered.set()
        assert self.gate.wait(10)

    def does(self, name):
        return lambda: self.done.append(name)

    def finish(self):
        self.gate.set()
        assert self.rested.wait(10)
        return self.done


@pytest.fixture
def script():
    script = Script()
    yield script
    script.gate.set()


def test_the_newest_urgent_work_wins_and_goes_before_the_rest(script):
    script.queue.add("a", script.does("thumbnail a"))
    script.queue.run_next(script.does("old"))
    script.queue.run_next(script.does("new"))
    script.queue.add("b", script.does("thumbnail b"))
    assert script.finish() == ["new", "thumbnail a", "thumbnail b"]


def test_waiting_work_is_replaced_at_its_place(script):
    for key, name in (("a", "old a"), ("b", "b"), ("a", "new a")):
        script.queue.add(key, script.does(name))
    assert script.finish() == ["new a", "b"]


def test_what_waits_can_be_forgotten(script):
    script.queue.run_next(script.does("urgent"))
    script.queue.add("a", script.does("a"))
    script.queue.clear()
    assert script.finish() == []


def test_a_closed_queue_does_nothing_more(script):
    script.queue.add("a", script.does("a"))
    script.queue.close()
    script.queue.run_next(script.does("urgent"))
    assert script.finish() == []


def test_work_that_fails_is_logged_and_the_rest_goes_on(script, caplog):
    script.queue.add("a", lambda: 1 / 0)
    script.queue.add("b", script.does("b"))
    assert script.finish() == ["b"]
    assert "work on the thread test queue failed" in caplog.text


def test_there_is_no_thread_when_there_is_nothing_to_do(script):
    (thread,) = [one for one in threading.enumerate() if one.name == "test queue"]
    script.finish()
    thread.join(10)
    assert not thread.is_alive()
    again = threading.Event()
    script.queue.run_next(again.set)
    assert again.wait(10), "and a new one when something comes"


def test_what_comes_while_it_comes_to_rest_is_done_too():
    done = threading.Event()
    queue = BackgroundQueue("test queue", lambda: done.is_set() or queue.run_next(done.set))
    queue.add("a", lambda: None)
    assert done.wait(10)
