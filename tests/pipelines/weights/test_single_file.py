"""The promise: a checkpoint in one file draws what its folder draws, and nothing is fetched for it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import ControlNetModel, DiffusionPipeline, UNet2DConditionModel, ZImageControlNetModel
from safetensors.torch import load_file, save_file

from lab.core import BadInput, MissingWeights, Picture, Request
from lab.core.catalogue import CATALOGUE, card_for
from lab.core.model_card import ControlSource
from lab.pipelines.weights.clip_tokenizer import clip_tokenizer
from lab.pipelines.weights.load import model_bytes
from lab.pipelines.weights.repo_layout import INDEX
from lab.pipelines.weights.single_file import _CONFIGS, read_z_image_control
from tests.pipelines.checkpoints import write_checkpoint, write_control
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import asked
from tests.pipelines.reporters import Told
from tests.pipelines.tiny import CONTROL


@pytest.fixture
def alone(engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny: dict[str, Path]) -> Any:
    """Writes the tiny model of a family as one file beside settings without any weights; its path."""

    def write(family: str, change: Any = None) -> Path:
        pipe = DiffusionPipeline.from_pretrained(tiny[family])
        if change is not None:
            change(pipe)
        settings = tmp_path / f"{family}-settings"
        shutil.copytree(tiny[family], settings, ignore=shutil.ignore_patterns("*.safetensors"))
        monkeypatch.setitem(CATALOGUE, family, replace(CATALOGUE[family], repo=str(settings)))
        return write_checkpoint(pipe, tmp_path / f"{family}.safetensors")

    return write


def own(file: Path, family: str, task: str = "text_to_image", **settings: Any) -> Request:
    """A request for a model of one's own."""
    return asked(str(file), task, family=family, **settings)


@pytest.mark.parametrize("family", ["sd15", "sdxl"])
@pytest.mark.parametrize("task", ["text_to_image", "image_to_image"])
def test_one_file_gives_the_picture_of_its_folder(engine: DrawingEngine, alone: Any, family: str, task: str) -> None:
    expected, _ = engine.run(asked(family, task, negative_prompt="blue"), Told())
    file, reporter = alone(family), Told()
    made, plan = engine.run(own(file, family, task, negative_prompt="blue"), reporter)
    assert made == expected
    assert (plan.recipe.model, plan.card.name) == (str(file), str(file))
    assert not any(stage.startswith("Fetching") for stage, _, _ in reporter.stages)


def test_a_model_that_was_trained_again_is_read_again(engine: DrawingEngine, alone: Any) -> None:
    def shrink(pipe: Any) -> None:
        for weight in pipe.unet.parameters():
            weight.data *= 0.5

    file = alone("sd15")
    wanted = own(file, "sd15")
    before, _ = engine.run(wanted, Told())
    shutil.rmtree(file.parent / "sd15-settings")
    trained = Told()
    assert alone("sd15", shrink) == file
    after, _ = engine.run(wanted, trained)
    assert after != before
    assert "loading" in {stage for stage, _, _ in trained.stages}
    assert engine.run(wanted, Told())[0] == after
    assert [one.what for one in engine.memory_report().residents if one.owner == str(file)].count("unet") == 1


def test_a_folder_that_was_opened_with_a_wrong_family_is_refused_until_that_is_corrected(
    engine: DrawingEngine, tiny: dict[str, Path]
) -> None:
    wanted, wrong = own(tiny["sdxl"], "sdxl", scheduler=CATALOGUE["sdxl"].scheduler), own(tiny["sdxl"], "sd15")
    expected, _ = engine.run(asked("sdxl"), Told())
    for _ in range(2):  # the second time it is in memory, with its right family
        with pytest.raises(BadInput, match="is not a model of the family sd15: it has a text_encoder_2"):
            engine.run(wrong, Told())
        assert engine.run(wanted, Told())[0] == expected


