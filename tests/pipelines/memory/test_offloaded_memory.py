"""The promise: what an offloaded model leaves in the machine's memory takes none of the device's, until it is used."""

from __future__ import annotations

import pytest
import torch

from lab.core import OutOfMemory
from lab.pipelines.memory.budget import MemoryBudget
from lab.pipelines.memory.part import Part
from lab.pipelines.memory.stage_cache import StageCache
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import asked
from tests.pipelines.reporters import Told


class Shelf:
    """A memory with room for 100 bytes, and what was dropped from it."""

    def __init__(self) -> None:
        self.memory = MemoryBudget(torch.device("cpu"), StageCache(), 100, clock=lambda: 0.0)
        self.dropped: list[str] = []

    def hold(self, owner: str, what: str = "", **pieces: int) -> None:
        name = f"{owner} {what}".strip()
        self.memory.hold(Part(owner, what, pieces, lambda: self.dropped.append(name)))


@pytest.fixture
def shelf() -> Shelf:
    """An offloaded model, of which the largest part takes 40, with two ControlNets of 30 each, and another model."""
    shelf = Shelf()
    with shelf.memory.job():
        shelf.hold("large", unet=40, vae=20)
        shelf.hold("large", "canny", canny=30)
        shelf.hold("large", "depth", depth=30)
        shelf.memory.offloaded("large", "canny", "depth")
    with shelf.memory.job():
        shelf.hold("small", unet=25)
    return shelf


def test_controlnets_of_an_offloaded_model_take_nothing_while_they_rest(shelf: Shelf) -> None:
    assert shelf.memory.weights_bytes == 40 + 25
    assert {one.device for one in shelf.memory.report().residents if one.owner == "large"} == {"offload"}


def test_a_controlnet_counts_while_the_job_at_work_uses_it(shelf: Shelf) -> None:
    with shelf.memory.job():
        shelf.memory.use("large", "canny")
        assert shelf.memory.weights_bytes == 40 + 25 + 30
        assert shelf.dropped == []
    assert shelf.memory.weights_bytes == 40 + 25


def test_room_is_made_when_a_resting_controlnet_comes_to_work(shelf: Shelf) -> None:
    with shelf.memory.job():
        shelf.memory.use("large", "canny")
        shelf.memory.use("large", "depth")
        assert shelf.memory.weights_bytes == 40 + 30 + 30
    assert shelf.dropped == ["small"], "its own model and the other ControlNet stay"


def test_what_comes_is_not_helped_by_dropping_what_rests_elsewhere(shelf: Shelf) -> None:
    with shelf.memory.job():
        shelf.memory.use("small")
        shelf.memory.make_room(30, "something")
        assert shelf.dropped == []
        shelf.memory.make_room(60, "something large")
        assert shelf.dropped == ["large depth", "large canny", "large"]


def test_a_controlnet_that_does_not_fit_beside_its_model_is_one_sentence(shelf: Shelf) -> None:
    shelf.memory.limit_to(60)
    with shelf.memory.job(), pytest.raises(OutOfMemory, match="the canny of large needs"):
        shelf.memory.use("large", "canny")


def test_the_room_for_a_model_is_what_there_would_be_without_it(shelf: Shelf) -> None:
    assert shelf.memory.room_bytes("large") == 100 - 25
    assert shelf.memory.room_bytes("small") == 100 - 40


def test_a_model_that_was_offloaded_comes_back_whole_when_there_is_room_again(engine: DrawingEngine) -> None:
    expected, _ = engine.run(asked("sd15"), Told())
    offloaded = engine._models["sd15"]
    assert not offloaded.has_room_again, "it is whole"
    offloaded.is_offloaded = True
    offloaded.whole_wants_bytes = engine._memory.limit_bytes + 1
    assert not offloaded.has_room_again, "it ran short with as much as there is"
    offloaded.whole_wants_bytes = 0
    assert offloaded.has_room_again
    engine.forget()
    assert engine.run(asked("sd15"), Told())[0] == expected
    assert offloaded.is_gone
    assert not engine._models["sd15"].is_offloaded
