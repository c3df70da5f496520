"""Upscaling networks: the starter's own, and any file that spandrel reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lab.core.errors import BadInput, MissingWeights
from lab.core.geometry import Size
from lab.core.model_card import path_of
from lab.core.picture import Picture
from lab.core.reporter import Reporter
from lab.pipelines.finite import finite
from lab.pipelines.memory.budget import MemoryBudget
from lab.pipelines.memory.oom_fallbacks import OomRetry, refusing
from lab.pipelines.memory.part import Part
from lab.pipelines.memory.weights_in_use import let_go
from lab.pipelines.weights.repo_layout import memory_bytes, stamped
from lab.retouch.tiles import tiled
from lab.starter import WEIGHTS

OWN = "starter"
"""The name of the x4 network that comes with the lab."""
_SMALLER = "enlarged the picture in smaller tiles"
_FILES = {OWN: WEIGHTS / "upscaler" / "x4-compact.safetensors"}


@dataclass
class Upscalers:
    """The upscaling networks in memory, each read once."""

    device: torch.device
    memory: MemoryBudget
    _read: dict[str, Any] = field(default_factory=dict)
    _stamps: dict[str, str] = field(default_factory=dict)

    def upscaled(
        self,
        picture: Picture,
        name: str,
        factor: int,
        reporter: Reporter,
        oom_retry: OomRetry,
        *,
        tile: int = 256,
        overlap: int = 32,
    ) -> Picture:
        """The picture, `factor` times larger; each tile is brought to that size, so the whole is never larger.

        Args:
            picture: any picture; a transparent one is put on white.
            name: "starter", or the path of a network's file.
            factor: how many times larger, whatever the network makes of it.
            reporter: hear of every tile, and may stop between two.
            oom_retry: what is tried when the device is full, before the tiles are made smaller.
            tile: width and height of a tile in pixels; halved when the device has too little memory for it.
            overlap: of neighbouring tiles in pixels.

        Raises:
            BadInput: when the file holds no such network.
            MissingWeights: when there is no such file.
            OutOfMemory: when even a tile of 64 pixels is too much.
        """
        network = oom_retry.run(lambda: self._network(name), oom_retry.common, f"the upscaler {Path(name).name}")
        largest = Size(min(tile, picture.size.width), min(tile, picture.size.height))
        tiles = 0

        def work(part: Picture) -> Picture:
            nonlocal tiles
            tiles += 1
            reporter.progress("upscaling", tiles)
            if part.size.pixels < largest.pixels // 2:
                oom_retry.note(_SMALLER)
            made = oom_retry.run(
                lambda: self._run(network, part, name), oom_retry.common, f"enlarging a tile of {part.size}"
            )
            return made.resized(Size(part.size.width * factor, part.size.height * factor))

        return tiled(picture, work, tile=tile, overlap=overlap, scale=factor)

    def _network(self, name: str) -> Any:
        stamp = stamped(str(_FILES.get(name, name)))
        if stamp != self._stamps.get(name):  # not read yet, or another file by now
            self.memory.drop("upscaler", name)
            self._stamps[name] = stamp
        if name not in self._read:
            file = _found(name)
            self.memory.make_room(memory_bytes([file], torch.float32), f"the upscaler {file.name}")
            network = self._read[name] = _load(file, self.device)
            weights = {file.stem: sum(weight.nbytes for weight in network.model.parameters())}
            self.memory.hold(
                Part(
                    "upscaler", name, weights, lambda: let_go(self._read.pop(name).model), str(self.device), network.to
                )
            )
        self.memory.use("upscaler", name)
        return self._read[name]

    def _run(self, network: Any, part: Picture, name: str) -> Picture:
        pixels = torch.from_numpy(part.pixels.copy()).permute(2, 0, 1)[None].float().div(255)
        with torch.inference_mode():
            made = finite(network(pixels.to(self.device, network.dtype)), "a larger picture", name)
        grid = made[0].float().clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        return Picture(np.ascontiguousarray(grid))


def _found(name: str) -> Path:
    file = _FILES.get(name) or path_of(name)
    if file is None or not file.is_file():
        msg = f"there is no upscaler {name}: give the path of a .safetensors file, or use {OWN!r}"
        raise MissingWeights(msg)
    if file.suffix != ".safetensors":
        msg = f"the upscaler {file.name} is a pickle, which can run any program: convert it to .safetensors first"
        raise BadInput(msg)
    return file


def _load(file: Path, device: torch.device) -> Any:
    from spandrel import ImageModelDescriptor, ModelLoader

    with refusing(lambda why: f"{file.name} holds no upscaling network that is known ({why})"):
        network = ModelLoader(device="cpu").load_from_file(file)
    if not isinstance(network, ImageModelDescriptor) or network.input_channels != 3:
        msg = f"{file.name} is a network for another purpose than upscaling colour pictures"
        raise BadInput(msg)
    network.model.requires_grad_(requires_grad=False)
    return network.to(device).eval()
