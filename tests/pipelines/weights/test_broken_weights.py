"""The promise: weights that are broken, and names that nothing can have, are one sentence with a remedy."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id
from safetensors.torch import load_file, save_file

from lab.core import BadInput, Lora, MissingWeights, Picture, Recipe, Request, SketchlabError
from lab.core.catalogue import CATALOGUE, card_for
from lab.core.model_card import ControlSource, on_hub
from tests.endure.full import IS_FULL
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import ERRORS, PHOTO, Full, asked
from tests.pipelines.reporters import Told
from tests.pipelines.tiny import CONTROL

UNET, WORDS = "unet/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors"


def cut(file: Path) -> None:
    """Leave two thirds of a file, as a download that broke does."""
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * 2 // 3])


def with_index(**parts: Any) -> Callable[[Path], object]:
    """Changes what a model's folder says that it is made of."""

    def change(folder: Path) -> None:
        index = folder / "model_index.json"
        index.write_text(json.dumps(json.loads(index.read_text()) | parts))

    return change


def empty(folder: Path) -> None:
    """Leave nothing but a name in a folder."""
    for file in folder.iterdir():
        file.write_text("")


def written_wrong(file: Path) -> None:
    """A file of safetensors whose table names weights without saying where they are."""
    table = json.dumps({"a": {"dtype": "F32", "shape": [2]}}).encode()
    file.write_bytes(len(table).to_bytes(8, "little") + table)


def with_config(part: str, **settings: Any) -> Callable[[Path], object]:
    """Changes what a part says that it is built of; Python writes NaN and infinity as its JSON reads them."""

    def change(folder: Path) -> None:
        config = folder / part / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | settings))

    return change


def with_table(table: bytes, length: int | None = None) -> Callable[[Path], object]:
    """Writes a UNet whose table is these bytes, or is said to be so long."""
    return lambda top: (top / UNET).write_bytes((length or len(table)).to_bytes(8, "little") + table + bytes(64))


def told(shape: list[Any], *offsets: Any, dtype: str = "F32") -> bytes:
    """The table of a file of one weight."""
    return json.dumps({"a": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}).encode()


def as_large_as_it_says(folder: Path) -> None:
    """A file of 200 MB that has a table of as many, and takes no room on the disk."""
    with (folder / UNET).open("wb") as file:
        file.write((200_000_000).to_bytes(8, "little"))
        file.truncate(200_000_100)


def with_weights(file: str, change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], object]:
    """Changes what is in a file of weights."""

    def write(folder: Path) -> None:
        weights = load_file(folder / file)
        change(weights)
        save_file(weights, folder / file)

    return write


def query(weights: dict[str, torch.Tensor]) -> str:
    """The name of the first query's weight."""
    return next(name for name in weights if name.endswith("q_proj.weight"))


