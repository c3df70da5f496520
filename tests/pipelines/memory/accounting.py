"""What tests of memory share: small requests, what an engine holds of them, and a device that is found full."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lab.core import Mask, Recipe, Request, Sketch, control, rasterise, reference
from lab.pipelines.memory.report import Resident
from tests.pipelines.drawing import DrawingEngine

SKETCH = rasterise(Sketch().circle(256, 256, 150))
PHOTO = rasterise(Sketch().line([(30, 40), (480, 300), (100, 500)])).on_white()
MASK = Mask(np.pad(np.full((60, 60), 255, np.uint8), 226)).to_picture()
ERRORS = {
    "CUDA": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    "MPS": RuntimeError("MPS backend out of memory (MPS allocated: 9.06 GB)"),
    "CPU": RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"),
    "Python": MemoryError(),
}


class Clock:
    """Tells the time that the test says."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Visitor:
    """A guest that holds so many bytes until it is asked to leave."""

    def __init__(self, held_bytes: int) -> None:
        self.bytes = held_bytes

    def residents(self) -> list[Resident]:
        return [Resident("guest", "network", self.bytes, "cpu", "reads pictures")] if self.bytes else []

    def release(self) -> int:
        freed, self.bytes = self.bytes, 0
        return freed


class Full:
    """A function that finds the device full the first `times` times."""

    def __init__(self, work: Callable[..., Any], times: float, error: Exception) -> None:
        self._work = work
        self.left = times
        self._error = error

    def __call__(self, *given: Any, **settings: Any) -> Any:
        if self.left > 0:
            self.left -= 1
            raise type(self._error)(*self._error.args)  # anew: one that is kept would keep all that its trace holds
        return self._work(*given, **settings)


def full_at(patch: pytest.MonkeyPatch, kind: Any, name: str, times: float) -> Full:
    """Whoever calls this method of a library finds the device full the first `times` times."""
    full = Full(getattr(kind, name), times, ERRORS["CUDA"])

    def work(*given: Any, **settings: Any) -> Any:  # a function, so that it becomes a method
        return full(*given, **settings)

    patch.setattr(kind, name, work)
    return full


def asked(model: str, task: str = "text_to_image", kinds: tuple[str, ...] = (), **settings: Any) -> Request:
    guides = [control(SKETCH, kind, preprocessor="lines", weight=0.7) for kind in kinds]
    pictures = {SKETCH.hash: SKETCH} if kinds else {}
    if task in ("image_to_image", "outpaint", "upscale"):
        pictures[PHOTO.hash] = PHOTO
        settings |= {"image": PHOTO.hash, "strength": 0.7}
    if task == "inpaint":
        pictures |= {PHOTO.hash: PHOTO, MASK.hash: MASK}
        settings |= {"image": PHOTO.hash, "mask": MASK.hash, "strength": 0.7}
    elif task not in ("outpaint", "upscale"):
        settings = {"width": 64, "height": 64, **settings}
    lent = settings.pop("lent", None)
    if lent is not None:
        guide = reference(lent)
        pictures[lent.hash] = lent
        settings["references"] = (guide.value,)
    settings = {"prompt": "a red apple", "steps": 2, **settings}
    controls = tuple(guide.value for guide in guides)
    return Request(Recipe(task=task, model=model, controls=controls, **settings), pictures)


def parameters_of_the_process() -> int:
    """The bytes of all parameters that anything in this process still holds, each storage once."""
    gc.collect()
    found = {}
    for thing in gc.get_objects():
        # Of its type, not `isinstance`, which torch answers in Python for each of a million objects.
        if issubclass(type(thing), torch.nn.Parameter) and thing.device.type == "cpu":
            storage = thing.untyped_storage()
            found[storage.data_ptr()] = storage.nbytes()
    return sum(found.values())


def weights_on_disk(*folders: Path) -> int:
    return sum(file.stat().st_size for folder in folders for file in folder.rglob("*.safetensors"))


def held(engine: DrawingEngine, owner: str | None = None) -> list[Resident]:
    return [one for one in engine.memory_report().residents if owner in (None, one.owner)]


def names(engine: DrawingEngine) -> set[str]:
    return {f"{one.owner} {one.what}" for one in held(engine)}


def weight_of(engine: DrawingEngine, owner: str) -> int:
    return sum(one.bytes for one in held(engine, owner))
