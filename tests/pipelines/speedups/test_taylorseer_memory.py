"""The promise: what TaylorSeer keeps of a denoiser's layers is counted, and room is made for it."""

from __future__ import annotations

import sys

import pytest

from lab.core import OutOfMemory
from lab.pipelines.models.placements import STREAMED
from lab.pipelines.speedups.taylorseer import KEPT, kept_bytes
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import asked, names, weight_of
from tests.pipelines.reporters import Told


class Steps(Told):
    """Notes after each step what the report counts for TaylorSeer, and what is really there."""

    def __init__(self, engine: DrawingEngine, model: str) -> None:
        super().__init__()
        self.counted: list[int] = []
        self.there: list[int] = []
        self._engine, self._model = engine, model

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        super().progress(stage, step, steps)
        if stage == "steps" and step:
            held = [one for one in self._engine.memory_report().residents if one.what == KEPT]
            self.counted.append(sum(one.bytes for one in held))
            loaded = self._engine.loaded[self._model]
            self.there.append(kept_bytes(loaded.components[loaded.family.backbone])[0])


@pytest.mark.parametrize("model", ["sdxl", "z-image", "klein-base"])
def test_what_is_kept_is_counted_from_the_first_step_to_the_last(engine: DrawingEngine, model: str) -> None:
    steps = Steps(engine, model)
    engine.run(asked(model, steps=6, acceleration="taylorseer"), steps)
    whole = steps.there[-1]
    assert whole > 0
    assert steps.counted == [whole] * 6
    assert steps.there == [whole // 2, *[whole] * 5]
    assert f"{model} {KEPT}" not in names(engine)


@pytest.mark.parametrize("model", ["sd15", "z-image"])
def test_layers_that_are_streamed_are_foretold_to_the_same_bits_and_counted_alike(
    engine: DrawingEngine, model: str
) -> None:
    wanted, exact = asked(model, steps=6, acceleration="taylorseer"), asked(model, steps=6)
    steps, streamed = Steps(engine, model), Steps(engine, model)
    whole = [engine.run(one, steps)[0] for one in (wanted, exact)]
    loaded = engine.loaded[model]
    loaded.place(STREAMED)
    loaded.whole_wants_bytes = sys.maxsize  # there is never room for it as a whole
    engine.forget()
    assert [engine.run(one, streamed)[0] for one in (wanted, exact)] == whole
    assert engine.loaded[model] is loaded
    assert loaded.parts.placement == STREAMED
    assert streamed.counted == steps.counted
    assert streamed.counted[0] == streamed.there[5] > 0
    assert whole[0] != whole[1]


def test_a_model_that_is_not_in_use_goes_for_it(engine: DrawingEngine) -> None:
    engine.run(asked("sd15", steps=6), Told())
    engine.run(asked("starter"), Told())
    engine.forget()
    engine.limit_memory(weight_of(engine, "sd15") + weight_of(engine, "starter") + 1000)
    engine.run(asked("sd15", steps=6), Told())
    assert "starter unet" in names(engine)
    engine.run(asked("sd15", steps=6, acceleration="taylorseer"), Told())
    assert "starter unet" not in names(engine)
    assert "sd15 unet" in names(engine)
    assert engine.notes == ()


def test_without_room_for_it_it_is_a_sentence_and_the_exact_picture_is_still_drawn(engine: DrawingEngine) -> None:
    exact, _ = engine.run(asked("sd15", steps=6), Told())
    engine.forget()
    engine.limit_memory(weight_of(engine, "sd15") + 1000)
    with pytest.raises(OutOfMemory, match="a picture of 64x64 with taylorseer needs more memory than cpu has"):
        engine.run(asked("sd15", steps=6, acceleration="taylorseer"), Told())
    assert engine.run(asked("sd15", steps=6), Told())[0] == exact
