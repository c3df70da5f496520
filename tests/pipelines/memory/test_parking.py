"""The promise: a model that gave way comes back from the machine's memory, unchanged, and reads no file for that."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from lab.core import Lora, Request
from lab.pipelines.memory.report import MemoryReport
from lab.pipelines.models.placements import STREAMED, WHOLE, Placement
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.fake_gpu import CPU, CUDA, check_resting, moved, open_fake_gpu
from tests.pipelines.memory.accounting import PHOTO, asked, weight_of, weights_on_disk
from tests.pipelines.reporters import Told
from tests.pipelines.tiny import CONTROL

_listeners: list[Callable[[str], None]] = []


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[0], (str, Path)):
        for listener in _listeners:
            listener(str(arguments[0]))


sys.addaudithook(_heard)


@contextmanager
def _files_read(folder: Path) -> Iterator[list[str]]:
    """The files below a folder that Python opens meanwhile, as it does a configuration before the weights."""
    read: list[str] = []

    def listen(path: str) -> None:
        if path.startswith(str(folder)):
            read.append(path)

    _listeners.append(listen)
    try:
        yield read
    finally:
        _listeners.remove(listen)


def _dressed(tiny: dict[str, Path], model: str, seed: int = 0) -> Request:
    """What needs a LoRA, an IP-Adapter and a ControlNet on a model."""
    lora = Lora(name=str(tiny[model] / "ink.safetensors"), weight=0.8)
    return asked(model, "control_to_image", ("lines",), loras=(lora,), lent=PHOTO, seed=seed)


def _parked(report: MemoryReport) -> set[str]:
    return {one.owner for one in report.parked}


@pytest.fixture
def one_fits(engine: DrawingEngine, tiny: dict[str, Path]) -> int:
    """A budget that holds one of two dressed models, and not both."""
    for model in ("sd15", "sdxl"):
        engine.run(_dressed(tiny, model), Told())
    weights = [weight_of(engine, model) for model in ("sd15", "sdxl")]
    assert max(weights) * 1.2 < sum(weights)
    return int(max(weights) * 1.2)


def test_switching_back_to_a_model_reads_no_file_and_its_pictures_are_the_same(
    engine: DrawingEngine, tiny: dict[str, Path], one_fits: int
) -> None:
    small = DrawingEngine("cpu", memory_bytes=one_fits, parking_bytes=10 * one_fits)
    drawn = {}
    for turn, model in enumerate(("sd15", "sdxl", "sd15", "sdxl")):
        with _files_read(tiny[model]) as read:
            drawn[turn], _ = small.run(_dressed(tiny, model, seed=turn), Told())
        assert bool(read) == (turn < 2), f"drawing {turn} read {read}"
        report = small.memory_report()
        assert report.bytes <= one_fits, report
        assert model not in _parked(report)
    assert _parked(report) == {"sd15"}
    assert "until they are drawn with again" in str(report)
    for turn, model in ((2, "sd15"), (3, "sdxl")):
        assert engine.run(_dressed(tiny, model, seed=turn), Told())[0] == drawn[turn]
    assert small.release() > 0
    assert not small.memory_report().parked


def test_what_the_machines_memory_cannot_hold_is_dropped_and_read_again(tiny: dict[str, Path], one_fits: int) -> None:
    small = DrawingEngine("cpu", memory_bytes=one_fits, parking_bytes=one_fits // 10)
    for model in ("sd15", "sdxl"):
        small.run(_dressed(tiny, model), Told())
    assert not small.memory_report().parked
    with _files_read(tiny["sd15"]) as read:
        small.run(_dressed(tiny, "sd15", seed=1), Told())
    assert read


def test_a_model_that_comes_back_is_not_dropped_for_the_one_that_gives_way(
    tiny: dict[str, Path], one_fits: int
) -> None:
    """The machine's memory holds one of them: the one that goes is dropped, since it does not fit beside the other."""
    small = DrawingEngine("cpu", memory_bytes=one_fits, parking_bytes=one_fits)
    for model in ("sd15", "sdxl"):
        small.run(_dressed(tiny, model), Told())
    with _files_read(tiny["sd15"]) as read:
        small.run(_dressed(tiny, "sd15", seed=1), Told())
    assert not read


def test_a_controlnet_that_gave_way_comes_back_alone(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    control = weights_on_disk(tiny["sd15"] / CONTROL)
    engine.run(asked("sd15"), Told())
    small = DrawingEngine("cpu", memory_bytes=weight_of(engine, "sd15") + control * 3 // 2, parking_bytes=2 * control)
    for turn, kind in enumerate(("lines", "depth", "lines")):
        with _files_read(tiny["sd15"]) as read:
            picture, _ = small.run(asked("sd15", "control_to_image", (kind,), seed=turn), Told())
        assert bool(read) == (turn < 2), f"{kind} read {read}"
    assert engine.run(asked("sd15", "control_to_image", ("lines",), seed=2), Told())[0] == picture


@pytest.mark.parametrize("placement", [WHOLE, STREAMED])
def test_parts_leave_the_gpu_and_return_to_it(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch, placement: Placement
) -> None:
    gpu = open_fake_gpu(monkeypatch)
    model = moved(engine, asked("sd15", "image_to_image"), gpu, placement)
    check_resting(model)
    with gpu:
        model.move(CPU)
        networks = [part for part in model.components.values() if isinstance(part, torch.nn.Module)]
        assert {weight.device for part in networks for weight in part.parameters()} == {CPU}
        model.move(CUDA)
        check_resting(model)
