"""The promise: layers that rest in the machine's memory are counted there, and each layer when it comes."""

from __future__ import annotations

import pytest
import torch

from lab.core import OutOfMemory
from lab.pipelines.memory.budget import MemoryBudget
from lab.pipelines.memory.part import Part
from lab.pipelines.memory.stage_cache import StageCache
from lab.pipelines.models.placements import STREAMED, WHOLE
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
    """A streamed model of 200, of which 30 stay and each layer takes 10, with a ControlNet; and another model."""
    shelf = Shelf()
    with shelf.memory.job():
        shelf.hold("large", unet=20, vae=10)
        shelf.memory.placed("large", {"unet": 20, "vae": 10}, {"unet, streamed": 170}, 10)
        shelf.hold("large", "canny", canny=30)
    with shelf.memory.job():
        shelf.hold("small", unet=25)
    return shelf


def test_what_is_streamed_takes_what_stays_and_its_largest_layer(shelf: Shelf) -> None:
    assert shelf.memory.weights_bytes == 20 + 10 + 10 + 30 + 25
    lying = {one.what: (one.bytes, one.device) for one in shelf.memory.report().residents if one.owner == "large"}
    assert lying["unet, streamed"] == (170, "cpu")


def test_the_room_for_a_model_is_what_there_would_be_without_it(shelf: Shelf) -> None:
    assert shelf.memory.room_bytes("large") == 100 - 30 - 25
    assert shelf.memory.room_bytes("small") == 100 - 40 - 30
    with shelf.memory.job():
        shelf.memory.use("small")
        assert shelf.memory.most_bytes("large") == 100 - 25, "what is at work stays, and its own would go"


def test_what_does_not_fit_beside_a_streamed_model_is_one_sentence(shelf: Shelf) -> None:
    with shelf.memory.job():
        shelf.memory.use("large", "canny")
        with pytest.raises(OutOfMemory, match=r"something large needs .*beside large"):
            shelf.memory.make_room(61, "something large")


def test_a_streamed_model_comes_back_whole_when_there_is_room_again(engine: DrawingEngine) -> None:
    expected, _ = engine.run(asked("sd15"), Told())
    streamed = engine.loaded["sd15"]
    assert not streamed.has_room_again, "it is whole"
    streamed.place(STREAMED)
    streamed.whole_wants_bytes = streamed.memory.limit_bytes + 1
    assert not streamed.has_room_again, "it ran short with as much as there is"
    streamed.whole_wants_bytes = 0
    assert streamed.has_room_again
    engine.forget()
    assert engine.run(asked("sd15"), Told())[0] == expected
    assert streamed.is_gone
    assert engine.loaded["sd15"].parts.placement == WHOLE
