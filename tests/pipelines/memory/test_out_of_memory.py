"""The promise: a device that is full costs a little time or a little exactness, seldom the picture, never the lab."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diffusers import DDIMScheduler, StableDiffusionPipeline
from spandrel import ImageModelDescriptor

from lab.core import Lora, OutOfMemory, Recipe, Request, Size
from lab.pipelines import stages
from lab.pipelines.memory.oom_fallbacks import is_out_of_memory
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import ERRORS, PHOTO, Full, Visitor, asked, full_at, parameters_of_the_process
from tests.pipelines.reporters import Told


def wanted(stage: str, seed: int = 1) -> Request:
    if stage.startswith("control"):
        return asked("starter", "control_to_image", ("lines",), seed=seed)
    return asked("starter", "image_to_image" if stage == "encode" else "text_to_image", seed=seed)


@contextmanager
def full(engine: DrawingEngine, stage: str, times: float, error: Exception) -> Iterator[None]:
    """While this lasts, a stage of the starter finds the device full `times` times."""
    model = engine.loaded["starter"]
    parts, nets = model.components, model.controls.nets
    holder, name = {
        "control": (stages, "control_map"),
        "controlnet": (next(iter(nets.values()), None), "forward"),
        "words": (parts["text_encoder"], "forward"),
        "encode": (parts["vae"], "encode"),
        "denoise": (parts["unet"], "forward"),
        "decode": (parts["vae"], "decode"),
    }[stage]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holder, name, Full(getattr(holder, name), times, error))
        yield


ENLARGED = Request(Recipe(task="upscale", image=(_photo := PHOTO.resized(Size(160, 160))).hash), {_photo.hash: _photo})
STAGES = ("control", "controlnet", "words", "encode", "denoise", "decode")
KEPT_AS = {"control": "control map", "controlnet": "denoise", "decode": "picture"}
"""What the cache calls their results, where it is another word."""


@pytest.mark.parametrize(
    ("stage", "device"), [*((stage, "CUDA") for stage in STAGES), *(("decode", device) for device in list(ERRORS)[1:])]
)
def test_a_stage_that_finds_the_device_full_once_is_done_again_and_the_picture_is_the_same(
    engine: DrawingEngine, stage: str, device: str
) -> None:
    expected, _ = engine.run(wanted(stage), Told())
    engine.run(wanted(stage, seed=2), Told())
    engine.forget(*(KEPT_AS.get(name, name) for name in STAGES[STAGES.index(stage) :]))
    engine.cache.get("else", (), lambda: "kept", lambda _: 4)
    reporter = Told()
    with full(engine, stage, 1, ERRORS[device]):
        picture, _ = engine.run(wanted(stage), reporter)
    assert picture == expected
    assert engine.notes == ("threw away kept results",)
    assert "memory was full: threw away kept results" in [said for said, _, _ in reporter.stages]
    engine.run(wanted(stage), Told())
    assert engine.notes == ()


def drawn_beside_an_idle_model(engine: DrawingEngine) -> None:
    """Draws with the starter while another model is in memory; its decoder finds the device full twice."""
    expected, _ = engine.run(wanted("decode"), Told())
    engine.run(asked("sd15"), Told())
    engine.forget("picture")
    with full(engine, "decode", 2, ERRORS["CUDA"]):
        picture, _ = engine.run(wanted("decode"), Told())
    assert picture == expected


def test_idle_models_go_before_anything_is_made_less_exact(engine: DrawingEngine) -> None:
    drawn_beside_an_idle_model(engine)
    assert engine.notes == ("threw away kept results", "dropped models that were not in use")
    assert {one.owner for one in engine.memory_report().residents} == {"starter", "cache"}


@pytest.mark.usefixtures("engine")
def test_networks_that_read_pictures_go_before_idle_models() -> None:
    auxiliary = Visitor(1000)
    engine = DrawingEngine("cpu", auxiliaries=[auxiliary])
    drawn_beside_an_idle_model(engine)
    assert engine.notes == ("threw away kept results", "let networks go that read pictures")
    assert auxiliary.bytes == 0
    assert {one.owner for one in engine.memory_report().residents} == {"starter", "sd15", "cache"}


@pytest.mark.parametrize("task", ["text_to_image", "image_to_image", "control_to_image"])
def test_a_stage_that_keeps_something_and_never_fits_is_given_up(engine: DrawingEngine, task: str) -> None:
    """The encoder's answer and the first step are kept each time: to throw them away again and again helps nobody."""
    before = asked("starter", task, ("lines",) if task.startswith("control") else (), steps=4)
    expected, _ = engine.run(before, Told())
    engine.forget()
    tried: list[int] = []

    def step(*_: Any, **__: Any) -> None:
        """What follows the network's first call does not fit."""
        tried.append(1)
        assert len(tried) < 50, "tried for ever"
        raise type(ERRORS["CUDA"])(*ERRORS["CUDA"].args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DDIMScheduler, "step", step)
        for guidance_scale in (3.0, 4.0):  # of a first step that is known already, too
            tried.clear()
            with pytest.raises(OutOfMemory, match="after the lab threw away kept results"):
                engine.run(Request(before.recipe.changed(guidance_scale=guidance_scale), before.pictures), Told())
    assert engine.run(before, Told())[0] == expected


