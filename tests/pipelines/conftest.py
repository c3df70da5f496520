from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import DiffusionPipeline

from lab.core import Picture, Size, Stopped
from lab.core.catalogue import CATALOGUE, IpAdapter
from lab.core.hooks import Hooks
from lab.pipelines.engine import DiffusersEngine
from lab.pipelines.families import FAMILIES, _weights
from lab.pipelines.quiet import quietly
from tests.pipelines.tiny import CONTROL, SECOND_CONTROL, UNION, make_ip_adapter, make_lora, make_tiny


class Told(Hooks):
    """Hooks that write down what they are told, and stop after a number of steps."""

    def __init__(self, stop_after: int = 10**6) -> None:
        self.stages: list[tuple[str, int, int]] = []
        self.previews: list[Picture] = []
        self._stop_after = stop_after

    def check(self) -> None:
        if sum(stage == "steps" and step > 0 for stage, step, _ in self.stages) >= self._stop_after:
            msg = "cancelled by the test"
            raise Stopped(msg)

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        self.stages.append((stage, step, steps))
        self.check()

    def preview(self, make: Callable[[], Picture]) -> None:
        self.previews.append(make())


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of a tiny model of each family; beside each a LoRA, beside some an IP-Adapter."""
    torch.set_num_threads(1)  # a model this small only waits for its threads
    with quietly():
        folders = {name: make_tiny(tmp_path_factory.mktemp("tiny") / name, name) for name in FAMILIES}
        for name, folder in folders.items():
            pipe = DiffusionPipeline.from_pretrained(folder)
            make_lora(pipe, folder / "ink.safetensors", FAMILIES[name].backbone)
            if name in ("sd15", "sdxl"):
                make_ip_adapter(pipe, folder / "ip-adapter")
    return folders


@pytest.fixture
def engine(tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> DiffusersEngine:
    """An engine whose catalogue holds the tiny models, 64 pixels native but for the starter."""
    monkeypatch.setattr(_weights, "WEIGHTS", tiny["starter"])
    starter = CATALOGUE["starter"]
    own = {"lines": CONTROL, "depth": SECOND_CONTROL}
    monkeypatch.setitem(CATALOGUE, "starter", replace(starter, controls=own, takes_loras=True))
    for name in ("sd15", "sdxl", "z-image", "instruct-pix2pix"):
        card = CATALOGUE[name]
        folder = tiny[card.family]
        controls = {"lines": str(folder / CONTROL), "depth": str(folder / SECOND_CONTROL)}
        if name == "sdxl":
            controls |= {"openpose": f"{folder / UNION}#0", "canny": f"{folder / UNION}#3"}
        scheduler = "euler" if name == "z-image" else "ddim"
        adapter = IpAdapter(str(folder / "ip-adapter"), "models", "tiny.safetensors") if card.ip_adapter else None
        tiny_card = replace(
            card, repo=str(folder), variant=None, native=Size(64, 64), scheduler=scheduler, controls=controls,
            ip_adapter=adapter,
        )  # fmt: skip
        monkeypatch.setitem(CATALOGUE, name, tiny_card)
    return DiffusersEngine("cpu")
