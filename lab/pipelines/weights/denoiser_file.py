"""A model whose denoiser alone is one file, `.safetensors` or `.gguf`; all else is its family's own model's.

Quantised weights of a GGUF file (llama.cpp's format) become the numbers that they stand for, or stay as they are, for
layers to take them apart at each use: the picture is the same, and only memory and time differ.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from diffusers import Flux2Transformer2DModel

from lab.core.errors import BadInput
from lab.pipelines.memory.oom_fallbacks import refusing
from lab.pipelines.weights.whole_network import whole

GGUF = ".gguf"
DENOISERS = {"klein": ("transformer", Flux2Transformer2DModel)}
"""By family: how its denoiser is called among the parts of its pipeline, and its class."""
_LACKS_GGUF = "GGUF files are read by the package gguf, which is not installed here: pip install 'sketchlab[gguf]'"


def read_denoiser(family: str, file: Path, folder: Path, dtype: torch.dtype, *, quantised: bool) -> torch.nn.Module:
    """The denoiser in a file, in its makers' layout or in diffusers'.

    Args:
        family: of the model.
        file: with the weights.
        folder: of the family's own model, whose settings it has.
        dtype: in which it counts.
        quantised: whether what is quantised stays so.

    Raises:
        BadInput: when it is something else, or cannot be read here.
    """
    part, kind = DENOISERS[family]
    _check_reads(file)
    with refusing(lambda why: f"{file.name} cannot be read as the denoiser of the family {family} ({why})"):
        more: dict[str, Any] = {}
        source: Any = str(file)
        if quantised:
            from diffusers import GGUFQuantizationConfig

            more["quantization_config"] = GGUFQuantizationConfig(compute_dtype=dtype)
        elif file.suffix == GGUF:
            source = _unpacked(file, dtype)
        net = kind.from_single_file(source, config=str(folder), subfolder=part, dtype=dtype, **more)
        return whole(net)


def check_quantised(place: Path) -> None:
    """Refuse what holds no quantised weights.

    Raises:
        BadInput: when it is no GGUF file.
    """
    if place.suffix != GGUF:
        msg = f"{place.name} holds no weights in 4 bits: use precision='8bit', or a .gguf file"
        raise BadInput(msg)


def quantised_bytes(file: Path, dtype: torch.dtype) -> int:
    """What a GGUF file's weights take in memory when what is quantised stays so.

    Raises:
        BadInput: when the package for it is not installed.
    """
    _check_reads(file)
    from gguf import GGMLQuantizationType, GGUFReader  # pyright: ignore[reportMissingImports] - not everywhere

    plain = (GGMLQuantizationType.F32, GGMLQuantizationType.F16)
    with refusing(lambda why: f"{file.name} cannot be read ({why}): fetch it again"):
        tensors = GGUFReader(file).tensors
        return sum(int(one.n_elements) * dtype.itemsize if one.tensor_type in plain else int(one.n_bytes)
                   for one in tensors)  # fmt: skip


def _check_reads(file: Path) -> None:
    if file.suffix == GGUF and find_spec("gguf") is None:
        raise BadInput(_LACKS_GGUF)


def _unpacked(file: Path, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """The numbers that a GGUF file's weights stand for."""
    from diffusers.models.model_loading_utils import load_gguf_checkpoint
    from diffusers.quantizers.gguf.utils import dequantize_gguf_tensor

    return {name: dequantize_gguf_tensor(weight).to(dtype) for name, weight in load_gguf_checkpoint(str(file)).items()}
