"""Has an autoencoder work in tiles, which need less memory; a picture in tiles is nearly the same, not quite."""

from __future__ import annotations

from typing import Any

from diffusers import AutoencoderKLQwenImage, AutoencoderTiny

_SIDES = ("tile_sample_min_size", "tile_latent_min_size")
_QWEN_SIDES = tuple(f"tile_sample_{what}_{side}" for what in ("min", "stride") for side in ("height", "width"))
"""What diffusers calls the sides of tiles in an autoencoder for films."""
_SMALLEST_TILE = 128
"""Pixels; smaller tiles of an autoencoder lose the picture's colours."""


def tile_px(vae: Any) -> int:
    """The side of the tiles in which an autoencoder works; 0 when it does not."""
    if not vae.use_tiling:
        return 0
    return vae.tile_sample_min_height if isinstance(vae, AutoencoderKLQwenImage) else vae.tile_sample_min_size


def pixels_a_latent(vae: Any) -> int:
    """How many pixels of a picture's side stand behind one latent."""
    if isinstance(vae, AutoencoderKLQwenImage):
        return vae.spatial_compression_ratio
    blocks = vae.config["encoder_block_out_channels" if isinstance(vae, AutoencoderTiny) else "block_out_channels"]
    return 2 ** (len(blocks) - 1)


def tile(vae: Any, side_px: int) -> bool:
    """Let it work in tiles, and picture by picture; False when it does already.

    diffusers' tiles are as large as the pictures that a model was trained for, and do nothing for those: here they are
    smaller than a picture whose longer side is `side_px`, as far as that is good.
    """
    if vae.use_tiling:
        return False
    if isinstance(vae, AutoencoderTiny):  # diffusers tiles these as if each stood for 8 pixels
        vae.spatial_scale_factor = pixels_a_latent(vae)
        vae.tile_latent_min_size = vae.tile_sample_min_size // vae.spatial_scale_factor
    vae.enable_tiling()
    vae.enable_slicing()
    while tile_px(vae) >= side_px and tile_smaller(vae):
        pass
    return True


def tile_smaller(vae: Any) -> bool:
    """Halve its tiles; False when they are as small as is good."""
    if not vae.use_tiling or tile_px(vae) // 2 < _SMALLEST_TILE:
        return False
    for name in _QWEN_SIDES if isinstance(vae, AutoencoderKLQwenImage) else _SIDES:
        setattr(vae, name, getattr(vae, name) // 2)
    return True
