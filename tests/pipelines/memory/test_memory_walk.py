"""The promise: nothing is refused on 8, 12, 16 or 24 GB that fits layer by layer; docs/models.md says how it is drawn.

Weights are counted as the lab counts them, of networks at their full sizes; what the work takes beside them is counted
on the meta device. What is tried when they do not fit together is what `lab.pipelines.stages` tries, in its order.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch

from lab.core.catalogue import CATALOGUE
from lab.pipelines.families import FAMILIES
from lab.pipelines.memory.device import WORKING_ROOM_BYTES
from lab.pipelines.models.choice import Room
from lab.pipelines.models.placements import (
    STREAMED,
    WHOLE,
    WHOLE_IN_8_BITS,
    WORDS_STREAMED,
    WORDS_STREAMED_IN_8_BITS,
    Placement,
    Sizes,
    device_bytes,
    placements_for,
    sizes_of,
)
from tests.pipelines.full_size import full_size
from tests.pipelines.hub_listings import WEIGHTS
from tests.pipelines.memory.meta_peaks import work_of
from tests.pipelines.memory.taken import TAKEN_BYTES

FAMILIES_WITH_CONTROLS = ("sd15", "sdxl", "z-image")
GPUS = (8, 12, 16, 24)
TASKS = {"from words": (False, "decode"), "from a picture": (False, "encode"), "with a control": (True, "decode")}
"""Whether a ControlNet is at work, and what the autoencoder does beside decoding; a mask is a picture, too."""
CONTROL = {"sd15": "sd15 control", "sdxl": "sdxl union", "z-image": "z-image control"}
SAID = {WHOLE: "whole", WORDS_STREAMED: "words streamed", STREAMED: "streamed"}
AUTO = {
    None: "not",
    WHOLE: "exact",
    WORDS_STREAMED: "exact, words streamed",
    WHOLE_IN_8_BITS: "8 bits",
    WORDS_STREAMED_IN_8_BITS: "8 bits, words streamed",
    STREAMED: "exact, streamed",
}
WHY = [
    ("klein", 16, ""),
    ("klein", 12, "layers that read words are streamed: 12 GB are free, all of it needs 15.5"),
    ("klein", 7, "in 8 bits: 7 GB are free, exact needs 9.3; `precision='exact'` streams all layers"),
    ("klein", 4, "all layers are streamed: 4 GB are free, 8 bits need 5.4"),
    ("qwen-edit", 24, "in 8 bits: 24 GB are free, exact needs 44.2; `precision='exact'` streams all layers"),
    ("sd15", 3, "in 8 bits: 3 GB are free, exact needs 3.1; `precision='exact'` streams all layers"),
    ("z-image", 8, "in 8 bits: 8 GB are free, exact needs 13.9; `precision='exact'` streams all layers"),
]
DOCS = Path(__file__).parents[3] / "docs" / "models.md"


@cache
def sizes(family: str) -> Sizes:
    """Of a family's networks, in halves."""
    parts = {name: net.to(torch.float16) for name, net in full_size(family).items()}
    return sizes_of(parts, FAMILIES[family])


class Gpu:
    """One of so many GB."""

    def __init__(self, family: str, gigabytes: int, *, controlled: bool) -> None:
        self.bytes = gigabytes * 2**30 - TAKEN_BYTES
        self.room = Room(self.bytes - WORKING_ROOM_BYTES, WORKING_ROOM_BYTES, sizes(family))
        self.control = 2 * WEIGHTS[CONTROL[family]] if controlled else 0
        self.ways = list(placements_for("exact", torch.device("cuda")))

    def load(self) -> bool:
        """Read the model as `load_model` does, and its ControlNet as `LoadedModel.ready`; False when it is refused."""
        while self.room.needs(self.ways[0]) + self.control > self.room.free_bytes:
            if not self.stream_more():
                return False
        return True

    def stream_more(self) -> bool:
        """As `LoadedModel` does when memory is short."""
        if len(self.ways) == 1:
            return False
        del self.ways[0]
        return True

    @property
    def weights(self) -> int:
        """Those that are there while it denoises, or decodes."""
        return self.room.needs(self.ways[0]) + self.control


@cache
def peaks(family: str) -> dict[str, int]:
    return work_of(family)


