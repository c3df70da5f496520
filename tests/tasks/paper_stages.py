"""Stages without a model: its drawing is whatever a function makes of the picture that a run starts from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from lab.core import Control, Mask, Picture, Plan, Size
from lab.core.reporter import NullReporter, Reporter
from lab.preprocessors import control_map
from lab.retouch.tiles import tiled


def noise(start: Picture) -> Picture:
    """Something altogether different, of the same size."""
    rng = np.random.default_rng(int(start.hash[:8], 16))
    return Picture(rng.integers(0, 256, start.pixels.shape, np.uint8))


def same(start: Picture) -> Picture:
    """The very picture, as a model at strength 0 would give."""
    return start


@dataclass
class PaperStages:
    """Draws with `draw`, and remembers what it was given."""

    draw: Callable[[Picture], Picture] = noise
    reporter: Reporter = field(default_factory=NullReporter)
    starts: list[Picture] = field(default_factory=list)
    masks: list[Mask] = field(default_factory=list)
    maps: list[tuple[Picture, ...]] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def control_map(self, control: Control, picture: Picture, plan: Plan) -> Picture:
        return control_map(control.preprocessor, picture, plan.size, control.settings)

    def words(self, plan: Plan, seen: tuple[Picture, ...] = ()) -> str:  # noqa: ARG002
        return plan.recipe.prompt

    def denoise(
        self,
        plan: Plan,
        words: str,  # noqa: ARG002 - a bench has this signature
        control_maps: tuple[Picture, ...] = (),
        *,
        start: Picture | None = None,
        mask: Mask | None = None,
        edited: Picture | None = None,
        references: tuple[Picture, ...] = (),  # noqa: ARG002
        regions: tuple[Mask, ...] = (),  # noqa: ARG002
    ) -> Picture:
        self.plans.append(plan)
        self.maps.append(control_maps)
        start = edited or start
        if start is None:
            start = Picture(np.zeros((plan.size.height, plan.size.width, 3), np.uint8))
        assert start.size == plan.size, f"the run starts from {start.size}, planned at {plan.size}"
        self.starts.append(start)
        if mask is not None:
            assert mask.size == plan.size
            self.masks.append(mask)
        return self.draw(start)

    def picture(self, latents: Picture) -> Picture:
        return latents

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def once(self, stage: str, inputs: tuple[object, ...], make: Callable[[], Picture]) -> Picture:  # noqa: ARG002
        return make()

    def upscaled(self, picture: Picture, upscaler: str, factor: int) -> Picture:  # noqa: ARG002
        def larger(part: Picture) -> Picture:
            return part.resized(Size(part.size.width * factor, part.size.height * factor))

        return tiled(picture, larger, scale=factor)
