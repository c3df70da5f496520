"""What a Studio asks for and stops when something changes, and whom it never waits for."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from lab import Lab
from lab.core.events import Cancelled, Preview, Queued
from lab.preprocessors import filter as filter_tool
from tests.fakes import ScriptedEngine
from tests.widgets.controls import control
from tests.widgets.studio.following import CIRCLE, SOON_S, drawn_with, let_it_follow, until
from widgets import Studio


def press_draw_during_the_quick_picture(studio: Studio, engine: ScriptedEngine) -> None:
    """Leaves the engine at its gate, with the quick picture at work and the one of Draw waiting."""
    assert studio.canvas is not None
    engine.gate.clear()
    studio.canvas.sketch = CIRCLE
    assert engine.at_gate.wait(SOON_S)
    studio.draw_button.click()
    let_it_follow(studio)


def test_going_back_to_what_is_shown_stops_the_picture_in_between(
    studio: Studio, lab: Lab, engine: ScriptedEngine
) -> None:
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    until(lab, lambda: drawn_with(studio) == ("", 0, lab.card.steps))
    engine.gate.clear()
    engine.at_gate.clear()
    studio.panel.settings = {"seed": 5}
    assert engine.at_gate.wait(SOON_S)
    studio.panel.settings = {"seed": 0}
    let_it_follow(studio)
    engine.gate.set()
    until(lab, lambda: not lab.queue.jobs)
    assert studio.bar.text.startswith("Done"), "what is shown is done"
    assert drawn_with(studio) == ("", 0, lab.card.steps)


def test_clearing_the_sketch_stops_its_picture(studio: Studio, lab: Lab, engine: ScriptedEngine) -> None:
    assert studio.canvas is not None
    engine.gate.clear()
    studio.canvas.sketch = CIRCLE
    assert engine.at_gate.wait(SOON_S)
    studio.canvas.clear()
    let_it_follow(studio)
    engine.gate.set()
    until(lab, lambda: studio.bar.text == "Ready")
    assert studio.result is None


def test_what_draw_was_pressed_for_is_not_asked_for_again_by_live(
    studio: Studio, lab: Lab, engine: ScriptedEngine
) -> None:
    press_draw_during_the_quick_picture(studio, engine)
    engine.gate.set()
    until(lab, lambda: drawn_with(studio) == ("", 0, lab.card.steps))
    let_it_follow(studio)
    until(lab, lambda: not lab.queue.jobs)
    assert [(kept.recipe.steps, kept.is_live) for kept in lab.gallery.latest(9)] == [
        (lab.card.steps, False),
        (lab.card.live_steps, True),
    ]


def test_quick_pictures_are_told_from_the_full_ones_that_follow_them(
    studio: Studio, lab: Lab, engine: ScriptedEngine
) -> None:
    asked = []
    lab.subscribe(lambda event: asked.append(event.request) if isinstance(event, Queued) else None)
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    until(lab, lambda: drawn_with(studio) == ("", 0, lab.card.steps))
    studio.panel.settings = {"seed": 5, "steps": 2}
    until(lab, lambda: drawn_with(studio) == ("", 5, 2))
    assert [(one.recipe.steps, one.is_quick) for one in asked] == [
        (lab.card.live_steps, True),
        (lab.card.steps, False),
        (2, False),
    ]


def test_an_older_picture_that_comes_late_is_followed_by_what_is_wanted_now(
    studio: Studio, lab: Lab, engine: ScriptedEngine
) -> None:
    press_draw_during_the_quick_picture(studio, engine)
    studio.panel.settings = {"prompt": "a key"}
    let_it_follow(studio)
    engine.gate.set()
    until(lab, lambda: [kept.recipe.prompt for kept in lab.gallery.latest(9) if not kept.is_live] == [""])
    until(lab, lambda: drawn_with(studio) == ("a key", 0, lab.card.steps))


def test_a_studio_that_has_its_picture_stops_none_of_another(studio: Studio, lab: Lab, engine: ScriptedEngine) -> None:
    other = Studio(lab, "text_to_image")
    other.panel.settings = {"prompt": "a key"}
    until(lab, lambda: drawn_with(other) == ("a key", 0, lab.card.steps))
    engine.gate.clear()
    engine.at_gate.clear()
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    assert engine.at_gate.wait(SOON_S)
    for is_live in (False, True):  # it looks again at what is wanted
        other.live_button.value = is_live
    let_it_follow(other)
    engine.gate.set()
    until(lab, lambda: studio.result is not None)
    other.close()


def test_a_stroke_on_one_canvas_never_waits_for_another_canvas(lab: Lab) -> None:
    studio = Studio(lab, "product_shot")
    product, scene = studio.canvases
    with scene.guard:
        stroke = threading.Thread(target=lambda: product.line([(10, 10), (90, 90)]), daemon=True)
        stroke.start()
        stroke.join(SOON_S)
        assert not stroke.is_alive()
    studio.close()


@pytest.mark.usefixtures("tables")
def test_a_filter_that_is_declared_anew_draws_the_picture_anew(
    studio: Studio, lab: Lab, engine: ScriptedEngine
) -> None:
    def declare(name: str) -> None:
        def function(image: np.ndarray) -> np.ndarray:
            return image

        function.__name__ = name
        filter_tool(function)

    declare("mine")
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    studio.panel.settings = {"filters": [{"name": "mine", "settings": {}}]}
    until(lab, lambda: drawn_with(studio) == ("", 0, lab.card.steps) and not lab.queue.jobs)
    let_it_follow(studio)
    ran = len(engine.runs)

    declare("others")
    let_it_follow(studio)
    until(lab, lambda: not lab.queue.jobs)
    assert len(engine.runs) == ran, "it is made without that one"

    declare("mine")
    until(lab, lambda: len(engine.runs) > ran)
    until(lab, lambda: drawn_with(studio) == ("", 0, lab.card.steps) and not lab.queue.jobs)
    let_it_follow(studio)
    until(lab, lambda: not lab.queue.jobs)
    assert len(engine.runs) == ran + 2, "quick, then in full, and then no more"


def test_a_waiting_job_that_is_cancelled_leaves_the_preview_of_the_running_one(
    studio: Studio, lab: Lab, engine: ScriptedEngine
) -> None:
    assert studio.canvas is not None
    studio.live_button.value, cancelled = False, []
    lab.subscribe(lambda event: engine.gate.clear() if isinstance(event, Preview) else None)
    lab.subscribe(lambda event: cancelled.append(event.job) if isinstance(event, Cancelled) else None)
    studio.canvas.sketch = CIRCLE
    studio.draw_button.click()
    until(lab, lambda: bool(studio.view.preview))
    studio.panel.settings = {"seed": 5}
    studio.draw_button.click()
    until(lab, lambda: len(lab.queue.jobs) == 2)
    lab.queue.cancel(lab.queue.jobs[1].number)
    until(lab, lambda: len(cancelled) == 1)
    assert studio.view.preview
    control(studio.bar, "Cancel").click()
    engine.gate.set()
    until(lab, lambda: len(cancelled) == 2)
    assert not studio.view.preview


@pytest.mark.parametrize(
    ("task", "sizes"), [("sketch_to_image", [(512, 512), (None, None)]), ("text_to_image", [(None, None)])]
)
def test_along_a_sketch_a_model_of_large_pictures_draws_a_small_one_first(
    tmp_path: Path, task: str, sizes: list[tuple[int | None, int | None]]
) -> None:
    with Lab("klein", home=tmp_path, engine=ScriptedEngine()) as lab:
        asked = []
        lab.subscribe(lambda event: asked.append(event.request.recipe) if isinstance(event, Queued) else None)
        studio = Studio(lab, task)
        if studio.canvas is not None:
            studio.canvas.sketch = CIRCLE
        studio.panel.settings = {"prompt": "a key"}
        studio.live_button.value = True
        until(lab, lambda: drawn_with(studio) == ("a key", 0, lab.card.steps) and not lab.queue.jobs)
        let_it_follow(studio)
        last = [(one.width, one.height) for one in asked if one.prompt == "a key"]
        assert last == sizes
        assert not studio.view.outdated
        studio.close()