def test_a_folder_that_lacks_a_part_of_its_family_is_refused(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    with pytest.raises(BadInput, match="is not a model of the family sdxl: it has no text_encoder_2"):
        engine.run(own(tiny["sd15"], "sdxl"), Told())


def test_the_parts_of_a_file_are_weighed_one_by_one_as_those_of_a_folder(
    engine: DrawingEngine, alone: Any, tiny: dict[str, Path]
) -> None:
    def sizes(place: Path) -> list[int]:
        return sorted(model_bytes(CATALOGUE["sdxl"], place, torch.float32).values())

    from_folder, from_file = sizes(tiny["sdxl"]), sizes(alone("sdxl"))
    assert len(from_file) == len(from_folder) == 4
    # A checkpoint holds a few numbers beside the weights, such as positions that are known anyway.
    assert np.allclose(from_file, from_folder, rtol=0.02)


def test_a_file_in_half_precision_is_read_in_that_of_the_device(engine: DrawingEngine, alone: Any) -> None:
    file = alone("sd15", lambda pipe: pipe.to(dtype=torch.float16))
    engine.run(own(file, "sd15"), Told())
    kinds = {weight.dtype for weight in engine.loaded[str(file)].components["unet"].parameters()}
    assert kinds == {torch.float32}


def test_the_file_says_itself_whether_it_fills_masks(engine: DrawingEngine, alone: Any) -> None:
    def widen(pipe: Any) -> None:
        pipe.unet = UNet2DConditionModel.from_config({**pipe.unet.config, "in_channels": 9})

    file = alone("sd15", widen)
    engine.load(card_for(str(file), "sd15"), Told())
    assert engine.loaded[str(file)].components["unet"].config.in_channels == 9


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ({"some.weight": torch.zeros(2)}, r"cannot be read as a model of the family sd15: it has no model"),
        ({"model.diffusion_model.input_blocks.0.0.weight": torch.zeros(32, 4, 3, 3)},
         r"odd.safetensors cannot be read as a model of the family sd15 \("),
        (b"<html>not found</html>", r"odd.safetensors is not a safetensors file, or not all of it: fetch it again"),
    ],
)  # fmt: skip
def test_a_file_of_something_else_is_one_sentence(
    engine: DrawingEngine, tmp_path: Path, what: Any, sentence: str
) -> None:
    file = tmp_path / "odd.safetensors"
    if isinstance(what, bytes):
        file.write_bytes(what)
    else:
        save_file(what, file)
    with pytest.raises(BadInput, match=sentence) as raised:
        engine.run(own(file, "sd15"), Told())
    assert len(str(raised.value).splitlines()) == 1


def test_a_file_that_is_not_there_and_a_family_without_files_are_one_sentence(
    engine: DrawingEngine, tmp_path: Path
) -> None:
    with pytest.raises(MissingWeights, match=r"there is nothing in .*gone.safetensors, needed for"):
        engine.run(own(tmp_path / "gone.safetensors", "sd15"), Told())
    save_file({"x": torch.zeros(1)}, tmp_path / "z.safetensors")
    with pytest.raises(BadInput, match="the family z-image are not read from one file: give a folder"):
        engine.run(own(tmp_path / "z.safetensors", "z-image"), Told())


@pytest.mark.parametrize("family", ["sd15", "sdxl"])
def test_the_labs_own_settings_make_the_published_architecture(family: str) -> None:
    """Parameters of the UNet as its authors count them, 860 and 2567 million, without a weight in memory."""
    assert (_CONFIGS / family / INDEX).is_file()
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(_CONFIGS / family, subfolder="unet"))
    count = sum(weight.numel() for weight in unet.parameters())
    assert round(count / 1e6) == {"sd15": 860, "sdxl": 2567}[family]


