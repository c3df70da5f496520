from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from diffusers.loaders.unet_loader_utils import _maybe_expand_lora_scales

from lab.core import BadInput, Control, Lora, MissingWeights, Recipe, Request, Size, Sketch, Stopped, rasterise
from lab.core.catalogue import CATALOGUE, SCHEDULERS
from lab.pipelines.families import FAMILIES
from lab.pipelines.library_logging import quiet_libraries
from lab.pipelines.memory.stage_cache import Room
from lab.pipelines.models.loaded_model import LoadedModel
from lab.pipelines.schedulers import scheduler_named
from lab.pipelines.weights import locate
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told
from tests.pipelines.tiny import CONTROL

SKETCH = rasterise(Sketch().circle(256, 256, 150))


def request(task: str = "sketch_to_image", model: str = "starter", **changes: Any) -> Request:
    controls = (Control(picture=SKETCH.hash, weight=changes.pop("weight", 0.7)),) if task == "sketch_to_image" else ()
    settings = {"prompt": "a red apple", "seed": 7, "steps": 4, **changes}
    return Request(Recipe(task=task, model=model, controls=controls, **settings), {SKETCH.hash: SKETCH})


def test_every_scheduler_gives_the_picture_of_the_bare_call(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    with quiet_libraries():
        pipe: Any = StableDiffusionPipeline.from_pretrained(tiny["sd15"], dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    own, wrong = pipe.scheduler, []
    for scheduler in SCHEDULERS:
        asked = request("text_to_image", "sd15", scheduler=scheduler)
        picture, plan = engine.run(asked, Told())
        pipe.scheduler = scheduler_named(scheduler, own)
        generator = torch.Generator("cpu").manual_seed(asked.recipe.seed)
        made = pipe(asked.recipe.prompt, 64, 64, asked.recipe.steps, guidance_scale=7.0, generator=generator)
        if plan.scheduler != scheduler or not np.array_equal(picture.pixels, np.asarray(made.images[0])):
            wrong.append(scheduler)
    assert not wrong


def test_tasks_share_one_copy_of_the_weights(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    first, _ = engine.run(request("text_to_image"), Told())
    engine.run(request(), Told())
    again, _ = engine.run(request("text_to_image"), Told())
    assert first == again
    tensors = {
        weight.data_ptr(): weight.nbytes
        for model in engine.loaded.values()
        for part in [*model.components.values(), *model.controls.nets.values()]
        if isinstance(part, torch.nn.Module)
        for weight in part.parameters()
    }
    parts = [tiny["starter"] / part for part in ("text_encoder", "unet", "vae", CONTROL)]
    on_disk = sum(file.stat().st_size for part in parts for file in part.glob("*.safetensors"))
    assert sum(tensors.values()) == pytest.approx(on_disk, rel=0.05)


@pytest.mark.parametrize(
    "change", [{"prompt": "a blue car"}, {"seed": 8}, {"steps": 5}, {"guidance_scale": 7.0}, {"weight": 1.9}]
)
def test_every_setting_changes_the_picture(engine: DrawingEngine, change: dict[str, Any]) -> None:
    before, _ = engine.run(request(), Told())
    after, _ = engine.run(request(**change), Told())
    assert before != after


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_cancel_stops_before_the_next_step(engine: DrawingEngine, steps: int) -> None:
    reporter = Told(stop_after=steps)
    with pytest.raises(Stopped):
        engine.run(request(steps=6), reporter)
    assert [step for stage, step, _ in reporter.stages if stage == "steps"] == list(range(steps + 1))
    undisturbed, _ = engine.run(request(), Told())
    assert undisturbed == engine.run(request(), Told())[0]


@pytest.mark.parametrize("scheduler", ["ddim", "euler", "dpm++ 2m"])
def test_previews_come_nearer_to_the_picture(engine: DrawingEngine, scheduler: str) -> None:
    reporter = Told()
    picture, _ = engine.run(request(steps=8, scheduler=scheduler), reporter)
    assert len(reporter.previews) == 6
    assert {preview.size for preview in reporter.previews} == {Size(16, 16)}
    assert picture.size == Size(256, 256)


def test_the_plan_says_what_ran(engine: DrawingEngine) -> None:
    _, plan = engine.run(request("text_to_image", steps=None), Told())
    assert (plan.steps_run, plan.scheduler, plan.device, plan.dtype) == (12, "ddim", "cpu", "float32")


def test_a_wide_sketch_gives_a_wide_picture(engine: DrawingEngine) -> None:
    wide = rasterise(Sketch(Size(800, 400)).line([(10, 10), (700, 300)]))
    recipe = Recipe(task="sketch_to_image", steps=2, controls=(Control(picture=wide.hash),))
    picture, plan = engine.run(Request(recipe, {wide.hash: wide}), Told())
    assert picture.size == plan.size == Size(384, 192)


def test_a_model_is_loaded_with_its_controls_before_the_first_job(engine: DrawingEngine) -> None:
    engine.load("starter", Told())
    reporter = Told()
    engine.run(request(), reporter)
    assert "loading" not in [stage for stage, _, _ in reporter.stages]


def test_a_kept_picture_needs_neither_its_model_nor_its_lora(
    engine: DrawingEngine, tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    inked = request(model="sd15", loras=(Lora(name=str(tiny["sd15"] / "ink.safetensors")),))
    drawn, plan = engine.run(inked, Told())
    engine.run(request(model="sd15"), Told())
    monkeypatch.setattr(LoadedModel, "attach", lambda *_: pytest.fail("nothing is to be drawn"))
    assert engine.run(inked, Told()) == (drawn, plan)
    engine.loaded["sd15"].memory.drop("sd15")
    again = Told()
    assert engine.run(inked, again) == (drawn, plan)
    assert "loading" not in [stage for stage, _, _ in again.stages]
    assert [one.owner for one in engine.memory_report().residents] == ["cache"]


def test_what_a_reference_lends_is_known_for_every_block_of_the_real_unet() -> None:
    net = UNet2DConditionModel(block_out_channels=(8, 8, 8, 8), norm_num_groups=4, attention_head_dim=2)
    for lent in FAMILIES["sd15"].lends.values():
        (scales,) = _maybe_expand_lora_scales(net, [dict(lent)], default_scale=0.0)
        assert sorted(set(scales.values())) in ([0.0, 1.0], [0.0, 0.25, 1.0])


def test_what_cannot_be_done_is_refused_before_anything_is_loaded(engine: DrawingEngine) -> None:
    reporter = Told()
    with pytest.raises(BadInput, match="no scheduler 'magic'"):
        engine.run(request(scheduler="magic"), reporter)
    assert reporter.stages == []


def test_missing_weights_are_one_sentence(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(locate, "WEIGHTS", tmp_path / "nothing")
    with pytest.raises(MissingWeights, match=r"the weights of starter should be in .*nothing, and are not"):
        engine.run(request(), Told())


def test_a_model_of_the_hub_that_is_not_here_says_how_to_get_it(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOGUE, "sd15", replace(CATALOGUE["sd15"], repo="nobody/no-such-model"))
    with pytest.raises(MissingWeights, match=r"nobody/no-such-model, needed for sd15, .*`.* -m lab fetch sd15`"):
        engine.run(request("text_to_image", "sd15"), Told())


def test_pictures_that_many_newer_ones_followed_are_decoded_again(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that an hour of live drawing holds no more than a minute of it; a picture is shown again at once for long."""
    monkeypatch.setattr("lab.pipelines.stages.NEWEST", Room(3, 2**20))
    size = {"width": 64, "height": 64, "steps": 1}
    pictures = [engine.run(request(seed=seed, **size), Told())[0] for seed in range(5)]
    held = {stage.stage: stage.entries for stage in engine.cache_report().stages}
    assert (held["picture"], held["denoise"], held["control map"]) == (3, 5, 1)
    reporter = Told()
    assert engine.run(request(seed=0, **size), reporter)[0] == pictures[0]
    assert "steps" not in [stage for stage, _, _ in reporter.stages]
