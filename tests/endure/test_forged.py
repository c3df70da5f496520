"""Whatever a page sends, the kernel answers the next stroke, and what was drawn is whole, with its undo."""

from __future__ import annotations

import gc
import logging
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from traitlets import TraitError

from lab import Lab, Picture, Sketch
from lab.core import Size, SketchHistory, Stroke, rasterise
from lab.gallery import Autosave
from tests.endure.forging import Forger, parts_of, points
from tests.endure.full import IS_FULL, times
from tests.fakes import ScriptedEngine
from tests.widgets.canvas.playing_browser import Browser, RecordingComm
from tests.widgets.controls import page_sends, until_done
from widgets import Studio

TASKS = ("sketch_to_image", "inpaint", "control_to_image", "product_shot", "outpaint")
TRAITS_EACH = times(8000, 200)
MESSAGES_EACH = times(200, 30)
LONGEST_S = 0.5
_NONSENSE = "a message of the canvas could not be handled"
"""What the log says of a message that is no change; it is passed over."""


class Handled:
    """Hands a page's messages over as ipykernel does, and remembers what went wrong and how long one took."""

    def __init__(self) -> None:
        self.wrong: Counter[str] = Counter()
        self.longest: tuple[float, str] = (0.0, "")  # seconds, and of what

    def hand(self, over: Callable[[], object], what: object) -> None:
        began = time.thread_time()  # the processor's: what another process takes is not the callback's
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # ipywidgets and traitlets speak of what they were given
                over()
        except TraitError:
            pass  # refused by the trait itself, before anybody heard of it
        except Exception as error:
            frames = [f"{Path(one.filename).name}:{one.lineno}" for one in traceback.extract_tb(error.__traceback__)]
            self.wrong[f"{type(error).__name__}: {error!s:.80} at {frames[-3:]} by {what!s:.200}"] += 1
        self.longest = max(self.longest, (time.thread_time() - began, f"{what!s:.200}"))

    def check(self) -> None:
        assert not self.wrong, "\n".join(f"{count} x {what}" for what, count in self.wrong.most_common(20))
        assert not IS_FULL or self.longest[0] < LONGEST_S, self.longest


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What the widgets could not explain to a person."""
    caplog.set_level(logging.ERROR)
    yield caplog
    failed = [one for one in caplog.get_records("call") if one.exc_info and one.getMessage() != _NONSENSE]
    said = Counter(f"{one.getMessage()}: {one.exc_info[1]!r}" for one in failed if one.exc_info)
    assert not said, "\n".join(f"{count} x {what:.300}" for what, count in said.most_common(20))


@pytest.fixture
def _nothing_left() -> Iterator[None]:
    """Looking through all that other tests have left takes Python 0.5 s, which is no callback's time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(params=TASKS)
def studio(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    logged: pytest.LogCaptureFixture,
    _nothing_left: None,
) -> Iterator[Studio]:
    monkeypatch.setattr("comm.create_comm", RecordingComm)
    with Lab(home=tmp_path, engine=ScriptedEngine(steps=1)) as lab:
        shown = Studio(lab, request.param)
        for number, canvas in enumerate(shown.canvases):
            canvas.background = Picture(rasterise(Sketch(Size(96, 64)).circle(40, 30, 20)).on_white().pixels)
            canvas.draw(Stroke(points(number)))
        yield shown
        shown.close()


def until_idle() -> None:
    """Wait until all queues of the canvases have done what they were given."""
    for thread in ("changes of a canvas", "selecting"):
        until_done(thread)


def check_whole(studio: Studio) -> None:
    """Each canvas takes a stroke, shows it, keeps it, and takes all back."""
    for canvas, name in zip(studio.canvases, _names(studio), strict=True):
        browser = Browser(canvas, client="an honest page")
        browser.send("draw", points=points(1) * [1, 1])
        assert "refused" not in browser.acks[-1], browser.acks[-1]
        history = studio.lab.autosave.history(name)
        assert canvas.to_picture().pixels.any() if hasattr(canvas, "to_picture") else canvas.mask
        timeline, at = history.timeline
        with Autosave(studio.lab.autosave.folder) as other:  # a copy, as another kernel would read it
            copy = other.history(name)
            assert copy.sketch == history.sketch
            assert copy.steps[0] >= history.steps[0]
            assert "left out" not in other.not_kept(name)
        while history.undo():
            pass
        assert history.sketch == timeline[0]
        for _ in range(at):
            assert history.redo()
        assert history.sketch == timeline[at]


def _names(studio: Studio) -> list[str]:
    task = studio.task.name
    return [task, *(f"{task}.{source.name}" for source in studio.sources[1:])]


def _histories(studio: Studio) -> list[SketchHistory]:
    return [studio.lab.autosave.history(name) for name in _names(studio)]


def test_forged_traits_change_no_drawing_and_raise_nothing(studio: Studio) -> None:
    forger, handled = Forger(len(studio.task.name)), Handled()
    before = [(history.sketch, history.steps) for history in _histories(studio)]
    for _ in range(TRAITS_EACH):
        widget = forger.one_of(_open_parts(studio))
        state = dict(forger.trait(widget) for _ in range(forger.one_of([1, 1, 2])))
        handled.hand(lambda widget=widget, state=state: widget.set_state(state), (type(widget).__name__, state))
    until_idle()
    handled.check()
    for history, (sketch, (undos, _)) in zip(_histories(studio), before, strict=True):
        timeline, at = history.timeline
        assert timeline[undos] == sketch, "a width or height that is set gives other paper, as a step of undo"
        for earlier, later in pairwise(timeline[undos : at + 1]):
            assert later.size != earlier.size
            assert (len(later.strokes), later.background) == (len(sketch.strokes), sketch.background)
        assert len(timeline[at].strokes) == len(sketch.strokes)
    check_whole(studio)


def test_forged_messages_leave_a_whole_document_with_its_undo(studio: Studio) -> None:
    forger, handled = Forger(1 + len(studio.task.name)), Handled()
    for canvas in studio.canvases:
        seq, browser = 1, Browser(canvas, client="a forger")
        for _ in range(MESSAGES_EACH):
            content, buffers = forger.message("a forger", seq)
            handled.hand(lambda ink=canvas.ink, c=content, b=buffers: page_sends(ink, c, b), content)
            until_idle()
            seq = browser.acks[-1]["last"] + 1 if browser.acks else 1
    for widget in _open_parts(studio):
        for _ in range(3):
            content, buffers = forger.message("a forger", 1)
            handled.hand(lambda w=widget, c=content, b=buffers: page_sends(w, c, b), (type(widget).__name__, content))
    until_idle()
    handled.check()
    check_whole(studio)


_PARTS: dict[int, list] = {}


def _open_parts(studio: Studio) -> list:
    """What is on the page; found anew whenever something was closed."""
    parts = _PARTS.get(id(studio))
    if parts is None or any(part.comm is None for part in parts):
        _PARTS.clear()
        parts = _PARTS[id(studio)] = [part for part in parts_of(studio) if part.comm is not None]
    return parts
