"""LoRAs and the IP-Adapter of one model: put on for a job, taken off again without a trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch

from lab.core.catalogue import ModelCard
from lab.core.errors import BadInput
from lab.core.recipe import Lora, Reference
from lab.core.reporter import Reporter
from lab.pipelines.cancellation import reading
from lab.pipelines.families import Family
from lab.pipelines.memory.oom_fallbacks import refusing
from lab.pipelines.memory.weights_in_use import let_go
from lab.pipelines.weights.lora_header import check_family
from lab.pipelines.weights.lora_kind import check_kind, mended
from lab.pipelines.weights.repo_layout import stamped

_MB = 1_000_000
_LOOKS = ("image_encoder", "feature_extractor")
"""What an IP-Adapter looks at pictures with."""


class Adapters:
    """What is on the shared components now; each pipeline around them sees it.

    LoRAs stay until other ones are wanted, resting while a job wants none, so that a live session reads no file twice;
    another weight of the same LoRA reads nothing. The IP-Adapter's parts are kept once read, and swapped in and out.

    Args:
        card: says where the IP-Adapter is.
        family: says which component is changed, and what a reference lends by which block.
        pipe: any pipeline around the components.
        opened: a context in which something may be put on the components, or taken off.
    """

    def __init__(
        self, card: ModelCard, family: Family, pipe: Any, opened: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._card = card
        self._family = family
        self._pipe = pipe
        self._opened = opened
        self._on: tuple[str, ...] = ()
        self._stamps: tuple[str, ...] = ()
        self._weights: tuple[float, ...] = ()
        self._resting = False
        self._bare: _Backbone | None = None
        self._adapted: _Backbone | None = None
        self._borrows = False
        self._own = {name: pipe.components.get(name) for name in _LOOKS if name in pipe.components}

    def attach(
        self,
        loras: tuple[Lora, ...],
        references: tuple[Reference, ...],
        files: Mapping[str, Path],
        ip_adapter: Path | None,
        reporter: Reporter,
    ) -> None:
        """Make the components carry exactly these; whatever stops it midway, nothing half-read stays on them.

        Args:
            loras: in order.
            references: whose pictures the IP-Adapter is to look at.
            files: of the LoRAs that are to be read, by their names.
            ip_adapter: the folder of the IP-Adapter, where it is to be read.
            reporter: hear what is read, and may stop it in the midst.

        Raises:
            BadInput: when a LoRA is not one, or does not fit the model; when the IP-Adapter cannot be read.
        """
        borrows = bool(references) and self._card.ip_adapter is not None
        stays = borrows == self._borrows and (not loras or self._carries(tuple(lora.name for lora in loras)))
        with nullcontext() if stays else self._opened():
            self._put_on_loras(loras, files, reporter)
            if borrows:
                self._put_on_ip_adapter(references, ip_adapter, reporter)
            elif self._bare is not None:
                self._bare.restore(self._backbone)
            self._borrows = borrows

    def reads(self, loras: tuple[Lora, ...], references: tuple[Reference, ...]) -> tuple[tuple[Lora, ...], bool]:
        """What putting these on would read from disk: which LoRAs, and whether the IP-Adapter."""
        lends = bool(references) and self._card.ip_adapter is not None
        stays = self._carries(tuple(lora.name for lora in loras))
        return (() if stays else loras), lends and self._adapted is None

    def lora_bytes(self) -> dict[str, int]:
        """What each LoRA that is on takes in memory, by its name."""
        parts = (
            [part for part in self._pipe.components.values() if isinstance(part, torch.nn.Module)] if self._on else []
        )
        weights = [(key, weight) for part in parts for key, weight in part.named_parameters()]
        return {
            name: sum(weight.nbytes for key, weight in weights if f".lora_{number}." in key)
            for number, name in enumerate(self._on)
        }

    def ip_adapter_bytes(self) -> int:
        """What the IP-Adapter takes in memory, on or off; 0 when it was not read."""
        if self._adapted is None:
            return 0
        modules = [*self._adapted.modules(), self._pipe.image_encoder]
        return sum(weight.nbytes for module in modules for weight in module.parameters())

    def take_loras_off(self) -> None:
        """Take every LoRA off, and drop it."""
        if self._on:
            with self._opened():
                self._take_loras_off()

    def forget_ip_adapter(self) -> None:
        """Take the IP-Adapter off, however much of it was read, and drop it."""
        if self._bare is None:
            return
        read = self._adapted or _Backbone(self._backbone)
        with self._opened():
            self._bare.restore(self._backbone)
        self._borrows = False
        kept = [*self._bare.modules(), *self._own.values()]
        let_go(*(part for part in (*read.modules(), *self._looks()) if all(part is not own for own in kept)))
        self._bare = self._adapted = None
        self._pipe.register_modules(**self._own)

    def move(self, device: torch.device) -> None:
        """Bring what the IP-Adapter lends to a device, be it on the components or beside them."""
        if self._adapted is not None:
            for module in (*self._adapted.modules(), self._pipe.image_encoder):
                module.to(device)

    def embed(self, pictures: list[Any], device: torch.device, *, guided: bool) -> list[torch.Tensor]:
        """What the pictures (PIL) lend, as the argument `ip_adapter_image_embeds`; the IP-Adapter must be on.

        On the device where the denoiser works, wherever the image encoder is.
        """
        beside = next(self._pipe.image_encoder.parameters()).device
        lent = self._pipe.prepare_ip_adapter_image_embeds([pictures], None, beside, 1, guided)
        return [embeds.to(device) for embeds in lent]

    def _looks(self) -> list[torch.nn.Module]:
        """What pictures are looked at with now."""
        parts = [getattr(self._pipe, name) for name in self._own]
        return [part for part in parts if isinstance(part, torch.nn.Module)]

    @property
    def _backbone(self) -> Any:
        return getattr(self._pipe, self._family.backbone)

    def _carries(self, names: tuple[str, ...]) -> bool:
        """Whether exactly these LoRAs are on, as their files are now."""
        return (names, _stamps(names)) == (self._on, self._stamps)

    def _put_on_loras(self, loras: tuple[Lora, ...], files: Mapping[str, Path], reporter: Reporter) -> None:
        names = tuple(lora.name for lora in loras)
        weights = tuple(lora.weight for lora in loras)
        if self._on and (not names) is not self._resting:
            self._rest(resting=not names)
        if not names:
            return
        if not self._carries(names):
            self._take_loras_off()
            stamps = _stamps(names)  # before: what comes in the file's place meanwhile was not read
            try:
                for number, name in enumerate(names):
                    self._read_lora(name, files[name], f"lora_{number}", reporter)
            except BaseException:
                self._take_loras_off()
                raise
            self._on, self._stamps, self._weights = names, stamps, ()
        if weights != self._weights:
            self._pipe.set_adapters([f"lora_{number}" for number in range(len(names))], list(weights))
            self._weights = weights

    def _rest(self, *, resting: bool) -> None:
        """Let the LoRAs that are on do nothing for a while, as between two live pictures; or wake them."""
        (self._pipe.disable_lora if resting else self._pipe.enable_lora)()
        self._resting = resting

    def _take_loras_off(self) -> None:
        self._on = self._stamps = self._weights = ()
        self._resting = False
        self._pipe.unload_lora_weights()

    def _read_lora(self, name: str, file: Path, adapter: str, reporter: Reporter) -> None:
        def misfit(why: str) -> str:
            return f"the LoRA {name} does not fit {self._card.name} ({why}): use one that was made for this model"

        check_family(name, file, self._card.name, self._family.name)
        check_kind(name, file, self._family.name)
        size = file.stat().st_size
        reporter.progress("loading", 0, max(1, size // _MB))
        with refusing(misfit), reading(reporter, size):
            read = mended(file) or str(file)
            self._pipe.load_lora_weights(read, adapter_name=adapter, use_safetensors=True, local_files_only=True)
        if not any(adapter in on for on in self._pipe.get_list_adapters().values()):  # it may be for the words alone
            msg = f"the LoRA {name} does not fit {self._card.name}: none of its weights belongs to this model"
            raise BadInput(msg)

    def _put_on_ip_adapter(self, references: tuple[Reference, ...], folder: Path | None, reporter: Reporter) -> None:
        backbone = self._backbone
        if self._bare is None or self._adapted is None:
            self._bare = _Backbone(backbone)
            try:
                self._read_ip_adapter(folder, reporter)
            except BaseException:  # diffusers changes the backbone before it has read all
                self.forget_ip_adapter()
                raise
            self._adapted = _Backbone(backbone)
        self._adapted.restore(backbone)
        first = references[0]
        scale: Any = first.weight
        if first.lends != "both":
            scale = _scaled(self._family.lends[first.lends], first.weight)
        self._pipe.set_ip_adapter_scale(scale)

    def _read_ip_adapter(self, folder: Path | None, reporter: Reporter) -> None:
        source = self._card.ip_adapter
        if source is None or folder is None:
            msg = f"{self._card.name} has no IP-Adapter"
            raise BadInput(msg)
        reporter.progress("loading")
        with (
            refusing(lambda why: f"the IP-Adapter of {self._card.name} cannot be read ({why}): fetch it again"),
            reading(reporter),
        ):
            self._pipe.load_ip_adapter(
                str(folder),
                subfolder=source.folder,
                weight_name=source.file,
                image_encoder_folder=source.image_encoder,
                local_files_only=True,
            )
        self._pipe.image_encoder.eval().requires_grad_(requires_grad=False)


class _Backbone:
    """The parts of a UNet that an IP-Adapter changes, as they are now."""

    def __init__(self, unet: Any) -> None:
        self._processors = dict(unet.attn_processors)
        self._projection = unet.encoder_hid_proj
        self._kind = unet.config.encoder_hid_dim_type

    def modules(self) -> list[torch.nn.Module]:
        """Those parts that have weights."""
        return [part for part in [*self._processors.values(), self._projection] if isinstance(part, torch.nn.Module)]

    def restore(self, unet: Any) -> None:
        """Make them so again."""
        unet.set_attn_processor(dict(self._processors))
        unet.encoder_hid_proj = self._projection
        unet.config.encoder_hid_dim_type = self._kind


def _stamps(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(stamped, names))


def _scaled(scales: Any, weight: float) -> Any:
    """Every number in nested tables and lists, times the weight."""
    if isinstance(scales, dict):
        return {name: _scaled(part, weight) for name, part in scales.items()}
    if isinstance(scales, list):
        return [_scaled(part, weight) for part in scales]
    return scales * weight
