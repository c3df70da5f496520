"""The promise: weights lie in the processor's order while there is room for that, and no bit of an answer changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from lab.core import Lora
from lab.pipelines.speedups import prepacked_convs as module
from lab.pipelines.speedups.prepacked_convs import PrepackedConvs
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import asked
from tests.pipelines.reporters import Told

CPU = torch.device("cpu")
PLENTY, CACHE = 2**30, 2**28
pytestmark = pytest.mark.skipif(not PrepackedConvs(CPU)._is_possible, reason="this processor's order is not known here")


@pytest.fixture
def prepacked(monkeypatch: pytest.MonkeyPatch) -> Iterator[PrepackedConvs]:
    """With two threads, since torch leaves kernels of one pixel to oneDNN only then."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr(module, "_PLAINLY", 0)
    made = PrepackedConvs(CPU)
    made.resize(PLENTY)
    yield made
    torch.set_num_threads(threads)


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """The weights that were brought into order, as often as they were."""
    told: list[torch.Tensor] = []
    pack = torch.ops.mkldnn_prepacked.conv2d_prepack

    def noted(weight: torch.Tensor, *given: Any) -> Any:
        told.append(weight)
        return pack(weight, *given)

    monkeypatch.setattr(torch.ops.mkldnn_prepacked, "conv2d_prepack", noted)
    return told


def in_order_bytes(engine: DrawingEngine) -> int:
    found = (one.bytes for one in engine.memory_report().residents if one.what == "weights in the CPU's own order")
    return sum(found)


def answers(prepacked: PrepackedConvs, layer: torch.nn.Module, given: torch.Tensor) -> torch.Tensor:
    with torch.no_grad(), prepacked.of(layer):
        return layer(given)


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3))


LAYERS = [
    ((64, 64, 3), {"padding": 1}, (2, 64, 16, 16), True),
    ((64, 64, 3), {"padding": 1}, (1, 64, 32, 32), True),
    ((640, 320, 3), {"padding": 1}, (2, 640, 4, 4), True),
    ((64, 128, 1), {}, (2, 64, 16, 16), True),
    ((4, 320, 3), {"padding": 1}, (2, 4, 32, 32), True),
    ((320, 4, 3), {"padding": 1, "bias": False}, (2, 320, 32, 32), True),
    ((96, 96, 3), {"padding": 1, "stride": 2}, (2, 96, 17, 19), True),
    ((32, 48, 3), {"padding": 2, "dilation": 2}, (3, 32, 9, 9), True),
    ((64, 64, 3), {"padding": 1, "groups": 4}, (2, 64, 16, 16), True),
    ((4, 320, 3), {"padding": 1}, (1, 4, 8, 8), False),
    ((32, 32, 3), {"padding": "same"}, (2, 32, 16, 16), False),
    ((32, 32, 3), {"padding": 1, "padding_mode": "reflect"}, (2, 32, 16, 16), False),
]


@pytest.mark.parametrize(("sides", "settings", "shape", "is_kept"), LAYERS)
def test_an_answer_is_the_same_to_the_bit(
    prepacked: PrepackedConvs,
    sides: tuple[int, int, int],
    settings: dict[str, Any],
    shape: tuple[int, ...],
    is_kept: bool,
) -> None:
    torch.manual_seed(0)
    layer, given = torch.nn.Conv2d(*sides, **settings).requires_grad_(requires_grad=False), noise(*shape)
    expected = layer(given)
    for _ in range(2):
        assert torch.equal(answers(prepacked, layer, given), expected)
    assert prepacked.bytes == (layer.weight.nbytes if is_kept else 0)


@pytest.mark.parametrize("in_another_order", ["given", "weight"])
def test_memory_in_another_order_is_left_to_torch(prepacked: PrepackedConvs, in_another_order: str) -> None:
    layer, given = torch.nn.Conv2d(64, 64, 1), noise(2, 64, 8, 8)
    if in_another_order == "weight":  # a kernel of one pixel lies in both orders at once, by its numbers alone
        layer = layer.to(memory_format=torch.channels_last)
    else:
        given = given.to(memory_format=torch.channels_last)
    with torch.no_grad():
        expected = layer(given)
    assert torch.equal(answers(prepacked, layer, given), expected)
    assert prepacked.bytes == 0


def test_weights_are_brought_into_order_once_and_anew_when_they_or_the_size_change(
    prepacked: PrepackedConvs, packed: list[torch.Tensor]
) -> None:
    layer = torch.nn.Conv2d(32, 32, 3, padding=1).requires_grad_(requires_grad=False)
    for seed, count in ((8, 1), (8, 1), (16, 2), (16, 2)):
        answers(prepacked, layer, noise(2, 32, seed, seed))
        assert len(packed) == count
    given = noise(2, 32, 16, 16)
    layer.weight.mul_(2)
    assert torch.equal(answers(prepacked, layer, given), layer(given))
    layer.weight.data = layer.weight.data * 3
    assert torch.equal(answers(prepacked, layer, given), layer(given))
    layer.bias.add_(1)
    assert torch.equal(answers(prepacked, layer, given), layer(given))
    assert len(packed) == 5
    assert prepacked.bytes == layer.weight.nbytes


