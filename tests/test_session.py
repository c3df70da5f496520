from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lab import BadInput, Lab, Sketch, SketchlabError, open_lab
from lab.core import Picture, control, reference
from lab.core.errors import Stopped, WouldBlock
from lab.core.events import Event, Finished, Queued
from lab.core.recipe import Control, Request
from lab.preprocessors import Weights
from lab.session.engine_host import EngineHost
from lab.tasks import PlannedRequest, plan
from lab.vision import annotators
from tests.fakes import MeasuringEngine, ScriptedEngine

PHOTO = Picture(np.full((64, 96, 3), 200, np.uint8))
SKETCH = Sketch().circle(256, 256, 100)


def test_a_sketch_becomes_a_kept_picture(lab: Lab) -> None:
    result = lab.run("sketch_to_image", sketch=SKETCH, prompt="a red apple", seed=7, sketch_strength=0.8).wait(20)
    assert result.path is not None
    assert result.path.is_file()
    (kept,) = lab.gallery.latest(5)
    assert kept.recipe == result.request.recipe
    assert (kept.recipe.prompt, kept.recipe.seed, kept.recipe.controls[0].weight) == ("a red apple", 7, 0.8)


@pytest.mark.parametrize(
    ("task", "settings", "sentence"),
    [
        ("sketch_to_image", {}, "needs a sketch"),
        ("text_to_image", {"sketch": SKETCH}, "takes no sketch"),
        ("paint", {}, "there is no task 'paint': use one of inpaint, outpaint, sketch_to_image, text_to_image"),
        ("paint", {"sketch": SKETCH}, "there is no task 'paint'"),
        ("text_to_image", {"model": "sd99"}, "no model 'sd99': use one of starter"),
        ("text_to_image", {"strength": 0.5}, "text_to_image does not use strength"),
        ("image_to_image", {}, "image_to_image needs a picture to start from: give image=..."),
        ("image_to_image", {"image": PHOTO, "strength": 1.5}, "strength: should be at most 1, not 1.5"),
        ("image_to_image", {"image": PHOTO, "references": [reference(PHOTO)]}, "starter has no IP-Adapter"),
        ("image_to_image", {"image": PHOTO, "loras": ({"name": "ink"},)}, "starter takes no LoRAs"),
        ("control_to_image", {"controls": [control(PHOTO, "smell")]}, "starter has no ControlNet for 'smell'"),
        ("control_to_image", {"controls": [control(PHOTO, "lines")] * 5}, "follows at most 4 controls at once, not 5"),
        ("text_to_image", {"feather": 2}, "there is no field 'feather'"),
        ("text_to_image", {"scheduler": "magic"}, "no scheduler 'magic': use one of ddim"),
        ("sketch_to_image", {"sketch": "nowhere.png"}, "there is no picture file nowhere.png"),
        ("sketch_to_image", {"sketch": SKETCH, "sketch_strength": 3}, "sketch_strength: should be at most 2, not 3"),
        ("sketch_to_image", {"sketch": SKETCH, "steps": 1.5}, "steps"),
    ],
)
def test_mistakes_are_refused_at_the_door(lab, engine, task, settings, sentence) -> None:
    with pytest.raises(BadInput, match=sentence):
        lab.run(task, **settings)
    assert engine.runs == []


def test_a_control_that_the_model_lacks_is_refused(lab: Lab) -> None:
    request = lab.request("sketch_to_image", sketch=SKETCH)
    (own,) = request.recipe.controls
    wrong = request.recipe.changed(controls=(Control(kind="depth", picture=own.picture),))
    with pytest.raises(BadInput, match="starter has no ControlNet for 'depth'; it has lines, scribble"):
        lab.submit(type(request)(wrong, request.pictures))


def test_a_sketch_may_be_strokes_an_array_or_a_file(lab: Lab, tmp_path: Path) -> None:
    pixels = np.full((40, 60, 3), 255, np.uint8)
    pixels[20] = 0

    from PIL import Image

    Image.fromarray(pixels).save(tmp_path / "drawn.png")
    by_array = lab.request("sketch_to_image", sketch=pixels)
    by_file = lab.request("sketch_to_image", sketch=tmp_path / "drawn.png")
    assert by_array == by_file