def ends_on(family: str, task: str, gigabytes: int) -> str:
    """How a task is drawn in the end."""
    controlled, coding = TASKS[task]
    gpu, work = Gpu(family, gigabytes, controlled=controlled), peaks(family)
    if not gpu.load():
        return "not"
    while gpu.weights + work["step"] > gpu.bytes:
        if not gpu.stream_more():
            return "not"
    tiles = "whole"
    for code in dict.fromkeys((coding, "decode")):
        if gpu.weights + work[f"{code} {tiles}"] > gpu.bytes:
            tiles = "tiles"  # first, since it costs less than to stream
        while gpu.weights + work[f"{code} {tiles}"] > gpu.bytes:
            if not gpu.stream_more():
                return "not"
    said = SAID[gpu.ways[0]]
    return f"{said}, in tiles" if tiles == "tiles" else said


def table() -> str:
    lines = ["| model | drawn | " + " | ".join(f"{count} GB" for count in GPUS) + " |", "|" + "---|" * (2 + len(GPUS))]
    for family in FAMILIES_WITH_CONTROLS:
        for task in TASKS:
            ends = [ends_on(family, task, count) for count in GPUS]
            lines.append(f"| {family} | {task} | " + " | ".join(ends) + " |")
    return "\n".join(lines)


def test_the_table_of_the_docs_is_what_the_walk_ends_on() -> None:
    assert table() in DOCS.read_text()


@pytest.mark.parametrize("gigabytes", GPUS)
@pytest.mark.parametrize("family", FAMILIES_WITH_CONTROLS)
def test_nothing_is_refused_that_fits_layer_by_layer(family: str, gigabytes: int) -> None:
    work = peaks(family)
    for task, (controlled, coding) in TASKS.items():
        gpu = Gpu(family, gigabytes, controlled=controlled)
        least = gpu.room.needs(STREAMED) + gpu.control
        needs = least + max(work["step"], work[f"{coding} tiles"], work["decode tiles"])
        fits = needs <= gpu.bytes and least <= gpu.room.free_bytes
        assert (ends_on(family, task, gigabytes) != "not") == fits, (family, task, gigabytes, needs / 1e9)


def test_z_image_follows_controls_on_12_gb() -> None:
    assert "not" not in [ends_on("z-image", "with a control", count) for count in GPUS if count >= 12]


CARDS = {name: card.family for name, card in CATALOGUE.items() if card.repo}
FREE_GB = (3, 4, 6, 8, 10, 12, 16, 20, 24)


def choice(family: str, free_gb: float) -> tuple[Placement | None, str]:
    """What `precision="auto"` comes to with so much of a GPU free, and why; None where nothing fits."""
    ways = placements_for("auto", torch.device("cuda"))
    free = int(free_gb * 1e9) - WORKING_ROOM_BYTES
    room = Room(free, WORKING_ROOM_BYTES, sizes("sd15" if family == "instruct" else family))
    placement = room.first_fitting(ways)
    return (placement if room.needs(placement) <= free else None), room.why(placement, "auto", ways)


def choices() -> str:
    lines = ["| model | " + " | ".join(f"{count} GB" for count in FREE_GB) + " |", "|" + "---|" * (1 + len(FREE_GB))]
    for name, family in CARDS.items():
        lines.append(f"| {name} | " + " | ".join(AUTO[choice(family, count)[0]] for count in FREE_GB) + " |")
    return "\n".join(lines)


def test_the_table_of_what_auto_chooses_is_that_of_the_docs() -> None:
    assert choices() in DOCS.read_text()


@pytest.mark.parametrize(("family", "free_gb", "why"), WHY)
def test_auto_says_why(family: str, free_gb: float, why: str) -> None:
    assert choice(family, free_gb)[1] == why


@pytest.mark.parametrize("name", CARDS)
def test_a_card_says_what_its_model_takes_whole_and_layer_by_layer(name: str) -> None:
    said, counted = CATALOGUE[name].memory_gb, sizes("sd15" if CARDS[name] == "instruct" else CARDS[name])
    assert said == pytest.approx([device_bytes(counted, one) / 1e9 for one in (WHOLE, STREAMED)], abs=0.01)
