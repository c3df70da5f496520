"""The promise: a tiny decoder shows half-made pictures where it is on this machine, and a matrix does elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny

from lab.core import Picture, Size
from lab.core.catalogue import CATALOGUE
from lab.pipelines.latent_preview import LatentToRgb, TinyDecoder
from lab.pipelines.weights.locate import latent_rgb_here
from lab.starter import WEIGHTS
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import ERRORS, Full, asked, held, names, parameters_of_the_process
from tests.pipelines.reporters import Told

SHAPES = {"sd15": ((8, 8), 4), "sdxl": ((8, 8), 4), "z-image": ((8, 8, 8, 8), 16)}
"""How often the tiny models halve a picture, and how many channels their latents have."""


@pytest.fixture
def decoder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Gives a model a tiny decoder of random weights; the model's name."""
    model = getattr(request, "param", "sd15")
    channels, latent_channels = SHAPES[model]
    torch.manual_seed(4)
    AutoencoderTiny(
        encoder_block_out_channels=channels, decoder_block_out_channels=channels, latent_channels=latent_channels,
        num_encoder_blocks=(1,) * len(channels), num_decoder_blocks=(1,) * len(channels),
    ).save_pretrained(tmp_path / "taesd")  # fmt: skip
    monkeypatch.setitem(CATALOGUE, model, replace(CATALOGUE[model], preview=str(tmp_path / "taesd")))
    return model


@pytest.mark.parametrize("decoder", SHAPES, indirect=True)
def test_a_tiny_decoder_that_is_here_shows_what_it_sees_in_the_latents(
    engine: DrawingEngine, decoder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reporter, given, picture_of = Told(), [], TinyDecoder.picture
    monkeypatch.setattr(TinyDecoder, "picture", lambda own, seen: given.append(seen) or picture_of(own, seen))
    picture, _ = engine.run(asked(decoder, steps=5), reporter)
    shown = engine.loaded[decoder].previewer
    assert isinstance(shown, TinyDecoder)
    assert {preview.size for preview in reporter.previews} == {Size(64, 64)}
    assert len(reporter.previews) == 3
    with torch.no_grad():
        seen = (shown.vae.decode(given[-1]).sample / 2 + 0.5).clamp(0, 1).mul(255).round()
    assert np.array_equal(reporter.previews[-1].pixels, seen[0].permute(1, 2, 0).to(torch.uint8).numpy())
    assert picture != reporter.previews[-1]


def test_the_shipped_model_brings_its_map_to_colours_and_it_is_what_one_would_measure() -> None:
    brought = latent_rgb_here(CATALOGUE["starter"])
    assert brought is not None
    measured = LatentToRgb.measured(AutoencoderTiny.from_pretrained(WEIGHTS / "vae", dtype=torch.float32))
    assert torch.allclose(LatentToRgb.read(brought).factors, measured.factors, atol=5e-3)
    assert latent_rgb_here(CATALOGUE["sd15"]) is None


def test_a_map_to_colours_comes_back_from_its_file(tmp_path: Path) -> None:
    chance = torch.Generator().manual_seed(0)
    latents = torch.randn(1, 12, 4, 4, generator=chance)
    written = LatentToRgb(torch.rand(13, 3, generator=chance))
    written.write(tmp_path)
    assert LatentToRgb.read(tmp_path / LatentToRgb.FILE).picture(latents) == written.picture(latents)


def test_the_picture_is_the_same_whoever_shows_it(engine: DrawingEngine, decoder: str) -> None:
    with_it, _ = engine.run(asked(decoder, steps=4), Told())
    plain = DrawingEngine("cpu")
    CATALOGUE[decoder] = replace(CATALOGUE[decoder], preview="nobody/no-such-decoder")
    reporter = Told()
    assert plain.run(asked(decoder, steps=4), reporter)[0] == with_it
    assert isinstance(plain.loaded[decoder].previewer, LatentToRgb)
    assert {preview.size for preview in reporter.previews} == {Size(32, 32)}


def test_previews_of_large_pictures_stay_small_enough_for_the_line(decoder: str, tmp_path: Path) -> None:
    shown = TinyDecoder(AutoencoderTiny.from_pretrained(tmp_path / "taesd"))
    assert shown.picture(torch.zeros(1, 4, 512, 256)).size == Size(128, 256)
    assert decoder == "sd15"


def test_the_decoder_is_accounted_for_read_once_and_goes_with_its_model(engine: DrawingEngine, decoder: str) -> None:
    engine.run(asked(decoder), Told())
    assert f"{decoder} previews" in names(engine)
    known = parameters_of_the_process()
    engine.run(asked(decoder, "image_to_image", seed=4), Told())
    assert parameters_of_the_process() == known
    assert engine.release() > 0
    assert not held(engine, decoder)
    engine.run(asked(decoder), Told())
    assert f"{decoder} previews" in names(engine)


def test_no_room_for_the_decoder_costs_the_previews_quality_and_nothing_else(
    engine: DrawingEngine, decoder: str
) -> None:
    expected, _ = engine.run(asked(decoder), Told())
    without = sum(one.bytes for one in held(engine, decoder) if one.what != "previews")
    small = DrawingEngine("cpu", memory_bytes=without + 1000)
    assert small.run(asked(decoder), Told())[0] == expected
    assert isinstance(small.loaded[decoder].previewer, LatentToRgb)


def test_a_full_device_gives_the_decoder_up_before_anything_is_made_less_exact(
    engine: DrawingEngine, decoder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = engine.run(asked(decoder, steps=4), Told())
    engine.forget()
    shown = engine.loaded[decoder].previewer
    assert isinstance(shown, TinyDecoder)
    monkeypatch.setattr(shown, "picture", Full(shown.picture, float("inf"), ERRORS["CUDA"]))
    reporter = Told()
    picture, _ = engine.run(asked(decoder, steps=4), reporter)
    assert picture == expected
    assert engine.notes[-1] == "showed previews without a network"
    assert reporter.previews[-1].size == Size(32, 32)
    assert isinstance(reporter.previews[-1], Picture)
