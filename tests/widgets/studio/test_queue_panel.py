"""The queue in a Studio: a line for each job, cancelled or let ahead by itself."""

from __future__ import annotations

from lab import Lab
from tests.fakes import ScriptedEngine
from tests.widgets.controls import control, parts_of
from tests.widgets.studio.following import SOON_S, until
from widgets import Studio


def opened(lab: Lab) -> Studio:
    """A Studio of words alone that draws at the press of a button."""
    studio = Studio(lab, "text_to_image")
    studio.live_button.value = False
    return studio


def names(studio: Studio) -> set[str]:
    """What stands on the buttons below the settings."""
    return {getattr(part, "description", "") for part in parts_of(studio.panel.folds)}


def test_seeds_are_drawn_one_after_the_other_and_stand_in_the_queue(lab: Lab, engine: ScriptedEngine) -> None:
    studio = opened(lab)
    studio.panel.settings = {"prompt": "a lemon", "seed": 7}
    engine.gate.clear()
    studio.queue.seeds.many.value = 3
    studio.queue.seeds.draw.click()
    assert engine.at_gate.wait(SOON_S)
    until(lab, lambda: len(studio.queue.lines) == 3)
    assert ["seed 7" in line for line in studio.queue.lines] == [True, False, False]
    assert all("“a lemon”" in line for line in studio.queue.lines)
    assert "Queue: 3" in names(studio)
    engine.gate.set()
    until(lab, lambda: studio.queue.lines == [])
    assert [one.recipe.seed for one in lab.gallery.latest(3)] == [9, 8, 7]
    studio.close()


def test_one_is_cancelled_and_one_let_ahead_without_touching_the_others(lab: Lab, engine: ScriptedEngine) -> None:
    studio = opened(lab)
    engine.gate.clear()
    studio.queue.seeds.many.value = 4
    studio.queue.seeds.draw.click()
    assert engine.at_gate.wait(SOON_S)
    until(lab, lambda: len(studio.queue.lines) == 4)
    jobs = [line.split(" ")[0] for line in studio.queue.lines]
    assert control(studio.queue, f"Let {jobs[0]} be the next").disabled
    control(studio.queue, f"Cancel {jobs[1]}").click()
    control(studio.queue, f"Let {jobs[3]} be the next").click()
    until(lab, lambda: [line.split("seed ")[1][0] for line in studio.queue.lines] == ["0", "3", "2"])
    engine.gate.set()
    until(lab, lambda: studio.queue.lines == [])
    assert [one.recipe.seed for one in lab.gallery.latest(9)] == [2, 3, 0]
    studio.close()


def test_a_pause_holds_what_waits_and_all_is_cancelled_at_once(lab: Lab) -> None:
    studio = opened(lab)
    studio.queue.pause.value = True
    studio.queue.seeds.draw.click()
    until(lab, lambda: "Queue: 4, paused" in names(studio))
    control(studio.queue, "Cancel all").click()
    until(lab, lambda: "Queue: paused" in names(studio))
    studio.queue.pause.value = False
    assert lab.gallery.latest(9) == []
    assert not lab.queue.is_paused
    studio.close()


def test_a_queue_that_a_cell_pauses_has_its_button_pressed(lab: Lab) -> None:
    studio = opened(lab)
    for paused in (True, False):
        (lab.queue.pause if paused else lab.queue.resume)()
        studio.queue.refresh()
        until(lab, lambda paused=paused: studio.queue.pause.value is paused)
        assert lab.queue.is_paused is paused
    studio.close()


def test_where_no_seed_counts_none_are_offered(lab: Lab) -> None:
    studio = Studio(lab, "remove_background")
    assert studio.queue.seeds is None
    assert [one.description for one in studio.queue.children[0].children] == ["Pause", "Cancel all"]
    studio.close()
