"""How long work on a large picture goes on without a look whether it is still wanted: the longest that Cancel takes.

Every task and every preprocessor without a network, on a photograph of 12 megapixels; what a model draws is left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from lab.core import Picture, Size, control
from lab.core.catalogue import chosen_model
from lab.core.reporter import NullReporter, working_for
from lab.preprocessors import FILTERS, PREPROCESSORS, control_map, filtered
from lab.session.requests import requested
from lab.tasks import plan
from tests.tasks.paper_stages import PaperStages

_WIDTH, _HEIGHT = 4000, 3000


class _Gaps(NullReporter):
    """The longest time between two looks."""

    def __init__(self) -> None:
        self.began = self.last = time.perf_counter()
        self.longest_s = 0.0

    def check(self) -> None:
        """Note how long the last one is ago."""
        now = time.perf_counter()
        self.longest_s, self.last = max(self.longest_s, now - self.last), now

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:  # noqa: ARG002 - the protocol's
        """The same."""
        self.check()


def product() -> Picture:
    """A box and an ellipse with a shadow on a ground that grows darker, and some noise."""
    ground = np.linspace(246, 226, _HEIGHT)[:, None, None] * np.ones((1, _WIDTH, 3))
    pixels = ground + np.random.default_rng(0).normal(0, 1.5, ground.shape)
    pixels = np.clip(pixels, 0, 255).astype(np.uint8)
    cv2.ellipse(pixels, (2000, 2300), (1100, 120), 0, 0, 360, (205, 204, 202), -1, cv2.LINE_AA)
    cv2.ellipse(pixels, (2000, 1600), (1000, 700), 15, 0, 360, (150, 50, 40), -1, cv2.LINE_AA)
    cv2.rectangle(pixels, (1700, 700), (2300, 1200), (40, 60, 120), -1)
    return Picture(cv2.GaussianBlur(pixels, (0, 0), 1.0))


def cases() -> dict[str, dict[str, Any]]:
    """The settings of each task that works on pixels by itself, by what is said of it."""
    picture = product()
    scene = Picture(np.ascontiguousarray(picture.pixels[:, ::-1]))
    mask = np.zeros((_HEIGHT, _WIDTH), np.uint8)
    cv2.circle(mask, (2000, 1500), 1100, 255, -1, cv2.LINE_AA)
    trimap = cv2.dilate(mask, np.ones((99, 99), np.uint8)) // 2
    trimap[cv2.erode(mask, np.ones((99, 99), np.uint8)) == 255] = 255
    light = {"reflection": 0.4}
    cut_out = Picture(np.dstack([picture.pixels, mask])[:2700, :3600])  # twice as large it is as large as one may be
    cut = {"task": "remove_background", "image": picture, **light}
    fill = {"task": "inpaint", "image": picture, "mask": mask, "grow_px": 64, "feather_px": 64, "fill_holes": True}
    return {
        "remove_background": cut,
        "remove_background on white": {**cut, "background": "white"},
        "remove_background by a trimap": {**cut, "mask": trimap},
        "product_shot": {"task": "product_shot", "image": picture, "scene": scene, "harmony": 0.5, **light},
        "product_shot, its shadow redrawn": {
            "task": "product_shot", "image": picture, "scene": scene, "refine_shadow": 0.6, **light,
        },
        **{f"inpaint over {way}": {**fill, "fill": way, "strength": 0.8}
           for way in ("original", "blur", "neutral", "telea", "navier-stokes")},
        "outpaint": {"task": "outpaint", "image": picture, "right": 400},
        "outpaint by a mirror": {"task": "outpaint", "image": picture, "left": 300, "fill": "mirror"},
        "style_transfer": {"task": "style_transfer", "image": picture, "strength": 0.0},
        "image_to_image": {"task": "image_to_image", "image": picture},
        "upscale": {"task": "upscale", "image": picture, "factor": 2},
        "upscale of a cut-out": {"task": "upscale", "image": cut_out, "factor": 2},
        "sketch_to_image": {"task": "sketch_to_image", "sketch": picture},
        "control_to_image": {"task": "control_to_image", "controls": [control(picture, "canny")]},
        "edit": {"task": "edit", "image": picture, "model": "instruct-pix2pix"},
    }  # fmt: skip


def _measured(work: Callable[[_Gaps], object]) -> dict[str, Any]:
    gaps = _Gaps()
    work(gaps)
    gaps.check()
    return {"longest_ms": round(1000 * gaps.longest_s), "takes_ms": round(1000 * (gaps.last - gaps.began))}


def measure() -> dict[str, Any]:
    """For each task, preprocessor and filter the longest time without a look, and how long it takes in all."""
    found: dict[str, Any] = {}
    for said, settings in cases().items():
        model = chosen_model(settings.pop("model", "starter"))
        planned = plan(requested(model, settings.pop("task"), **settings))
        found[said] = _measured(
            lambda gaps, planned=planned: planned.task.made(planned.request, planned.plan, PaperStages(reporter=gaps))
        )
    picture, size = product(), Size(_WIDTH, _HEIGHT)
    for name, tool in PREPROCESSORS.items():
        if not tool.weights:
            found[name] = _measured(_wanted(lambda name=name: control_map(name, picture, size, {})))
    for name in FILTERS:
        found[f"filter {name}"] = _measured(_wanted(lambda name=name: filtered(name, picture, {})))
    return found


def _wanted(work: Callable[[], object]) -> Callable[[_Gaps], object]:
    def done(gaps: _Gaps) -> None:
        with working_for(gaps):
            work()

    return done
