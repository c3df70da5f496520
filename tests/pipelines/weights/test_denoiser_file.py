"""The promise: klein with a denoiser of one file draws as its folder does; in 4 bits, as diffusers does in them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline, Flux2Transformer2DModel, GGUFQuantizationConfig
from safetensors.torch import save_file

from lab.core import BadInput, MissingWeights, Request
from lab.core.catalogue import CATALOGUE, chosen_model
from lab.pipelines.library_logging import quiet_libraries
from lab.pipelines.models.choice import room_for
from lab.pipelines.models.placements import WHOLE_IN_4_BITS, device_bytes
from tests.pipelines import test_klein
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told

pytestmark = pytest.mark.usefixtures("_bare_task")
needs_gguf = pytest.mark.skipif(find_spec("gguf") is None, reason="the package gguf is not installed here")
_WHERE = {
    "x_embedder": "img_in", "context_embedder": "txt_in", "proj_out": "final_layer.linear",
    "time_guidance_embed.timestep_embedder.linear_1": "time_in.in_layer",
    "time_guidance_embed.timestep_embedder.linear_2": "time_in.out_layer",
    "double_stream_modulation_img.linear": "double_stream_modulation_img.lin",
    "double_stream_modulation_txt.linear": "double_stream_modulation_txt.lin",
    "single_stream_modulation.linear": "single_stream_modulation.lin",
    "norm_out.linear": "final_layer.adaLN_modulation.1",
}  # fmt: skip
_DOUBLE = {
    "attn.norm_q": "img_attn.norm.query_norm", "attn.norm_k": "img_attn.norm.key_norm",
    "attn.to_out.0": "img_attn.proj", "ff.linear_in": "img_mlp.0", "ff.linear_out": "img_mlp.2",
    "attn.norm_added_q": "txt_attn.norm.query_norm", "attn.norm_added_k": "txt_attn.norm.key_norm",
    "attn.to_add_out": "txt_attn.proj", "ff_context.linear_in": "txt_mlp.0", "ff_context.linear_out": "txt_mlp.2",
}  # fmt: skip
_SINGLE = {
    "attn.to_qkv_mlp_proj": "linear1", "attn.to_out": "linear2", "attn.norm_q": "norm.query_norm",
    "attn.norm_k": "norm.key_norm",
}  # fmt: skip


def as_published(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A transformer's weights under the names that Black Forest Labs gives them."""
    made: dict[str, torch.Tensor] = {}
    for name, weight in weights.items():
        place, _, end = name.rpartition(".")
        if place.startswith("transformer_blocks."):
            _, number, rest = place.split(".", 2)
            for side, own in (("img", ("to_q", "to_k", "to_v")), ("txt", ("add_q_proj", "add_k_proj", "add_v_proj"))):
                if rest == f"attn.{own[0]}":
                    three = [weights[f"transformer_blocks.{number}.attn.{one}.{end}"] for one in own]
                    made[f"double_blocks.{number}.{side}_attn.qkv.{end}"] = torch.cat(three)
            if rest in _DOUBLE:
                made[f"double_blocks.{number}.{_DOUBLE[rest]}.{'scale' if 'norm' in rest else end}"] = weight
        elif place.startswith("single_transformer_blocks."):
            _, number, rest = place.split(".", 2)
            made[f"single_blocks.{number}.{_SINGLE[rest]}.{'scale' if 'norm' in rest else end}"] = weight
        else:
            swapped = torch.cat([*weight.chunk(2)][::-1]) if place == "norm_out.linear" else weight
            made[f"{_WHERE[place]}.{end}"] = swapped
    return made


