"""Measures the pipeline manager: `python -m bench.engine` prints one JSON object; nothing in it is written by hand.

The lab and the bare diffusers call, as a good user would write it, take turns in one process on the very same
components: a second copy of the same weights, which lies elsewhere in memory, can by itself be up to 5 % slower or
faster. Only for the first picture each reads its own. Each figure is the median of the lab's seconds, of diffusers'
seconds, and of their ratio: below 1 the lab is ahead. Beside it stands the ratio of the processor's seconds, which
another program disturbs less. The full-size model is a Stable Diffusion 1.5 with random weights, made in a temporary
folder (4 GB).
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from PIL import Image

from bench import _full_size
from bench._manager import overhead_ms
from lab.core import Picture, Recipe, Request, Size, Sketch, control, rasterise
from lab.core.catalogue import CATALOGUE, ControlSource, model_card
from lab.core.reporter import Reporter
from lab.pipelines.engine import DiffusersEngine
from lab.pipelines.library_logging import quiet_libraries
from lab.preprocessors import control_map
from lab.session.runner import run
from lab.starter import WEIGHTS
from lab.tasks import plan

_FIGURES = (
    "first_picture", "same_again", "seed", "guidance", "strength", "prompt_with_controlnet", "switching_tasks"
)  # fmt: skip
_PROMPTS = [f"a red {thing}" for thing in ("apple", "car", "shoe", "chair", "cup", "house", "key", "bag")]


class _Silent(Reporter):
    """Nobody listens, but previews are made, as for a person who watches."""

    def __init__(self) -> None:
        self.loads = 0
        self._preview_at = float("-inf")

    def check(self) -> None:
        """Never stop."""

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:  # noqa: ARG002 - the protocol's
        """Count what is loaded."""
        self.loads += stage == "loading"

    def preview(self, make: Callable[[], Picture]) -> None:
        """Ten a second at most."""
        now = time.monotonic()
        if now - self._preview_at >= 0.1:
            self._preview_at = now
            make()


@dataclass(frozen=True)
class Subject:
    """One model, and the settings of every picture that is measured."""

    model: str
    folder: Path
    side: int
    steps: int
    guidance: float


class Bare:
    """diffusers as a good user would write it: one set of components, a pipeline for each task, made once.

    Args:
        subject: whose pictures.
        components: of a diffusers pipeline with a ControlNet.
    """

    def __init__(self, subject: Subject, components: dict[str, Any]) -> None:
        from diffusers import (
            StableDiffusionControlNetPipeline,
            StableDiffusionImg2ImgPipeline,
            StableDiffusionInpaintPipeline,
            StableDiffusionPipeline,
        )

        self._subject = subject
        plain = {name: part for name, part in components.items() if name != "controlnet"}
        with quiet_libraries():
            self.words = StableDiffusionPipeline(**plain, requires_safety_checker=False)
            self.image = StableDiffusionImg2ImgPipeline(**plain, requires_safety_checker=False)
            self.control = StableDiffusionControlNetPipeline(**components, requires_safety_checker=False)
            self.inpaint = StableDiffusionInpaintPipeline(**plain, requires_safety_checker=False)
        for pipe in (self.words, self.image, self.control, self.inpaint):
            pipe.set_progress_bar_config(disable=True)

    def draw(self, asked: Request) -> np.ndarray:
        """The picture of a request.

        diffusers' inpaint pipeline wants 4 latent channels; the starter has 12, so that image-to-image is the nearest.
        """
        recipe, side = asked.recipe, self._subject.side
        settings: dict[str, Any] = {
            "prompt": recipe.prompt,
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance_scale,
            "generator": torch.Generator("cpu").manual_seed(recipe.seed),
        }
        pipe = self.words
        if recipe.image:
            pipe = self.image
            settings |= {"image": asked.pictures[recipe.image].to_pil(), "strength": recipe.strength}
            if recipe.mask and self.inpaint.vae.config.latent_channels == 4:
                pipe = self.inpaint
                settings |= {"mask_image": asked.pictures[recipe.mask].to_pil(), "height": side, "width": side}
        else:
            settings |= {"height": side, "width": side}
        if recipe.controls:
            pipe = self.control
            size = Picture(np.zeros((side, side, 3), np.uint8)).size
            settings["image"] = control_map("lines", asked.pictures[recipe.controls[0].picture], size, {}).to_pil()
        with quiet_libraries():
            made = pipe(**settings).images[0]
        if recipe.mask:
            mask = asked.pictures[recipe.mask].to_pil().convert("L")
            made = Image.composite(made, asked.pictures[recipe.image or ""].to_pil(), mask)
        return np.asarray(made)


class Asker:
    """Requests, each different from the last in what a figure is about and in nothing else."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self.sketch = rasterise(Sketch().circle(256, 256, 150))
        noise = np.random.default_rng(5).integers(0, 256, (subject.side, subject.side, 3), np.uint8)
        self.photo = Picture(noise)
        hole = np.zeros((subject.side, subject.side, 3), np.uint8)
        hole[subject.side // 4 : -subject.side // 4, subject.side // 4 : -subject.side // 4] = 255
        self.mask = Picture(hole)

    def __call__(self, task: str = "text_to_image", **changes: Any) -> Request:
        """A request of one of four tasks."""
        subject = self._subject
        settings: dict[str, Any] = {
            "prompt": _PROMPTS[0], "seed": 7, "steps": subject.steps, "guidance_scale": subject.guidance,
            "scheduler": CATALOGUE[subject.model].scheduler, "width": subject.side, "height": subject.side,
        }  # fmt: skip
        pictures: dict[str, Picture] = {}
        if task in ("image_to_image", "inpaint"):
            settings |= {"image": self.photo.hash, "strength": 0.6}
            pictures[self.photo.hash] = self.photo
        if task == "inpaint":  # the model sees all of the picture, as that of diffusers does
            del settings["width"], settings["height"]
            settings |= {"mask": self.mask.hash, "settings": {"context_px": subject.side}}
            pictures[self.mask.hash] = self.mask
        if task == "control_to_image":
            settings["controls"] = (control(self.sketch, preprocessor="lines").value,)
            pictures[self.sketch.hash] = self.sketch
        return Request(Recipe(task=task, model=subject.model, **settings).changed(**changes), pictures)


def measure(subject: Subject, times: int, firsts: int, figures: Collection[str] = _FIGURES) -> dict[str, Any]:
    """These figures on one model; `times` turns each, `firsts` of the first picture."""
    ask = Asker(subject)
    found: dict[str, Any] = {}
    if "first_picture" in figures:
        found["first_picture"] = _first(subject, ask, firsts)
    engine, reporter = DiffusersEngine("cpu"), _Silent()
    engine.load(model_card(subject.model), reporter)
    model = engine.loaded[subject.model]
    bare = Bare(subject, model.pipeline("words", ("lines",)).components)
    for task in ("text_to_image", "image_to_image", "control_to_image"):
        same = np.array_equal(run(engine, plan(ask(task)), reporter)[0].pixels, bare.draw(ask(task)))
        found[f"{task}_is_bit_identical"] = bool(same)
    changes: dict[str, list[Request]] = {
        "same_again": [ask()] * times,
        "seed": [ask(seed=100 + turn) for turn in range(times)],
        "guidance": [ask(guidance_scale=subject.guidance + 0.25 * (turn + 1)) for turn in range(times)],
        "strength": [ask("image_to_image", strength=(0.75, 0.5)[turn % 2], seed=turn // 2) for turn in range(times)],
        "prompt_with_controlnet": [
            ask("control_to_image", prompt=_PROMPTS[1 + turn % 7], seed=turn // 7) for turn in range(times)
        ],
    }  # fmt: skip
    for name in filter(changes.__contains__, figures):
        found[name] = _in_turns(engine, bare, changes[name])
        print(name, found[name], file=sys.stderr)  # a long run that is cut has said what it found
    if "switching_tasks" in figures:
        found["switching_tasks"] = _switching(engine, bare, ask, reporter, times)
    return found


def _switching(engine: DiffusersEngine, bare: Bare, ask: Asker, reporter: _Silent, times: int) -> dict[str, float]:
    """To each task and back, and what had to be loaded for that."""
    loads = reporter.loads
    round_trip = ("text_to_image", "inpaint", "control_to_image", "inpaint", "text_to_image")
    requests = [ask(task, seed=500 + turn) for turn in range(max(1, times // 2)) for task in round_trip]
    before = _loaded_bytes(engine)
    found = _in_turns(engine, bare, requests, reporter)
    return found | {"loads": reporter.loads - loads, "bytes_loaded": _loaded_bytes(engine) - before}


def _loaded_bytes(engine: DiffusersEngine) -> int:
    """What was read from disk; kept results and what the lab made of weights are not."""
    return sum(one.bytes for one in engine.memory_report().residents if one.owner != "cache")


def _first(subject: Subject, ask: Asker, times: int) -> dict[str, float]:
    """From nothing in memory to the first picture; files are warm in the machine's own cache for both.

    Two turns more go before: a process grows quicker over its first ones. Who goes first in a turn is left to chance:
    what one leaves behind in memory helps or hinders the other by more than their difference.
    """
    chance = random.Random(0)  # noqa: S311 - no secret
    ours: list[Spent] = []
    theirs: list[Spent] = []
    for _ in range(times + 2):
        pair: list[tuple[list[Spent], Callable[[], Any]]] = [
            (ours, lambda: _first_ours(ask())),
            (theirs, lambda: _first_bare(subject, ask())),
        ]
        chance.shuffle(pair)
        for spent, work in pair:
            spent.append(_spent(work))
            gc.collect()
    return _figures(ours[2:], theirs[2:])


def _first_ours(asked: Request) -> Any:
    """The engine, which is to be freed after the clock was read."""
    engine = DiffusersEngine("cpu")
    run(engine, plan(asked), _Silent())
    return engine


def _first_bare(subject: Subject, asked: Request) -> Any:
    """What a good user needs for a picture from words alone: no other pipeline and no ControlNet."""
    from diffusers import StableDiffusionPipeline

    with quiet_libraries():
        pipe = StableDiffusionPipeline.from_pretrained(subject.folder, dtype=torch.float32, safety_checker=None)
        pipe.set_progress_bar_config(disable=True)
        pipe(
            asked.recipe.prompt, subject.side, subject.side, asked.recipe.steps,
            guidance_scale=asked.recipe.guidance_scale, generator=torch.Generator("cpu").manual_seed(asked.recipe.seed),
        )  # fmt: skip
    return pipe


def _in_turns(
    engine: DiffusersEngine, bare: Bare, requests: list[Request], reporter: _Silent | None = None
) -> dict[str, float]:
    ours: list[Spent] = []
    theirs: list[Spent] = []
    for turn, asked in enumerate(requests):
        pair = [
            (ours, lambda asked=asked: run(engine, plan(asked), reporter or _Silent())),
            (theirs, lambda asked=asked: bare.draw(asked)),
        ]
        for spent, work in pair if turn % 2 == 0 else reversed(pair):
            spent.append(_spent(work))
    return _figures(ours, theirs)


class Spent(NamedTuple):
    """Seconds by the clock, and of the processor: of all threads together."""

    clock_s: float
    processor_s: float


def _spent(work: Callable[[], Any]) -> Spent:
    began = time.perf_counter(), time.process_time()
    made = work()
    spent = Spent(time.perf_counter() - began[0], time.process_time() - began[1])
    del made  # only now: what it takes to free it is nobody's picture
    return spent


def _figures(ours: list[Spent], theirs: list[Spent]) -> dict[str, float]:
    pairs = list(zip(ours, theirs, strict=True))
    return {
        "lab_s": round(median(our.clock_s for our in ours), 4),
        "diffusers_s": round(median(their.clock_s for their in theirs), 4),
        "ratio": round(median(our.clock_s / their.clock_s for our, their in pairs), 4),
        "processor_ratio": round(median(our.processor_s / their.processor_s for our, their in pairs), 4),
    }


def starter_subject() -> Subject:
    """The starter model as Live draws with it."""
    card = CATALOGUE["starter"]
    return Subject("starter", WEIGHTS, 256, card.live_steps, card.guidance_scale)


def full_size_subject(folder: Path) -> Subject:
    """Stable Diffusion 1.5 with random weights, which the catalogue's `sd15` is from now on."""
    made = _full_size.make(folder)
    controls = {"lines": ControlSource(str(made / _full_size.CONTROL))}
    card, side = CATALOGUE["sd15"], 256
    CATALOGUE["sd15"] = replace(
        card, repo=str(made), variant=None, scheduler="ddim", controls=controls, native=Size(side, side)
    )
    return Subject("sd15", made, side, 4, 7.0)


def main() -> None:
    """Parse the options, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=__doc__)
    parser.add_argument("--only", choices=["starter", "sd15"], help="one model: the starter, or the full-size one")
    parser.add_argument("--times", type=int, default=7, help="turns a figure (default: %(default)s)")
    parser.add_argument(
        "--firsts", type=int, default=3, help="turns of the full-size model's first picture (default: %(default)s)"
    )
    parser.add_argument("--figures", nargs="+", choices=_FIGURES, default=_FIGURES, help="only these (default: all)")
    options = parser.parse_args()
    found: dict[str, Any] = {"threads": torch.get_num_threads(), "turns": options.times}
    found["manager_overhead_ms"] = overhead_ms(jobs=300)
    if options.only != "sd15":
        found["starter"] = measure(starter_subject(), options.times, 4 * options.times, options.figures)
    if options.only != "starter":
        with tempfile.TemporaryDirectory() as folder:
            full_size = full_size_subject(Path(folder))
            found["full_size_sd15"] = measure(full_size, max(3, options.times // 2), options.firsts, options.figures)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
