"""LoRA files are found where people keep them, say what they are for, and a wrong one is one sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from lab.core import BadInput, Lora, Recipe, Request
from lab.core.catalogue import CATALOGUE
from lab.session import Lab
from lab.session.choices import loras_in, models_of
from tests.fakes import ScriptedEngine
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.lora_files import KOHYA, lora
from tests.pipelines.reporters import Told

SD15, SDXL, Z_IMAGE = (CATALOGUE[name] for name in ("sd15", "sdxl", "z-image"))
FLUX = "transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight"


@pytest.mark.parametrize(
    ("name", "width", "metadata", "family"),
    [
        (KOHYA, 768, {}, "sd15"),
        (KOHYA, 2048, {}, "sdxl"),
        (KOHYA, 1024, {}, "sd2"),
        ("unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_v.lora_A.weight", 2048, {}, "sdxl"),
        (KOHYA.replace("lora_down.weight", "hada_w1_b"), 2048, {}, "sdxl"),
        ("lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight", 1280, {}, "sdxl"),
        ("lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight", 768, {}, "sd15"),
        ("diffusion_model.layers.0.attention.to_q.lora_A.weight", 3840, {}, "z-image"),
        (FLUX, 3072, {}, "flux"),
        (
            "lora_unet_mid_block_resnets_0_conv1.lora_down.weight",
            9,
            {"ss_base_model_version": "sdxl_base_v1-0"},
            "sdxl",
        ),
        ("lora_unet_mid_block_resnets_0_conv1.lora_down.weight", 9, {}, None),
    ],
)
def test_the_family_is_told_by_keys(
    tmp_path: Path, name: str, width: int, metadata: dict[str, str], family: str | None
) -> None:
    lora(tmp_path / "models" / "loras" / "ink.safetensors", name, width, **metadata)
    (found,) = loras_in(tmp_path)
    assert (found.name, found.family) == ("loras/ink", family)
    assert found.fits(SD15) is (family in ("sd15", None))
    assert found.fits(SDXL) is (family in ("sdxl", None))
    assert found.fits(Z_IMAGE) is (family in ("z-image", None))
    assert not found.fits(replace(SD15, takes_loras=False))


def test_trigger_words_are_read_from_the_files_own_words(tmp_path: Path) -> None:
    tags = {"10_a": {"ink drawing": 90, "cat": 10}, "5_b": {"paper": 50, "ink drawing": 5, " paper": 5}}
    said = {"modelspec.trigger_phrase": "inkstyle, wet", "ss_tag_frequency": json.dumps(tags)}
    lora(tmp_path / "models" / "ink.safetensors", **said)
    lora(tmp_path / "models" / "odd.safetensors", ss_tag_frequency='{"a": [1]}')
    lora(tmp_path / "models" / "odder.safetensors", ss_tag_frequency="no json")
    assert [one.triggers for one in loras_in(tmp_path)] == [("inkstyle", "wet", "ink drawing", "paper"), (), ()]


def test_what_is_no_lora_is_not_offered_as_one(tmp_path: Path) -> None:
    lora(tmp_path / "models" / "unet.safetensors", "model.diffusion_model.input_blocks.0.0.weight")
    (tmp_path / "models" / "broken.safetensors").write_bytes(b"not one")
    (tmp_path / "models" / "pickle.ckpt").write_bytes(b"")
    assert loras_in(tmp_path) == ()


@pytest.mark.parametrize("bound", ["_LONGEST_BYTES", "_MOST_NAMES"])
def test_what_has_a_longer_header_than_any_lora_is_not_read_for_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    lora(tmp_path / "models" / "ink.safetensors")
    assert loras_in(tmp_path)
    monkeypatch.setattr(f"lab.pipelines.weights.lora_header.{bound}", 0)
    assert not loras_in(tmp_path)


@pytest.mark.parametrize("base", ["{top}/webui", "../webui"])
def test_folders_of_other_programs_are_looked_into(tmp_path: Path, base: str) -> None:
    (tmp_path / "home").mkdir()
    lora(tmp_path / "webui" / "models" / "Lora" / "far" / "ink.safetensors")
    lora(tmp_path / "webui" / "models" / "LyCORIS" / "clay.safetensors")
    lora(tmp_path / "webui" / "embeddings" / "not this.safetensors")
    (tmp_path / "home" / "extra_model_paths.yaml").write_text(
        f"a111:\n  base_path: {base.format(top=tmp_path)}\n  checkpoints: models/Stable-diffusion\n"
        "  loras: |\n    models/Lora\n    models/LyCORIS\n  embeddings: embeddings\nrubbish: 3\n"
    )
    assert [one.name for one in loras_in(tmp_path / "home")] == ["clay", "far/ink"]


def test_folders_that_are_links_are_looked_into_and_each_once(tmp_path: Path) -> None:
    lora(tmp_path / "elsewhere" / "ink.safetensors")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "loras").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "round").symlink_to(tmp_path / "models")
    assert [one.name for one in loras_in(tmp_path)] == ["loras/ink"]


@pytest.mark.parametrize(
    "text", ["a:\n  base_path: ~nobody-here\n  loras: x\n", "a: [", "just words", "", "a:\n  loras: 5\n", "\x00"]
)
def test_a_broken_file_of_folders_stops_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "extra_model_paths.yaml").write_text(text)
    lora(tmp_path / "models" / "ink.safetensors")
    assert [one.name for one in loras_in(tmp_path)] == ["ink"]


def test_own_checkpoints_stand_behind_the_catalogue(tmp_path: Path) -> None:
    cross = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
    top = tmp_path / "models" / "checkpoints"
    lora(top / "a.safetensors", cross, 768)
    lora(top / "old.safetensors", cross, 1024)
    save_file(
        {cross: np.zeros((4, 2048), np.float32), "conditioner.embedders.1.x": np.zeros(1, np.float32)},
        top / "b.safetensors",
    )
    (top / "folder").mkdir()
    (top / "folder" / "model_index.json").write_text('{"_class_name": "StableDiffusionXLPipeline"}')
    lora(top / "folder" / "unet" / "diffusion_pytorch_model.safetensors", cross, 768)
    found = models_of(tmp_path)
    assert [one.model for one in found[: len(CATALOGUE)]] == list(CATALOGUE)
    own = {Path(one.model).name: one.family for one in found[len(CATALOGUE) :]}
    assert own == {"a.safetensors": "sd15", "b.safetensors": "sdxl", "folder": "sdxl"}
    starter, turbo = found[0], next(one for one in found if one.model == "sdxl-turbo")
    assert (starter.is_here, starter.is_commercial, turbo.is_commercial, turbo.asks) == (True, True, False, True)


def opened(tmp_path: Path, model: str = "sd15") -> Lab:
    return Lab(model, home=tmp_path, engine=ScriptedEngine())


def test_a_lora_is_found_by_its_name(tmp_path: Path) -> None:
    file = lora(tmp_path / "models" / "loras" / "ink.safetensors")
    with opened(tmp_path) as lab:
        for name in ("ink", "loras/ink", "ink.safetensors", "/gone/elsewhere/ink.safetensors", str(file)):
            asked = lab.request("text_to_image", prompt="a", loras=[Lora(name=name, weight=0.5)])
            assert asked.recipe.loras == (Lora(name=str(file), weight=0.5),)
        kept = lab.request("text_to_image", prompt="a", loras=[Lora(name="some/other")])
        assert kept.recipe.loras == (Lora(name="some/other"),)


def test_a_lora_of_another_family_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    lora(tmp_path / "models" / "ink.safetensors", width=2048)
    wrong = r"the LoRA ink was trained for Stable Diffusion XL, and sd15 takes those for Stable Diffusion 1.5"
    with opened(tmp_path) as lab:
        with pytest.raises(BadInput, match=wrong):
            lab.request("text_to_image", prompt="a", loras=[Lora(name="ink")])
        assert lab.request("text_to_image", prompt="a", model="sdxl", loras=[Lora(name="ink")])
        lora(tmp_path / "models" / "ink.safetensors", width=768)
        assert lab.request("text_to_image", prompt="a", loras=[Lora(name="ink")]), "it is another file now"


@pytest.mark.usefixtures("_new_objects")
def test_the_engine_refuses_it_too(engine: DrawingEngine, tmp_path: Path) -> None:
    file = lora(tmp_path / "flux.safetensors", FLUX, 3072)
    recipe = Recipe(model="sd15", prompt="a", steps=1, loras=(Lora(name=str(file)),))
    with pytest.raises(BadInput, match=r"was trained for FLUX, and sd15 takes those for Stable Diffusion 1.5"):
        engine.run(Request(recipe), Told())


def test_the_order_of_loras_is_kept(tmp_path: Path) -> None:
    for name in ("b", "a"):
        lora(tmp_path / "models" / f"{name}.safetensors")
    wanted: list[Any] = [Lora(name="b"), Lora(name="a", weight=-1)]
    with opened(tmp_path) as lab:
        found = lab.request("text_to_image", prompt="x", loras=wanted).recipe.loras
    assert [(Path(one.name).stem, one.weight) for one in found] == [("b", 1.0), ("a", -1.0)]