@pytest.mark.parametrize("stage", ["encode", "decode"])
def test_the_autoencoder_works_in_tiles_when_nothing_else_helps_and_that_is_said(
    engine: DrawingEngine, stage: str
) -> None:
    expected, _ = engine.run(wanted(stage), Told())
    engine.forget()
    with full(engine, stage, 2, ERRORS["CUDA"]):
        picture, _ = engine.run(wanted(stage), Told())
    assert engine.notes == ("threw away kept results", "ran the autoencoder in tiles")
    assert picture.size == expected.size
    assert engine.loaded["starter"].tile_px > 0


def test_tiles_become_smaller_until_one_fits(engine: DrawingEngine) -> None:
    large = asked("starter", width=320, height=256)
    expected, _ = engine.run(large, Told())
    engine.forget()
    with full(engine, "decode", 3, ERRORS["CUDA"]):
        picture, _ = engine.run(large, Told())
    assert engine.notes[-1] == "made the autoencoder's tiles smaller"
    assert engine.loaded["starter"].tile_px == 128
    assert picture.size == expected.size
    again, _ = engine.run(large, Told())
    assert again == picture, "what was made in tiles is kept under its own name"
    _, planned = engine.run(asked("starter", width=320, height=256, seed=4), Told())
    assert planned.note == "still drawn in tiles of 128 pixels: lab.release() ends that"
    engine.release()
    exact, planned = engine.run(large, Told())
    assert (exact, planned.note) == (expected, "")
    off = np.abs(picture.pixels.astype(int) - expected.pixels.astype(int)).mean()
    assert 0 < off < 10, f"tiles change the picture by {off:.2f} levels"


@pytest.mark.parametrize("stage", STAGES)
def test_a_device_that_stays_full_is_one_sentence_and_the_lab_goes_on(engine: DrawingEngine, stage: str) -> None:
    expected, _ = engine.run(wanted("denoise", seed=9), Told())
    engine.run(wanted(stage), Told())
    engine.forget()
    with (
        full(engine, stage, float("inf"), ERRORS["CUDA"]),
        pytest.raises(OutOfMemory, match="lower the size") as raised,
    ):
        engine.run(wanted(stage), Told())
    assert raised.value.__cause__ is None, "the error of torch would keep its tensors alive"
    assert raised.value.__context__ is None
    assert len(str(raised.value).splitlines()) == 1
    assert engine.run(wanted("denoise", seed=9), Told())[0].size == expected.size


