from __future__ import annotations

import json
import logging
import threading
from pathlib import Path

import numpy as np
import pytest
from ipywidgets import HTML

from lab import BadInput, Lab, Request, Stroke
from lab.core.catalogue import model_card
from lab.core.events import Progress
from lab.gallery import autosave
from lab.gallery.files import write_whole
from lab.tasks import task_named
from tests.fakes import ScriptedEngine
from tests.widgets.controls import control, parts_of
from tests.widgets.studio.following import CIRCLE, SOON_S, drawn_with, let_it_follow, until
from widgets import ParamPanel, Studio


def test_a_stroke_becomes_a_picture_quick_first_and_then_in_full(
    studio: Studio, lab: Lab, engine: ScriptedEngine
) -> None:
    assert studio.canvas is not None
    steps_drawn = []
    lab.subscribe(lambda event: hasattr(event, "result") and steps_drawn.append(event.result.request.recipe.steps))
    studio.canvas.draw(Stroke(np.array([[10, 10], [200, 200]])))
    until(lab, lambda: len(steps_drawn) == 2)
    assert steps_drawn == [lab.card.live_steps, lab.card.steps]
    until(lab, lambda: drawn_with(studio) == ("", 0, lab.card.steps))
    assert len(engine.runs) == 2


def test_a_new_prompt_a_new_seed_and_a_moved_slider_each_give_a_new_picture(studio: Studio, lab: Lab) -> None:
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    studio.panel.settings = {"prompt": "a red apple"}
    until(lab, lambda: drawn_with(studio) == ("a red apple", 0, lab.card.steps))
    studio.panel.settings = {"seed": 5}
    until(lab, lambda: drawn_with(studio) == ("a red apple", 5, lab.card.steps))
    studio.panel.settings = {"steps": 3}
    until(lab, lambda: drawn_with(studio) == ("a red apple", 5, 3))


def test_an_empty_canvas_draws_nothing_by_itself(studio: Studio, engine: ScriptedEngine, lab: Lab) -> None:
    studio.panel.settings = {"prompt": "a red apple"}
    let_it_follow(studio)
    lab.run("text_to_image").wait(SOON_S)
    assert [prompt for prompt, _ in engine.runs] == [""]


def test_without_live_only_draw_draws_and_the_picture_is_kept(studio: Studio, lab: Lab, engine: ScriptedEngine) -> None:
    assert studio.canvas is not None
    studio.live_button.value = False
    studio.canvas.sketch = CIRCLE
    let_it_follow(studio)
    assert engine.runs == []
    studio.draw_button.click()
    until(lab, lambda: studio.result is not None)
    assert not lab.gallery.latest()[0].is_live
    assert len(engine.runs) == 1


def test_cancel_stops_and_the_next_stroke_draws_again(studio: Studio, lab: Lab, engine: ScriptedEngine) -> None:
    assert studio.canvas is not None
    engine.gate.clear()
    studio.canvas.sketch = CIRCLE
    assert engine.at_gate.wait(SOON_S)
    control(studio.bar, "Cancel").click()
    engine.gate.set()
    until(lab, lambda: studio.bar.text == "Cancelled")
    assert studio.result is None
    studio.canvas.draw(Stroke(np.array([[1, 1], [2, 2]])))
    until(lab, lambda: studio.result is not None)


def test_what_is_wrong_is_said_in_the_bar(studio: Studio, lab: Lab, engine: ScriptedEngine) -> None:
    engine.fails_with = ZeroDivisionError("oh <b>")
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    until(lab, lambda: "something broke" in studio.bar.error)
    assert "oh &lt;b&gt;" in studio.bar.error
    assert str(lab.log_file) in studio.bar.error
    studio.draw_button.click()
    engine.fails_with = None


def test_drawing_without_a_sketch_says_what_is_missing(studio: Studio, engine: ScriptedEngine) -> None:
    studio.draw_button.click()
    let_it_follow(studio)
    assert "The canvas is empty: draw something first." in studio.bar.error
    assert engine.runs == []


def test_what_was_missing_is_not_said_any_more_once_it_is_there(studio: Studio, engine: ScriptedEngine) -> None:
    studio.live_button.value = False
    studio.draw_button.click()
    let_it_follow(studio)
    assert studio.bar.error
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    let_it_follow(studio)
    assert (studio.bar.error, engine.runs) == ("", [])