@pytest.fixture
def alone(engine: DrawingEngine, tiny: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a tiny klein whose denoiser is not in it, but for its config; klein's card says that."""
    assert engine
    rest = tmp_path / "rest"
    shutil.copytree(tiny["klein"], rest)
    (rest / "transformer" / "diffusion_pytorch_model.safetensors").unlink()
    monkeypatch.setitem(CATALOGUE, "klein", replace(CATALOGUE["klein"], repo=str(rest)))
    return rest


def published(tiny: dict[str, Path]) -> dict[str, torch.Tensor]:
    net = Flux2Transformer2DModel.from_pretrained(tiny["klein"] / "transformer")
    return {name: weight.contiguous() for name, weight in as_published(net.state_dict()).items()}


def wanted(tiny: dict[str, Path], file: Path, *, lora: bool = False, **changes: Any) -> Request:
    asked = test_klein.asked(tiny, "klein", "words", 1, lora)
    return Request(asked.recipe.changed(model=str(file), family="klein", **changes), asked.pictures)


def write_gguf(weights: dict[str, torch.Tensor], file: Path) -> Path:
    from gguf import GGMLQuantizationType, GGUFWriter, quants

    writer = GGUFWriter(file, "flux")
    for name, weight in weights.items():
        numbers = weight.float().numpy()
        if numbers.ndim == 2 and numbers.shape[1] % 32 == 0:
            packed = quants.quantize(numbers, GGMLQuantizationType.Q4_0)
            writer.add_tensor(name, packed, raw_dtype=GGMLQuantizationType.Q4_0)
        else:
            writer.add_tensor(name, numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def test_its_denoiser_in_one_file_draws_what_its_folder_draws(
    alone: Path, tiny: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "klein.safetensors"
    save_file(published(tiny), file)
    request = wanted(tiny, file)
    made, plan = DrawingEngine("cpu").run(request, Told())
    assert np.array_equal(made.pixels, by_diffusers(tiny, file, request))
    folder = test_klein.bare(tiny["klein"], test_klein.asked(tiny, "klein", "words", 1, lora=False), "words")
    assert nearly(made.pixels, folder), "how weights lie in memory changes last bits"
    assert "distilled" in plan.note, "what its own model's folder says is known of it"
    with pytest.raises(BadInput, match=r"klein.safetensors holds no weights in 4 bits: use precision='8bit'"):
        DrawingEngine("cpu").load(plan.card, Told(), "4bit")
    shutil.rmtree(alone / "text_encoder")
    with pytest.raises(MissingWeights, match=r"a denoiser alone, and wants the rest of klein: of that .* text_encoder"):
        DrawingEngine("cpu").run(request, Told())


def test_a_file_of_something_else_is_one_sentence(alone: Path, tiny: dict[str, Path], tmp_path: Path) -> None:
    assert alone
    for weights in ({"x": torch.zeros(2)}, {**published(tiny), "img_in.weight": torch.zeros(48, 128)}):
        file = tmp_path / f"odd{len(weights)}.safetensors"
        save_file(weights, file)
        with pytest.raises(BadInput, match=r"cannot be read as the denoiser of the family klein \(") as raised:
            DrawingEngine("cpu").run(wanted(tiny, file), Told())
        assert len(str(raised.value).splitlines()) == 1


@pytest.mark.skipif(find_spec("gguf") is not None, reason="the package gguf is installed here")
def test_without_its_package_a_gguf_file_is_one_sentence(alone: Path, tiny: dict[str, Path], tmp_path: Path) -> None:
    assert alone
    file = tmp_path / "klein.gguf"
    file.write_bytes(b"GGUF")
    with pytest.raises(BadInput, match="GGUF files are read by the package gguf, which is not installed here"):
        DrawingEngine("cpu").run(wanted(tiny, file), Told())


def nearly(one: np.ndarray, other: np.ndarray) -> bool:
    return int(np.abs(one.astype(int) - other).max()) <= 1


def by_diffusers(tiny: dict[str, Path], file: Path, request: Request) -> np.ndarray:
    """The same by diffusers alone; what a GGUF file has stays quantised."""
    recipe = request.recipe
    more: dict[str, Any] = {}
    if file.suffix == ".gguf":
        more["quantization_config"] = GGUFQuantizationConfig(compute_dtype=torch.float32)
    with quiet_libraries():
        net = Flux2Transformer2DModel.from_single_file(
            str(file), config=str(tiny["klein"]), subfolder="transformer", dtype=torch.float32, **more
        )
        pipe: Any = DiffusionPipeline.from_pretrained(tiny["klein"], transformer=net, dtype=torch.float32)
        pipe.set_progress_bar_config(disable=True)
        for lora in recipe.loras:
            pipe.load_lora_weights(lora.name, adapter_name="ink")
            pipe.set_adapters(["ink"], [lora.weight])
        made = pipe(
            prompt=recipe.prompt, num_inference_steps=recipe.steps, guidance_scale=recipe.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(recipe.seed), height=64, width=64,
            image=[request.pictures[one.picture].to_pil() for one in recipe.references],
        )  # fmt: skip
        return np.asarray(made.images[0])


@needs_gguf
def test_in_4_bits_it_draws_what_diffusers_does_in_them_and_unpacked_the_same(
    alone: Path, tiny: dict[str, Path], tmp_path: Path
) -> None:
    assert alone
    file = write_gguf(published(tiny), tmp_path / "klein.gguf")
    assert chosen_model(str(file), family="klein", precision="4bit").precision == "4bit"
    expected = {lora: by_diffusers(tiny, file, wanted(tiny, file, lora=lora)) for lora in (False, True)}
    held = {}
    for precision in ("exact", "4bit"):
        engine = DrawingEngine("cpu")
        for lora in (False, True, False):
            engine.forget()
            made, plan = engine.run(wanted(tiny, file, lora=lora, precision=precision), Told())
            assert nearly(made.pixels, expected[lora]), (precision, lora)
            assert np.array_equal(made.pixels, expected[lora]) or precision == "exact", lora
            assert plan.recipe.precision == precision
        model = engine.loaded[str(file)]
        model.adapters.take_loras_off()
        networks = [part for part in model.components.values() if isinstance(part, torch.nn.Module)]
        tensors = sum({id(one): one.nbytes for part in networks for one in part.parameters()}.values())
        held[precision] = sum(one.bytes for one in engine.memory_report().residents if one.owner == str(file))
        assert abs(held[precision] - tensors) <= tensors // 100
    foretold = device_bytes(room_for(model.card, file, model.dtype, model.memory).sizes, WHOLE_IN_4_BITS)
    assert abs(foretold - held["4bit"]) <= held["4bit"] // 100
    assert held["4bit"] < held["exact"]
