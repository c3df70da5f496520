"""A lab goes on with another model: by name, from the folders of models, or refused by what it is."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from lab import BadInput, Lab, open_lab
from lab.hub.model_folders import SETTINGS
from tests.fakes import ScriptedEngine

UNET = "model.diffusion_model.input_blocks."
CROSS = f"{UNET}1.1.transformer_blocks.0.attn2.to_k.weight"


def weights(file: Path, **shapes: tuple[int, ...]) -> Path:
    """A file of weights by their names and shapes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.zeros(shape, np.float32) for name, shape in shapes.items()}, file)
    return file


def checkpoint(file: Path) -> Path:
    """What the header of a whole SD 1.5 in one file has."""
    return weights(file, **{CROSS: (4, 768)})


def gguf(file: Path, width: int) -> Path:
    """What the header of FLUX.2's denoiser has, with tokens of that width."""
    from gguf import GGUFWriter

    file.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(file, "flux")
    writer.add_tensor("double_stream_modulation_img.lin.weight", np.zeros((1, 1), np.float32))
    writer.add_tensor("img_in.weight", np.zeros((width, 1), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def test_another_model_draws_what_is_asked_for_from_then_on(lab: Lab, engine: ScriptedEngine) -> None:
    heard: list[str] = []
    end = lab.on_switch(lambda: heard.append(lab.card.name))
    engine.gate.clear()
    before = lab.run("text_to_image", prompt="a cup")
    lab.switch("sd15 + taylorseer")
    lab.switch("sd15", acceleration="taylorseer")
    after = lab.run("text_to_image", prompt="a cup")
    engine.gate.set()
    drawn = [job.wait(20).request.recipe for job in (before, after)]
    assert [(one.model, one.acceleration) for one in drawn] == [("starter", None), ("sd15", "taylorseer")]
    assert heard == ["sd15"], "the same model again is no switch"
    end()
    lab.switch("starter")
    assert heard == ["sd15"]


def test_a_denoiser_in_a_gguf_file_is_a_model_to_choose(tmp_path: Path) -> None:
    pytest.importorskip("gguf", reason="the package gguf is not installed here")
    own, other = (gguf(tmp_path / "models" / f"{name}.gguf", width) for name, width in (("small", 3072), ("9B", 4096)))
    weights(own.with_suffix(".safetensors"), a=(1, 1))  # of the same name, and no model
    (tmp_path / "models" / "cut.gguf").write_bytes(own.read_bytes()[:60])
    with Lab(home=tmp_path, engine=ScriptedEngine()) as lab:
        chosen = [(one.model, one.family, one.name) for one in lab.models if str(tmp_path) in one.model]
        assert chosen == [(str(own), "klein", "small.gguf")]
        lab.switch("small.gguf")
        recipe = lab.request("text_to_image").recipe
        assert (recipe.model, recipe.family) == (str(own), "klein")
        with pytest.raises(BadInput, match=r"9B.gguf is not FLUX.2 klein 4B's denoiser"):
            lab.switch(str(other))


def test_files_and_folders_go_by_their_names_wherever_a_person_keeps_them(tmp_path: Path) -> None:
    home, webui = tmp_path / "home", tmp_path / "webui" / "models" / "Stable-diffusion"
    own = checkpoint(home / "models" / "checkpoints" / "fine.safetensors")
    far = checkpoint(webui / "faces" / "far.safetensors")
    (home / "models" / "layout").mkdir()
    (home / "models" / "layout" / "model_index.json").write_text('{"_class_name": "StableDiffusionXLPipeline"}')
    (home / SETTINGS).write_text(f"a111:\n  base_path: {tmp_path / 'webui'}\n  checkpoints: models/Stable-diffusion\n")
    with Lab(home=home, engine=ScriptedEngine()) as lab:
        for name, place, family in (("fine", own, "sd15"), ("faces/far", far, "sd15"), (str(own), own, "sd15"),
                                    ("layout", home / "models" / "layout", "sdxl")):  # fmt: skip
            lab.switch(name)
            recipe = lab.request("text_to_image").recipe
            assert (recipe.model, recipe.family) == (str(place), family)
        assert lab.request("text_to_image", model="fine").recipe.model == str(own)
        assert {one.name for one in lab.models if one.family} == {"checkpoints/fine", "faces/far", "layout"}
    with open_lab("fine", home=home) as opened:
        assert opened.card.family == "sd15"
        opened.switch("starter")
        assert open_lab("fine", home=home) is opened, "a cell that runs again leaves the choice as it is"


def test_a_session_goes_on_with_its_model_where_the_cell_says_the_same_as_before(tmp_path: Path) -> None:
    """For whoever asks, as a Studio does: a script has the model that it names."""

    def opened(model: str) -> Lab:
        return Lab(model, home=tmp_path, engine=ScriptedEngine())

    with opened("starter") as lab:
        lab.switch("sd15 + taylorseer")
    with opened("starter") as lab:
        assert lab.model.name == "starter"
        lab.switch_back()
        assert lab.model.name == "sd15 + taylorseer"
    with opened("sdxl") as lab:
        lab.switch_back()
        assert lab.model.name == "sdxl", "the cell says another one now"


@pytest.mark.parametrize(
    ("name", "shapes", "sentence"),
    [
        ("ink", {"lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight": (4, 2048)},
         "ink.safetensors is a LoRA for Stable Diffusion XL, which goes on top of a model: add it under LoRAs"),
        ("refiner", {"conditioner.embedders.0.model.transformer.resblocks.9.mlp.c_proj.bias": (4,),
                     f"{UNET}0.0.weight": (4, 4, 3, 3)}, "is the refiner of Stable Diffusion XL: the lab draws with"),
        ("old", {f"{UNET}2.1.transformer_blocks.0.attn2.to_k.weight": (4, 1024)}, "is Stable Diffusion 2: "),
        ("edges", {"control_model.time_embed.0.weight": (4, 4)}, "is a ControlNet, and not a whole model"),
        ("vae", {"encoder.down.0.block.0.conv1.weight": (4, 4)}, "is an autoencoder, and not a whole model"),
        ("what", {"nobody.knows": (4,)}, "is no model that is known here: the lab draws with Stable Diffusion 1.5"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_one_sentence_before_anything_is_loaded(
    lab: Lab, engine: ScriptedEngine, tmp_path: Path, name: str, shapes: dict[str, tuple[int, ...]], sentence: str
) -> None:
    file = weights(tmp_path / f"{name}.safetensors", **shapes)
    with pytest.raises(BadInput, match=sentence) as raised:
        lab.switch(str(file))
    assert len(str(raised.value)) < 200
    assert (lab.card.name, engine.loaded) == ("starter", [])


def test_what_cannot_be_read_is_refused_too(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "cut.safetensors").write_bytes(b"not one")
    (tmp_path / "old.ckpt").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    for name, sentence in (
        ("cut.safetensors", "is not a safetensors file, or not all of it"),
        ("old.ckpt", "old.ckpt is no .safetensors file: convert it first"),
        ("empty", "empty is not a model in diffusers' layout"),
        ("gone.safetensors", "there is no model"),
    ):
        with pytest.raises(BadInput, match=sentence):
            lab.switch(str(tmp_path / name))
    with pytest.raises(BadInput, match="null is neither a file nor a folder"):
        lab.switch(os.devnull)
