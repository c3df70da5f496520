"""The promise: sessions on one engine get the memory that is theirs, and give it back when they are closed."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.core import BadInput, OutOfMemory, Recipe, Request, Stopped
from lab.core.catalogue import CATALOGUE
from lab.core.events import Event, Progress
from lab.core.model_card import ControlSource
from lab.pipelines.models import controlnets, loaded_model
from lab.session import Lab, open_lab
from lab.session.engine_host import EngineHost
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import ERRORS, Clock, Full, asked, held, names, weight_of
from tests.pipelines.reporters import Told, Watching

QUICK = {"prompt": "a cup", "steps": 1}


class StopAtReading(Told):
    """Hooks of a job that is cancelled once its model is there."""

    def __init__(self, engine: DrawingEngine) -> None:
        super().__init__()
        self._engine = engine

    def check(self) -> None:
        if held(self._engine, "sd15"):
            msg = "cancelled by the test"
            raise Stopped(msg)


@pytest.fixture
def one_model(engine: DrawingEngine) -> Callable[[], DrawingEngine]:
    """Makes engines with room for either sd15 or sdxl, whose clock stands still."""
    for model in ("sd15", "sdxl"):
        engine.run(asked(model), Told())
    budget = max(weight_of(engine, model) for model in ("sd15", "sdxl")) + 20_000
    return lambda: DrawingEngine("cpu", memory_bytes=budget, clock=Clock())


def loaded(lab: Lab) -> Lab:
    """The lab, with its model read in the background."""
    there = threading.Event()

    def hear(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "ready":
            there.set()

    unsubscribe = lab.subscribe(hear)
    lab.load()
    assert there.wait(60)
    unsubscribe()
    return lab


def test_another_model_fits_as_soon_as_the_lab_of_the_first_is_closed(
    one_model: Callable[[], DrawingEngine], tmp_path: Path
) -> None:
    engine = one_model()
    with loaded(Lab("sd15", home=tmp_path, engine=engine)) as first:
        first.run("text_to_image", **QUICK).wait(60)
    with Lab("sdxl", home=tmp_path, engine=engine) as second:
        second.run("text_to_image", **QUICK).wait(60)
    assert not held(engine, "sd15")


def test_a_session_that_opens_pins_its_model_in_place_of_another_ones(
    one_model: Callable[[], DrawingEngine],
) -> None:
    engine = one_model()
    engine.load("sd15", Told())
    engine.load("sdxl", Told())
    assert {one.why for one in held(engine, "sdxl")} == {"pinned by the live session"}
    assert not held(engine, "sd15")


def test_two_open_labs_draw_in_turn_where_only_one_of_their_models_fits(
    one_model: Callable[[], DrawingEngine], tmp_path: Path
) -> None:
    engine = one_model()
    with Lab("sd15", home=tmp_path, engine=engine) as first, Lab("sdxl", home=tmp_path, engine=engine) as second:
        for lab in (first, second):
            loaded(lab)
        for lab in (first, second, first):
            lab.run("text_to_image", **QUICK).wait(60)
            assert {one.owner for one in held(engine) if "pinned" in one.why} == {lab.card.name}


def test_what_another_open_lab_draws_with_stays_pinned_when_one_is_closed(
    one_model: Callable[[], DrawingEngine], tmp_path: Path
) -> None:
    engine = one_model()
    with loaded(Lab("sd15", home=tmp_path, engine=engine)):
        with loaded(Lab("sd15 + taylorseer", home=tmp_path, engine=engine)):
            pass
        with pytest.raises(OutOfMemory, match="beside sd15"):
            engine.run(asked("sdxl"), Told())


def test_the_pin_falls_back_to_the_lab_that_is_still_open(engine: DrawingEngine, tmp_path: Path) -> None:
    with loaded(Lab("sd15", home=tmp_path, engine=engine)):
        with loaded(Lab("sdxl", home=tmp_path, engine=engine)):
            assert {one.owner for one in held(engine) if "pinned" in one.why} == {"sdxl"}
        assert {one.owner for one in held(engine) if "pinned" in one.why} == {"sd15"}


def broken_control(tiny: dict[str, Path], folder: Path) -> str:
    """A ControlNet whose file was cut in the middle."""
    shutil.copytree(tiny["sd15"] / "controlnet-lines", folder)
    file = folder / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return str(folder)


def pickled_control(tiny: dict[str, Path], folder: Path) -> str:
    """A ControlNet of which there is only a pickle."""
    folder.mkdir()
    shutil.copy(tiny["sd15"] / "controlnet-lines" / "config.json", folder)
    (folder / "diffusion_pytorch_model.bin").write_bytes(b"x")
    return str(folder)


@pytest.mark.parametrize("bad", [broken_control, pickled_control])
def test_a_controlnet_that_cannot_be_read_ahead_is_passed_over_until_it_is_asked_for(
    engine: DrawingEngine,
    tiny: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    bad: Callable[[dict[str, Path], Path], str],
) -> None:
    card = CATALOGUE["sd15"]
    controls = {"lines": ControlSource(bad(tiny, tmp_path / "bad")), "depth": card.controls["depth"]}
    monkeypatch.setitem(CATALOGUE, "sd15", replace(card, controls=controls))
    engine.load("sd15", Told())
    assert {"sd15 unet", "sd15 ControlNet controlnet-depth"} <= names(engine)
    assert f"the ControlNet {tmp_path / 'bad'} could not be read ahead" in caplog.text
    with pytest.raises(BadInput, match=r"is a pickle|not all of it"):
        engine.run(asked("sd15", "control_to_image", ("lines",)), Told())


@pytest.mark.parametrize("device", ERRORS)
def test_a_controlnet_that_finds_the_device_full_is_not_read_ahead(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    engine.run(asked("sd15"), Told())
    monkeypatch.setattr(controlnets, "on_device", Full(controlnets.on_device, 1, ERRORS[device]))
    engine.load("sd15", Told())
    assert {"sd15 unet", "sd15 ControlNet controlnet-depth"} <= names(engine)
    assert "sd15 ControlNet controlnet-lines" not in names(engine)
    engine.run(asked("sd15", "control_to_image", ("lines",)), Told())


def test_previews_that_find_the_device_full_are_not_made_ahead(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = loaded_model.LatentToRgb.measured
    monkeypatch.setattr(loaded_model.LatentToRgb, "measured", Full(measured, 1, ERRORS["CUDA"]))
    engine.load("sd15", Told())
    told = Told()
    engine.run(asked("sd15", steps=4), told)
    assert told.previews


def test_a_cancelled_load_reads_no_controlnet_ahead(engine: DrawingEngine) -> None:
    with pytest.raises(Stopped):
        engine.load("sd15", StopAtReading(engine))
    assert not [name for name in names(engine) if "ControlNet" in name]


def test_a_batchs_pictures_are_each_what_its_seed_gives_to_the_bit(engine: DrawingEngine, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"prompt": "a cup", "steps": 2}
    with Lab("sd15", home=tmp_path, engine=engine) as lab:
        batch = [job.wait(60).picture for job in lab.batch("text_to_image", 3, seed=5, **settings)]
    assert len(set(batch)) == 3
    for seed, picture in zip((5, 6, 7), batch, strict=True):
        alone, _ = DrawingEngine("cpu").run(Request(Recipe(model="sd15", seed=seed, **settings)), Told())
        assert picture == alone, f"seed {seed}"


def test_a_lower_limit_drops_at_once_what_does_not_fit_any_more(engine: DrawingEngine) -> None:
    engine.run(asked("sd15"), Told())
    weight = weight_of(engine, "sd15")
    engine.limit_memory(weight + 20_000)
    assert weight_of(engine, "sd15") == weight
    engine.limit_memory(weight - 1)
    assert not held(engine, "sd15")
    with pytest.raises(OutOfMemory, match="sd15 needs"):
        engine.run(asked("sd15"), Told())
    engine.limit_memory(None)
    engine.run(asked("sd15"), Told())


def test_a_lower_limit_while_a_job_runs_waits_for_its_end(engine: DrawingEngine) -> None:
    def limit() -> None:
        if held(engine, "sd15"):
            engine.limit_memory(1_000_000)

    picture, _ = engine.run(asked("sd15", steps=4), Watching(limit))
    assert not held(engine, "sd15")
    engine.limit_memory(None)
    assert engine.run(asked("sd15", steps=4), Told())[0] == picture


def test_a_lab_on_an_engine_of_its_own_sets_that_ones_limit(engine: DrawingEngine, tmp_path: Path) -> None:
    with Lab("sd15", home=tmp_path, engine=engine) as lab:
        lab.limit_memory(0.75)
        assert "of 750.0 MB" in str(lab.memory)
        lab.limit_memory(None)
        assert "of 750.0 MB" not in str(lab.memory)


def test_a_limit_that_was_set_before_the_engine_woke_is_its_limit(
    engine: DrawingEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = EngineHost(lambda: engine)
    monkeypatch.setattr("lab.session.lab.shared_engine", lambda: shared)
    with open_lab("sd15", session="limited", home=tmp_path, memory_gb=0.001) as lab:
        with pytest.raises(OutOfMemory, match="sd15 needs 4 MB, and does not fit into 1 MB"):
            lab.run("text_to_image", **QUICK).wait(60)
        lab.limit_memory(None)
        lab.run("text_to_image", **QUICK).wait(60)
        assert held(engine, "sd15")
        open_lab("sd15", session="limited", home=tmp_path, memory_gb=0.002)
        assert not held(engine, "sd15")
        assert "of 2.0 MB" in str(lab.memory)
