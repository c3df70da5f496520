"""The promise: a speed-up LoRA that is on this machine is used for live pictures, exactly as by diffusers itself."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DiffusionPipeline, EulerDiscreteScheduler, LCMScheduler
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from lab.core import BadInput, Lora, MissingWeights, Recipe, Request
from lab.core.catalogue import CATALOGUE, LivePreset
from lab.pipelines.library_logging import quiet_libraries
from lab.pipelines.live_preset import live_settings
from lab.pipelines.weights import download
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told

COMMIT = "1234567890abcdef1234567890abcdef12345678"
KINDS: dict[str, tuple[str, Any]] = {
    "lcm": ("lcm", LCMScheduler.from_config),
    "Hyper": ("ddim trailing", lambda own: DDIMScheduler.from_config(own, timestep_spacing="trailing")),
    "Lightning": ("euler trailing", lambda own: EulerDiscreteScheduler.from_config(own, timestep_spacing="trailing")),
}


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache of a download."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.file_download.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def downloaded(shelf: Path, place: str, file: Path, commit: str = COMMIT) -> None:
    """Put a file where a download does, as the newest of its repository."""
    repo, _, name = place.partition(":")
    folder = shelf / f"models--{repo.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True, exist_ok=True)
    (folder / "refs" / "main").write_text(commit)
    target = folder / "snapshots" / commit / name
    target.parent.mkdir(parents=True)
    shutil.copy(file, target)


def live(model: str) -> Request:
    settings = live_settings(CATALOGUE[model]).settings
    return Request(Recipe(model=model, prompt="a red apple", seed=7, **settings))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", ["sd15", "sdxl"])
def test_a_preset_whose_lora_is_here_draws_as_bare_diffusers_does(
    engine: DrawingEngine, tiny: dict[str, Path], shelf: Path, monkeypatch: pytest.MonkeyPatch, model: str, kind: str
) -> None:
    scheduler, made_of = KINDS[kind]
    place = f"fast/{kind}:{kind}-4steps.safetensors"
    card = replace(CATALOGUE[model], live_presets=(LivePreset(place, scheduler=scheduler),))
    monkeypatch.setitem(CATALOGUE, model, card)
    downloaded(shelf, place, tiny[model] / "ink.safetensors")
    picture, plan = engine.run(live(model), Told())
    assert (plan.steps_run, plan.guidance_scale, plan.scheduler) == (4, 1.0, scheduler)
    with quiet_libraries():
        pipe = DiffusionPipeline.from_pretrained(tiny[model], dtype=torch.float32)
        pipe.scheduler = made_of(pipe.scheduler.config)
        pipe.load_lora_weights(str(tiny[model] / "ink.safetensors"))
        pipe.set_progress_bar_config(disable=True)
        side = card.native.width
        expected = pipe(
            "a red apple", height=side, width=side, num_inference_steps=4, guidance_scale=1.0,
            generator=torch.Generator("cpu").manual_seed(7),
        ).images[0]  # fmt: skip
    assert np.array_equal(picture.pixels, np.asarray(expected))


def test_the_first_preset_that_is_here_is_used_and_without_one_that_is_said(shelf: Path, tiny: dict[str, Path]) -> None:
    card = CATALOGUE["sdxl"]
    lightning, _, lcm = card.live_presets
    settings, note, _ = live_settings(card)
    assert settings == {"steps": card.live_steps}
    assert re.fullmatch("draws in 8 steps; `.* -m lab fetch sdxl live` would let it draw in 4", note)
    downloaded(shelf, lcm.lora, tiny["sdxl"] / "ink.safetensors")
    settings, note, _ = live_settings(card)
    assert (settings["scheduler"], settings["loras"]) == ("lcm", (Lora(name=lcm.lora),))
    assert note == "draws in 4 steps with the LoRA lcm-lora-sdxl"
    downloaded(shelf, lightning.lora, tiny["sdxl"] / "ink.safetensors")
    assert live_settings(card).settings["scheduler"] == "euler trailing"


def test_every_preset_of_the_catalogue_is_a_file_of_a_repository_with_a_sampler_of_its_model() -> None:
    found = [(card, preset) for card in CATALOGUE.values() for preset in card.live_presets]
    assert len(found) >= 5
    for card, preset in found:
        assert preset.lora.count(":") == 1, preset
        assert preset.scheduler in card.schedulers, preset


def test_a_lora_comes_from_a_file_a_folder_or_a_repository(
    engine: DrawingEngine, tiny: dict[str, Path], shelf: Path, tmp_path: Path
) -> None:
    file = tiny["sd15"] / "ink.safetensors"
    folder = tmp_path / "mine"
    folder.mkdir()
    shutil.copy(file, folder / "style.safetensors")
    downloaded(shelf, "some/style:pytorch_lora_weights.safetensors", file)
    pictures = {
        engine.run(Request(Recipe(model="sd15", prompt="a cup", steps=2, loras=(Lora(name=name),))), Told())[0]
        for name in (str(file), str(folder), "some/style", "some/style:pytorch_lora_weights.safetensors")
    }
    assert len(pictures) == 1


@pytest.mark.parametrize(
    ("name", "error", "sentence"),
    [
        ("old.ckpt", BadInput, "old.ckpt is a pickle, which can run any program: convert it to .safetensors first"),
        ("some/style:old.pt", BadInput, "old.pt is a pickle, .*: convert it"),
        ("nothing", MissingWeights, "the LoRA nothing is not on this machine: give a .safetensors file, or a hub's"),
        (
            "some/style",
            MissingWeights,
            r"some/style, needed for the LoRA some/style, .*`.* -m lab fetch lora:some/style`",
        ),
    ],
)
@pytest.mark.usefixtures("shelf")
def test_a_lora_that_cannot_be_had_is_one_sentence(
    engine: DrawingEngine, name: str, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        engine.run(Request(Recipe(model="sd15", prompt="a cup", steps=2, loras=(Lora(name=name),))), Told())


def test_a_repository_that_moves_on_changes_no_lab_until_its_pin_is_pulled(shelf: Path, tiny: dict[str, Path]) -> None:
    place, file = "some/style:a.safetensors", tiny["sd15"] / "ink.safetensors"
    assert download.here(place) is None
    downloaded(shelf, place, file)
    first = download.here(place)
    downloaded(shelf, place, tiny["sdxl"] / "ink.safetensors", commit=COMMIT[::-1])
    assert download.here(place) == first
    assert download.pinned("some/style") == COMMIT
    (shelf / "models--some--style" / "refs" / "sketchlab").unlink()
    assert download.here(place) != first


def test_a_lora_that_was_trained_again_to_the_same_file_is_read_again(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "mine.safetensors"
    shutil.copy(tiny["sd15"] / "ink.safetensors", file)
    wanted = Request(Recipe(model="sd15", steps=1, loras=(Lora(name=str(file)),)))
    first, _ = engine.run(wanted, Told())
    save_file({name: 3 * weight for name, weight in load_file(file).items()}, file)
    os.utime(file, ns=(1, 1))
    second, _ = engine.run(wanted, Told())
    assert second != first
    assert DrawingEngine("cpu").run(wanted, Told())[0] == second
