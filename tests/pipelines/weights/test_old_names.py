"""Files as they were published before diffusers and transformers renamed their layers, as SD 1.5's own are."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from lab.core.catalogue import CATALOGUE
from tests.pipelines.bare_diffusers import asked
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told

RENAMED = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
"""The attention of an autoencoder, as files of 2022 call it."""


def _old_name(name: str) -> str:
    for new, old in RENAMED.items():
        name = name.replace(f".{new}.", f".{old}.")
    return name


def test_old_names_draw_the_same_picture(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = asked(tiny, "sd15", "image", 0, lora=False)
    expected, _ = engine.run(wanted, Told())
    engine.release()
    old = Path(shutil.copytree(tiny["sd15"], tmp_path / "old"))
    (vae,) = (old / "vae").glob("*.safetensors")
    weights = load_file(vae)
    save_file({_old_name(name): weight for name, weight in weights.items()}, vae)
    assert any("proj_attn" in name for name in load_file(vae))
    (words,) = (old / "text_encoder").glob("*.safetensors")
    places = {"text_model.embeddings.position_ids": torch.arange(77)[None]}
    save_file(load_file(words) | places, words)
    monkeypatch.setitem(CATALOGUE, "sd15", replace(CATALOGUE["sd15"], repo=str(old)))
    picture, _ = engine.run(wanted, Told())
    assert picture == expected