def test_another_lab_on_the_same_session_finds_everything(tmp_path: Path) -> None:
    with Lab(session="shop", home=tmp_path, engine=ScriptedEngine()) as lab:
        lab.autosave.history("canvas").replace(SKETCH)
        lab.run("text_to_image", prompt="a shoe").wait(20)
    with Lab(session="shop", home=tmp_path, engine=ScriptedEngine()) as lab:
        assert lab.autosave.history("canvas").sketch == SKETCH
        assert lab.gallery.latest()[0].recipe.prompt == "a shoe"
    with Lab(session="other", home=tmp_path, engine=ScriptedEngine()) as lab:
        assert lab.gallery.latest() == []


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "x" * 100])
def test_a_sessions_name_must_be_a_file_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="session's name"):
        open_lab(session=name, home=tmp_path)


def test_with_a_full_disk_the_picture_still_comes_with_a_word(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lab.gallery, "add", full)
    result = lab.run("text_to_image").wait(20)
    assert result.path is None
    assert result.note == "not saved: No space left on device"
    drawn = replace(result, plan=replace(result.plan, note="drawn in tiles"))
    assert drawn.note == "drawn in tiles; not saved: No space left on device", "the one hides nothing of the other"


def test_a_listener_that_fails_harms_nobody(lab: Lab) -> None:
    heard = []
    finished = threading.Event()
    lab.subscribe(lambda event: 1 // event.job // 0)
    unsubscribe = lab.subscribe(lambda event: isinstance(event, Finished) and (heard.append(event) or finished.set()))
    lab.run("text_to_image").wait(20)
    assert finished.wait(20)
    unsubscribe()
    lab.run("text_to_image", seed=5).wait(20)
    lab.close()
    assert len(heard) == 1
    assert "ZeroDivisionError" in lab.log_file.read_text()


@pytest.mark.parametrize("is_live", [False, True])
def test_who_asks_hears_what_comes_of_it_and_of_nothing_else(lab: Lab, *, is_live: bool) -> None:
    submit = lab.submit_live if is_live else lab.submit
    heard: list[Event] = []
    mine = submit(lab.request("text_to_image", prompt="mine"), heard.append)
    lab.run("text_to_image", prompt="another's").wait(20)
    assert {event.job for event in heard} == {mine.number}
    assert isinstance(heard[0], Queued)
    assert heard[-1] == Finished(mine.number, mine.wait(20))


def test_opening_a_session_again_gives_the_same_lab_until_it_is_closed(tmp_path: Path) -> None:
    first = open_lab(home=tmp_path)
    assert open_lab(home=str(tmp_path)) is first
    with open_lab(session="other", home=tmp_path) as other:
        assert other is not first
        assert other.engine is first.engine, "all labs of a kernel share one engine"
    first.close()
    with open_lab(home=tmp_path) as second:
        assert second is not first


def test_networks_of_preprocessors_are_counted_and_released(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.pth").write_bytes(bytes(2_000_000))
    monkeypatch.setattr(Weights, "folder", lambda *_: tmp_path)
    network = SimpleNamespace(to=lambda _: lambda pixels, **_: pixels)
    picture = Picture(np.zeros((64, 64, 3), np.uint8))
    annotators.Detector(Weights("HEDdetector", ("net.pth",), read=lambda _: network), "cpu")(picture, picture.size)
    (held,) = annotators.residents()
    assert (held.owner, held.what, held.bytes) == ("control", "HEDdetector", 2_000_000)
    assert held in EngineHost().memory_report().residents
    assert lab.release() == 2_000_000
    assert annotators.residents() == []


def test_a_place_has_one_holder(lab: Lab) -> None:
    left = []
    lab.take_place("studio", lambda: left.append("first"))
    lab.take_place("studio", lambda: left.append("second"))
    assert left == ["first"]


def test_a_batch_counts_its_seeds_up_and_each_is_what_its_seed_gives(lab: Lab) -> None:
    batch = [job.wait(20) for job in lab.batch("text_to_image", 3, seed=5, prompt="a red apple")]
    assert [result.request.recipe.seed for result in batch] == [5, 6, 7]
    assert batch[1].picture == lab.run("text_to_image", seed=6, prompt="a red apple").wait(20).picture
    with pytest.raises(BadInput, match="count must be at least 1, not 0"):
        lab.batch("text_to_image", 0)


def test_a_grid_puts_every_product_of_a_folder_into_every_scene(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "products"
    folder.mkdir()
    for name, level in (("shoe", 30), ("cup", 90)):
        Picture(np.full((40, 40, 3), level, np.uint8)).to_pil().save(folder / f"{name}.png")
    (folder / "notes.txt").write_text("no picture")
    over = {"image": folder, "prompt": ["a beach", "a table"]}
    jobs = lab.grid("product_shot", over, product_height=0.4, seed=3)
    assert list(jobs) == ["cup, a beach", "cup, a table", "shoe, a beach", "shoe, a table"]
    made = {name: job.wait(20).request.recipe for name, job in jobs.items()}
    assert [recipe.prompt for recipe in made.values()] == ["a beach", "a table"] * 2
    assert made["shoe, a table"].image == Picture.of(folder / "shoe.png").hash
    assert {(recipe.seed, recipe.settings["product_height"]) for recipe in made.values()} == {(3, 0.4)}


def test_a_grid_goes_over_numbers_and_pictures_too_and_names_them_apart(lab: Lab) -> None:
    jobs = lab.grid("image_to_image", {"image": [PHOTO, PHOTO], "strength": [0.2, 0.8]})
    assert list(jobs) == [f"image {n}, strength {s}" for n in (1, 2) for s in (0.2, 0.8)]


@pytest.mark.parametrize(
    ("over", "names"),
    [
        ({"prompt": ["x", "x 2", "x"]}, ["x", "x 2", "x 3"]),
        ({"prompt": ["a, b", "a"], "negative_prompt": ["c", "b, c"]}, ["a, b, c", "a, b, b, c", "a, c", "a, b, c 2"]),
    ],
)
def test_a_grid_drops_no_combination_whatever_the_words(lab: Lab, over: dict[str, list[str]], names: list[str]) -> None:
    assert list(lab.grid("text_to_image", over)) == names


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({}, "something to go over"),
        ({"prompt": []}, "at least one prompt, and this list is empty"),
        ({"prompt": "a beach"}, r"over a list, or a folder of pictures: prompt=\['a beach'\]"),
        ({"seed": [1, -5]}, "seed: should be at least 0, not -5"),
    ],
)
def test_a_grid_that_cannot_be_made_starts_nothing(lab, engine, over, sentence) -> None:
    with pytest.raises(BadInput, match=sentence):
        lab.grid("text_to_image", over)
    assert engine.runs == []


def test_every_picture_is_planned_once_however_it_is_asked_for(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts: list[str] = []

    def counted(request: Request) -> PlannedRequest:
        prompts.append(request.recipe.prompt)
        return plan(request)

    for place in ("lab.session.lab.plan", "lab.session.many.many_pictures.plan", "lab.session.runner.plan"):
        monkeypatch.setattr(place, counted)
    asked = [lab.run("text_to_image", prompt="run"), *lab.batch("text_to_image", 2, prompt="batch")]
    asked += lab.grid("text_to_image", {"prompt": ["grid", "grid 2"]}).values()
    asked += [lab.submit_live(lab.request("text_to_image", prompt="live"))]
    for job in asked:
        job.wait(20)
    assert prompts == ["run", "batch", "batch", "grid", "grid 2", "live"]


def test_an_empty_folder_is_named(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no picture in the folder"):
        lab.grid("upscale", {"image": tmp_path})


@pytest.fixture
def measuring(tmp_path: Path) -> Iterator[tuple[Lab, MeasuringEngine]]:
    engine = MeasuringEngine()
    with Lab("starter + taylorseer", home=tmp_path, engine=engine) as lab:
        yield lab, engine
        engine.gate.set()


def test_a_cost_is_measured_on_the_workers_thread_and_awaited(measuring: tuple[Lab, MeasuringEngine]) -> None:
    lab, engine = measuring
    heard: list[Event] = []
    lab.subscribe(heard.append)

    async def cell() -> float:
        return await lab.cost("text_to_image", prompt="a cup")

    assert asyncio.run(cell()) == 2.0
    assert engine.threads == {"lab-worker"}
    assert not [event for event in heard if isinstance(event, Queued | Finished)], "no picture came of it"
    assert lab.gallery.latest() == []


def test_a_cost_is_waited_for_in_a_script_and_not_in_a_cell(measuring: tuple[Lab, MeasuringEngine]) -> None:
    lab, _ = measuring

    async def cell() -> float:
        return lab.cost("text_to_image").wait(20)

    with pytest.raises(WouldBlock, match="would freeze the notebook"):
        asyncio.run(cell())
    assert lab.cost("text_to_image").wait(20) == 2.0


def test_measuring_a_cost_can_be_cancelled(measuring: tuple[Lab, MeasuringEngine]) -> None:
    lab, engine = measuring
    engine.gate.clear()
    running, waiting = lab.cost("text_to_image", prompt="first"), lab.cost("text_to_image", prompt="second")
    assert engine.at_gate.wait(20)
    lab.cancel()
    engine.gate.set()
    for errand in (running, waiting):
        with pytest.raises(Stopped):
            errand.wait(20)
    assert engine.runs == [("first", 0)]


def test_a_cost_that_cannot_be_measured_is_refused_at_the_door(
    measuring: tuple[Lab, MeasuringEngine], lab: Lab
) -> None:
    traded, engine = measuring
    with pytest.raises(BadInput, match=r"starter is drawn exactly.*: measure acceleration='taylorseer', for one"):
        traded.cost("text_to_image", model="starter")
    with pytest.raises(BadInput, match="image_to_image needs a picture"):
        traded.cost("image_to_image")
    with pytest.raises(SketchlabError, match="only the diffusers engine can measure"):
        lab.cost("text_to_image", model="starter + taylorseer")
    assert engine.runs == []


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> EngineHost:
    """The engine that all labs of a kernel share, of a kernel that has just started."""
    engine = EngineHost()
    monkeypatch.setattr("lab.session.lab.shared_engine", lambda: engine)
    return engine


def test_a_limit_of_memory_is_shown_before_the_engine_wakes_and_the_newest_word_counts(
    shared: EngineHost, tmp_path: Path
) -> None:
    with open_lab(home=tmp_path, memory_gb=6) as lab:
        assert "of 6000.0 MB" in str(lab.memory)
        assert open_lab(home=tmp_path) is lab
        assert lab.memory.limit_bytes == 6e9, "nothing was said, so nothing is changed"
        assert open_lab(home=tmp_path, memory_gb=4.5) is lab
        assert lab.memory.limit_bytes == 4.5e9
        with open_lab(session="other", home=tmp_path) as other:
            other.limit_memory(3)
            assert lab.memory.limit_bytes == 3e9
            other.limit_memory(None)
            assert lab.memory.limit_bytes == 0


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), "6", True, [6]])
def test_a_limit_that_is_no_number_above_0_is_refused_at_the_door(
    shared: EngineHost, tmp_path: Path, wrong: object
) -> None:
    with open_lab(home=tmp_path, memory_gb=2) as lab:
        with pytest.raises(BadInput, match=r"memory_gb must be a (finite )?number"):
            open_lab("sd15", home=tmp_path, memory_gb=wrong)
        with pytest.raises(BadInput, match=r"memory_gb must be a (finite )?number"):
            lab.limit_memory(wrong)
        assert not lab.is_closed
        assert lab.memory.limit_bytes == 2e9


def test_a_lab_whose_engine_keeps_no_account_has_no_limit(lab: Lab) -> None:
    with pytest.raises(SketchlabError, match="keeps no account of its memory"):
        lab.limit_memory(6)
