"""Watch a model while it draws: what it has and what it makes of it after every step, and what its U-Net sees.

For those who want to understand; the pictures are those that `lab.run` draws from the same settings, on the very model
that labs draw with. While one is watched, the jobs of all labs wait.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial, wraps
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
import torch

from lab.core.catalogue import ModelCard, chosen_model
from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.picture import Picture, PictureLike
from lab.core.raster import rasterise
from lab.core.recipe import Control, Plan, Recipe, Request
from lab.core.reporter import NullReporter
from lab.core.sketch import Sketch
from lab.pipelines.call_kwargs import call_kwargs, control_kwargs, start_kwargs
from lab.pipelines.families import Way
from lab.pipelines.latent_preview import clean_latents, signal_and_noise
from lab.pipelines.variation import turned
from lab.pipelines.words import both_prompts
from lab.preprocessors import control_map
from lab.session.engine_host import shared_engine
from lab.tasks import PlannedRequest, plan, sketch_size

_SEEN_PX = 160
"""Small maps are enlarged to about this side, every value a square, so that they can be looked at."""


@dataclass(frozen=True, eq=False)
class Moment:
    """One step of a drawing, before it is taken. Its pictures are decoded when they are first looked at.

    Args:
        timestep: the model's own clock: high at the start, near 0 at the end.
        noise: how much of what it has is noise, 0..1.
    """

    timestep: float
    noise: float
    _noisy: Callable[[], Picture] = field(repr=False)
    _clean: Callable[[], Picture] = field(repr=False)

    @cached_property
    def noisy(self) -> Picture:
        """The drawing as it is before this step, with its noise, decoded."""
        return self._noisy()

    @cached_property
    def clean(self) -> Picture:
        """The picture that it takes to be hidden in there; in the last moment the finished one."""
        return self._clean()


@dataclass(frozen=True)
class Sight:
    """What one block of the U-Net makes of the drawing.

    Args:
        block: "down 1", "down 2", ..., "middle", "up 1", ...: in the order in which the drawing passes them.
        size: of its map; the smaller, the more of the picture each value knows about.
        picture: the whole block at a glance: places that are alike to it have a like colour.
        maps: its liveliest channels, in black and white.
    """

    block: str
    size: Size
    picture: Picture
    maps: tuple[Picture, ...]


def look(
    prompt: str = "",
    *,
    sketch: Sketch | PictureLike | None = None,
    image: PictureLike | None = None,
    strength: float | None = None,
    model: str = "starter",
    **settings: Any,
) -> list[Moment]:
    """Every moment of a drawing, first to last. Takes as long as the drawing.

    Args:
        prompt: what to draw, in words.
        sketch: lines to follow; what is coloured in it is left out.
        image: a picture to start from, under as much noise as `strength` says; not together with a sketch.
        strength: how much of the image is redrawn: above 0, up to 1.
        model: name in the catalogue.
        settings: other fields of `Recipe`: seed, steps, guidance_scale, ...

    Raises:
        BadInput: when a setting is wrong.
        MissingWeights: when the model is not on this machine.
        OutOfMemory: when there is no room for it.
    """
    return _watched(plan(_request(prompt, sketch, image, strength, model, **settings)), _Nobody()).moments()


def features(
    prompt: str = "",
    *,
    at: float = 0.5,
    channels: int = 6,
    sketch: Sketch | PictureLike | None = None,
    model: str = "starter",
    **settings: Any,
) -> list[Sight]:
    """What every block of the U-Net sees in one step of a drawing; arguments and errors as for `look`.

    Args:
        prompt: what to draw, in words.
        at: which step: 0 is the first, 1 the last.
        channels: how many channels of each block to show.
        sketch: lines to follow; what is coloured in it is left out.
        model: name in the catalogue.
        settings: other fields of `Recipe`.

    Raises:
        BadInput: when the model has no U-Net, too.
    """
    if not 0 <= at <= 1:
        msg = f"at must be between 0, the first step, and 1, the last, not {at}"
        raise BadInput(msg)
    planned = plan(_request(prompt, sketch, None, None, model, **settings))
    eyes = _Eyes(round(at * (planned.plan.steps_run - 1)))
    _watched(planned, eyes)
    return [_sight(block, values, channels) for block, values in eyes.seen.items()]


class _Step(NamedTuple):
    timestep: float
    before: torch.Tensor
    after: torch.Tensor


class _Nobody:
    """Looks at no block."""

    def open(self, _pipe: Any) -> Sequence[Any]:
        """The hooks to take off again."""
        return ()


class _Eyes:
    """Keeps what every block of a U-Net hands on in one step."""

    def __init__(self, step: int) -> None:
        self.seen: dict[str, torch.Tensor] = {}
        self._step = step
        self._turns = 0

    def open(self, pipe: Any) -> Sequence[Any]:
        """Look at the blocks of a pipeline."""
        net = getattr(pipe, "unet", None)
        if net is None:
            msg = f"a {type(pipe).__name__} has no U-Net to look into: use starter, sd15 or sdxl"
            raise BadInput(msg)
        blocks = {f"down {number}": block for number, block in enumerate(net.down_blocks, 1)}
        blocks |= {"middle": net.mid_block}
        blocks |= {f"up {number}": block for number, block in enumerate(net.up_blocks, 1)}
        count = net.register_forward_hook(self._count)
        return [count, *(block.register_forward_hook(self._keep(name)) for name, block in blocks.items())]

    def _count(self, *_: Any) -> None:
        self._turns += 1

    def _keep(self, name: str) -> Callable[..., None]:
        def keep(_block: Any, _given: Any, made: Any) -> None:
            if self._turns == self._step:
                values = made[0] if isinstance(made, tuple) else made
                self.seen[name] = values[-1].float().cpu()  # with the words: without them comes first

        return keep


class _Drawing(NamedTuple):
    """All steps of one drawing."""

    plan: Plan
    scheduler: Any
    steps: list[_Step]

    def moments(self) -> list[Moment]:
        """The steps as pictures."""
        skipped = self.plan.steps - self.plan.steps_run
        made = []
        for number, step in enumerate(self.steps, skipped):
            signal, noise = signal_and_noise(self.scheduler, number) or (1.0, 0.0)
            clean = clean_latents(step.before, step.after, self.scheduler, number)
            if clean is None or step is self.steps[-1]:
                clean = step.after
            power = signal**2 + noise**2
            noisy = partial(self._decoded, step.before / power**0.5)
            made.append(Moment(step.timestep, noise**2 / power, noisy, partial(self._decoded, clean)))
        return made

    def _decoded(self, latents: torch.Tensor) -> Picture:
        with shared_engine().model(self.plan, NullReporter()) as model, torch.no_grad():
            pipe = model.pipeline()
            decoded = model.family.decode(pipe, latents.to(model.dtype))
        return Picture.of(pipe.image_processor.postprocess(decoded, output_type="pil")[0])


def _watched(asked: PlannedRequest, eyes: _Nobody | _Eyes) -> _Drawing:
    """Draw it by the very call that the lab makes, and write down every step."""
    request, planned, reporter = asked.request, asked.plan, NullReporter()
    recipe = request.recipe
    if recipe.references or recipe.regions or recipe.filters or recipe.acceleration:
        msg = "what is watched is drawn without references, regions, filters and acceleration: leave them out"
        raise BadInput(msg)
    if not planned.steps_run:
        msg = (
            f"with strength {planned.strength:g} no step is taken that could be watched: give more than 0, such as 0.5"
        )
        raise BadInput(msg)
    kinds = tuple(control.kind for control in recipe.controls)
    start = request.pictures[recipe.image].on_white().resized(planned.size) if recipe.image else None
    maps = tuple(
        control_map(one.preprocessor, request.pictures[one.picture], planned.size, one.settings)
        for one in recipe.controls
    )
    steps: list[_Step] = []
    with shared_engine().model(planned, reporter) as model, torch.no_grad():
        model.ready(kinds, reporter)
        way: Way = "inpaint" if model.fills else "image" if recipe.image else "words"
        weighted, against = recipe.words == "weighted", recipe.negative_prompt if planned.guidance_scale > 1 else None
        words = both_prompts(recipe.prompt, against, partial(model.embed, weighted=weighted), weighted=weighted)
        pipe = model.pipeline(way, kinds, planned.scheduler)
        knows = signature(type(pipe).__call__).parameters.keys()
        modes = [model.card.controls[kind].mode or 0 for kind in kinds]
        _listen(pipe.scheduler, steps)
        opened = eyes.open(pipe)
        kwargs = {
            **words,
            **call_kwargs(planned, model.family),
            **start_kwargs(way, planned, start, None, knows),
            **control_kwargs(recipe.controls, maps, modes, knows),
        }
        try:
            with turned(pipe, recipe):
                pipe(**kwargs, output_type="latent")
        finally:
            for hook in opened:
                hook.remove()
            if pipe.vae.dtype != model.dtype:  # SDXL's pipelines encode in float32, and stay there when stopped
                pipe.vae.to(dtype=model.dtype)
        scheduler = pipe.scheduler
    return _Drawing(planned, scheduler, steps)


def _listen(scheduler: Any, steps: list[_Step]) -> None:
    """Write down every step; the scheduler is the run's own, so nothing needs to be undone."""
    step = scheduler.step

    @wraps(step)
    def heard(output: Any, timestep: Any, sample: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        made = step(output, timestep, sample, *args, **kwargs)
        steps.append(_Step(float(timestep), sample, made[0]))
        return made

    scheduler.step = heard


def _request(
    prompt: str,
    sketch: Sketch | PictureLike | None,
    image: PictureLike | None,
    strength: float | None,
    model: str,
    **settings: Any,
) -> Request:
    """What is asked, as `lab.request` makes it."""
    if sketch is not None and image is not None:
        msg = "look at a sketch or at an image, not at both at once: leave one of them out"
        raise BadInput(msg)
    said = {name: settings.pop(name, None) for name in ("family", "acceleration")}
    chosen = chosen_model(model, **said)
    common = {**chosen.recipe_fields, "prompt": prompt, **settings}
    if sketch is not None:
        drawn = _drawn(sketch, chosen.card)
        steer = Control(kind="lines", picture=drawn.hash)
        return Request(Recipe(task="sketch_to_image", controls=(steer,), **common), {drawn.hash: drawn})
    if image is not None:
        given = Picture.of(image)
        recipe = Recipe(task="image_to_image", image=given.hash, strength=strength, **common)
        return Request(recipe, {given.hash: given})
    return Request(Recipe(task="text_to_image", strength=strength, **common))


def _drawn(sketch: Sketch | PictureLike, card: ModelCard) -> Picture:
    if not isinstance(sketch, Sketch):
        return Picture.of(sketch)
    return rasterise(sketch.lines, sketch_size(card, sketch.size))


def _sight(block: str, values: torch.Tensor, channels: int) -> Sight:
    """What a block hands on (channels x height x width), as pictures."""
    count, height, width = values.shape
    flat = values.reshape(count, -1)
    spread = (flat - flat.mean(dim=1, keepdim=True)).T
    _, _, axes = torch.linalg.svd(spread, full_matrices=False)
    main = (spread @ axes[:3].T).T.reshape(3, height, width)
    liveliest = flat.std(dim=1).argsort(descending=True)[:channels]
    maps = tuple(_as_picture(values[channel][None].expand(3, -1, -1)) for channel in liveliest)
    return Sight(block, Size(width, height), _as_picture(main), maps)


def _as_picture(values: torch.Tensor) -> Picture:
    """Three channels, each stretched over all levels of its colour, enlarged in squares."""
    flat = values.reshape(3, -1)
    low, high = flat.quantile(0.01, dim=1), flat.quantile(0.99, dim=1)
    scaled = (values - low[:, None, None]) / (high - low).clamp(min=1e-6)[:, None, None]
    pixels = scaled.clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    times = max(1, round(_SEEN_PX / max(pixels.shape)))
    return Picture(np.ascontiguousarray(pixels.repeat(times, axis=0).repeat(times, axis=1)))
