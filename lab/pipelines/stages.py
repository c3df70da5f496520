"""The stages of a picture on diffusers' own pipelines; each cached by what goes in."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeVar

import torch

from lab.core.picture import Mask, Picture
from lab.core.recipe import Control, Plan, Recipe, Reference
from lab.core.reporter import Reporter
from lab.pipelines.cancellation import coding
from lab.pipelines.denoise import Denoiser
from lab.pipelines.families import FAMILIES, Embeddings
from lab.pipelines.finite import finite
from lab.pipelines.job_model import JobModel
from lab.pipelines.memory.oom_fallbacks import Fallback, OomRetry
from lab.pipelines.memory.stage_bytes import encoding_bytes, picture_bytes, tensor_bytes
from lab.pipelines.memory.stage_cache import NEWEST, Room, StageCache, key_of
from lab.pipelines.models.loaded_model import LoadedModel
from lab.pipelines.models.upscalers import Upscalers
from lab.pipelines.regions import RegionWords, named_regions
from lab.pipelines.speedups.first_step_cache import content_of
from lab.pipelines.variation import turning
from lab.pipelines.weights.locate import control_identity, revision_of
from lab.pipelines.weights.repo_layout import stamped
from lab.pipelines.words import NEGATIVE_UNREAD, Words, both_prompts, words_of
from lab.preprocessors import control_map, preprocessor_named

_T = TypeVar("_T")
_FAINT = 16
"""A control map without a pixel of this level, of 255, is empty: nobody sees anything in it."""
_TILES = "ran the autoencoder in tiles"
_STREAMED = "streamed layers to the GPU as they were needed"
_SMALLER_TILES = "made the autoencoder's tiles smaller"


class Latents(NamedTuple):
    """What `denoise` hands to `picture`: 1 x channels x height x width, and the name of all that went in."""

    values: torch.Tensor
    name: str


class CachedStages:
    """The stages of one job, on which `lab.tasks` builds pictures. The numbers are those of a bare diffusers call.

    Args:
        model: the job's, which is asked for by the first stage that works with it, and only then.
        upscalers: the upscaling networks.
        cache: keeps what the stages make.
        reporter: hear of every stage.
        oom_retry: what is done when memory runs out.
        device: where networks run.
        dtype: the numbers they count in.
    """

    def __init__(
        self,
        model: JobModel,
        upscalers: Upscalers,
        cache: StageCache,
        reporter: Reporter,
        oom_retry: OomRetry,
        *,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self._job_model = model
        self._upscalers = upscalers
        self._cache = cache
        self.reporter = reporter
        self._oom_retry = oom_retry
        self.device = str(device)
        self.dtype = str(dtype).removeprefix("torch.")
        self._at_encoder = False
        self._said: dict[str, None] = {}  # what is to be known of the picture, each sentence once

    @property
    def notes(self) -> list[str]:
        """What is to be known of the picture so far, in words."""
        return [*self._said, *self._job_model.notes()]

    @property
    def precision(self) -> str:
        """In how many bits the model is held, as a recipe says it."""
        return self._job_model.weights.bits

    @property
    def revision(self) -> str | None:
        """The commit of the hub repository that the model's weights are from; None when they are from elsewhere."""
        return revision_of(self._job_model.card)

    @property
    def threads(self) -> int:
        """How many threads of the processor count: another number adds up in another order, and may round otherwise."""
        return torch.get_num_threads()

    @cached_property
    def _model(self) -> LoadedModel:
        return self._job_model.ready()

    def control_map(self, control: Control, picture: Picture, plan: Plan) -> Picture:
        """The control picture through its preprocessor, at the plan's size."""
        self.reporter.progress("control")
        tool = preprocessor_named(control.preprocessor)
        inputs = (picture.hash, tool.name, tool.number, sorted(control.settings.items()), plan.size)

        def make() -> Picture:
            return control_map(
                tool.name, picture, plan.size, control.settings, device=plan.device, reporter=self.reporter
            )

        made = self._oom_retry.run(
            lambda: self._cache.get("control map", inputs, make, picture_bytes, room=NEWEST),
            self._oom_retry.common,
            f"the control map of {plan.size}",
        )
        if not tool.keeps_alpha and made.pixels.max() < _FAINT:
            self.say(f"{tool.name} found nothing in its picture: the control map is empty, and steers nothing")
        return made

    def words(self, plan: Plan, seen: tuple[Picture, ...] = ()) -> Embeddings:
        """The embeddings of prompt and, with guidance, negative prompt, as arguments of the diffusers call.

        Each is kept by itself: a new prompt leaves the negative one as it is. Before the prompt stands what the model
        is told of controls that it is shown.
        """
        self.reporter.progress("words")
        recipe, guided = plan.recipe, plan.guidance_scale > 1
        seen = seen if FAMILIES[plan.card.family].embed_seeing else ()
        shown = plan.card.shown_controls
        before = dict.fromkeys(shown[one.kind] for one in recipe.controls if one.kind in shown)
        against = recipe.negative_prompt if guided else None

        def read(prompt: str, *, is_negative: bool = False) -> Embeddings:
            found = self._read(recipe, prompt, is_negative=is_negative, seen=seen)
            self._said |= {found.note: None} if found.note else {}
            return found.embeddings

        for one in recipe.regions:  # kept until they are drawn
            read(one.prompt)
        prompt = " ".join([*before, recipe.prompt])
        made = both_prompts(prompt, against, read, weighted=recipe.words == "weighted")
        if recipe.negative_prompt and not guided:
            self._said[NEGATIVE_UNREAD] = None
        return made

    def denoise(
        self,
        plan: Plan,
        words: Embeddings,
        control_maps: tuple[Picture, ...] = (),
        *,
        start: Picture | None = None,
        mask: Mask | None = None,
        edited: Picture | None = None,
        references: tuple[Picture, ...] = (),
        regions: tuple[Mask, ...] = (),
    ) -> Latents:
        """Latents of the picture; arguments as `lab.tasks.Stages` says."""
        recipe = plan.recipe
        kinds = _nets_of(plan)
        pictures = [picture.hash for picture in (*control_maps, *references, *filter(None, (start, edited)))]
        inputs = (
            *self._weights(recipe), recipe.words, recipe.prompt, recipe.negative_prompt, recipe.seed, turning(recipe),
            plan.size, plan.steps,
            plan.steps_run, plan.guidance_scale, plan.scheduler, plan.strength if start else None,
            plan.image_guidance_scale, pictures, edited is None,
            mask.hash if mask else None, _dumped(recipe.controls), _controls_of(plan), _dumped(recipe.references),
            recipe.acceleration,
            *named_regions(recipe, regions),
        )  # fmt: skip

        def make() -> torch.Tensor:
            begins = {"start": start, "mask": mask, "edited": edited}
            return self._denoised(plan, words, control_maps, references, regions, **begins)

        def made() -> Latents:
            # Tiles change what the encoder says of a picture, so they are part of the name.
            named = (*inputs, self._tile_px if start or edited or plan.card.sees_references else 0)
            return Latents(self._kept("denoise", named, make, tensor_bytes, kinds), key_of("denoise", named))

        fallbacks = [
            *self._oom_retry.common,
            self._fallback("showed previews without a network", LoadedModel.preview_plainly),
            self._fallback(_TILES, lambda model: self._at_encoder and model.tile(max(plan.size))),
            self._fallback(_STREAMED, LoadedModel.stream_more, goes_on=True),
            self._fallback(_SMALLER_TILES, lambda model: self._at_encoder and model.tile_smaller(), goes_on=True),
        ]
        by = f" with {recipe.acceleration}" if recipe.acceleration else ""
        return self._oom_retry.run(made, fallbacks, f"a picture of {plan.size}{by}")

    def picture(self, latents: Latents) -> Picture:
        """The latents decoded, RGB uint8; in tiles, and in ever smaller ones, where memory is short."""
        self.reporter.progress("picture")

        def made() -> Picture:
            inputs = (latents.name, self._tile_px)
            return self._kept("picture", inputs, lambda: self._decoded(latents.values), picture_bytes, room=NEWEST)

        height, width = latents.values.shape[-2:]
        fallbacks = [
            *self._oom_retry.common,
            self._fallback(_TILES, lambda model: model.tile(max(height, width) * model.pixels_a_latent)),
            self._fallback(_STREAMED, LoadedModel.stream_more, goes_on=True),
            self._fallback(_SMALLER_TILES, LoadedModel.tile_smaller, goes_on=True),
        ]
        return self._oom_retry.run(made, fallbacks, f"decoding {width}x{height} latents")

    def say(self, sentence: str) -> None:
        """What is to be known of the picture, for the line beside it."""
        self._said[sentence] = None

    def once(self, stage: str, inputs: tuple[Any, ...], make: Callable[[], Picture]) -> Picture:
        """A picture that is made without the model, kept by the values that go in."""
        self.reporter.progress(stage)
        return self._cache.get(stage, inputs, make, picture_bytes)

    def upscaled(self, picture: Picture, upscaler: str, factor: int) -> Picture:
        """The picture through an upscaling network, in overlapping tiles; `factor` times larger."""
        inputs = (picture.hash, stamped(upscaler), factor)

        def make() -> Picture:
            return self._upscalers.upscaled(picture, upscaler, factor, self.reporter, self._oom_retry)

        return self._cache.get("upscale", inputs, make, picture_bytes)

    def _kept(
        self,
        stage: str,
        inputs: tuple[Any, ...],
        make: Callable[[], _T],
        weigh: Callable[[_T], int],
        kinds: tuple[str, ...] = (),
        *,
        room: Room | None = None,
    ) -> _T:
        """What a stage made before, or makes now with the model and the ControlNets of these kinds.

        They are ready before it begins: what reading them takes is not saved when the result is kept.
        """
        if not self._cache.holds(stage, inputs):
            self._model.ready(kinds, self.reporter)
        return self._cache.get(stage, inputs, make, weigh, room=room)

    def _weights(self, recipe: Recipe) -> tuple[Any, ...]:
        """Everything about the weights that can change a result."""
        loras = [(stamped(lora.name), lora.weight) for lora in recipe.loras]
        return self._job_model.weights.identity, loras

    @property
    def _tile_px(self) -> int:
        """The tiles in which the autoencoder works, or would if it were here."""
        model = self._job_model.here()
        return model.tile_px if model else 0

    def _fallback(self, done: str, act: Callable[[LoadedModel], bool], *, goes_on: bool = False) -> Fallback:
        """A fallback of the model's own, which changes nothing while that is not in memory."""

        def acted() -> bool:
            model = self._job_model.here()
            return model is not None and act(model)

        return Fallback(done, acted, goes_on)

    def _denoised(
        self,
        plan: Plan,
        words: Embeddings,
        maps: tuple[Picture, ...],
        references: tuple[Picture, ...],
        regions: tuple[Mask, ...],
        **begins: Any,
    ) -> torch.Tensor:
        recipe, sees = plan.recipe, plan.card.sees_references
        named = named_regions(recipe, regions)
        steered_by = (self._weights(recipe), _controls_of(plan), _dumped(recipe.references), *named)
        said = [self._read(recipe, one.prompt).embeddings for one in recipe.regions]
        begins["regions"] = tuple(map(RegionWords, said, regions))
        denoiser = Denoiser(self._model, self.reporter, self._cache, self._encoded)
        if sees:
            made = denoiser.latents(plan, words, (), steered_by, **begins, seen=(*maps, *references))
        else:
            lent = partial(self._lent, plan, references) if references else None
            made = denoiser.latents(plan, words, maps, steered_by, **begins, lent=lent)
        return finite(made, "latents", plan.card.name)

    def _encoded(self, encode: Callable[..., Any], pixels: torch.Tensor, kwargs: dict[str, Any]) -> Any:
        """What the pipeline's encoder says of a picture: a distribution or latents, before any noise.

        The pipeline draws from it with its own generator, so that the picture is the same to the last bit.
        """
        inputs = (self._model.identity, content_of(pixels), kwargs, self._model.tile_px)
        self._at_encoder = True
        with coding(self.reporter):
            made = self._cache.get("encode", inputs, lambda: encode(pixels, **kwargs), encoding_bytes)
        self._at_encoder = False
        return made

    def _lent(self, plan: Plan, references: tuple[Picture, ...]) -> list[torch.Tensor]:
        """What the references lend, encoded."""
        guided = plan.guidance_scale > 1
        inputs = (self._model.identity, [picture.hash for picture in references], guided)
        pictures = [picture.on_white().to_pil() for picture in references]

        def make() -> list[torch.Tensor]:
            with torch.no_grad(), coding(self.reporter):
                return self._model.adapters.embed(pictures, self._model.device, guided=guided)

        return self._cache.get("references", inputs, make, lambda made: sum(map(tensor_bytes, made)))

    def _decoded(self, latents: torch.Tensor) -> Picture:
        pipe = self._model.pipeline()
        with torch.no_grad(), coding(self.reporter):
            decoded = finite(self._model.family.decode(pipe, latents), "a picture", self._model.card.name)
        return Picture.of(pipe.image_processor.postprocess(decoded, output_type="pil")[0])

    def _read(self, recipe: Recipe, prompt: str, *, is_negative: bool = False, seen: tuple[Picture, ...] = ()) -> Words:
        weighted = recipe.words == "weighted"

        def make() -> Words:
            with torch.no_grad(), coding(self.reporter):
                return words_of(self._model, prompt, is_negative=is_negative, weighted=weighted, seen=seen)

        how = [*(["weighted"] if weighted else []), *(picture.hash for picture in seen)]
        inputs = (*self._weights(recipe), prompt, is_negative, *how)
        return self._oom_retry.run(
            lambda: self._kept("words", inputs, make, lambda made: made.bytes),
            [*self._oom_retry.common, self._fallback(_STREAMED, LoadedModel.stream_more, goes_on=True)],
            "reading the words",
        )


def _dumped(parts: tuple[Control, ...] | tuple[Reference, ...]) -> list[str]:
    return [part.model_dump_json() for part in parts]


def _controls_of(plan: Plan) -> list[tuple[str, str]]:
    """The ControlNets of a plan: their kinds, and their weights as they are on the disk now."""
    return [(kind, control_identity(plan.card, kind)) for kind in _nets_of(plan)]


def _nets_of(plan: Plan) -> tuple[str, ...]:
    """The kinds of the controls of a plan that ControlNets serve; others are shown to the model."""
    return tuple(one.kind for one in plan.recipe.controls if one.kind in plan.card.controls)