def test_text_to_image_has_no_canvas_and_follows_the_words(lab: Lab) -> None:
    studio = Studio(lab, "text_to_image")
    assert studio.canvas is None
    assert "sketch_strength" not in studio.panel.settings
    studio.panel.settings = {"prompt": "a blue shoe"}
    until(lab, lambda: drawn_with(studio) == ("a blue shoe", 0, lab.card.steps))
    studio.close()


def test_everything_comes_back_after_a_restart_of_the_kernel(tmp_path: Path) -> None:
    with Lab(home=tmp_path, engine=ScriptedEngine()) as lab:
        studio = Studio(lab)
        assert studio.canvas is not None
        studio.canvas.sketch = CIRCLE
        studio.panel.settings = {"prompt": "a key", "seed": 4, "sketch_strength": 0.5}
        until(lab, lambda: drawn_with(studio) == ("a key", 4, lab.card.steps))
        shown = studio.view.png
    with Lab(home=tmp_path, engine=ScriptedEngine()) as lab:
        again = Studio(lab)
        assert again.canvas is not None
        assert again.canvas.sketch == CIRCLE
        assert again.panel.settings == {**studio.panel.settings}
        assert again.view.png == shown
        again.canvas.undo()
        assert again.canvas.sketch.is_empty


def test_damaged_settings_keep_nobody_out(lab: Lab) -> None:
    lab.autosave.save_settings("sketch_to_image", {"seed": "many", "prompt": "a key"})
    studio = Studio(lab)
    assert "saved settings could not be used" in "".join(studio.notices.sentences)
    studio.close()


def test_a_studio_shows_its_own_pictures_only(studio: Studio, lab: Lab) -> None:
    other = Studio(lab, "text_to_image")
    lab.run("sketch_to_image", sketch=CIRCLE).wait(SOON_S)
    assert studio.result is None
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    until(lab, lambda: studio.result is not None)
    assert other.result is None
    assert other.view.png == other.view.preview == b""
    other.close()


def test_running_the_cell_again_gives_a_studio_with_the_same_sketch_and_closes_the_old_one(
    studio: Studio, lab: Lab
) -> None:
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    again = Studio(lab)
    assert studio.comm is None
    assert again.canvas is not None
    assert again.canvas.sketch == CIRCLE
    until(lab, lambda: f" {lab.card.steps} steps" in again.view.caption)
    again.close()


def test_a_sketch_that_is_open_in_another_kernel_is_said_not_to_be_kept(tmp_path: Path, lab: Lab) -> None:
    lab.autosave.history("sketch_to_image")
    with Lab(home=tmp_path, engine=ScriptedEngine()) as elsewhere:
        studio = Studio(elsewhere)
        lab_loaded = threading.Event()
        elsewhere.subscribe(lambda event: event == Progress(0, "ready") and lab_loaded.set())
        elsewhere.load()
        assert lab_loaded.wait(SOON_S)
        assert "open in another kernel" in "".join(studio.notices.sentences)
        line = studio.notices.children[0]
        assert [button.description for button in line.children[1:]] == ["Take over", "Copy to a new session", ""]
        line.children[2].click()
        let_it_follow(studio)
        assert "default-2" in "".join(studio.notices.sentences)
        studio = Studio(elsewhere)
        control(studio, "Take over").click()
        let_it_follow(studio)
        assert studio.notices.sentences == []
        assert elsewhere.autosave.records("sketch_to_image")
        studio.close()


def test_a_closed_studio_hears_nothing(studio: Studio, lab: Lab) -> None:
    studio.close()
    lab.run("text_to_image").wait(SOON_S)
    assert studio.result is None


@pytest.mark.parametrize(("model", "is_there"), [("starter", False), ("sd15", True)])
@pytest.mark.parametrize(("task", "setting"), [("inpaint", "surroundings"), ("upscale", "structure")])
def test_a_slider_that_needs_a_controlnet_is_there_with_models_that_have_it(
    task: str, setting: str, model: str, is_there: bool
) -> None:
    panel = ParamPanel(model_card(model), task_named(task))
    assert (setting in panel.settings) is is_there


def test_the_panel_has_what_the_task_listens_to_with_the_models_defaults(studio: Studio, lab: Lab) -> None:
    assert studio.panel.settings == {
        "prompt": "",
        "negative_prompt": "",
        "sketch_strength": 1.0,
        "colour_strength": 0.6,
        "steps": lab.card.steps,
        "guidance_scale": lab.card.guidance_scale,
        "seed": 0,
        "filters": [],
        "width": None,
        "height": None,
        "sketch_range": (0.0, 1.0),
        "scheduler": lab.card.scheduler,
        "words": "plain",
        "variation_seed": None,
        "variation_strength": 0.0,
    }


