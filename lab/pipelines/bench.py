"""The stages of a picture on diffusers' own pipelines; each cached by what goes in."""

from __future__ import annotations

from typing import Any

import torch

from lab.core.hooks import Hooks
from lab.core.picture import Picture
from lab.core.recipe import Control, Plan, Recipe
from lab.pipelines.cache import StageCache
from lab.pipelines.families import Embeddings
from lab.pipelines.models import LoadedModel
from lab.pipelines.preview import clean_latents
from lab.preprocessors import control_map


class DiffusersBench:
    """The bench of one job: `lab.tasks` builds pictures on it. The numbers are those of a bare diffusers call."""

    def __init__(self, model: LoadedModel, cache: StageCache, hooks: Hooks) -> None:
        self._model = model
        self._cache = cache
        self._hooks = hooks

    def control_map(self, control: Control, picture: Picture, plan: Plan) -> Picture:
        """The control picture through its preprocessor, at the plan's size."""
        self._hooks.progress("control")
        inputs = (picture.hash, control.preprocessor, sorted(control.settings.items()), plan.size)
        return self._cache.get(
            "control map",
            inputs,
            lambda: control_map(control.preprocessor, picture, plan.size, control.settings),
            lambda made: made.pixels.nbytes,
        )

    def words(self, plan: Plan) -> Embeddings:
        """The embeddings of prompt and negative prompt, as arguments of the diffusers call."""
        self._hooks.progress("words")
        recipe = plan.recipe
        guided = plan.guidance_scale > 1
        inputs = (self._model.card.name, recipe.revision, recipe.prompt, recipe.negative_prompt, guided)
        return self._cache.get("words", inputs, lambda: self._embed(recipe, guided=guided), _weigh)

    def denoise(self, plan: Plan, words: Embeddings, control_maps: tuple[Picture, ...] = ()) -> torch.Tensor:
        """Latents of the picture, 1 x channels x height x width."""
        recipe = plan.recipe
        pipe = self._model.pipeline(tuple(control.kind for control in recipe.controls), plan.scheduler)
        settings: dict[str, Any] = {}
        if recipe.controls:
            maps = [one.to_pil() for one in control_maps]
            single = len(maps) == 1
            settings["image"] = maps[0] if single else maps
            for name, key in (
                ("weight", "controlnet_conditioning_scale"),
                ("start", "control_guidance_start"),
                ("end", "control_guidance_end"),
            ):
                values = [float(getattr(control, name)) for control in recipe.controls]
                settings[key] = values[0] if single else values
        steps = _StepReport(self._hooks, self._model, plan)
        self._hooks.progress("steps", 0, plan.steps_run)
        return pipe(
            **words,
            height=plan.size.height,
            width=plan.size.width,
            num_inference_steps=plan.steps,
            guidance_scale=plan.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(recipe.seed),
            output_type="latent",
            callback_on_step_end=steps,
            **settings,
        ).images

    def picture(self, latents: torch.Tensor) -> Picture:
        """The decoded picture."""
        self._hooks.progress("picture")
        pipe = self._model.pipeline()
        with torch.no_grad():
            decoded = self._model.family.decode(pipe, latents)
        return Picture.of(pipe.image_processor.postprocess(decoded, output_type="pil")[0])

    def _embed(self, recipe: Recipe, *, guided: bool) -> Embeddings:
        with torch.no_grad():
            return self._model.family.embed(self._model.pipeline(), recipe, guided)


class _StepReport:
    """diffusers' step callback: reports the step, shows a preview, and stops a cancelled job by raising."""

    def __init__(self, hooks: Hooks, model: LoadedModel, plan: Plan) -> None:
        self._hooks = hooks
        self._model = model
        self._plan = plan
        self._before: torch.Tensor | None = None

    def __call__(self, pipe: Any, step: int, timestep: Any, values: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        latents = values["latents"]
        self._hooks.progress("steps", step + 1, self._plan.steps_run)
        is_last = step + 1 == self._plan.steps_run
        if self._before is not None and not is_last:
            before = self._before
            clean = clean_latents(before, latents, pipe.scheduler, step)
            if clean is not None:
                self._hooks.preview(lambda: self._model.latent_to_rgb.picture(clean))
        self._before = latents
        return {}


def _weigh(words: Embeddings) -> int:
    return sum(part.nbytes for part in words.values() if part is not None)