def test_words_become_the_numbers_that_clip_was_trained_with() -> None:
    assert clip_tokenizer()("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]
    padded = clip_tokenizer(pad="!")("cat", padding="max_length", max_length=6).input_ids
    assert padded == [49406, 2368, 49407, 0, 0, 0]


def z_image_control(picture: Picture | None = None) -> Request:
    return asked("z-image", "control_to_image", ("lines",), negative_prompt="")


def test_a_controlnet_of_z_image_in_one_file_draws_what_its_folder_draws(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = engine.run(z_image_control(), Told())
    plain, _ = engine.run(asked("z-image"), Told())
    assert expected != plain
    file = shutil.copy(
        tiny["z-image"] / CONTROL / "diffusion_pytorch_model.safetensors", tmp_path / "control.safetensors"
    )
    monkeypatch.setitem(
        CATALOGUE, "z-image", replace(CATALOGUE["z-image"], controls={"lines": ControlSource(str(file))})
    )
    again = DrawingEngine("cpu")
    assert again.run(z_image_control(), Told())[0] == expected
    again.forget()
    again.loaded["z-image"].memory.drop("z-image", "ControlNet control.safetensors")
    assert again.run(asked("z-image"), Told())[0] == plain, "what the ControlNet borrowed from the model is still there"
    assert again.run(z_image_control(), Told())[0] == expected


@pytest.mark.parametrize("refined", ["control_layers", "control_noise_refiner"])
def test_the_second_generation_of_those_is_known_by_its_weights(tmp_path: Path, refined: str) -> None:
    net = ZImageControlNetModel(
        control_layers_places=[0, 2], control_refiner_layers_places=[0], control_in_dim=33,
        add_control_noise_refiner=refined, dim=32, n_refiner_layers=1, n_heads=2, n_kv_heads=2,
    )  # fmt: skip
    with torch.no_grad():
        for weight in net.parameters():
            weight.normal_()
    weights = net.state_dict()
    if refined == "control_layers":  # the published file of that one carries layers that are not used
        weights["control_noise_refiner.0.before_proj.weight"] = torch.zeros(32, 32)
    file = tmp_path / "control.safetensors"
    save_file(weights, file)
    read = read_z_image_control(file, {"n_layers": 4, "n_heads": 2, "n_kv_heads": 2}, torch.float32)
    told = ("control_layers_places", "control_in_dim", "add_control_noise_refiner", "n_refiner_layers")
    if refined == "control_noise_refiner":
        assert [read.config[name] for name in told] == [net.config[name] for name in told]
    assert read.config["add_control_noise_refiner"] == refined
    assert all(np.array_equal(read.state_dict()[name], weight) for name, weight in net.state_dict().items())
    assert load_file(file)


@pytest.mark.parametrize(("model", "layout"), [
    ("sd15", "of its makers"), ("sd15", "of its makers, alone"), ("sd15", "of diffusers"), ("sdxl", "of diffusers"),
])  # fmt: skip
def test_a_controlnet_in_one_file_draws_what_its_folder_draws(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, monkeypatch: Any, model: str, layout: str
) -> None:
    wanted = asked(model, "control_to_image", ("lines",))
    expected, _ = engine.run(wanted, Told())
    folder, file = tiny[model] / CONTROL, tmp_path / "control.safetensors"
    if layout == "of diffusers":
        shutil.copy(folder / "diffusion_pytorch_model.safetensors", file)
    else:
        net = ControlNetModel.from_pretrained(folder)
        write_control(net, file, "control_model." if layout == "of its makers" else "")
    monkeypatch.setitem(CATALOGUE, model, replace(CATALOGUE[model], controls={"lines": ControlSource(str(file))}))
    assert DrawingEngine("cpu").run(wanted, Told())[0] == expected


def test_a_file_that_is_no_controlnet_is_one_sentence(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, monkeypatch: Any
) -> None:
    file = tmp_path / "control.safetensors"
    monkeypatch.setitem(CATALOGUE, "sd15", replace(CATALOGUE["sd15"], controls={"lines": ControlSource(str(file))}))
    shutil.copy(tiny["sd15"] / "unet" / "diffusion_pytorch_model.safetensors", file)
    with pytest.raises(BadInput, match=r"control.safetensors is not a ControlNet of sd15: it has no controlnet_cond"):
        engine.run(asked("sd15", "control_to_image", ("lines",)), Told())
    shutil.copy(tiny["sdxl"] / CONTROL / "diffusion_pytorch_model.safetensors", file)
    with pytest.raises(BadInput, match=r"control.safetensors is not a ControlNet of sd15 \("):
        engine.run(asked("sd15", "control_to_image", ("lines",)), Told())


def test_a_controlnet_of_another_family_is_one_sentence(tmp_path: Path) -> None:
    save_file({"controlnet_cond_embedding.conv_in.weight": torch.zeros(1)}, tmp_path / "sd15.safetensors")
    with pytest.raises(BadInput, match=r"sd15.safetensors is not a ControlNet of Z-Image: it has no control_all"):
        read_z_image_control(tmp_path / "sd15.safetensors", {}, torch.float32)