_OTHERS = shutil.ignore_patterns("control*", "ip-adapter")
"""What a picture from words alone does not read."""
NO_TABLE = r"not a safetensors file, or not all of it: fetch it"
BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "UNet cut off": (lambda top: cut(top / UNET), r"diffusion_pytorch_model.safetensors .* not all of it: fetch it"),
    "text encoder cut off": (lambda top: cut(top / WORDS), r"model.safetensors .* not all of it: fetch it again"),
    "UNet empty": (lambda top: (top / UNET).write_bytes(b""), r"not a safetensors file, or not all of it: fetch it"),
    "UNet's table wrong": (lambda top: written_wrong(top / UNET), r"not a safetensors file, or not all of it: fetch"),
    "UNet of other weights": (
        lambda top: save_file({"a": torch.zeros(2)}, top / UNET),
        r"the unet in .* cannot be read \(.+\): fetch it again, or use another one",
    ),
    "no settings": (lambda top: (top / "unet" / "config.json").unlink(), r"config.json in unet is missing"),
    "settings broken": (lambda top: (top / "unet" / "config.json").write_text("{"), r"the unet in .* cannot be read"),
    "settings of the words broken": (
        lambda top: (top / "text_encoder" / "config.json").write_text("[]"), r"the text_encoder in .* cannot be read",
    ),
    "index broken": (lambda top: (top / "model_index.json").write_text("{ no"), r"model_index.json cannot be read"),
    "index a list": (lambda top: (top / "model_index.json").write_text("[]"), r"\(it is a list, not a table of parts"),
    "index of bytes": (lambda top: (top / "model_index.json").write_bytes(b"\xff\xfe"), r"index.json cannot be read"),
    "index empty": (lambda top: (top / "model_index.json").write_text("{}"), r"cannot be read \(.+\): fetch it again"),
    "a part of three": (with_index(unet=["a", "b", "c"]), r"is not a model of the family sd15: it has no unet"),
    "unknown class": (with_index(unet=["diffusers", "UNetOfTomorrow"]), r"diffusers has no part 'UNetOfTomorrow'"),
    "a class that reads nothing": (with_index(unet=["diffusers", "__name__"]), r"diffusers has no part '__name__'"),
    "a pipeline of its own": (with_index(_class_name=["evil", "Evil"]), r"beside the weights in .* cannot be read"),
    "tokenizer empty": (lambda top: empty(top / "tokenizer"), r"beside the weights in .* cannot be read \(.+\): fetch"),
    "a table of 200 MB": (as_large_as_it_says, NO_TABLE),
    "a table longer than the file": (with_table(told([2], 0, 8), 2**62), NO_TABLE),
    "a weight larger than its bytes": (with_table(told([10**9, 10**9], 0, 8)), NO_TABLE),
    "a weight of less than nothing": (with_table(told([-2], 0, 8)), NO_TABLE),
    "a weight of a shape that is none": (with_table(told(["2"], 0, 8)), NO_TABLE),
    "a weight that lies outside": (with_table(told([2], 10**12, 10**12 + 8)), NO_TABLE),
    "a table deeper than can be read": (with_table(b'{"a":' * 90_000), NO_TABLE),
    "a weight of another shape": (
        with_weights(UNET, lambda found: found.update({"conv_in.weight": torch.zeros(32, 4, 5, 5)})),
        r"\(conv_in.weight is 32 x 4 x 5 x 5, where its config wants 32 x 4 x 3 x 3\): fetch it",
    ),
    "a word's weight of another shape": (
        with_weights(WORDS, lambda found: found.update({query(found): torch.zeros(3, 5)})),
        r"the text_encoder .*q_proj.weight is 3 .* config wants 32 x 32\): fetch it",
    ),
    "a word's weight missing": (
        with_weights(WORDS, lambda found: found.pop(query(found))),
        r"the text_encoder .* cannot be read \(it has no .*q_proj.weight\): fetch it",
    ),
    "a million layers": (with_config("unet", layers_per_block=10**6), r"layers_per_block is 1000000, which"),
    "wide layers": (with_config("unet", block_out_channels=[32, 10**9]), r"out_channels is 1000000000, which"),
    "a deep text encoder": (with_config("text_encoder", num_hidden_layers=10**3), r"layers is 1000, which"),
    "a config of 2 MB": (with_config("unet", more="x" * 2_000_000), r"is 2 MB, which no config is"),
    **{f"latents divided by {factor}": (with_config("vae", scaling_factor=factor), rf"factor is {factor}, which")
       for factor in (0, -1.0, math.nan, math.inf)},
    "a class that is a function": (with_index(unet=["diffusers", "load_image"]), r"has no part 'load_image'"),
    "a class in a module": (with_index(unet=["diffusers", "utils.torch_utils"]), r"has no part 'utils.torch_utils'"),
    "a class of another kind": (with_index(unet=["transformers", "TrainingArguments"]), r"no part 'TrainingArguments'"),
    "scheduler broken": (lambda top: empty(top / "scheduler"), r"beside the weights in .* cannot be read"),
}  # fmt: skip


REPAIRED = BROKEN if IS_FULL else (
    "UNet cut off", "settings broken", "index broken", "tokenizer empty", "a word's weight missing",
    "a deep text encoder", "latents divided by 0", "scheduler broken",
)  # fmt: skip
"""Damage that is repaired afterwards: one of each kind, as kinds differ in how far the reading gets."""


def refused(engine: DrawingEngine, wanted: Request, sentence: str) -> None:
    """The request is refused with that sentence, on one line."""
    with pytest.raises((BadInput, MissingWeights), match=sentence) as raised:
        engine.run(wanted, Told())
    assert len(str(raised.value).splitlines()) == 1


@pytest.fixture(scope="module")
def drawn() -> dict[str, Picture]:
    """Pictures of models whose weights are whole, drawn once for all tests here."""
    return {}


@pytest.mark.parametrize("what", BROKEN)
def test_a_model_whose_folder_is_broken_is_one_sentence(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, drawn: dict[str, Picture], what: str
) -> None:
    damage, sentence = BROKEN[what]
    folder = tmp_path / "model"
    shutil.copytree(tiny["sd15"], folder, ignore=_OTHERS)
    wanted = asked(str(folder), family="sd15")
    damage(folder)
    refused(engine, wanted, sentence)
    if what not in REPAIRED:
        return
    shutil.rmtree(folder)
    shutil.copytree(tiny["sd15"], folder, ignore=_OTHERS)
    if not drawn:
        drawn["sd15"], _ = engine.run(asked("sd15"), Told())
    assert engine.run(wanted, Told())[0] == drawn["sd15"], "the whole one is read later"


