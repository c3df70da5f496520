"""The last pictures of a task below the one that is shown, and what brings one back."""

from __future__ import annotations

from typing import Any

from lab import Lab, Picture, Sketch
from lab.core.events import Result
from tests.fakes import ScriptedEngine
from tests.widgets.controls import page_sends, part_of
from tests.widgets.studio.following import CIRCLE, let_it_follow, until
from widgets import Studio
from widgets.studio.view_fit import ViewFit

LINE = Sketch().line([(20, 20), (400, 300)])


def opened(lab: Lab, task: str = "sketch_to_image") -> Studio:
    studio = Studio(lab, task)
    studio.live_button.value = False
    return studio


def drawn(studio: Studio, lab: Lab, sketch: Sketch | None = None, **settings: Any) -> Result:
    """Draw by the button, and wait for the picture."""
    if sketch is not None:
        studio.canvas.sketch = sketch
    studio.panel.settings = settings
    let_it_follow(studio)
    before = studio.result
    studio.draw_button.click()
    until(lab, lambda: studio.result is not before)
    let_it_follow(studio)
    return studio.result


def tell(studio: Studio, **said: Any) -> None:
    """What the page says of the strip."""
    page_sends(studio.results.strip, said)
    let_it_follow(studio)


def test_a_click_brings_back_the_picture_its_settings_and_its_sketch_and_draws_nothing(
    lab: Lab, engine: ScriptedEngine
) -> None:
    studio = opened(lab)
    first = drawn(studio, lab, CIRCLE, prompt="a plate", seed=5, steps=6)
    drawn(studio, lab, LINE, prompt="a road", seed=6, steps=7)
    strip = studio.results.strip
    assert [cell["title"] for cell in strip.cells] == ["a road", "a plate"]
    assert strip.shown == strip.cells[0]["id"]
    studio.live_button.value = True
    until(lab, lambda: studio.result.request.recipe == studio.request().recipe)
    let_it_follow(studio)
    runs = len(engine.runs)
    tell(studio, kind="bring", id=strip.cells[-1]["id"])
    assert studio.canvas.sketch == CIRCLE
    assert studio.request().recipe == first.request.recipe
    assert Picture.of(studio.view.png) == first.picture
    assert studio.view.outdated == ""
    assert strip.shown == strip.cells[-1]["id"]
    let_it_follow(studio)
    assert len(engine.runs) == runs, "what is shown again need not be drawn again"
    studio.close()


def test_quick_live_pictures_are_left_out_until_one_is_kept(lab: Lab) -> None:
    studio = opened(lab, "text_to_image")
    quick = lab.submit_live(studio.request(prompt="a bee", seed=3)).wait(20)
    kept = lab.gallery.add(Result(quick.picture, _quick(quick), quick.plan, 1.0), is_live=True)
    studio.view.show(kept)
    studio.results.strip.look(kept.path)
    assert kept.path not in [one.path for one in studio.recent]
    studio.keep()
    let_it_follow(studio)
    assert studio.recent[0].path == kept.path
    assert studio.results.strip.cells[0]["is_starred"]
    assert studio.view.is_starred
    tell(studio, kind="star", id=studio.recent[0].id, is_starred=False)
    assert not studio.view.is_starred
    studio.close()


def _quick(result: Result) -> Any:
    from dataclasses import replace

    return replace(result.request, is_quick=True)


def test_a_message_that_no_page_sends_does_nothing(lab: Lab) -> None:
    studio = opened(lab, "text_to_image")
    tell(studio)
    tell(studio, kind="bring")
    tell(studio, kind="bring", id=True)
    tell(studio, kind="seen", ids="x")
    tell(studio, kind="seen", ids=[1.5, None, 99])
    tell(studio, kind="star", id=99)
    assert (studio.bar.error, studio.view.png) == ("", b"")
    studio.close()


def test_another_seed_and_a_little_of_another_are_drawn_at_once_without_live(lab: Lab) -> None:
    studio = opened(lab, "text_to_image")
    first = drawn(studio, lab, prompt="a fig").request.recipe
    studio.new_seed()
    until(lab, lambda: studio.result.request.recipe.seed != first.seed)
    studio.vary()
    until(lab, lambda: studio.result.request.recipe.variation_seed is not None)
    assert 0 < studio.result.request.recipe.variation_strength < 0.5
    studio.close()


def test_nothing_is_drawn_live_for_a_page_that_nobody_sees(lab: Lab, engine: ScriptedEngine) -> None:
    studio = Studio(lab)
    part_of(studio, ViewFit).set_state({"is_seen": False})
    studio.canvas.sketch = CIRCLE
    let_it_follow(studio)
    assert not lab.queue.jobs
    assert engine.runs == []
    part_of(studio, ViewFit).set_state({"is_seen": True})
    until(lab, lambda: studio.result is not None)
    studio.close()
