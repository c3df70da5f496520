"""What is shown of a drawing is the drawing: `look` ends with the very picture that the lab draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.core import BadInput, Picture, Recipe, Request, Sketch, control, rasterise
from lab.explain.step_trace import features, look
from lab.session.engine_host import EngineHost
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import asked, parameters_of_the_process
from tests.pipelines.reporters import Told

APPLE = rasterise(Sketch().circle(256, 256, 150))
NOTHING = Told()


@pytest.fixture(autouse=True)
def shared(engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch) -> EngineHost:
    """Every test looks into the tiny models of its own catalogue, through the engine of its kernel."""
    host = EngineHost(lambda: engine)
    monkeypatch.setattr("lab.explain.step_trace.shared_engine", lambda: host)
    return host


@pytest.mark.parametrize("model", ["starter", "sd15", "sdxl"])
def test_the_last_moment_of_a_sketch_is_the_labs_own_picture(engine: DrawingEngine, model: str) -> None:
    guide = control(APPLE)
    recipe = Recipe(task="sketch_to_image", model=model, prompt="a red apple", seed=7, steps=3, controls=(guide.value,))
    drawn, _ = engine.run(Request(recipe, {APPLE.hash: APPLE}), NOTHING)
    moments = look("a red apple", sketch=APPLE, model=model, seed=7, steps=3)
    assert len(moments) == 3
    assert moments[-1].clean == drawn


@pytest.mark.parametrize("model", ["starter", "sdxl"])
def test_weighted_words_and_a_turned_seed_are_watched_as_they_are_drawn(engine: DrawingEngine, model: str) -> None:
    said = {"words": "weighted", "variation_seed": 5, "variation_strength": 0.3, "seed": 7, "steps": 2}
    recipe = Recipe(model=model, prompt="a (red:1.3) apple on a long table", **said)
    drawn, _ = engine.run(Request(recipe), NOTHING)
    assert look(recipe.prompt, model=model, **said)[-1].clean == drawn


def test_the_last_moment_of_a_picture_is_the_labs_own_picture(engine: DrawingEngine) -> None:
    photo = Picture(np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8))
    recipe = Recipe(task="image_to_image", image=photo.hash, strength=0.5, steps=4, prompt="a shoe")
    drawn, _ = engine.run(Request(recipe, {photo.hash: photo}), NOTHING)
    moments = look("a shoe", image=photo, strength=0.5, steps=4)
    assert len(moments) == 2
    assert moments[-1].clean == drawn


def test_noise_only_becomes_less() -> None:
    noise = [moment.noise for moment in look("a shoe", steps=5)]
    assert noise[0] > 0.9
    assert noise == sorted(noise, reverse=True)


def test_every_block_is_seen_in_the_order_in_which_the_drawing_passes_it() -> None:
    sights = features("a shoe", steps=2, channels=2)
    names = [sight.block for sight in sights]
    assert names == sorted(names, key=lambda name: ("down", "middle", "up").index(name.split()[0]))
    assert "middle" in names
    assert all(len(sight.maps) == 2 for sight in sights)


def test_looking_into_the_network_leaves_nothing_on_it(engine: DrawingEngine) -> None:
    before = look("a shoe", steps=2)[-1].clean
    features("a shoe", steps=2)
    assert not engine.loaded["starter"].components["unet"]._forward_hooks
    assert look("a shoe", steps=2)[-1].clean == before


@pytest.mark.usefixtures("_new_objects")
def test_who_looks_shares_the_model_with_those_who_draw(engine: DrawingEngine) -> None:
    engine.run(asked("sd15"), NOTHING)
    before = parameters_of_the_process()
    moments = look("a shoe", model="sd15", steps=2)
    assert moments[-1].clean
    assert parameters_of_the_process() == before
    engine.release()
    assert parameters_of_the_process() < before


def test_what_a_look_read_is_in_the_labs_memory_and_goes_when_it_is_released(shared: EngineHost) -> None:
    look("a shoe", steps=2)
    assert {"text_encoder", "unet", "vae"} <= {one.what for one in shared.memory_report().residents}
    assert shared.release() > 0
    assert not [one for one in shared.memory_report().residents if one.owner == "starter"]


def test_a_moment_can_be_looked_at_after_its_model_has_gone(engine: DrawingEngine) -> None:
    first, second = (look("a shoe", steps=2) for _ in range(2))
    expected = first[-1].clean
    engine.release()
    assert second[-1].clean == expected


def test_the_last_moment_of_a_model_that_fills_masks_is_the_labs_own_picture(engine: DrawingEngine) -> None:
    drawn, _ = engine.run(Request(Recipe(model="sd15-inpaint", prompt="a shoe", seed=7, steps=3)), NOTHING)
    moments = look("a shoe", model="sd15-inpaint", seed=7, steps=3)
    assert moments[-1].clean == drawn


def test_a_strength_that_leaves_nothing_to_watch_is_refused() -> None:
    with pytest.raises(BadInput, match=r"with strength 0 no step is taken.*more than 0"):
        look("a shoe", image=APPLE, strength=0, steps=4)


def test_what_cannot_be_looked_at_is_said_before_a_model_is_read(engine: DrawingEngine) -> None:
    for wrong in ({"image": APPLE, "strength": 0}, {"steps": 0}, {"model": "instruct-pix2pix"}):
        with pytest.raises(BadInput):
            look("a shoe", **wrong)
    assert not engine.loaded


def test_a_model_of_ones_own_is_looked_at_by_its_family(tiny: dict[str, Path]) -> None:
    own = look("a shoe", model=str(tiny["sd15"]), family="sd15", seed=7, steps=2)
    assert own[-1].clean == look("a shoe", model="sd15", seed=7, steps=2)[-1].clean
    with pytest.raises(BadInput, match="without references, regions, filters and acceleration"):
        look("a shoe", model="sd15 + taylorseer", steps=2)


def test_a_model_without_a_u_net_says_so() -> None:
    with pytest.raises(BadInput, match="has no U-Net"):
        features("a shoe", model="z-image", steps=2)


def test_a_sketch_and_an_image_at_once_are_refused() -> None:
    with pytest.raises(BadInput, match="not at both at once"):
        look("a shoe", sketch=APPLE, image=APPLE)


def test_a_step_outside_the_drawing_is_refused() -> None:
    with pytest.raises(BadInput, match=r"not 1\.4"):
        features("a shoe", at=1.4)
