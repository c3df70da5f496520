"""The promise: models come and go within a budget, nothing at work or pinned is dropped, and no picture changes."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from lab.core import BadInput, Lora, OutOfMemory, Picture, Recipe, Request, Sketch, control, rasterise, reference
from lab.core.catalogue import CATALOGUE
from lab.pipelines.engine import DiffusersEngine
from lab.pipelines.residents import Resident
from tests.pipelines.conftest import Told
from tests.pipelines.tiny import CONTROL, SECOND_CONTROL

SKETCH = rasterise(Sketch().circle(256, 256, 150))
PHOTO = rasterise(Sketch().line([(30, 40), (480, 300), (100, 500)])).on_white()
FOLDERS = {"lines": CONTROL, "depth": SECOND_CONTROL}


class Clock:
    """Tells the time that the test says."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Watching(Told):
    """Hooks that call back at every word of the engine."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__()
        self._look = look

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        super().progress(stage, step, steps)
        self._look()


def asked(model: str, task: str = "text_to_image", kinds: tuple[str, ...] = (), **settings: Any) -> Request:
    guides = [control(SKETCH, kind, preprocessor="lines", weight=0.7) for kind in kinds]
    pictures = {SKETCH.hash: SKETCH} if kinds else {}
    if task == "image_to_image":
        pictures[PHOTO.hash] = PHOTO
        settings |= {"image": PHOTO.hash, "strength": 0.7, "width": 64, "height": 64}
    lent = settings.pop("lent", None)
    if lent is not None:
        guide = reference(lent)
        pictures[lent.hash] = lent
        settings["references"] = (guide.value,)
    settings = {"prompt": "a red apple", "steps": 2, "width": 64, "height": 64, **settings}
    controls = tuple(guide.value for guide in guides)
    return Request(Recipe(task=task, model=model, controls=controls, **settings), pictures)


def parameters_of_the_process() -> int:
    """The bytes of all parameters that anything in this process still holds, each storage once."""
    gc.collect()
    found = {}
    for thing in gc.get_objects():
        if isinstance(thing, torch.nn.Parameter) and thing.device.type == "cpu":
            storage = thing.untyped_storage()
            found[storage.data_ptr()] = storage.nbytes()
    return sum(found.values())


def weights_on_disk(*folders: Path) -> int:
    return sum(file.stat().st_size for folder in folders for file in folder.rglob("*.safetensors"))


def held(engine: DiffusersEngine, owner: str | None = None) -> list[Resident]:
    return [one for one in engine.memory_report().residents if owner in (None, one.owner)]


def names(engine: DiffusersEngine) -> set[str]:
    return {f"{one.owner} {one.what}" for one in held(engine)}


def weight_of(engine: DiffusersEngine, owner: str) -> int:
    return sum(one.bytes for one in held(engine, owner))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sizes(engine: DiffusersEngine) -> dict[str, int]:
    """What each tiny model weighs alone."""
    for model in ("sd15", "sdxl"):
        engine.run(asked(model), Told())
    return {model: weight_of(engine, model) for model in ("sd15", "sdxl")}


def test_two_hundred_requests_on_two_families_stay_within_a_budget_and_change_no_picture(
    engine: DiffusersEngine, sizes: dict[str, int], tiny: dict[str, Path], clock: Clock
) -> None:
    control_bytes = weights_on_disk(tiny["sdxl"] / CONTROL)
    budget = max(sizes.values()) + control_bytes + min(sizes.values()) // 2
    assert budget < sum(sizes.values()) + control_bytes, "one of the two must go for the other"
    small = DiffusersEngine("cpu", memory_bytes=budget, clock=clock)
    dice = random.Random(7)
    before = parameters_of_the_process()
    twins: dict[str, Picture] = {}
    evicted = 0

    def look() -> None:
        report = small.memory_report()
        assert report.bytes <= budget, f"{report.bytes} of {budget}\n{report}"

    for turn in range(200):
        clock.now += dice.choice([1.0, 30.0, 300.0])
        model = dice.choice(["sd15", "sdxl"])
        task = dice.choice(["text_to_image", "image_to_image", "control_to_image"])
        kinds = (dice.choice(["lines", "depth"]),) if task == "control_to_image" else ()
        lora = (Lora(name=str(tiny[model] / "ink.safetensors"), weight=0.8),) if dice.random() < 0.2 else ()
        wanted = asked(model, task, kinds, seed=dice.randrange(3), loras=lora)
        there = names(small)
        picture, _ = small.run(wanted, Watching(look))
        evicted += bool(there - names(small) - {"cache results of stages"})
        key = wanted.recipe.to_json()
        if key not in twins:
            twins[key], _ = engine.run(wanted, Told())
        assert picture == twins[key], f"request {turn}: {key}"
        look()
        if turn % 50 == 49:
            known = parameters_of_the_process() - before
            ours = sum(one.bytes for one in held(small) if one.owner != "cache")
            grown = sum(one.bytes for one in held(engine) if one.owner != "cache") - sum(sizes.values())
            assert known <= ours + grown + 4096, f"{known} bytes of parameters live, {ours} + {grown} are accounted for"
    assert evicted > 10


def test_what_the_live_session_uses_stays_until_its_hand_has_rested_for_two_minutes(
    sizes: dict[str, int], clock: Clock
) -> None:
    small = DiffusersEngine("cpu", memory_bytes=sum(sizes.values()) - 1000, clock=clock)
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
    small = DiffusersEngine("cpu", memory_bytes=sizes["sd15"] + int(1.5 * one), clock=clock)
    small.run(asked("sd15", "control_to_image", ("lines",)), Told())
    clock.now = 10
    small.run(asked("sd15", "control_to_image", ("depth",)), Told())
    assert {"sd15 ControlNet controlnet-depth", "sd15 unet"} <= names(small)
    assert "sd15 ControlNet controlnet-lines" not in names(small)


def test_no_more_is_dropped_than_must_be(sizes: dict[str, int], tiny: dict[str, Path], clock: Clock) -> None:
    """The small ControlNet was not used for longest, but the model that goes after it makes enough room alone."""
    one = weights_on_disk(tiny["sd15"] / CONTROL)
    small = DiffusersEngine("cpu", memory_bytes=sizes["sd15"] + sizes["sdxl"] + one // 2, clock=clock)
    small.run(asked("sd15"), Told())
    clock.now = 10
    small.run(asked("sdxl"), Told())
    clock.now = 20
    small.run(asked("sdxl", "control_to_image", ("lines",)), Told())
    assert not held(small, "sd15")
    assert weight_of(small, "sdxl") > sizes["sdxl"]


def test_a_model_that_fits_no_budget_is_one_sentence_and_drops_nothing(
    engine: DiffusersEngine, sizes: dict[str, int]
) -> None:
    small = DiffusersEngine("cpu", memory_bytes=sizes["sd15"] + 1000)
    small.run(asked("sd15"), Told())
    with pytest.raises(OutOfMemory, match=r"sdxl needs \d+ MB, and does not fit into \d+ MB: close what"):
        small.run(asked("sdxl"), Told())
    assert weight_of(small, "sd15") == sizes["sd15"]
    assert small.run(asked("sd15"), Told())[0] == engine.run(asked("sd15"), Told())[0]


def test_the_cache_gives_way_before_any_model(sizes: dict[str, int]) -> None:
    budget = sum(sizes.values()) + 3 * 64 * 64 * 3
    small = DiffusersEngine("cpu", memory_bytes=budget)
    for seed in range(4):
        small.run(asked("sd15", seed=seed), Told())
    assert small.cache_report().bytes > 3 * 64 * 64 * 3
    small.run(asked("sdxl"), Told())
    assert small.cache_report().bytes <= 3 * 64 * 64 * 3
    assert held(small, "sd15")


def test_every_task_of_a_family_shares_one_copy(engine: DiffusersEngine, tiny: dict[str, Path]) -> None:
    folder = tiny["sd15"]
    start = parameters_of_the_process()

    def grown() -> int:
        return parameters_of_the_process() - start

    def visit(*requests: Request) -> int:
        before = grown()
        for wanted in requests:
            engine.run(wanted, Told())
        return grown() - before

    parts = [folder / part for part in ("text_encoder", "unet", "vae")]
    assert visit(asked("sd15")) == pytest.approx(weights_on_disk(*parts), rel=0.05)
    again = [
        asked("sd15", "image_to_image", steps=steps, scheduler=name) for steps, name in ((2, "ddim"), (3, "euler"))
    ]
    assert visit(*again) == 0
    net = weights_on_disk(folder / CONTROL)
    assert visit(asked("sd15", "control_to_image", ("lines",))) == pytest.approx(net, rel=0.05)
    assert visit(asked("sd15", "image_to_image", ("lines",))) == 0
    assert visit(asked("sd15", "control_to_image", ("lines", "depth"))) == pytest.approx(net, rel=0.05)
    assert visit(asked("sd15", "image_to_image", ("depth", "lines")), *again) == 0
    lora = (Lora(name=str(folder / "ink.safetensors"), weight=0.8),)
    ink = weights_on_disk(folder / "ink.safetensors") or (folder / "ink.safetensors").stat().st_size
    assert visit(asked("sd15", loras=lora)) == pytest.approx(ink, rel=0.2)
    assert visit(asked("sd15", "image_to_image", loras=lora)) == 0
    assert visit(asked("sd15")) == 0, "a LoRA that is not wanted rests"
    with_it = grown()
    engine._models["sd15"].adapters.take_loras_off()
    assert grown() - with_it == pytest.approx(-ink, rel=0.2)
    lent = weights_on_disk(folder / "ip-adapter")
    assert visit(asked("sd15", lent=PHOTO)) == pytest.approx(lent, rel=0.1)
    assert visit(asked("sd15"), asked("sd15", lent=SKETCH.on_white()), *again) == 0
    accounted = sum(one.bytes for one in held(engine) if one.owner != "cache")
    assert grown() == accounted, f"{grown()} bytes live\n{engine.memory_report()}"


def test_release_frees_everything_and_the_next_picture_is_the_same(engine: DiffusersEngine) -> None:
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


def test_release_while_a_job_runs_waits_for_its_end(engine: DiffusersEngine) -> None:
    answers: list[int] = []
    picture, _ = engine.run(asked("sd15"), Watching(lambda: answers.append(engine.release())))
    assert set(answers) == {0}
    assert names(engine) == {"cache results of stages"}
    assert engine.run(asked("sd15"), Told())[0] == picture


@pytest.mark.usefixtures("engine")
def test_the_report_is_a_table_that_says_why(clock: Clock, tiny: dict[str, Path]) -> None:
    timed = DiffusersEngine("cpu", memory_bytes=10**9, clock=clock)
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
    engine: DiffusersEngine, sizes: dict[str, int], tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = CATALOGUE["sd15"]
    elsewhere = {"lines": card.controls["lines"], "canny": "nobody/no-such-controlnet"}
    monkeypatch.setitem(CATALOGUE, "sd15", type(card)(**{**vars(card), "controls": elsewhere}))
    engine.release()
    engine.load("sd15", Told())
    assert "sd15 ControlNet controlnet-lines" in names(engine)
    one = weights_on_disk(tiny["sd15"] / CONTROL)
    small = DiffusersEngine("cpu", memory_bytes=sizes["sd15"] + one // 2)
    small.load("sd15", Told())
    assert not [name for name in names(small) if "ControlNet" in name]


def test_a_lora_that_does_not_fit_the_model_leaves_no_weights_behind(
    engine: DiffusersEngine, tiny: dict[str, Path]
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
