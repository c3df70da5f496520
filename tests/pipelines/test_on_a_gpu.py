"""The promise: whatever is drawn, every part and every tensor is on the device where it is needed, offloaded or not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lab.core import Request, Size, Stopped, reference
from lab.pipelines.models.loaded_model import LoadedModel
from lab.pipelines.speedups.prepacked_convs import PrepackedConvs
from tests.pipelines.conftest import Told
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.fake_gpu import CPU, CUDA, FakeGpu, open_fake_gpu
from tests.pipelines.test_cancellation import StopInside
from tests.pipelines.test_equivalence import asked, photo

pytestmark = pytest.mark.usefixtures("_bare_task")
WAYS = [
    *((model, way) for model in ("sd15", "sdxl", "z-image") for way in ("words", "image", "inpaint")),
    *(("starter", way) for way in ("words", "image")),
]


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    return open_fake_gpu(monkeypatch)


def moved(engine: DrawingEngine, wanted: Request, gpu: FakeGpu, *, is_offloaded: bool) -> LoadedModel:
    """The model of a request with all that it needs, read as ever, then moved to the GPU."""
    engine.run(wanted, Told())
    engine.forget()
    model = engine._models[wanted.recipe.model]
    model.adapters.take_loras_off()
    for part in (*model.components.values(), *model.controls.nets.values()):
        gpu.put(part, CPU if is_offloaded else CUDA)
    model.device = engine.device = CUDA
    model.memory.prepacked = PrepackedConvs(CUDA)
    if is_offloaded:
        model.offload()
    return model


def resting(model: LoadedModel) -> set[str]:
    """The devices on which the model's weights are now."""
    parts = (*model.components.values(), *model.controls.nets.values())
    networks = [part for part in parts if isinstance(part, torch.nn.Module)]
    return {weight.device.type for network in networks for weight in network.parameters()}


def test_the_gpu_refuses_what_a_real_one_does(gpu: FakeGpu) -> None:
    with gpu:
        layer = torch.nn.Linear(2, 2).to(CUDA)
        assert layer(torch.zeros(1, 2, device=CUDA)).device.type == "cuda"
        with pytest.raises(RuntimeError, match="on the same device"):
            layer(torch.zeros(1, 2))
        with pytest.raises(TypeError, match="no numpy"):
            torch.zeros(1, device=CUDA).numpy()


@pytest.mark.parametrize("is_offloaded", [False, True])
@pytest.mark.parametrize(("model", "way"), WAYS)
def test_every_task_is_drawn_and_the_next_one_too(
    engine: DrawingEngine, tiny: dict[str, Path], gpu: FakeGpu, model: str, way: str, is_offloaded: bool
) -> None:
    controls = 0 if model == "z-image" else 1
    wanted = asked(tiny, model, way, controls, lora=True)
    loaded = moved(engine, wanted, gpu, is_offloaded=is_offloaded)
    other = asked(tiny, model, "image" if way == "words" else "words", 0, lora=False, seed=1)
    with gpu:
        reporter = Told()
        for request in (wanted, other, asked(tiny, model, way, controls, lora=False, seed=2)):
            engine.run(request, reporter)
        assert reporter.previews
        assert resting(loaded) == {"cpu" if is_offloaded else "cuda"}


@pytest.mark.parametrize("is_offloaded", [False, True])
@pytest.mark.parametrize("model", ["sd15", "sdxl"])
def test_pictures_lend_their_style(
    engine: DrawingEngine, tiny: dict[str, Path], gpu: FakeGpu, model: str, is_offloaded: bool
) -> None:
    plain = asked(tiny, model, "words", 0, lora=False)
    lent = reference(photo(Size(40, 30)), weight=0.8)
    wanted = Request(plain.recipe.changed(references=(lent.value,)), {lent.picture.hash: lent.picture})
    loaded = moved(engine, plain, gpu, is_offloaded=is_offloaded)
    with gpu:
        engine.run(wanted, Told())
        engine.run(plain, Told())
        assert resting(loaded) == {"cpu" if is_offloaded else "cuda"}


@pytest.mark.parametrize("stage", ["words", "steps", "picture"])
def test_a_cancelled_drawing_leaves_the_gpu_empty(
    engine: DrawingEngine, tiny: dict[str, Path], gpu: FakeGpu, stage: str
) -> None:
    wanted = asked(tiny, "sd15", "words", 1, lora=False)
    loaded = moved(engine, wanted, gpu, is_offloaded=True)
    with gpu:
        with pytest.raises(Stopped):
            engine.run(wanted, StopInside(stage, 5 if stage != "steps" else 2))
        assert resting(loaded) == {"cpu"}
        engine.run(wanted, Told())