def test_a_model_that_finds_the_device_full_while_it_is_read_is_read_again(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.run(asked("sd15"), Told())
    monkeypatch.setattr("lab.pipelines.models.placed_parts.on_device", Full(lambda part, _: part, 1, ERRORS["CUDA"]))
    engine.run(asked("sdxl"), Told())
    assert engine.notes == ("threw away kept results",)
    assert [one.what for one in engine.memory_report().residents if one.owner == "sdxl"].count("unet") == 1


def test_a_lora_that_finds_the_device_full_while_it_is_read_is_read_again(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch, tiny: dict[str, Path]
) -> None:
    inked = asked("sd15", loras=(Lora(name=str(tiny["sd15"] / "ink.safetensors")),))
    expected, _ = engine.run(inked, Told())
    engine.release()
    engine.cache.get("else", (), lambda: "kept", lambda _: 4)
    reading = full_at(monkeypatch, StableDiffusionPipeline, "load_lora_weights", 1)
    assert engine.run(inked, Told())[0] == expected
    assert engine.notes == ("threw away kept results",)
    assert reading.left == 0


def test_an_upscaler_that_finds_the_device_full_while_it_is_read_is_read_again(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = engine.run(ENLARGED, Told())
    engine.release()
    engine.cache.get("else", (), lambda: "kept", lambda _: 4)
    full_at(monkeypatch, ImageModelDescriptor, "to", 1)
    assert engine.run(ENLARGED, Told())[0] == expected
    assert engine.notes == ("threw away kept results",)


def test_an_upscaler_that_never_fits_while_it_is_read_is_one_sentence_and_the_lab_goes_on(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        full_at(patch, ImageModelDescriptor, "to", float("inf"))
        with pytest.raises(OutOfMemory, match="the upscaler starter needs more memory than cpu has"):
            engine.run(ENLARGED, Told())
    assert engine.run(ENLARGED, Told())[0].size == Size(640, 640)


@pytest.mark.parametrize(
    ("times", "note"), [(1, "threw away kept results"), (2, "enlarged the picture in smaller tiles")]
)
def test_an_upscaler_works_in_smaller_tiles_when_nothing_else_helps(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch, times: int, note: str
) -> None:
    expected, _ = engine.run(ENLARGED, Told())
    engine.forget()
    engine.cache.get("else", (), lambda: "kept", lambda _: 4)
    full_at(monkeypatch, ImageModelDescriptor, "__call__", times)
    made, plan = engine.run(ENLARGED, Told())
    assert made.size == expected.size == Size(640, 640)
    assert note in engine.notes
    assert note in plan.note


def test_an_upscaler_on_a_device_that_stays_full_is_one_sentence_and_the_lab_goes_on(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = engine.run(ENLARGED, Told())
    engine.forget()
    with monkeypatch.context() as patch:
        full_at(patch, ImageModelDescriptor, "__call__", float("inf"))
        with pytest.raises(OutOfMemory, match="lower the size") as raised:
            engine.run(ENLARGED, Told())
    assert len(str(raised.value).splitlines()) == 1
    assert engine.run(ENLARGED, Told())[0] == expected


def test_a_model_that_never_fits_while_it_is_read_is_one_sentence_and_the_lab_goes_on(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = engine.run(asked("sd15"), Told())
    before = parameters_of_the_process()
    with monkeypatch.context() as patch:
        patch.setattr(
            "lab.pipelines.models.placed_parts.on_device", Full(lambda part, _: part, float("inf"), ERRORS["CUDA"])
        )
        with pytest.raises(OutOfMemory, match=r"sdxl needs more memory than cpu has.*: lower the size"):
            engine.run(asked("sdxl"), Told())
    assert parameters_of_the_process() <= before
    assert engine.run(asked("sd15"), Told())[0] == expected


def test_other_errors_are_left_alone(engine: DrawingEngine) -> None:
    engine.run(wanted("denoise"), Told())
    engine.forget()
    broken = RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    with full(engine, "denoise", 1, broken), pytest.raises(RuntimeError, match="mat1 and mat2"):
        engine.run(wanted("denoise"), Told())
    assert engine.notes == ()
    assert not is_out_of_memory(broken)
