"""The promise: nothing is refused on 8, 12, 16 or 24 GB that fits part by part; docs/models.md says how it is drawn.

Weights are counted by the lab's own budget, at the sizes of `hub_listings`; what the work takes beside them is counted
on the meta device. What is tried when they do not fit together is what `lab.pipelines.stages` tries, in its order.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch

from lab.core.errors import OutOfMemory
from lab.pipelines.memory import budget
from lab.pipelines.memory.budget import MemoryBudget
from lab.pipelines.memory.device import WORKING_ROOM_BYTES
from lab.pipelines.memory.part import Part
from lab.pipelines.memory.stage_cache import StageCache
from tests.pipelines.hub_listings import WEIGHTS
from tests.pipelines.memory.meta_peaks import work_of
from tests.pipelines.memory.taken import TAKEN_BYTES

FAMILIES = ("sd15", "sdxl", "z-image")
GPUS = (8, 12, 16, 24)
TASKS = {"from words": (False, "decode"), "from a picture": (False, "encode"), "with a control": (True, "decode")}
"""Whether a ControlNet is at work, and what the autoencoder does beside decoding; a mask is a picture, too."""
CONTROL = {"sd15": "sd15 control", "sdxl": "sdxl union", "z-image": "z-image control"}
DOCS = Path(__file__).parents[3] / "docs" / "models.md"


class Gpu:
    """One of so many GB, with the lab's budget for it."""

    def __init__(self, family: str, gigabytes: int, *, controlled: bool) -> None:
        self.bytes = gigabytes * 2**30 - TAKEN_BYTES
        self.parts = {
            name.partition(" ")[2]: 2 * count
            for name, count in WEIGHTS.items()
            if name.startswith(f"{family} ") and name.partition(" ")[2] not in ("control", "union")
        }
        self.control = 2 * WEIGHTS[CONTROL[family]] if controlled else 0
        self.is_offloaded = False

    def load(self) -> bool:
        """Read the model as `load_model` does, and its ControlNet as `LoadedModel.ready`; False when it is refused."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(budget, "usable_memory_bytes", lambda _: self.bytes - WORKING_ROOM_BYTES)
            self.memory = MemoryBudget(torch.device("cpu"), StageCache())
            counted = self.memory
            patch.setattr(
                budget, "usable_memory_bytes", lambda _: self.bytes - WORKING_ROOM_BYTES - counted.weights_bytes
            )
            return self._load()

    def _load(self) -> bool:
        whole = sum(self.parts.values())
        try:
            try:
                self.memory.make_room(whole, "the model")
            except OutOfMemory:
                self.is_offloaded = True
                self.memory.make_room(max(self.parts.values()), "the model")
            self.memory.hold(Part("model", "", self.parts, lambda: None))
            if self.is_offloaded:
                self.memory.offloaded("model")
            try:
                spare = self.memory.spare_bytes if self.is_offloaded else 0
                self.memory.make_room(max(0, self.control - spare), "the ControlNet")
            except OutOfMemory:
                self.is_offloaded = True
                self.memory.offloaded("model")
                self.memory.make_room(max(0, self.control - self.memory.spare_bytes), "the ControlNet")
        except OutOfMemory:
            return False
        return True

    def beside(self, piece: str) -> int:
        """The weights that are there while a piece works, with its ControlNet while it denoises."""
        control = self.control if not self.is_offloaded or piece in ("unet", "transformer") else 0
        return control + (self.parts[piece] if self.is_offloaded else sum(self.parts.values()))


@cache
def peaks(family: str) -> dict[str, int]:
    return work_of(family)


def ends_on(family: str, task: str, gigabytes: int) -> str:
    """How a task is drawn in the end."""
    controlled, coding = TASKS[task]
    gpu, work = Gpu(family, gigabytes, controlled=controlled), peaks(family)
    if not gpu.load():
        return "not"
    backbone = "transformer" if family == "z-image" else "unet"
    if gpu.beside(backbone) + work["step"] > gpu.bytes:
        if gpu.is_offloaded:
            return "not"
        gpu.is_offloaded = True
        if gpu.beside(backbone) + work["step"] > gpu.bytes:
            return "not"
    tiles = "whole"
    for code in dict.fromkeys((coding, "decode")):
        if gpu.beside("vae") + work[f"{code} {tiles}"] > gpu.bytes:
            tiles = "tiles"  # first, since it costs less than to offload
        if gpu.beside("vae") + work[f"{code} {tiles}"] > gpu.bytes:
            if gpu.is_offloaded:
                return "not"
            gpu.is_offloaded = True
    said = "by parts" if gpu.is_offloaded else "whole"
    return f"{said}, in tiles" if tiles == "tiles" else said


def table() -> str:
    lines = ["| model | drawn | " + " | ".join(f"{count} GB" for count in GPUS) + " |", "|" + "---|" * (2 + len(GPUS))]
    for family in FAMILIES:
        for task in TASKS:
            ends = [ends_on(family, task, count) for count in GPUS]
            lines.append(f"| {family} | {task} | " + " | ".join(ends) + " |")
    return "\n".join(lines)


def test_the_table_of_the_docs_is_what_the_walk_ends_on() -> None:
    assert table() in DOCS.read_text()


@pytest.mark.parametrize("gigabytes", GPUS)
@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_refused_that_fits_part_by_part(family: str, gigabytes: int) -> None:
    work = peaks(family)
    for task, (controlled, coding) in TASKS.items():
        gpu = Gpu(family, gigabytes, controlled=controlled)
        largest = max(gpu.parts.values()) + gpu.control
        needs = max(largest + work["step"], gpu.parts["vae"] + max(work[f"{coding} tiles"], work["decode tiles"]))
        room = WORKING_ROOM_BYTES // (2 if controlled else 1)
        fits = needs <= gpu.bytes and largest <= gpu.bytes - room
        assert (ends_on(family, task, gigabytes) != "not") == fits, (family, task, gigabytes, needs / 1e9)


def test_z_image_follows_controls_on_16_and_24_gb() -> None:
    assert "not" not in [ends_on("z-image", "with a control", count) for count in (16, 24)]
