"""A picture that is not that of what is wanted is dimmed at once, and says why."""

from __future__ import annotations

import numpy as np

from lab import Lab, Picture, Stroke
from tests.fakes import ScriptedEngine
from tests.widgets.studio.following import CIRCLE, let_it_follow, until
from widgets import Studio


def drawn(studio: Studio, lab: Lab) -> None:
    """Wait until the Studio shows the picture of what is wanted."""
    until(lab, lambda: studio.result is not None and studio.result.request.recipe == studio.request().recipe)
    let_it_follow(studio)


def test_a_cleared_canvas_dims_its_picture_before_anything_else_happens(studio: Studio, lab: Lab) -> None:
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    drawn(studio, lab)
    assert studio.view.outdated == ""
    assert studio.bar.text.startswith("Done")
    studio.canvas.clear()
    assert studio.view.outdated.startswith("Cleared.")
    assert studio.bar.text == "Ready"
    studio.canvas.undo()
    let_it_follow(studio)
    assert studio.view.outdated == ""


def test_without_live_a_stroke_says_press_draw_and_undo_takes_that_back(studio: Studio, lab: Lab) -> None:
    assert studio.canvas is not None
    studio.live_button.value = False
    studio.canvas.sketch = CIRCLE
    studio.draw_button.click()
    drawn(studio, lab)
    studio.canvas.draw(Stroke(np.array([[10, 10], [200, 200]])))
    assert "Press Draw." in studio.view.outdated
    studio.canvas.undo()
    let_it_follow(studio)
    assert studio.view.outdated == ""
    studio.panel.settings = {"seed": 5}
    assert "Press Draw." in studio.view.outdated
    studio.draw_button.click()
    drawn(studio, lab)
    assert studio.view.outdated == ""


def test_with_live_a_stroke_dims_nothing_since_its_picture_follows(studio: Studio, lab: Lab) -> None:
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    drawn(studio, lab)
    studio.canvas.draw(Stroke(np.array([[10, 10], [200, 200]])))
    assert studio.view.outdated == ""


def test_another_photograph_dims_the_picture_of_the_last_one_until_its_own_is_there(lab: Lab) -> None:
    studio = Studio(lab, "image_to_image")
    studio.image = Picture(np.full((96, 128, 3), 200, np.uint8))
    drawn(studio, lab)
    studio.image = Picture(np.full((96, 128, 3), 90, np.uint8))
    assert "another" in studio.view.outdated
    drawn(studio, lab)
    assert studio.view.outdated == ""
    studio.close()


def test_a_picture_that_failed_leaves_the_last_one_dimmed(studio: Studio, lab: Lab, engine: ScriptedEngine) -> None:
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    drawn(studio, lab)
    engine.fails_with = ZeroDivisionError()
    studio.panel.settings = {"seed": 9}
    until(lab, lambda: studio.view.outdated.startswith("This is the last picture"))
    engine.fails_with = None
