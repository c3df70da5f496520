"""FLUX.2 klein's pipelines, called alike: each takes the pictures that it is to see beside the words as `references`.

Each is diffusers' own for its way, and its picture is that one's, to the bit. What those do without a word is not done
here: they shrink a picture to start from to a million pixels, and of several references of different sizes they cut all
but the first one.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from diffusers import Flux2KleinInpaintPipeline, Flux2KleinPipeline
from PIL import Image

_SEEN_PIXELS = 1024 * 1024
"""More of a picture that it sees the model was not trained to see; diffusers shrinks it to so many."""

_KEPT = 8
"""So many references stay encoded, 1 MB each in halves: all that live drawing sees from stroke to stroke."""


class _SeenOnce:
    """A picture that was seen before is not encoded again: of those that live drawing sees, only the sketch changes."""

    _known: OrderedDict[Any, torch.Tensor] | None = None

    def _encode_vae_image(self, image: torch.Tensor, generator: Any) -> torch.Tensor:
        """As diffusers' own, which takes the most likely latents and draws no dice."""
        vae: Any = self.vae  # pyright: ignore[reportAttributeAccessIssue] - of the pipeline
        said = hashlib.blake2b(image.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes()).digest()
        key = said, image.shape, image.dtype, image.device, vae.dtype, vae.use_tiling
        known = self._known = OrderedDict() if self._known is None else self._known
        if key not in known:
            known[key] = super()._encode_vae_image(image, generator)  # pyright: ignore[reportAttributeAccessIssue]
        known.move_to_end(key)
        while len(known) > _KEPT:
            known.popitem(last=False)
        return known[key]


class KleinWords(_SeenOnce, Flux2KleinPipeline):
    """Flux.2 klein from noise, told by words and pictures."""

    def __call__(self, *, height: int, width: int, references: Sequence[Image.Image] = (), **kwargs: Any) -> Any:
        """The call of diffusers' own.

        Args:
            height: in pixels.
            width: in pixels.
            references: pictures of 64 pixels at least, at most 8 times as long as wide.
            kwargs: everything else that it takes.
        """
        return super().__call__(image=list(references) or None, height=height, width=width, **kwargs)


class KleinEdit(KleinWords):
    """From noise, with the picture that is edited before all references."""

    def __call__(
        self, *, image: Image.Image, height: int, width: int, references: Sequence[Image.Image] = (), **kwargs: Any
    ) -> Any:
        """The call of diffusers' own; a picture of more than a million pixels is seen smaller, and whole."""
        return super().__call__(height=height, width=width, references=[_seen_whole(image), *references], **kwargs)


class KleinInpaint(_SeenOnce, Flux2KleinInpaintPipeline):
    """From a picture, of which a part stays; the picture is the first that the model sees."""

    _seen: Sequence[torch.Tensor] = ()

    @torch.no_grad()
    def __call__(
        self,
        *,
        image: Image.Image,
        mask_image: Image.Image,
        height: int,
        width: int,
        strength: float,
        references: Sequence[Image.Image] = (),
        **kwargs: Any,
    ) -> Any:
        """The call of diffusers' own, at any size.

        Args:
            image: the picture, of that size.
            mask_image: where it may change.
            height: in pixels.
            width: in pixels.
            strength: how much of it is redrawn.
            references: what the model sees besides.
            kwargs: everything else that it takes.
        """
        start = self._patchify_latents(self._encoded(self.image_processor.preprocess(image, height, width)))
        self._seen = [self._prepared(one) for one in references]
        try:
            return super().__call__(image=start, mask_image=mask_image, strength=strength, **kwargs)
        finally:
            self._seen = ()

    def prepare_image_latents(self, images: list[torch.Tensor], *args: Any, **kwargs: Any) -> Any:
        """As diffusers' own; each reference by itself, so that it may have a size of its own."""
        return super().prepare_image_latents([*images, *self._seen], *args, **kwargs)

    def _prepared(self, picture: Image.Image) -> torch.Tensor:
        """A reference as the pipeline that draws from noise sees it."""
        if picture.width * picture.height > _SEEN_PIXELS:
            picture = self.image_processor._resize_to_target_area(picture, _SEEN_PIXELS)  # noqa: SLF001 - its own
        cell = self.vae_scale_factor * 2
        height, width = (side // cell * cell for side in (picture.height, picture.width))
        return self.image_processor.preprocess(picture, height=height, width=width, resize_mode="crop")

    def _encoded(self, pixels: torch.Tensor) -> torch.Tensor:
        """Raw latents; the pipeline normalises them as it does its own."""
        return self.vae.encode(pixels.to(self._execution_device, self.vae.dtype)).latent_dist.mode()


class KleinImage(KleinInpaint):
    """From a picture, all of which may change: as if it were masked in white."""

    def __call__(self, *, image: Image.Image, height: int, width: int, **kwargs: Any) -> Any:
        """As that of `KleinInpaint`, without a mask."""
        white = Image.new("L", image.size, 255)
        return super().__call__(image=image, mask_image=white, height=height, width=width, **kwargs)


def _seen_whole(picture: Image.Image) -> Image.Image:
    """A picture of at most a million pixels whose sides need not be cut to multiples of 16."""
    pixels = picture.width * picture.height
    if pixels <= _SEEN_PIXELS:
        return picture
    smaller = math.sqrt(_SEEN_PIXELS / pixels)
    width, height = (max(16, int(side * smaller) // 16 * 16) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)
