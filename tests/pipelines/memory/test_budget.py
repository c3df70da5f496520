"""The promise: models come and go within a budget, nothing at work or pinned is dropped, and no picture changes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lab.core import BadInput, Lora, OutOfMemory, Picture
from lab.core.catalogue import CATALOGUE
from lab.core.model_card import ControlSource
from tests.endure.full import times
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import (
    PHOTO,
    Clock,
    Visitor,
    asked,
    held,
    names,
    parameters_of_the_process,
    weight_of,
    weights_on_disk,
)
from tests.pipelines.reporters import Told, Watching
from tests.pipelines.tiny import CONTROL

pytestmark = pytest.mark.usefixtures("_new_objects")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sizes(engine: DrawingEngine) -> dict[str, int]:
    """What each tiny model weighs alone."""
    for model in ("sd15", "sdxl"):
        engine.run(asked(model), Told())
    return {model: weight_of(engine, model) for model in ("sd15", "sdxl")}


def test_many_requests_on_two_families_stay_within_a_budget_and_change_no_picture(
    engine: DrawingEngine, sizes: dict[str, int], tiny: dict[str, Path], clock: Clock
) -> None:
    control_bytes = weights_on_disk(tiny["sdxl"] / CONTROL)
    budget = max(sizes.values()) + control_bytes + min(sizes.values()) // 4
    assert budget < sum(sizes.values()), "one of the two must go for the other"
    small = DrawingEngine("cpu", memory_bytes=budget, clock=clock)
    dice = random.Random(7)
    before = parameters_of_the_process()
    twins: dict[str, Picture] = {}
    evicted = refused = 0

    def look() -> None:
        report = small.memory_report()
        assert report.bytes <= budget, f"{report.bytes} of {budget}\n{report}"

    def pinned() -> set[str]:
        return {f"{one.owner} {one.what}" for one in held(small) if one.why == "pinned by the live session"}

    for turn in range(times(80, 60)):
        clock.now += dice.choice([1.0, 30.0, 300.0])
        model = dice.choice(["sd15", "sdxl"])
        task = dice.choice(["text_to_image", "image_to_image", "control_to_image", "inpaint"])
        steered = task == "control_to_image" or (task == "inpaint" and dice.random() < 0.3)
        kinds = (dice.choice(["lines", "depth"]),) if steered else ()
        lora = (Lora(name=str(tiny[model] / "ink.safetensors"), weight=0.8),) if dice.random() < 0.2 else ()
        wanted = asked(model, task, kinds, seed=dice.randrange(2), loras=lora)
        there, kept = names(small), pinned()
        try:
            if dice.random() < 0.1:
                small.leave("sdxl" if model == "sd15" else "sd15")  # the session of the other model is closed
                small.load(model, Watching(look))
                kept = {name for name in pinned() if "ControlNet" not in name}  # those are read ahead, and not in use
                clock.now += 1
            picture, _ = small.run(wanted, Watching(look))
        except OutOfMemory as error:
            assert any(not name.startswith(model) for name in kept), f"request {turn}: {error}"
            assert "does not fit" in str(error)
            refused += 1
            assert kept <= names(small), "it was refused for what is pinned, which is still there"
            continue
        finally:
            look()
        kept -= {name for name in kept if name.startswith((f"{model} ControlNet", f"{model} LoRA"))}
        assert kept <= names(small), f"request {turn} took away what was pinned, and not only for itself"
        evicted += bool(there - names(small) - {"cache results of stages"})
        key = wanted.recipe.to_json()
        if key not in twins:
            twins[key], _ = engine.run(wanted, Told())
        assert picture == twins[key], f"request {turn}: {key}"
        if turn % 20 == 19:
            known = parameters_of_the_process() - before
            ours = sum(one.bytes for one in held(small) if one.owner != "cache")
            grown = sum(one.bytes for one in held(engine) if one.owner != "cache") - sum(sizes.values())
            assert known <= ours + grown + 4096, f"{known} bytes of parameters live, {ours} + {grown} are accounted for"
    assert evicted > 5, evicted
    assert refused, "what is pinned stands in the way of nothing"


def test_what_the_live_session_uses_stays_until_its_hand_has_rested_for_two_minutes(
    sizes: dict[str, int], clock: Clock
) -> None:
    small = DrawingEngine("cpu", memory_bytes=sum(sizes.values()) - 1000, clock=clock)
    small.load("sd15", Told())
    assert {one.why for one in held(small, "sd15")} == {"pinned by the live session"}
    clock.now = 100
    with pytest.raises(OutOfMemory, match=r"sdxl needs .* MB, and does not fit into .* beside sd15"):
        small.run(asked("sdxl"), Told())
    small.run(asked("sd15"), Told())
    clock.now = 219
    with pytest.raises(OutOfMemory):
        small.run(asked("sdxl"), Told())
    assert "sd15 unet" in names(small)
    clock.now = 221
    small.run(asked("sdxl"), Told())
    assert not held(small, "sd15")


def test_a_controlnet_goes_before_the_model_that_the_session_draws_with(
    sizes: dict[str, int], tiny: dict[str, Path], clock: Clock
) -> None:
    one = weights_on_disk(tiny["sd15"] / CONTROL)
    small = DrawingEngine("cpu", memory_bytes=sizes["sd15"] + int(1.5 * one), clock=clock)
    small.run(asked("sd15", "control_to_image", ("lines",)), Told())
    clock.now = 10
    small.run(asked("sd15", "control_to_image", ("depth",)), Told())
    assert {"sd15 ControlNet controlnet-depth", "sd15 unet"} <= names(small)
    assert "sd15 ControlNet controlnet-lines" not in names(small)


def test_no_more_is_dropped_than_must_be(sizes: dict[str, int], tiny: dict[str, Path], clock: Clock) -> None:
    """The small ControlNet was not used for longest, but the model that goes after it makes enough room alone."""
    one = weights_on_disk(tiny["sd15"] / CONTROL)
    small = DrawingEngine("cpu", memory_bytes=sizes["sd15"] + sizes["sdxl"] + one // 2, clock=clock)
    small.run(asked("sd15"), Told())
    clock.now = 10
    small.run(asked("sdxl"), Told())
    clock.now = 20
    small.run(asked("sdxl", "control_to_image", ("lines",)), Told())
    assert not held(small, "sd15")
    assert weight_of(small, "sdxl") > sizes["sdxl"]


def test_a_model_that_fits_no_budget_is_one_sentence_and_drops_nothing(
    engine: DrawingEngine, sizes: dict[str, int]
) -> None:
    small = DrawingEngine("cpu", memory_bytes=sizes["sd15"] + 1000)
    small.run(asked("sd15"), Told())
    with pytest.raises(OutOfMemory, match=r"sdxl needs \d+ MB, and does not fit into \d+ MB: close what"):
        small.run(asked("sdxl"), Told())
    assert weight_of(small, "sd15") == sizes["sd15"]
    assert small.run(asked("sd15"), Told())[0] == engine.run(asked("sd15"), Told())[0]


def test_the_cache_gives_way_before_any_model(sizes: dict[str, int]) -> None:
    budget = sum(sizes.values()) + 3 * 64 * 64 * 3
    small = DrawingEngine("cpu", memory_bytes=budget)
    for seed in range(4):
        small.run(asked("sd15", seed=seed), Told())
    assert small.cache_report().bytes > 3 * 64 * 64 * 3
    small.run(asked("sdxl"), Told())
    assert small.cache_report().bytes <= 3 * 64 * 64 * 3
    assert held(small, "sd15")


def test_guests_are_counted_and_leave_before_any_model_does(sizes: dict[str, int]) -> None:
    auxiliary = Visitor(sizes["sd15"])
    engine = DrawingEngine("cpu", memory_bytes=sum(sizes.values()) + 1000, auxiliaries=[auxiliary])
    engine.run(asked("sdxl"), Told())
    assert auxiliary.residents()[0] in engine.memory_report().residents
    engine.run(asked("sd15"), Told())
    assert auxiliary.bytes == 0
    assert "guest network" not in names(engine)
    assert weight_of(engine, "sdxl") == sizes["sdxl"], "the guest's room was enough"


def test_release_frees_everything_and_the_next_picture_is_the_same(engine: DrawingEngine) -> None:
    start = parameters_of_the_process()
    lines = asked("sd15", "control_to_image", ("lines",))
    before, _ = engine.run(lines, Told())
    engine.load("sdxl", Told())
    grown = parameters_of_the_process() - start
    freed = engine.release()
    assert freed > grown > 0
    assert parameters_of_the_process() == start
    assert names(engine) == {"cache results of stages"}
    assert engine.run(lines, Told())[0] == before


def test_release_while_a_job_runs_waits_for_its_end(engine: DrawingEngine) -> None:
    answers: list[int] = []
    picture, _ = engine.run(asked("sd15"), Watching(lambda: answers.append(engine.release())))
    assert set(answers) == {0}
    assert names(engine) == {"cache results of stages"}
    assert engine.run(asked("sd15"), Told())[0] == picture


@pytest.mark.usefixtures("engine")
def test_the_report_is_a_table_that_says_why(clock: Clock, tiny: dict[str, Path]) -> None:
    timed = DrawingEngine("cpu", memory_bytes=10**9, clock=clock)
    lora = (Lora(name=str(tiny["sd15"] / "ink.safetensors")),)
    timed.run(asked("sd15", loras=lora, lent=PHOTO), Told())
    clock.now = 40
    timed.load("sdxl", Told())
    shown = repr(timed.memory_report())
    assert "last used 40 s ago" in shown
    assert "pinned by the live session" in shown
    assert "of 1000.0 MB" in shown
    for what in ("unet", "LoRA ink", "IP-Adapter", "ControlNet controlnet-lines", "results of stages"):
        assert what in shown
    assert timed.memory_report().bytes == sum(one.bytes for one in timed.memory_report().residents)


def test_loading_ahead_reads_only_controlnets_that_are_here_and_fit(
    engine: DrawingEngine, sizes: dict[str, int], tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = CATALOGUE["sd15"]
    elsewhere = {"lines": card.controls["lines"], "canny": ControlSource("nobody/no-such-controlnet")}
    monkeypatch.setitem(CATALOGUE, "sd15", type(card)(**{**vars(card), "controls": elsewhere}))
    engine.release()
    engine.load("sd15", Told())
    assert "sd15 ControlNet controlnet-lines" in names(engine)
    one = weights_on_disk(tiny["sd15"] / CONTROL)
    small = DrawingEngine("cpu", memory_bytes=sizes["sd15"] + one // 2)
    small.load("sd15", Told())
    assert not [name for name in names(small) if "ControlNet" in name]


def test_a_lora_that_does_not_fit_the_model_leaves_no_weights_behind(
    engine: DrawingEngine, tiny: dict[str, Path]
) -> None:
    engine.run(asked("sd15"), Told())
    before = parameters_of_the_process()
    with pytest.raises(BadInput):
        engine.run(
            asked("sd15", loras=(Lora(name=str(tiny["sdxl"] / "unet" / "diffusion_pytorch_model.safetensors")),)),
            Told(),
        )
    assert parameters_of_the_process() == before
    assert "sd15 LoRAs" not in names(engine)


def test_loras_that_rest_make_room_for_what_is_wanted(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    inked = asked("sd15", loras=(Lora(name=str(tiny["sd15"] / "ink.safetensors")),))
    steered = asked("sd15", "sketch_to_image", ("lines",))
    requests = (inked, asked("sd15", seed=5), steered, inked)
    expected = [engine.run(request, Told())[0] for request in requests]
    whole = sum(one.bytes for one in held(engine, "sd15") if not one.what.startswith("LoRA"))
    engine.release()
    small = DrawingEngine("cpu", memory_bytes=whole + 1000)
    for request, picture in zip(requests, expected, strict=True):
        small._memory.keep_live("sd15")
        assert small.run(request, Told())[0] == picture
        assert small.memory_report().bytes <= whole + 1000
