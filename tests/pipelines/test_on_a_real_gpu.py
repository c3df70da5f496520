"""Full-size models of random weights on a GPU that is held to 24, 16, 12 and 8 GB: figures, one JSON object a line.

`.venv/bin/python -m pytest -s tests/pipelines/test_on_a_real_gpu.py` on a machine with a CUDA GPU of 30 GB or more,
40 GB of disk and as much memory; it is made for ten minutes. Elsewhere it is skipped. Nobody has run it yet.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    DiffusionPipeline,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    ZImageControlNetModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, Qwen3Config, Qwen3Model

from lab.core import OutOfMemory, Picture, Request
from lab.core.catalogue import CATALOGUE
from lab.core.model_card import ControlSource
from lab.pipelines.speedups.taylorseer import KEPT
from lab.pipelines.weights.clip_tokenizer import clip_tokenizer
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.full_size import Z_VAE, config_of
from tests.pipelines.memory.accounting import asked
from tests.pipelines.memory.taken import TAKEN_BYTES
from tests.pipelines.reporters import Told
from tests.pipelines.tiny import chat_tokenizer

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU on this machine")
STEPS = 4
CAPS_GB = (24, 16, 12, 8)
SIDE = 1024
TASKS: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "words": ("text_to_image", (), {}),
    "picture": ("image_to_image", (), {}),
    "mask": ("inpaint", (), {}),
    "border": ("outpaint", (), {"left": SIDE // 4}),
    "control": ("sketch_to_image", ("lines",), {}),
    "larger": ("upscale", (), {"factor": 2.0}),
}
SIZED = {"text_to_image", "image_to_image", "sketch_to_image"}
CUDA = torch.device("cuda")


def random_sdxl(folder: Path) -> Path:
    with CUDA:
        net = UNet2DConditionModel(**config_of("sdxl", "unet")).half()
        pipe = StableDiffusionXLPipeline(
            vae=AutoencoderKL(**config_of("sdxl", "vae")).half(),
            text_encoder=CLIPTextModel(CLIPTextConfig(**config_of("sdxl", "text_encoder"))).half(),
            text_encoder_2=CLIPTextModelWithProjection(CLIPTextConfig(**config_of("sdxl", "text_encoder_2"))).half(),
            tokenizer=clip_tokenizer(), tokenizer_2=clip_tokenizer(pad="!"), unet=net,
            scheduler=EulerDiscreteScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012),
        )  # fmt: skip
        control = ControlNetModel.from_unet(net).half()
    pipe.save_pretrained(folder)
    control.save_pretrained(folder / "control")
    return folder


def random_z_image(folder: Path) -> Path:
    with CUDA:
        words = Qwen3Config(
            vocab_size=151_936, hidden_size=2560, intermediate_size=9728, num_hidden_layers=36, num_attention_heads=32,
            num_key_value_heads=8, head_dim=128,
        )  # fmt: skip
        net = ZImageTransformer2DModel().bfloat16()
        for name, weight in net.named_parameters():
            if "pad_token" in name:
                torch.nn.init.normal_(weight)  # comes uninitialised
        pipe = ZImagePipeline(
            FlowMatchEulerDiscreteScheduler(shift=3.0), AutoencoderKL(**Z_VAE).bfloat16(), Qwen3Model(words).bfloat16(),
            chat_tokenizer(folder / "words"), net,
        )  # fmt: skip
        control = ZImageControlNetModel(control_layers_places=[0, 5, 10, 15, 20, 25], control_in_dim=16).bfloat16()
    pipe.save_pretrained(folder)
    control.save_pretrained(folder / "control")
    return folder


@pytest.fixture(scope="module", params=["sdxl", "z-image"])
def full_size(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The name of a model, and its folder of random weights."""
    make = {"sdxl": random_sdxl, "z-image": random_z_image}[request.param]
    made = request.param, make(tmp_path_factory.mktemp(request.param))
    _emptied()
    return made


