"""Has an autoencoder work in tiles, which need less memory; a picture in tiles is nearly the same, not quite."""

from __future__ import annotations

from typing import Any

from diffusers import AutoencoderTiny

_SMALLEST_TILE = 128
"""Pixels; smaller tiles of an autoencoder lose the picture's colours."""


def tile_px(vae: Any) -> int:
    """The side of the tiles in which an autoencoder works; 0 when it does not."""
    return vae.tile_sample_min_size if vae.use_tiling else 0


def tile(vae: Any) -> bool:
    """Let it work in tiles, and picture by picture; False when it does already."""
    if vae.use_tiling:
        return False
    if isinstance(vae, AutoencoderTiny):  # diffusers tiles these as if each stood for 8 pixels
        vae.spatial_scale_factor = 2 ** (len(vae.config["encoder_block_out_channels"]) - 1)
        vae.tile_latent_min_size = vae.tile_sample_min_size // vae.spatial_scale_factor
    vae.enable_tiling()
    vae.enable_slicing()
    return True


def tile_smaller(vae: Any) -> bool:
    """Halve its tiles; False when they are as small as is good."""
    if not vae.use_tiling or vae.tile_sample_min_size // 2 < _SMALLEST_TILE:
        return False
    vae.tile_sample_min_size //= 2
    vae.tile_latent_min_size //= 2
    return True
