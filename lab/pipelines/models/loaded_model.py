"""The models in memory: loaded once, shared by every task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property, partial
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderTiny
from PIL.Image import Image

from lab.core.catalogue import ModelCard
from lab.core.errors import OutOfMemory
from lab.core.recipe import Recipe
from lab.core.reporter import Reporter
from lab.pipelines.families import FAMILIES, Embeddings, Family, Steered, Way, check_parts
from lab.pipelines.latent_preview import LatentToRgb, TinyDecoder
from lab.pipelines.memory.budget import MemoryBudget
from lab.pipelines.memory.device import WORKING_ROOM_BYTES
from lab.pipelines.memory.part import Part
from lab.pipelines.memory.weights_in_use import let_go
from lab.pipelines.models import vae_tiling
from lab.pipelines.models.adapters import Adapters
from lab.pipelines.models.choice import Weights, room_for, ways_of
from lab.pipelines.models.controlnets import ControlNets
from lab.pipelines.models.on_device import on_device, parameter_bytes
from lab.pipelines.models.placed_parts import PlacedParts
from lab.pipelines.models.placements import WHOLE, Placement, placements_for
from lab.pipelines.schedulers import scheduler_named
from lab.pipelines.speedups.approximate import Trades
from lab.pipelines.weights.denoiser_file import check_quantised
from lab.pipelines.weights.load import (
    control_bytes,
    model_bytes,
    parts_in,
    read_components,
    settings_in,
)
from lab.pipelines.weights.locate import (
    find_ip_adapter,
    find_lora,
    find_model,
    latent_rgb_here,
    preview_here,
)
from lab.pipelines.weights.repo_layout import memory_bytes
from lab.vision.waking import uncollected

_LORAS, _IP_ADAPTER, _PREVIEW = "LoRAs", "IP-Adapter", "previews"
_FILLING_CHANNELS = 9
"""4 of noise, 1 of the mask, 4 of the masked picture."""


@dataclass
class LoadedModel:
    """The components of one model on one device, and its ControlNets and adapters as they are asked for.

    `identity` is that of its weights when they were read; `settings` are what its folder says to its pipelines; `why`
    it lies otherwise than whole, in words.
    """

    card: ModelCard
    identity: str
    family: Family
    components: dict[str, Any]
    device: torch.device
    dtype: torch.dtype
    memory: MemoryBudget
    settings: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    previews_plainly: bool = False
    whole_wants_bytes: int = 0
    controls: ControlNets = field(init=False)
    parts: PlacedParts = field(init=False)
    _pipelines: dict[tuple[Way, tuple[str, ...]], Any] = field(default_factory=dict)
    _schedulers: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin without ControlNets."""
        on_drop = partial(_forget_pipelines, self._pipelines)
        self.controls = ControlNets(self.card, self.device, self.dtype, self.memory, on_drop)
        self.parts = PlacedParts(self.components, self.family, self.device)

    def ready(self, kinds: tuple[str, ...], reporter: Reporter) -> None:
        """Have the ControlNets of these kinds in memory; reads those that are not, and streams layers where it must.

        Raises:
            MissingWeights: when one is not on this machine and cannot be fetched.
            OutOfMemory: when there is no room for it.
        """
        while True:
            try:
                return self.controls.ready(kinds, reporter)
            except OutOfMemory:
                if not self.stream_more():
                    raise

    def steered_by(self, kinds: tuple[str, ...]) -> Steered:
        """What these kinds of control need: nothing, ControlNets or one Union model."""
        if not kinds:
            return ""
        return "controlnet" if any(self.card.controls[kind].mode is None for kind in kinds) else "union"

    def pipeline(self, way: Way = "words", kinds: tuple[str, ...] = (), scheduler: str | None = None) -> Any:
        """The diffusers pipeline around the shared components, with the ControlNets of these kinds; nothing is copied.

        The same object at every call for the same way and kinds, which must be `ready`. With a scheduler of that name
        (one that the card lists), as good as new, since it holds the state of one run.
        """
        if (way, kinds) not in self._pipelines:
            self._pipelines[way, kinds] = self._made_pipeline(way, kinds)
        pipe = self._pipelines[way, kinds]
        if scheduler is not None:
            if scheduler not in self._schedulers:
                self._schedulers[scheduler] = scheduler_named(scheduler, self.components["scheduler"])
            # A copy, since a scheduler holds the state of one run.
            pipe.scheduler = deepcopy(self._schedulers[scheduler])
        return pipe

    @cached_property
    def previewer(self) -> LatentToRgb | TinyDecoder:
        """Who shows half-made pictures: a tiny decoder where its weights are on this machine and fit, else a matrix."""
        path = None if self.previews_plainly else preview_here(self.card)
        if path is None or not self.memory.has_room(control_bytes(path, self.dtype)):
            known = latent_rgb_here(self.card)
            return (
                LatentToRgb.read(known) if known else LatentToRgb.measured(self.components["vae"], self.family.latents)
            )
        vae = AutoencoderTiny.from_pretrained(path, dtype=self.dtype, use_safetensors=True)
        decoder = TinyDecoder(on_device(vae, self.device))

        def drop() -> None:
            self.__dict__.pop("previewer", None)
            let_go(decoder.vae)

        weight = {_PREVIEW: parameter_bytes(decoder.vae)}
        self.memory.hold(
            Part(self.card.name, _PREVIEW, weight, drop, str(self.device), partial(on_device, decoder.vae))
        )
        return decoder

    def ready_to_preview(self) -> None:
        """Have the previewer, and keep it while the job at work runs."""
        _ = self.previewer
        self.memory.use(self.card.name, _PREVIEW)

    def preview_plainly(self) -> bool:
        """Show half-made pictures without a network from now on; False when that is so already."""
        if not isinstance(self.__dict__.get("previewer"), TinyDecoder):
            return False
        self.previews_plainly = True
        self.memory.drop(self.card.name, _PREVIEW)
        return True

    @cached_property
    def adapters(self) -> Adapters:
        """The LoRAs and the IP-Adapter on this model."""
        return Adapters(self.card, self.family, self.pipeline(), self.parts.opened)

    @cached_property
    def trades(self) -> Trades:
        """What can be done to this model's denoiser to make it faster and less exact."""
        return Trades(self.components[self.family.backbone], self.memory, self.card.name)

    def attach(self, recipe: Recipe, reporter: Reporter) -> None:
        """Make the components carry what the recipe asks for, and nothing else; errors as for `Adapters.attach`."""
        adapters, name = self.adapters, self.card.name
        loras, reads_ip_adapter = adapters.reads(recipe.loras, recipe.references)
        files = {lora.name: find_lora(lora.name, reporter) for lora in loras}
        folder, lending = find_ip_adapter(self.card, reporter) if reads_ip_adapter else (None, [])
        if files:
            self.memory.drop(name, _LORAS)  # other ones come in their place
        if files or lending:
            wanted = memory_bytes([*files.values(), *lending], self.dtype)
            self.memory.make_room(wanted, f"the LoRAs and adapters of {name}")
        try:
            adapters.attach(recipe.loras, recipe.references, files, folder, reporter)
        finally:
            device = str(self.device)
            held = {f"LoRA {Path(lora).stem}": count for lora, count in adapters.lora_bytes().items()}
            if files and held:
                self.memory.hold(Part(name, _LORAS, held, adapters.take_loras_off, device, goes_along=True))
            lent = adapters.ip_adapter_bytes()
            if reads_ip_adapter and lent:
                lends = {_IP_ADAPTER: lent}
                self.memory.hold(Part(name, _IP_ADAPTER, lends, adapters.forget_ip_adapter, device, goes_along=True))
        for wanted, part in ((recipe.loras, _LORAS), (recipe.references, _IP_ADAPTER)):
            if wanted:
                self.memory.use(name, part)

    def embed(
        self, prompt: str, *, is_negative: bool = False, weighted: bool = False, seen: Sequence[Image] = ()
    ) -> Embeddings:
        """The embeddings of a prompt, or of a negative one, read with these pictures, as arguments of the call."""
        pipe = self.pipeline()
        if seen and self.family.embed_seeing:
            embeds = self.family.embed_seeing(pipe, prompt, seen, self.device)
        else:
            embed = (self.family.embed_weighted if weighted else None) or self.family.embed
            embeds = embed(pipe, prompt, self.device)
        if not is_negative:
            return embeds
        if not prompt and pipe.config.get("force_zeros_for_empty_prompt"):  # SDXL was trained so
            embeds = {name: torch.zeros_like(values) for name, values in embeds.items()}
        return {f"negative_{name}": values for name, values in embeds.items()}

    @property
    def fills(self) -> bool:
        """Whether the model was trained to fill masks: beside the noise it sees the mask and what is around it."""
        unet = self.components.get("unet")
        return unet is not None and unet.config.in_channels == _FILLING_CHANNELS

    @property
    def tile_px(self) -> int:
        """The side of the tiles in which the autoencoder works; 0 when it does not."""
        return vae_tiling.tile_px(self.components["vae"])

    @property
    def pixels_a_latent(self) -> int:
        """How many pixels of a picture's side stand behind one of its latents."""
        return vae_tiling.pixels_a_latent(self.components["vae"])

    def tile(self, side_px: int) -> bool:
        """Let the autoencoder work in tiles smaller than a picture of that side; False when it does already."""
        return vae_tiling.tile(self.components["vae"], side_px)

    def tile_smaller(self) -> bool:
        """Halve the tiles; False when they are as small as is good."""
        return vae_tiling.tile_smaller(self.components["vae"])

    def place(self, placement: Placement) -> None:
        """Have its parts lie so from now on."""
        self.parts.place(placement)
        self.memory.placed(self.card.name, *self.parts.lying)

    def stream_more(self) -> bool:
        """Have more of its layers rest in the machine's memory than now; False when that cannot be."""
        ways = placements_for(self.parts.placement.bits, self.device)
        fewer = ways[ways.index(self.parts.placement) + 1 :]
        if not fewer:
            return False
        # more than there was, when it ran short
        self.whole_wants_bytes = self.memory.room_bytes(self.card.name) + WORKING_ROOM_BYTES
        self.why = "layers come to the GPU as they are needed, since memory was full: lab.release() ends that"
        self.place(fewer[0])
        return True

    @property
    def has_room_again(self) -> bool:
        """Whether there is room by now for all of what is streamed."""
        lying = self.parts.lying
        if not lying.elsewhere:
            return False
        whole = sum([*lying.there.values(), *lying.elsewhere.values()])
        return self.memory.room_bytes(self.card.name) >= max(whole, self.whole_wants_bytes)

    def move(self, device: torch.device) -> None:
        """Bring everything that lies in the model to the machine's memory, or back to where it lay."""
        if device != self.device:
            self.parts.to_ram()
        else:
            self.parts.place(self.parts.placement)
        if "adapters" in vars(self):
            self.adapters.move(device)

    @property
    def standing(self) -> tuple[str, ...]:
        """What it does otherwise than diffusers since memory is short, in words; until it is let go."""
        tiles = f"still drawn in tiles of {self.tile_px} pixels: lab.release() ends that" if self.tile_px else ""
        return tuple(filter(None, (tiles, self.why)))

    def rest(self) -> None:
        """Have no streamed layer on the device; a job that is stopped in the midst of one leaves it there."""
        self.parts.settle()

    @property
    def is_gone(self) -> bool:
        """Whether its weights were let go: it cannot draw any more."""
        return not self.components

    def forget(self) -> None:
        """Let go of everything; the model cannot be used any more."""
        self.parts.forget()
        let_go(*(part for part in self.components.values() if isinstance(part, torch.nn.Module)))
        for parts in (self.components, self.controls.nets, self._pipelines, self._schedulers):
            parts.clear()
        for measured in ("adapters", "previewer", "trades"):
            self.__dict__.pop(measured, None)

    def _made_pipeline(self, way: Way, kinds: tuple[str, ...]) -> Any:
        steered = self.steered_by(kinds)
        nets = self.controls.of(kinds)
        if steered == "union":
            nets = list(dict.fromkeys(nets))
        extra = {"controlnet": nets[0] if len(nets) == 1 else nets} if nets else {}
        kind = self.family.pipelines[way, steered]
        takes = signature(kind).parameters
        own = {name: value for name, value in self.settings.items() if name in takes}
        pipe = kind(**self.components, **own, **extra)
        pipe.set_progress_bar_config(disable=True)
        return pipe


