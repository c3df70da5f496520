"""The one call of a diffusers pipeline that makes latents: its arguments, its steps, and what makes it fast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any

import torch

from lab.core.errors import BadInput
from lab.core.picture import Mask, Picture
from lab.core.recipe import Plan
from lab.core.reporter import Reporter
from lab.pipelines.call_kwargs import call_kwargs, control_kwargs, start_kwargs
from lab.pipelines.cancellation import stepping
from lab.pipelines.differential_diffusion import DifferentialMask, is_hard
from lab.pipelines.families import Embeddings, Way
from lab.pipelines.finite import finite
from lab.pipelines.latent_preview import clean_latents
from lab.pipelines.memory.stage_cache import StageCache
from lab.pipelines.models.loaded_model import LoadedModel
from lab.pipelines.regions import Drawn, RegionWords, heard, with_pooled
from lab.pipelines.speedups.first_step_cache import first_step_kept
from lab.pipelines.speedups.hooks import in_place_of
from lab.pipelines.speedups.invariant_cache import once
from lab.pipelines.variation import turned


class Denoiser:
    """Draws latents with a model that is ready for it. The numbers are those of a bare diffusers call.

    Args:
        model: with the ControlNets and adapters of what is drawn.
        reporter: hears of every step, and sees previews.
        cache: keeps first steps.
        encoded: gives what the pipeline's own encoder makes of pixels; from the encoder, those and its kwargs.
    """

    def __init__(
        self,
        model: LoadedModel,
        reporter: Reporter,
        cache: StageCache,
        encoded: Callable[[Callable[..., Any], torch.Tensor, dict[str, Any]], Any],
    ) -> None:
        self._model = model
        self._reporter = reporter
        self._cache = cache
        self._encoded = encoded

    def latents(
        self,
        plan: Plan,
        words: Embeddings,
        maps: tuple[Picture, ...],
        steered_by: tuple[Any, ...],
        *,
        start: Picture | None = None,
        mask: Mask | None = None,
        edited: Picture | None = None,
        seen: tuple[Picture, ...] = (),
        lent: Callable[[], list[torch.Tensor]] | None = None,
        regions: tuple[RegionWords, ...] = (),
    ) -> torch.Tensor:
        """Latents of the planned picture.

        Args:
            plan: what runs.
            words: the embeddings of its prompts.
            maps: one for each of its ControlNets.
            steered_by: names all about the weights, LoRAs, controls and references that can change a first step.
            start: the picture to start from; pure noise when None.
            mask: where it may change.
            edited: the picture that the words say how to change, instead of a start.
            seen: pictures that the model sees beside the words.
            lent: gives what its references lend, encoded; None where there are none.
            regions: parts of the picture with words of their own.
        """
        recipe, model = plan.recipe, self._model
        controls = recipe.controls if maps else ()
        kinds = tuple(control.kind for control in controls)
        steered = model.steered_by(kinds)
        way: Way = "edit" if edited is not None else "words" if start is None else "image"
        if model.fills or (mask is not None and is_hard(mask) and ("inpaint", steered) in model.family.pipelines):
            way = "inpaint"
        if model.fills and steered == "union":
            msg = f"{model.card.name} fills masks, and cannot follow a ControlNet Union: leave the controls out"
            raise BadInput(msg)
        pipe = model.pipeline(way, kinds, plan.scheduler)
        modes = [model.card.controls[kind].mode or 0 for kind in kinds]
        knows = signature(type(pipe).__call__).parameters.keys()
        kwargs = {
            **with_pooled(words, regions),
            **call_kwargs(plan, model.family),
            **start_kwargs(way, plan, edited or start, mask, knows),
            **control_kwargs(controls, maps, modes, knows),
        }
        if seen:
            kwargs["references"] = [picture.on_white().to_pil() for picture in seen]
        if lent is not None:
            kwargs["ip_adapter_image_embeds"] = lent()
        soft = None
        if mask is not None and way == "image":
            soft = DifferentialMask(mask, plan.steps_run, model.family.latents)
            soft.listen(pipe.scheduler)
        report = _StepReport(self._reporter, model, plan, soft)
        model.ready_to_preview()  # now: it may measure with the encoder, which is none of the cache's business
        self._reporter.progress("steps", 0, plan.steps_run)
        try:
            at_speed = self._at_speed(pipe, recipe.acceleration, steered_by)
            networks = (getattr(pipe, model.family.backbone), getattr(pipe, "controlnet", None))
            drawn = Drawn(plan.size, model.pixels_a_latent, guided=plan.guidance_scale > 1)
            in_parts = heard(model.family, networks, words, regions, drawn)
            with self._remembering(pipe.vae), turned(pipe, recipe), in_parts, at_speed:
                return pipe(**kwargs, output_type="latent", callback_on_step_end=report).images
        except BaseException:
            pipe.maybe_free_model_hooks()  # diffusers does so at the end of a call, which a stopped one never reaches
            raise

    @contextmanager
    def _at_speed(self, pipe: Any, acceleration: str | None, steered_by: tuple[Any, ...]) -> Iterator[None]:
        """What no step needs to do again is done once, a known first step not at all; the acceleration is on."""
        steering = (getattr(pipe, self._model.family.backbone), getattr(pipe, "controlnet", None))
        networks = () if acceleration == "compile" else steering  # a compiler must see the layers as they are
        first = () if acceleration else steering[::-1]
        prepacked = self._model.memory.prepacked
        with (
            self._model.trades.on(acceleration or ""),
            stepping(self._reporter, *networks),
            once(*networks),
            prepacked.of(*networks),
            first_step_kept(first, steered_by, self._cache),
        ):
            yield

    @contextmanager
    def _remembering(self, vae: Any) -> Iterator[None]:
        """Let the pipeline's own calls of the encoder go through `encoded`."""

        def remembered(encode: Callable[..., Any]) -> Callable[..., Any]:
            return lambda pixels, **kwargs: self._encoded(encode, pixels, kwargs)

        try:
            with in_place_of(vae, "encode", remembered):
                yield
        finally:
            if vae.dtype != self._model.dtype:  # SDXL's pipelines encode in float32, and stay there when stopped
                vae.to(dtype=self._model.dtype)


class _StepReport:
    """diffusers' step callback: reports the step, shows a preview, and stops a cancelled job by raising."""

    def __init__(self, reporter: Reporter, model: LoadedModel, plan: Plan, soft: DifferentialMask | None) -> None:
        self._reporter = reporter
        self._model = model
        self._plan = plan
        self._soft = soft
        self._before: torch.Tensor | None = None

    def __call__(self, pipe: Any, step: int, timestep: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        layout = self._model.family.latents
        given = values["latents"]
        made = layout.as_picture(given, self._plan.size)
        self._reporter.progress("steps", step + 1, self._plan.steps_run)
        is_last = step + 1 == self._plan.steps_run
        if self._before is not None and not is_last:
            before = self._before
            clean = clean_latents(before, made, pipe.scheduler, self._plan.steps - self._plan.steps_run + step)
            if clean is not None:
                seen = clean if self._soft is None else self._soft.over_picture(clean)
                self._reporter.preview(lambda: self._preview(seen))
        latents = made if self._soft is None else self._soft.blended(made, pipe, step)
        self._before = latents
        return {} if latents is made else {"latents": layout.as_step(latents)}

    def _preview(self, seen: torch.Tensor) -> Picture:
        """What it looks like now; what is no number is never shown, and nobody waits for its last step."""
        return self._model.previewer.picture(finite(seen, "latents", self._model.card.name))
