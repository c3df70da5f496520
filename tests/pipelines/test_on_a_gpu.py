"""The promise: whatever is drawn, every part and every tensor is on the device where it is needed, streamed or not."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch

from lab.core import Request, Size, Stopped, reference
from lab.pipelines.models.placements import STREAMED, WHOLE, WORDS_STREAMED, Placement
from tests.pipelines import test_on_a_real_gpu
from tests.pipelines.bare_diffusers import asked, photo
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.fake_gpu import CUDA, FakeGpu, check_resting, moved, open_fake_gpu
from tests.pipelines.reporters import StopInside, Told
from tests.pipelines.speedups.test_taylorseer_memory import Steps

pytestmark = pytest.mark.usefixtures("_bare_task")
WAYS = [  # the model, what is given, and how it lies: every pair of two of these
    ("starter", "words", STREAMED),
    ("starter", "image", WORDS_STREAMED),
    ("starter", "words", WHOLE),
    ("sd15", "words", WORDS_STREAMED),
    ("sd15", "image", STREAMED),
    ("sd15", "inpaint", WHOLE),
    ("sdxl", "words", WHOLE),
    ("sdxl", "image", WORDS_STREAMED),
    ("sdxl", "inpaint", STREAMED),
    ("z-image", "words", STREAMED),
    ("z-image", "image", WHOLE),
    ("z-image", "inpaint", WORDS_STREAMED),
]


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    return open_fake_gpu(monkeypatch)


def test_the_gpu_refuses_what_a_real_one_does(gpu: FakeGpu) -> None:
    with gpu:
        layer = torch.nn.Linear(2, 2).to(CUDA)
        assert layer(torch.zeros(1, 2, device=CUDA)).device.type == "cuda"
        with pytest.raises(RuntimeError, match="on the same device"):
            layer(torch.zeros(1, 2))
        with pytest.raises(TypeError, match="no numpy"):
            torch.zeros(1, device=CUDA).numpy()


def test_the_ways_hold_every_pair_of_values() -> None:
    values = (("starter", "sd15", "sdxl", "z-image"), ("words", "image", "inpaint"), (WHOLE, WORDS_STREAMED, STREAMED))
    for one, other in itertools.combinations(range(3), 2):
        pairs = set(itertools.product(values[one], values[other])) - {("starter", "inpaint")}
        assert pairs == {(way[one], way[other]) for way in WAYS}


@pytest.mark.parametrize(("model", "way", "placement"), WAYS)
def test_every_task_is_drawn_and_the_next_one_too(
    engine: DrawingEngine, tiny: dict[str, Path], gpu: FakeGpu, model: str, way: str, placement: Placement
) -> None:
    wanted = asked(tiny, model, way, 1, lora=True, steps=3)
    loaded = moved(engine, wanted, gpu, placement)
    then, steps = ("image", 1) if way == "words" else ("words", 3)  # a preview comes with the third step
    other = asked(tiny, model, then, 0, lora=False, seed=1, steps=steps)
    with gpu:
        reporter = Told()
        for request in (wanted, other, asked(tiny, model, way, 1, lora=False, seed=2, steps=1)):
            engine.run(request, reporter)
        assert reporter.previews
        check_resting(loaded)


@pytest.mark.parametrize("placement", [WHOLE, STREAMED])
@pytest.mark.parametrize("model", ["sd15", "sdxl"])
def test_pictures_lend_their_style_and_weighted_words_and_a_turned_seed_are_drawn_there(
    engine: DrawingEngine, tiny: dict[str, Path], gpu: FakeGpu, model: str, placement: Placement
) -> None:
    plain = asked(tiny, model, "words", 0, lora=False, steps=1)
    lent = reference(photo(Size(40, 30)), weight=0.8)
    said = {"words": "weighted", "variation_seed": 3, "variation_strength": 0.2, "references": (lent.value,)}
    recipe = plain.recipe.changed(prompt="a (red:1.3) cat on a long long table", **said)
    loaded = moved(engine, plain, gpu, placement)
    with gpu:
        engine.run(Request(recipe, {lent.picture.hash: lent.picture}), Told())
        engine.run(plain, Told())
        check_resting(loaded)


@pytest.mark.parametrize("stage", ["words", "steps", "picture"])
def test_a_cancelled_drawing_leaves_no_streamed_layer_on_the_gpu(
    engine: DrawingEngine, tiny: dict[str, Path], gpu: FakeGpu, stage: str
) -> None:
    wanted = asked(tiny, "sd15", "words", 1, lora=False, steps=2)
    loaded = moved(engine, wanted, gpu, STREAMED)
    with gpu:
        with pytest.raises(Stopped):
            engine.run(wanted, StopInside(stage, 5 if stage != "steps" else 2))
        check_resting(loaded)
        engine.run(wanted, Told())


def test_layers_that_are_streamed_are_foretold_there_and_what_is_kept_is_counted(
    engine: DrawingEngine, tiny: dict[str, Path], gpu: FakeGpu
) -> None:
    plain = asked(tiny, "z-image", "words", 0, lora=False)
    loaded = moved(engine, plain, gpu, STREAMED)
    steps = Steps(engine, "z-image")
    with gpu:
        engine.run(Request(plain.recipe.changed(steps=6, acceleration="taylorseer")), steps)
        check_resting(loaded)
    assert steps.counted == [steps.there[-1]] * 6
    assert steps.counted[0] > 0


@pytest.mark.parametrize("task", [*test_on_a_real_gpu.TASKS][:-1])  # the last, upscaling, takes a hundred tiles
def test_what_is_asked_of_a_real_gpu_can_be_drawn(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    monkeypatch.setattr(test_on_a_real_gpu, "SIDE", 64)
    picture, _ = engine.run(test_on_a_real_gpu.wanted("sdxl", task), Told())
    assert picture.pixels.any()