@pytest.fixture
def model(full_size: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    name, folder = full_size
    controls = {"lines": ControlSource(str(folder / "control"))}
    card = replace(CATALOGUE[name], repo=str(folder), revision=None, variant=None, controls=controls)
    monkeypatch.setitem(CATALOGUE, name, card)
    return name


def hold_to(patch: pytest.MonkeyPatch, gigabytes: int) -> None:
    """A GPU of so many GB: torch gives no more, and says so."""
    whole = torch.cuda.get_device_properties(CUDA).total_memory
    limit = gigabytes * 2**30 - TAKEN_BYTES
    torch.cuda.set_per_process_memory_fraction(min(1.0, limit / whole), CUDA)
    patch.setattr(torch.cuda, "mem_get_info", lambda _: (limit - torch.cuda.memory_reserved(CUDA), limit))


def measured(work: Callable[[], Any]) -> dict[str, Any]:
    """Seconds, and the most that torch had allocated meanwhile, in GB."""
    torch.cuda.reset_peak_memory_stats(CUDA)
    began = time.perf_counter()
    made = work()
    torch.cuda.synchronize(CUDA)
    seconds = time.perf_counter() - began
    return {"made": made, "seconds": round(seconds, 2), "peak_gb": round(torch.cuda.max_memory_allocated() / 1e9, 2)}


def wanted(model: str, task: str, seed: int = 1, **settings: Any) -> Request:
    name, kinds, own = TASKS[task]
    sizes = {"width": SIDE, "height": SIDE} if name in SIZED else {}
    negative = {"negative_prompt": ""} if model == "z-image" else {}
    return asked(model, name, kinds, steps=STEPS, seed=seed, settings=own, **sizes, **negative, **settings)


def say(figures: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")


class Kept(Told):
    """Hears all, and notes what the lab counts for TaylorSeer, in GB."""

    def __init__(self, engine: DrawingEngine) -> None:
        super().__init__()
        self.gb = 0.0
        self._engine = engine

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        super().progress(stage, step, steps)
        kept = [one.bytes for one in self._engine.memory_report().residents if one.what == KEPT]
        self.gb = max(self.gb, round(sum(kept) / 1e9, 2))


class Unseen(Told):
    """Hears all, and looks at no preview."""

    def preview(self, make: Callable[[], Picture]) -> None:
        """Make none."""


def _emptied() -> None:
    gc.collect()
    torch.cuda.empty_cache()


@pytest.mark.parametrize("gigabytes", CAPS_GB)
def test_each_task_is_drawn_twice_or_refused_in_a_sentence(
    model: str, gigabytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_to(monkeypatch, gigabytes)
    engine = DrawingEngine("cuda")
    for task in TASKS:
        for seed in (1, 2):  # the second one finds what the first one had to do
            said: dict[str, Any] = {"model": model, "gb": gigabytes, "task": task, "seed": seed}
            try:
                found = measured(lambda task=task, seed=seed: engine.run(wanted(model, task, seed), Told()))
            except OutOfMemory as refused:
                said["refused"] = str(refused)
            else:
                picture, plan = found.pop("made")
                assert picture.pixels.any(), "never black"
                said |= {**found, "notes": engine.notes, "note": plan.note, "dtype": plan.dtype}
            say(said)
    engine.release()
    _emptied()


def test_beside_bare_diffusers(model: str, full_size: tuple[str, Path]) -> None:
    torch.cuda.set_per_process_memory_fraction(1.0, CUDA)
    engine = DrawingEngine("cuda")
    for name, settings in (("lab", {}), ("taylorseer", {"acceleration": "taylorseer"})):
        engine.run(wanted(model, "words", **settings), Told())
        kept = Kept(engine)
        found = measured(lambda settings=settings, kept=kept: engine.run(wanted(model, "words", 2, **settings), kept))
        found.pop("made")
        say({"model": model, "by": name, **found, "kept_by_taylorseer_gb": kept.gb})
    found = measured(lambda: engine.run(wanted(model, "words", 3), Unseen()))
    found.pop("made")
    say({"model": model, "by": "lab, without previews", **found})
    dtype = torch.bfloat16 if model == "z-image" else torch.float16
    engine.release()
    _emptied()
    pipe: Any = DiffusionPipeline.from_pretrained(full_size[1], dtype=dtype).to(CUDA)
    pipe("a red apple", num_inference_steps=1, height=1024, width=1024)  # the first use is the slowest
    found = measured(lambda: pipe("a red apple", num_inference_steps=STEPS, height=1024, width=1024))
    found.pop("made")
    say({"model": model, "by": "bare diffusers", **found})