def test_the_dice_give_another_seed(lab: Lab, studio: Studio) -> None:
    panel = ParamPanel(lab.card, studio.task)
    before = panel.settings["seed"]
    panel.sliders.children[-1].children[-1].children[-1].children[1].click()
    assert panel.settings["seed"] != before


def test_a_change_while_a_picture_is_being_asked_for_wins(
    studio: Studio, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, changed = studio.request, threading.Event()

    def overtaken() -> Request:
        made = request()
        if not changed.is_set():
            changed.set()
            studio.panel.settings = {"prompt": "newest"}
        return made

    monkeypatch.setattr(studio, "request", overtaken)
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    until(lab, lambda: drawn_with(studio) == ("newest", 0, lab.card.steps))
    assert changed.is_set()


def test_another_model_has_its_own_steps_and_the_same_words(tmp_path: Path) -> None:
    with Lab(home=tmp_path, engine=ScriptedEngine()) as small:
        Studio(small).panel.settings = {"prompt": "a key", "steps": 3}
    with Lab("sdxl", home=tmp_path, engine=ScriptedEngine()) as large:
        settings = Studio(large).panel.settings
        assert (settings["prompt"], settings["steps"], settings["guidance_scale"]) == ("a key", 30, 6.0)
    with Lab(home=tmp_path, engine=ScriptedEngine()) as small:
        assert Studio(small).panel.settings["steps"] == 3


def test_running_the_cell_again_and_again_leaves_no_widgets_behind(lab: Lab) -> None:
    from ipywidgets.widgets.widget import _instances

    Studio(lab)
    before = len(_instances)
    for _ in range(3):
        Studio(lab)
    assert len(_instances) == before
    lab.close()
    assert len(_instances) < before - 40


def test_a_broken_gallery_keeps_nobody_out_and_the_picture_still_comes(lab: Lab) -> None:
    (lab.gallery.folder / "gallery.sqlite").mkdir(parents=True)
    studio = Studio(lab)
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    until(lab, lambda: studio.result is not None)
    assert "index cannot be used" in studio.bar.error
    studio.close()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"stepz": 3}, "no setting 'stepz': it has prompt"),
        ({"steps": 151}, "steps must be between 1 and 150, not 151"),
        ({"steps": "many"}, "steps is a int, not 'many'"),
        ({"prompt": 3}, "prompt is a str, not 3"),
        ({"sketch_strength": -1}, "sketch_strength must be between 0 and 2, not -1"),
    ],
)
def test_wrong_settings_are_refused_and_nothing_moves(studio: Studio, settings: dict, sentence: str) -> None:
    before = studio.panel.settings
    with pytest.raises(BadInput, match=sentence):
        studio.panel.settings = {"seed": 5, **settings}
    assert studio.panel.settings == before


def test_a_slider_grows_for_a_value_that_the_recipe_allows(studio: Studio) -> None:
    studio.panel.settings = {"steps": 120}
    assert studio.panel.settings["steps"] == 120


def test_a_studio_says_done_of_its_own_pictures_only(lab: Lab, studio: Studio) -> None:
    said: list[str] = []
    next(parts_of(studio.bar, HTML)).observe(lambda change: said.append(change["new"]), names="value")
    lab.run("text_to_image", prompt="somebody else's").wait(SOON_S)
    until(lab, lambda: said and said[-1] == "Ready")
    assert not [text for text in said if text.startswith("Done")]
    assert studio.canvas is not None
    studio.canvas.sketch = CIRCLE
    until(lab, lambda: studio.bar.text.startswith(("Done in", "Done at once")))


def test_what_breaks_in_a_widget_is_in_the_lab_s_log(lab: Lab) -> None:
    logging.getLogger("lab.widgets").error("a stroke could not be read")
    assert "a stroke could not be read" in lab.log_file.read_text()


def test_typing_and_dragging_write_no_file_on_the_thread_that_brings_them(
    studio: Studio, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    writers = []

    def write(path: Path, content: bytes) -> None:
        writers.append(threading.current_thread())
        write_whole(path, content)

    monkeypatch.setattr(autosave, "write_whole", write)
    for count in range(1, 9):
        studio.panel.settings = {"prompt": "a" * count}
    assert threading.current_thread() not in writers
    lab.close()
    assert json.loads((lab.autosave.folder / "sketch_to_image.json").read_text())["prompt"] == "a" * 8
