"""The promise: a cancelled job stops within a step, leaves memory as it was, and the next one is right."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DiffusionPipeline
from diffusers.models import model_loading_utils

from lab.core import Picture, Request, Stopped
from lab.core.catalogue import card_for
from lab.pipelines import cancellation, precision
from tests.pipelines.checkpoints import write_checkpoint
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import PHOTO, asked, names, parameters_of_the_process
from tests.pipelines.reporters import StopAt, StopInside, Told

pytestmark = pytest.mark.usefixtures("_new_objects")


def steered(**changes: Any) -> Request:
    return asked("sd15", "image_to_image", ("lines",), steps=4, **changes)


def ready_for(engine: DrawingEngine, stage: str) -> tuple[Picture, set[str], int]:
    """The picture as it should be, and what is in memory before the same job again, which must get to that stage."""
    expected, _ = engine.run(steered(), Told())
    if stage == "loading":
        engine.release()
    engine.forget()
    return expected, names(engine), parameters_of_the_process()


@pytest.mark.parametrize(
    ("stage", "word"),
    [("loading", 1), ("loading", 2), ("loading", 3), ("loading", 5), ("control", 1), ("words", 1)]
    + [("steps", step) for step in (1, 2, 3)]
    + [("picture", 1)],
)
def test_cancelled_anywhere_memory_is_as_it_was_and_the_next_job_is_right(
    engine: DrawingEngine, stage: str, word: int
) -> None:
    expected, there, weights = ready_for(engine, stage)
    reporter = StopAt(stage, word)
    with pytest.raises(Stopped):
        engine.run(steered(), reporter)
    said = [name for name, _, _ in reporter.stages]
    assert (said.count(stage), said[-1]) == (word, stage), "it stops at that very word"
    if (stage, word) != ("loading", 5):  # by then the model is whole, and stays; its ControlNet was to come
        assert names(engine) == there
        assert parameters_of_the_process() == weights
    assert engine.run(steered(), Told())[0] == expected


def test_a_load_ahead_that_is_cancelled_keeps_no_half_model(engine: DrawingEngine) -> None:
    before = parameters_of_the_process()
    with pytest.raises(Stopped):
        engine.load("sdxl", StopAt("loading", 4))
    assert parameters_of_the_process() == before
    assert names(engine) == {"cache results of stages"}


def test_a_reference_of_a_cancelled_job_leaves_no_trace_in_the_next(engine: DrawingEngine) -> None:
    plain, _ = engine.run(asked("sd15"), Told())
    with pytest.raises(Stopped):
        engine.run(asked("sd15", lent=PHOTO), StopAt("steps", 2))
    engine.forget()
    assert engine.run(asked("sd15"), Told())[0] == plain


@pytest.fixture
def _all_read_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny weights are read as large ones are, so that there is a midst to stop in."""
    monkeypatch.setattr(cancellation, "SOON_READ_BYTES", 0)


@pytest.mark.usefixtures("_all_read_slowly")
@pytest.mark.parametrize("asked_before", [2, 20])
@pytest.mark.parametrize("stage", ["loading", "words", "steps", "picture"])
def test_cancelled_in_the_midst_of_reading_or_coding_it_stops_there(
    engine: DrawingEngine, stage: str, asked_before: int
) -> None:
    """Inside "steps" the picture to start from is encoded before the first of them."""
    expected, there, weights = ready_for(engine, stage)
    reporter = StopInside(stage, asked_before)
    with pytest.raises(Stopped):
        engine.run(steered(), reporter)
    assert reporter.left == -1 or stage == "loading", "it goes on to no other one"
    assert reporter.stages[-1][0] == stage
    assert not [step for name, step, _ in reporter.stages if name == "steps" and step] or stage == "picture"
    assert names(engine) == there
    assert parameters_of_the_process() == weights
    assert engine.run(steered(), Told())[0] == expected


class StopInFile(Told):
    """Hooks of a job that is cancelled while a file of weights is read."""

    def check(self) -> None:
        if any(frame.name == "load_file" for frame in traceback.extract_stack()):
            msg = "cancelled by the test"
            raise Stopped(msg)