def test_a_layer_that_answers_a_few_times_only_takes_no_memory(
    prepacked: PrepackedConvs, packed: list[torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PLAINLY", 4)
    layer = torch.nn.Conv2d(32, 32, 3, padding=1)
    for side in (8, 16, 16, 16, 16):
        answers(prepacked, layer, noise(2, 32, side, side))
    assert (packed, prepacked.bytes) == ([], 0), "a size of its own, and four times another one"
    for _ in range(3):
        answers(prepacked, layer, noise(2, 32, 16, 16))
    assert [id(one) for one in packed] == [id(layer.weight)]


def test_another_number_of_threads_is_asked_about_anew(prepacked: PrepackedConvs) -> None:
    """With one thread torch computes kernels of one pixel by other means, which round otherwise."""
    layer, given = torch.nn.Conv2d(64, 128, 1).requires_grad_(requires_grad=False), noise(2, 64, 16, 16)
    assert torch.equal(answers(prepacked, layer, given), layer(given))
    assert prepacked.bytes > 0
    torch.set_num_threads(1)
    assert torch.equal(answers(prepacked, layer, given), layer(given))
    assert prepacked.bytes == 0


def test_there_is_never_more_than_may_be(prepacked: PrepackedConvs) -> None:
    network = torch.nn.Sequential(*(torch.nn.Conv2d(32, 32, 3, padding=1) for _ in range(4)))
    given, one = noise(2, 32, 8, 8), network[0].weight.nbytes
    with torch.no_grad():
        expected = network(given)
    prepacked.resize(3 * one - 1)
    assert torch.equal(answers(prepacked, network, given), expected)
    assert prepacked.bytes == 2 * one
    assert prepacked.resize(one) == one
    assert prepacked.bytes == one
    assert prepacked.clear() == one
    assert torch.equal(answers(prepacked, network, given), expected)
    assert prepacked.bytes == 0, "cleared for want of memory, it must not be filled again before it is told how much"


def test_another_device_is_left_alone() -> None:
    prepacked, layer = PrepackedConvs(torch.device("cuda")), torch.nn.Conv2d(8, 8, 3)
    with prepacked.of(layer):
        assert "forward" not in vars(layer)


def test_nothing_stays_on_the_layers_not_even_after_an_error(prepacked: PrepackedConvs) -> None:
    layer = torch.nn.Conv2d(8, 8, 3)
    with pytest.raises(RuntimeError), prepacked.of(layer, None):
        layer(noise(2, 9, 8, 8))
    assert "forward" not in vars(layer)


@pytest.mark.parametrize("model", ["starter", "sd15", "sdxl"])
def test_the_engine_keeps_them_between_pictures(engine: DrawingEngine, packed: list[torch.Tensor], model: str) -> None:
    engine.run(asked(model, "sketch_to_image", ("lines",)), Told())
    assert len(packed) > 10
    packed.clear()
    engine.run(asked(model, "sketch_to_image", ("lines",), seed=9), Told())
    assert packed == []
    assert in_order_bytes(engine) == engine.loaded[model].memory.prepacked.bytes > 0


@pytest.mark.parametrize("with_lora", [False, True])
def test_a_picture_is_the_same_without_room_for_them(
    engine: DrawingEngine, tiny: dict[str, Path], with_lora: bool
) -> None:
    loras = (Lora(name=str(tiny["sd15"] / "ink.safetensors")),) if with_lora else ()
    wanted = asked("sd15", "sketch_to_image", ("lines",), loras=loras)
    expected, _ = engine.run(wanted, Told())
    assert in_order_bytes(engine) > 0
    parts = [one for one in engine.memory_report().residents if one.owner != "cache"]
    bare = DrawingEngine("cpu", memory_bytes=sum(one.bytes for one in parts))
    assert bare.run(wanted, Told())[0] == expected
    assert in_order_bytes(bare) == 0


def test_they_go_before_any_model_does_and_with_their_own(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    engine.run(asked("sd15"), Told())
    used = engine.memory_report().bytes
    small = DrawingEngine("cpu", memory_bytes=used + CACHE)
    small.run(asked("sd15"), Told())
    assert in_order_bytes(small) > 0
    memory = small.loaded["sd15"].memory
    memory.make_room(used + CACHE - memory.weights_bytes, "a guest")
    assert in_order_bytes(small) == 0
    assert "sd15" in {one.owner for one in small.memory_report().residents}
    small.run(asked("sd15", seed=8), Told())
    memory.drop("sd15")
    assert in_order_bytes(small) == 0


def test_release_lets_them_go(engine: DrawingEngine) -> None:
    engine.run(asked("starter"), Told())
    engine.release()
    assert in_order_bytes(engine) == 0


@pytest.mark.parametrize("acceleration", ["channels_last", "compile"])
def test_accelerations_that_see_the_layers_otherwise_do_without(
    engine: DrawingEngine, packed: list[torch.Tensor], monkeypatch: pytest.MonkeyPatch, acceleration: str
) -> None:
    monkeypatch.setattr("lab.pipelines.speedups.approximate._COMPILER", "eager")
    engine.run(asked("sd15", acceleration=acceleration), Told())
    assert [tuple(weight.shape) for weight in packed if weight.shape[2:] != (1, 1)] == []
