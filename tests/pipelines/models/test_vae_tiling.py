"""The promise: when an autoencoder is to work in tiles, the tiles are smaller than the picture, so that it helps."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderTiny

from lab.pipelines.models.vae_tiling import pixels_a_latent, tile, tile_px, tile_smaller

FOUR = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}


def autoencoder(native_px: int) -> Any:
    return AutoencoderKL(block_out_channels=(4, 4, 4, 4), norm_num_groups=2, sample_size=native_px, **FOUR)


@pytest.mark.parametrize(
    ("native_px", "side_px", "tiles_px"),
    [(1024, 1024, 512), (512, 512, 256), (1024, 768, 512), (512, 1024, 512), (512, 64, 128), (1024, 2048, 1024)],
)
def test_tiles_are_smaller_than_the_picture(native_px: int, side_px: int, tiles_px: int) -> None:
    vae = autoencoder(native_px)
    assert tile_px(vae) == 0
    assert tile(vae, side_px)
    assert tile_px(vae) == tiles_px
    assert vae.tile_latent_min_size * pixels_a_latent(vae) == tiles_px
    assert not tile(vae, side_px), "it does already"


def test_a_picture_of_the_native_size_takes_less_memory_in_tiles() -> None:
    """What the decoder sees at once, which at diffusers' own tiles is all of it."""
    vae, seen = autoencoder(256), []
    vae.decoder.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[-1]))
    with torch.no_grad():
        vae.decode(torch.zeros(1, 4, 32, 32))
        tile(vae, 256)
        vae.decode(torch.zeros(1, 4, 32, 32))
    assert (seen[0], max(seen[1:])) == (32, 16)


def test_tiles_are_halved_until_they_are_as_small_as_is_good() -> None:
    vae = AutoencoderTiny(encoder_block_out_channels=(4,) * 5, decoder_block_out_channels=(4,) * 5,
                          num_encoder_blocks=(1,) * 5, num_decoder_blocks=(1,) * 5)  # fmt: skip
    assert pixels_a_latent(vae) == 16
    tile(vae, 400)
    assert (tile_px(vae), vae.tile_latent_min_size) == (256, 16)
    assert tile_smaller(vae)
    assert not tile_smaller(vae)
    assert tile_px(vae) == 128