@pytest.mark.usefixtures("_all_read_slowly")
def test_cancelled_while_a_file_is_read_nobody_reads_it_all_to_find_out_why(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """diffusers reads a file that it cannot load as text: gigabytes, before a job that was cancelled ends."""
    opened: list[Any] = []

    def noted(file: Any, *args: Any, **settings: Any) -> Any:
        opened.append(file)
        return open(file, *args, **settings)  # noqa: PTH123 - as the one it stands for

    monkeypatch.setattr(model_loading_utils, "open", noted, raising=False)
    with pytest.raises(Stopped):
        engine.run(asked("sd15"), StopInFile())
    assert not opened


@pytest.mark.parametrize(  # every pair of a model, an acceleration and how deep in the step
    ("model", "kinds", "acceleration", "blocks"),
    [("sd15", ("lines",), None, 1), ("sd15", ("lines",), "taylorseer", 3), ("sdxl", (), None, 3),
     ("sdxl", (), "taylorseer", 1), ("z-image", (), None, 1), ("z-image", (), "taylorseer", 3)],
)  # fmt: skip
def test_cancelled_in_the_midst_of_a_step_it_stops_there(
    engine: DrawingEngine, model: str, kinds: tuple[str, ...], acceleration: str | None, blocks: int
) -> None:
    def wanted(seed: int) -> Request:
        task = "control_to_image" if kinds else "text_to_image"
        return asked(model, task, kinds, acceleration=acceleration, steps=4, seed=seed)

    expected, _ = engine.run(wanted(1), Told())
    engine.run(wanted(2), Told())  # its words are known then
    engine.forget()
    weights = parameters_of_the_process()
    reporter = StopInside("steps", blocks)
    with pytest.raises(Stopped):
        engine.run(wanted(1), reporter)
    assert reporter.left == -1, "it goes on to no other block"
    assert [step for name, step, _ in reporter.stages if name == "steps"] == [0], "and not to the end of its step"
    assert parameters_of_the_process() == weights
    assert engine.run(wanted(1), Told())[0] == expected


def test_a_checkpoint_in_one_file_stops_in_the_midst_too(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path
) -> None:
    file = write_checkpoint(DiffusionPipeline.from_pretrained(tiny["sd15"]), tmp_path / "a.safetensors")
    card = card_for(str(file), "sd15")
    before = parameters_of_the_process()
    with pytest.raises(Stopped):
        engine.load(card, StopInside("loading", 40))
    assert parameters_of_the_process() == before
    engine.load(card, Told())


@pytest.mark.parametrize("stop_after", [2, 10**6], ids=["cancelled", "finished"])
def test_what_was_fetched_to_a_gpu_goes_back_though_the_job_was_cancelled(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch, stop_after: int
) -> None:
    gone_back: list[Any] = []

    def free(pipe: Any) -> None:
        gone_back.append(pipe)

    monkeypatch.setattr(DiffusionPipeline, "maybe_free_model_hooks", free)
    try:
        engine.run(steered(seed=3), Told(stop_after=stop_after))
    except Stopped:
        assert stop_after == 2
    assert len(gone_back) == 1


def test_an_autoencoder_that_encodes_in_another_precision_is_as_it_was_after_a_cancel(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(precision._TABLE, "sdxl", {"cpu": (torch.bfloat16,)})  # half of what it encodes in
    words = asked("sdxl")
    expected, _ = engine.run(words, Told())
    vae = engine.loaded["sdxl"].components["vae"]
    seen: list[torch.dtype] = []

    def stopped(pixels: torch.Tensor, **_: Any) -> Any:
        seen.append(pixels.dtype)
        msg = "cancelled by the test"
        raise Stopped(msg)

    with monkeypatch.context() as patch:
        patch.setattr(vae, "encode", stopped)
        with pytest.raises(Stopped):
            engine.run(asked("sdxl", "image_to_image"), Told())
    assert seen == [torch.float32], "diffusers does not change the precision any more: this test is about nothing"
    assert vae.dtype == torch.bfloat16
    engine.forget()
    assert engine.run(words, Told())[0] == expected
