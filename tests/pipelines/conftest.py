from __future__ import annotations

import gc
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import DiffusionPipeline
from diffusers.hooks.group_offloading import ModuleGroup
from filelock import FileLock

from lab.core import Mask, Picture, Request, Size
from lab.core.catalogue import CATALOGUE, IpAdapter
from lab.core.model_card import ControlSource
from lab.core.recipe import Plan
from lab.pipelines.library_logging import quiet_libraries
from lab.pipelines.speedups import prepacked_convs
from lab.pipelines.weights import locate
from lab.tasks import TASKS, Stages, Task
from lab.tasks._conditioning import references
from lab.tasks._task import DRAWING
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.tiny import CONTROL, KINDS, SECOND_CONTROL, UNION, make_ip_adapter, make_lora, make_tiny

FLOWING = ("z-image", "klein", "klein-base", "qwen-edit")
"""Those whose denoiser is a transformer, and whose sampler the one of flow matching."""
UNION_MODES = {"openpose": 0, "inpaint": 2, "canny": 3}


@pytest.fixture
def _new_objects() -> None:
    """Lets the garbage collector pass over what was there before: a million objects, each time weights are counted.

    They stay passed over, so that what this collects is no more than the last test has left.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture
def came(monkeypatch: pytest.MonkeyPatch) -> list[ModuleGroup]:
    """The groups of layers that are streamed, each time that one comes."""
    groups: list[ModuleGroup] = []
    come = ModuleGroup.onload_
    monkeypatch.setattr(ModuleGroup, "onload_", lambda group: (groups.append(group), come(group))[1])
    return groups


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of each tiny model; beside each a LoRA, beside some an IP-Adapter. The same for all workers."""
    torch.set_num_threads(1)  # a model this small only waits for its threads
    own = tmp_path_factory.getbasetemp()
    place = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "tiny"
    with FileLock(f"{place}.lock"):
        if not (place / "whole").exists():
            _make_all(place)
            (place / "whole").touch()
    return {kind: place / kind for kind in KINDS}


def _make_all(place: Path) -> None:
    with quiet_libraries():
        for kind in KINDS:
            folder = make_tiny(place / kind, kind)
            pipe = DiffusionPipeline.from_pretrained(folder)
            make_lora(pipe, folder / "ink.safetensors", "transformer" if kind in FLOWING else "unet")
            if kind in ("sd15", "sdxl"):
                make_ip_adapter(pipe, folder / "ip-adapter")


@pytest.fixture
def engine(tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> DrawingEngine:
    """An engine whose catalogue holds the tiny models, 64 pixels native but for the starter.

    It keeps the weights of convolutions in order from their first use on, so that every test sees them so.
    """
    monkeypatch.setattr(prepacked_convs, "_PLAINLY", 0)
    monkeypatch.setattr(locate, "WEIGHTS", tiny["starter"])
    starter = CATALOGUE["starter"]
    own = {"lines": ControlSource(CONTROL), "depth": ControlSource(SECOND_CONTROL)}
    monkeypatch.setitem(CATALOGUE, "starter", replace(starter, controls=own, takes_loras=True))
    for name in (*FLOWING, "sd15", "sdxl", "instruct-pix2pix", "sd15-inpaint", "sdxl-inpaint"):
        card = CATALOGUE[name]
        folder = tiny.get(name, tiny[card.family])
        controls = {
            kind: ControlSource(str(folder / net)) for kind, net in {"lines": CONTROL, "depth": SECOND_CONTROL}.items()
        }
        if card.shown_controls or not card.draws:
            controls = {}
        if name == "sdxl":
            controls |= {kind: ControlSource(str(folder / UNION), mode) for kind, mode in UNION_MODES.items()}
        if name == "sd15":
            controls["inpaint"] = controls["lines"]
        scheduler = "euler" if name in FLOWING else "ddim"
        adapter = (
            IpAdapter(str(folder / "ip-adapter"), "models", "tiny.safetensors") if name in ("sd15", "sdxl") else None
        )
        tiny_card = replace(
            card, repo=str(folder), revision=None, variant=None, native=Size(64, 64), scheduler=scheduler,
            controls=controls, ip_adapter=adapter,
        )  # fmt: skip
        monkeypatch.setitem(CATALOGUE, name, tiny_card)
    return DrawingEngine("cpu")


def _bare_inpaint(request: Request, plan: Plan, stages: Stages) -> Picture:
    """The masked drawing alone, without the crop and the stitch that the inpaint task puts around it."""
    recipe = request.recipe
    maps = tuple(stages.control_map(one, request.pictures[one.picture], plan) for one in recipe.controls)
    start, mask = request.pictures[recipe.image or ""], Mask.of(request.pictures[recipe.mask or ""])
    return stages.picture(
        stages.denoise(plan, stages.words(plan), maps, start=start, mask=mask, references=references(request))
    )


@pytest.fixture
def _bare_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that is a masked drawing and nothing else; and words that can be steered."""
    listens = DRAWING | {"strength", "controls", "references"}
    task = Task("bare_inpaint", "for tests", _bare_inpaint, listens, needs=frozenset({"image", "mask"}))
    monkeypatch.setitem(TASKS, "bare_inpaint", task)
    every = TASKS["text_to_image"]
    loose = Task("text_to_image", every.title, every.run, every.recipe_fields | {"controls"})
    monkeypatch.setitem(TASKS, "text_to_image", loose)
