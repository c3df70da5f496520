"""The promise: an adapter that was read, or half read, leaves no trace in a picture that does not want it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file
from transformers import CLIPVisionModelWithProjection

from lab.core import BadInput, Lora, OutOfMemory, Picture, Request, Stopped
from lab.pipelines import cancellation
from lab.pipelines.models.placements import STREAMED
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.fake_gpu import check_resting, moved, open_fake_gpu
from tests.pipelines.memory.accounting import PHOTO, asked, full_at, names, parameters_of_the_process
from tests.pipelines.reporters import StopInside, Told

pytestmark = pytest.mark.usefixtures("_new_objects")

PLAIN = asked("sd15", steps=3)
STYLED = asked("sd15", steps=3, lent=PHOTO)
READ_IN_TURN = {
    "image encoder": (CLIPVisionModelWithProjection, "to"),
    "attention": (UNet2DConditionModel, "_convert_ip_adapter_attn_to_diffusers"),
    "projection": (UNet2DConditionModel, "_convert_ip_adapter_image_proj_to_diffusers"),
}
"""What reading an IP-Adapter does, one after the other."""


def inked(tiny: dict[str, Path]) -> Request:
    return asked("sd15", steps=3, loras=(Lora(name=str(tiny["sd15"] / "ink.safetensors")),))


@pytest.fixture
def plain(engine: DrawingEngine) -> Picture:
    """The picture without any adapter, whose model is in memory, and nothing of what it was made with is kept."""
    picture, _ = engine.run(PLAIN, Told())
    engine.forget()
    return picture


@contextmanager
def full_while_read(part: str, times: float) -> Iterator[None]:
    """While this lasts, that part of an IP-Adapter finds the device full so often."""
    holder, name = READ_IN_TURN[part]
    with pytest.MonkeyPatch.context() as patch:
        full_at(patch, holder, name, times)
        yield


@pytest.mark.parametrize("part", READ_IN_TURN)
def test_an_ip_adapter_that_finds_the_device_full_once_is_read_again_and_leaves_no_trace(
    engine: DrawingEngine, plain: Picture, part: str
) -> None:
    expected, _ = DrawingEngine("cpu").run(STYLED, Told())
    assert expected != plain
    engine.cache.get("else", (), lambda: "kept", lambda _: 4)
    with full_while_read(part, 1):
        assert engine.run(STYLED, Told())[0] == expected
    assert engine.notes == ("threw away kept results",)
    engine.forget()
    assert engine.run(PLAIN, Told())[0] == plain


@pytest.mark.parametrize("part", READ_IN_TURN)
def test_an_ip_adapter_that_never_fits_leaves_no_trace(engine: DrawingEngine, plain: Picture, part: str) -> None:
    weights = parameters_of_the_process()
    with full_while_read(part, float("inf")), pytest.raises(OutOfMemory):
        engine.run(STYLED, Told())
    assert parameters_of_the_process() == weights
    assert engine.run(PLAIN, Told())[0] == plain


@pytest.mark.parametrize("adapter", ["LoRA", "IP-Adapter"])
def test_cancelled_in_the_midst_of_reading_an_adapter_it_stops_there_and_leaves_no_trace(
    engine: DrawingEngine, plain: Picture, tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch, adapter: str
) -> None:
    monkeypatch.setattr(cancellation, "SOON_READ_BYTES", 0)
    wanted = STYLED if adapter == "IP-Adapter" else inked(tiny)
    expected, _ = DrawingEngine("cpu").run(wanted, Told())
    there, weights = names(engine), parameters_of_the_process()
    for asked_before in (0, 30, 800, 2000):
        reporter = StopInside("loading", asked_before)
        with pytest.raises(Stopped):
            engine.run(wanted, reporter)
        assert reporter.stages[-1][0] == "loading"
        assert (names(engine), parameters_of_the_process()) == (there, weights), asked_before
        assert engine.run(PLAIN, Told())[0] == plain, asked_before
        engine.forget()
    assert engine.run(wanted, Told())[0] == expected


@pytest.mark.parametrize("file", ["models/tiny.safetensors", "models/image_encoder/config.json"])
def test_an_ip_adapter_that_is_broken_is_one_sentence_and_leaves_no_trace(
    engine: DrawingEngine, plain: Picture, tiny: dict[str, Path], tmp_path: Path, file: str
) -> None:
    whole, broken = tiny["sd15"] / "ip-adapter", tmp_path / "ip-adapter"
    shutil.move(whole, broken)
    try:
        shutil.copytree(broken, whole)
        (whole / file).write_bytes((broken / file).read_bytes()[:-20])
        with pytest.raises(BadInput, match="fetch it again"):
            engine.run(STYLED, Told())
    finally:
        shutil.rmtree(whole)
        shutil.move(broken, whole)
    assert engine.run(PLAIN, Told())[0] == plain


@pytest.mark.parametrize("is_same_size", [True, False])
def test_a_lora_in_a_folder_that_is_written_over_in_place_draws_anew(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, is_same_size: bool
) -> None:
    folder, ink = tmp_path / "mine", load_file(tiny["sd15"] / "ink.safetensors")
    folder.mkdir()
    shutil.copy(tiny["sd15"] / "ink.safetensors", folder / "style.safetensors")
    wanted = asked("sd15", loras=(Lora(name=str(folder)),))
    first, _ = engine.run(wanted, Told())
    stronger = {name: 3 * one for name, one in ink.items()}
    save_file(stronger, tmp_path / "new.safetensors", metadata=None if is_same_size else {"trained": "for longer"})
    shutil.copyfile(tmp_path / "new.safetensors", folder / "style.safetensors")  # as `cp` does: the folder's time stays
    second, _ = engine.run(wanted, Told())
    assert second != first
    assert second == DrawingEngine("cpu").run(wanted, Told())[0]


def test_a_lora_whose_reading_was_cancelled_leaves_a_streamed_model_as_it_was(
    engine: DrawingEngine, tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cancellation, "SOON_READ_BYTES", 0)
    gpu = open_fake_gpu(monkeypatch)
    loaded = moved(engine, PLAIN, gpu, STREAMED)
    with gpu:
        engine.run(PLAIN, Told())
        engine.forget()
        with pytest.raises(Stopped):
            engine.run(inked(tiny), StopInside("loading", 800))
        engine.run(PLAIN, Told())
        check_resting(loaded)