def load_model(card: ModelCard, weights: Weights, memory: MemoryBudget, reporter: Reporter) -> LoadedModel:
    """Read a model from disk to the memory's device, after making room for it, in the first way in which it fits.

    Raises:
        BadInput: when they are of another family than its card says.
        MissingWeights: when its weights are not here.
        OutOfMemory: when it does not fit.
    """
    family, device, dtype = FAMILIES[card.family], memory.device, weights.dtype
    path = find_model(card, reporter)
    check_parts(card, family, parts_in(path))
    ways = ways_of(weights.bits, device)
    if weights.bits == "4bit":
        check_quantised(path)
    placement, why = WHOLE, ""
    whole = sum(model_bytes(card, path, dtype, family.text_layers).values())
    if ways == (WHOLE,) or (WHOLE in ways and whole <= memory.most_bytes(card.name)):
        memory.make_room(whole, card.name)
    else:
        room = room_for(card, path, dtype, memory)
        placement = room.first_fitting(ways)
        memory.make_room(room.needs(placement), card.name)
        why = room.why(placement, weights.asked, ways_of(weights.asked, device))
    with uncollected():
        quantised = weights.bits == "4bit"
        components = read_components(card, path, dtype, reporter, family.text_layers, quantised=quantised)
    settings = settings_in(card, path)
    model = LoadedModel(card, weights.identity, family, components, device, dtype, memory, settings, why)
    model.parts.place(placement)
    memory.hold(Part(card.name, "", {}, model.forget, str(device), model.move))
    memory.placed(card.name, *model.parts.lying)
    return model


def _forget_pipelines(pipelines: dict[Any, Any], net: torch.nn.Module) -> None:
    """Drop those pipelines that hold a ControlNet."""
    for key, pipe in list(pipelines.items()):
        held = getattr(pipe, "controlnet", None)
        if held is net or net in getattr(held, "nets", []):
            del pipelines[key]
