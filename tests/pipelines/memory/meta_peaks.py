"""What the work of a full-size network takes beside its weights: run on the meta device, which holds nothing."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel, ZImageTransformer2DModel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from lab.pipelines.models.vae_tiling import tile
from tests.pipelines.full_size import META, Z_VAE, config_of


class _Peak(TorchDispatchMode):
    """Counts the bytes of all tensors that are made and still held."""

    def __init__(self, weights: list[torch.Tensor]) -> None:
        super().__init__()
        self.now = self.most = 0
        self._known = {one.untyped_storage()._cdata for one in weights}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for one in tree_leaves(made):
            if isinstance(one, torch.Tensor):
                self._count(one.untyped_storage())
        return made

    def _count(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._known:
            return
        self._known.add(key)
        self.now += size
        self.most = max(self.most, self.now)
        weakref.finalize(storage, self._gone, key, size)

    def _gone(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size


@contextmanager
def _attention_in_place() -> Any:
    """Attention as a GPU does it, which never holds what each piece thinks of each other one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            torch.nn.functional, "scaled_dot_product_attention",
            lambda query, key, value, *_, **__: query.new_empty((*query.shape[:-1], value.shape[-1])) + 0 * key.sum(),
        )  # fmt: skip
        yield


def peak_bytes(network: torch.nn.Module, work: Callable[[], Any]) -> int:
    """The most that the work holds at once, without the weights."""
    with torch.no_grad(), _attention_in_place(), _Peak([*network.parameters(), *network.buffers()]) as peak:
        work()
    return peak.most


def work_of(family: str) -> dict[str, int]:
    """Bytes for a picture of the native size: of a step with guidance where there is any, and of the autoencoder.

    The autoencoders of Stable Diffusion work in float32, see `lab.pipelines.precision`; so do what their weights take
    more for that.
    """
    side = 64 if family == "sd15" else 128
    with META:
        if family == "z-image":
            dtype, more, channels = torch.bfloat16, 0, 16
            vae = AutoencoderKL(**Z_VAE).to(dtype)
            net: Any = ZImageTransformer2DModel().to(torch.bfloat16)
            words = torch.empty(200, 2560, dtype=dtype)
            step = peak_bytes(
                net, lambda: net([torch.empty(16, 1, side, side, dtype=dtype)], torch.empty(1, dtype=dtype), [words])
            )
        else:
            dtype, channels = torch.float32, 4
            vae = AutoencoderKL(**config_of(family, "vae"))
            more = 2 * sum(weight.numel() for weight in vae.parameters())
            net = UNet2DConditionModel(**config_of(family, "unet")).to(torch.float16)
            step = peak_bytes(net, lambda: _unet_step(net, family, side))
        latents, pixels = torch.empty(1, channels, side, side, dtype=dtype), torch.empty(1, 3, 8 * side, 8 * side)
        work = {"step": step}
        for name in ("whole", "tiles"):
            if name == "tiles":
                tile(vae, 8 * side)
            work[f"decode {name}"] = more + peak_bytes(vae, lambda: vae.decode(latents))
            work[f"encode {name}"] = more + peak_bytes(vae, lambda: vae.encode(pixels.to(dtype)))
    return work


def _unet_step(net: Any, family: str, side: int) -> Any:
    half = {"dtype": torch.float16}
    added = {"text_embeds": torch.empty(2, 1280, **half), "time_ids": torch.empty(2, 6, **half)}
    return net(
        torch.empty(2, 4, side, side, **half), torch.empty(1),
        encoder_hidden_states=torch.empty(2, 77, 768 if family == "sd15" else 2048, **half),
        added_cond_kwargs=added if family == "sdxl" else None,
    )  # fmt: skip