def test_a_model_that_finds_the_device_full_in_the_midst_of_its_reading_is_not_called_broken(
    engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Full(AutoencoderKL.from_pretrained, 1, ERRORS["CPU"])
    monkeypatch.setattr(AutoencoderKL, "from_pretrained", read)
    engine._cache.get("else", (), lambda: "kept", lambda _: 4)
    engine.run(asked("sd15"), Told())
    assert engine.notes == ("threw away kept results",)
    assert read.left == 0


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (cut, r"style.safetensors is not a safetensors file, or not all of it: fetch it again"),
        (lambda file: file.write_bytes(b"<html>"), r"style.safetensors is not a safetensors file, or not all of it"),
        (lambda file: save_file({"a": torch.zeros(2)}, file), r"the LoRA .*style.safetensors does not fit sd15"),
        (
            lambda file: save_file({"lora_unet_x.lora_up.weight": torch.zeros(2)}, file),
            r"does not fit sd15 \(.+\): use",
        ),
    ],
)
def test_a_lora_that_is_broken_is_one_sentence_and_leaves_no_trace(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, damage: Callable[[Path], None], sentence: str
) -> None:
    plain, _ = engine.run(asked("sd15"), Told())
    engine.forget()
    file = tmp_path / "style.safetensors"
    shutil.copy(tiny["sd15"] / "ink.safetensors", file)
    damage(file)
    refused(engine, asked("sd15", loras=(Lora(name=str(file)),)), sentence)
    assert engine.run(asked("sd15"), Told())[0] == plain


@pytest.mark.parametrize("file", ["config.json", "diffusion_pytorch_model.safetensors"])
def test_a_controlnet_that_is_broken_is_one_sentence(
    engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    folder = tmp_path / "lines"
    shutil.copytree(tiny["sd15"] / CONTROL, folder)
    monkeypatch.setitem(CATALOGUE, "sd15", replace(CATALOGUE["sd15"], controls={"lines": ControlSource(str(folder))}))
    cut(folder / file)
    refused(engine, asked("sd15", "control_to_image", ("lines",)), r"fetch it again")


@pytest.mark.parametrize(
    "file", ["../x.safetensors", "a/../../x.safetensors", "/etc/x.safetensors", "a\\..\\x", "a\nb"]
)
def test_a_file_of_a_repository_lies_in_it(engine: DrawingEngine, file: str) -> None:
    assert on_hub("owner/name:style/..ink.safetensors") is not None
    assert on_hub(f"owner/name:{file}") is None
    refused(engine, asked("sd15", loras=(Lora(name=f"owner/name:{file}"),)), r"is not on this machine: give a")


NOT_ON_A_HUB = ("some--one/x", "a..b/c", "-a/b", "a/b-", "a/.b", "a/b.git", "a/" + "b" * 97, "ä/b")
ON_A_HUB = ("a/b", "some-one/x.y_z", "a/" + "b" * 96, "a/b.gits")
NO_FILES = ("x" * 5000, "/" + "x" * 5000, "~nobody-has-this-name/x", "nul\0l")


@pytest.mark.parametrize("name", [*NOT_ON_A_HUB, *ON_A_HUB])
def test_what_may_be_on_a_hub_is_what_the_hubs_own_library_lets_through(name: str) -> None:
    try:
        validate_repo_id(name)
        is_valid = True
    except HFValidationError:
        is_valid = False
    assert (on_hub(name) is not None) is (on_hub(f"{name}:some--file.safetensors") is not None) is is_valid
    assert is_valid is (name in ON_A_HUB)


@pytest.mark.parametrize("name", [*NOT_ON_A_HUB, *NO_FILES])
def test_a_lora_of_a_name_that_nothing_can_have_is_one_sentence(engine: DrawingEngine, name: str) -> None:
    refused(engine, asked("sd15", loras=(Lora(name=name),)), r"is not on this machine: give a .safetensors file")


@pytest.mark.parametrize("name", [*NOT_ON_A_HUB, *NO_FILES])
def test_a_model_of_a_name_that_nothing_can_have_is_one_sentence(engine: DrawingEngine, name: str) -> None:
    with pytest.raises(SketchlabError, match=r"there is no(thing| model) in "):
        engine.run(asked(name, family="sd15"), Told())


def test_a_folder_that_is_gone_since_it_was_opened_is_one_sentence(
    engine: DrawingEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my model").mkdir()
    name = card_for("my model", "sd15").name
    Path("my model").rmdir()
    refused(engine, asked(name, family="sd15"), "there is nothing in .*/my model, needed for .*/my model")


@pytest.mark.parametrize("name", NO_FILES)
def test_an_upscaler_of_a_name_that_nothing_can_have_is_one_sentence(engine: DrawingEngine, name: str) -> None:
    wanted = Request(Recipe(task="upscale", image=PHOTO.hash, settings={"upscaler": name}), {PHOTO.hash: PHOTO})
    refused(engine, wanted, r"there is no upscaler .*: give the path of a .safetensors file, or use 'starter'")
