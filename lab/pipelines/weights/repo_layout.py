"""Which files make up a model, from their names alone; and what they weigh in memory, from their headers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from lab.core.errors import BadInput
from lab.pipelines.memory.oom_fallbacks import refusing
from lab.pipelines.weights.safetensors_header import dtype_of, header_of

INDEX = "model_index.json"
_UNUSED = ("safety_checker",)
"""Parts that a repository may have and the lab never reads; this one weighs 1.2 GB."""
_WEIGHTS = re.compile(r"(?:diffusion_pytorch_model|model)(?:\.(?P<variant>\w+))?(?P<shard>-\d+-of-\d+)?\.safetensors")
_PIECE = re.compile(r"model\.diffusion_model|first_stage_model|conditioner\.embedders\.\d+|cond_stage_model")
"""How the names of a checkpoint in one file begin: one piece is at work at a time."""
_LAYER = re.compile(r"\blayers\.(\d+)\.")
_SMALL = (".json", ".txt", ".model", ".jinja")
PICKLES = (".ckpt", ".bin", ".pt", ".pth")
USUAL_LORA = "pytorch_lora_weights.safetensors"
"""What a repository of one LoRA mostly calls it."""


def index_of(folder: Path) -> dict[str, Any]:
    """The `model_index.json` of a model's folder; empty where there is none.

    Raises:
        BadInput: when it is broken.
    """
    file = folder / INDEX
    if not file.is_file():
        return {}
    with refusing(lambda why: f"{file} cannot be read ({why}): fetch it again"):
        index = json.loads(file.read_text())
        if not isinstance(index, dict):
            msg = f"it is a {type(index).__name__}, not a table of parts"
            raise TypeError(msg)
    return index


def parts_of(index: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Library and class of each part in a `model_index.json`, without those that are empty or never read.

    Raises:
        BadInput: when a part is a program of the repository's own, which is never run.
    """
    found = {}
    for name, value in index.items():
        is_part = isinstance(value, list) and len(value) == 2 and all(value)
        if name.startswith("_") or name in _UNUSED or not is_part:
            continue
        library, kind = value
        if library not in ("diffusers", "transformers"):
            msg = f"the part {name} of this model is a program of its own ({library}), and such are never run"
            raise BadInput(msg)
        found[name] = (library, kind)
    return found


def weights_among(names: Iterable[str], variant: str | None = None) -> list[str]:
    """The files of weights to read among the names in one folder: of the variant where there are such, else plain ones.

    Raises:
        BadInput: when there are pickles only.
    """
    names = list(names)
    matches = [found for name in names if (found := _WEIGHTS.fullmatch(name))]
    for wanted in (variant, None) if variant else (None,):
        fitting = [found for found in matches if found["variant"] == wanted]
        whole = [found[0] for found in fitting if not found["shard"]]
        if fitting:
            return whole or sorted(found[0] for found in fitting)
    pickles = [name for name in names if name.endswith(PICKLES)]
    if pickles:
        msg = (
            f"{pickles[0]} is a pickle, which can run any program, and there is no .safetensors beside it: "
            "use another repository, or convert it first"
        )
        raise BadInput(msg)
    return []


def variant_of(names: Iterable[str]) -> str | None:
    """The variant that these files of weights are."""
    found = [_WEIGHTS.fullmatch(name) for name in names]
    return next((match["variant"] for match in found if match), None)


def needed(names: Sequence[str], folders: Iterable[str], variant: str | None) -> list[str]:
    """The files to have of all in a repository: settings and words of each folder, and one set of its weights.

    Args:
        names: relative to the repository.
        folders: of its parts; "" for its top.
        variant: see `weights_among`.
    """
    found = [INDEX] if INDEX in names else []
    for folder in folders:
        prefix = f"{folder}/" if folder else ""
        here = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
        here = [name for name in here if "/" not in name]
        small = [name for name in here if name.endswith(_SMALL)]
        found += [prefix + name for name in dict.fromkeys([*small, *weights_among(here, variant)])]
    return list(dict.fromkeys(found))


def lacking(folder: Path, part: str, variant: str | None) -> str:
    """What a part's folder lacks, in a word or two; empty when it can be read."""
    if not folder.is_dir():
        return f"the folder {part}"
    names = [file.name for file in folder.iterdir() if file.is_file()]
    if not names:
        return f"everything in {part or folder.name}"
    if "tokenizer_config.json" in names or not any(name == "config.json" or _WEIGHTS.fullmatch(name) for name in names):
        return ""  # a tokenizer, a scheduler: settings only
    if "config.json" not in names:
        return f"config.json in {part or folder.name}"
    chosen = weights_among(names, variant)
    if not chosen:
        return f"the weights in {part or folder.name}"
    shards = re.search(r"-of-(\d+)\.", chosen[0])
    missing = int(shards[1]) - len(chosen) if shards else 0
    return f"{missing} of {len(chosen) + missing} files of weights in {part or folder.name}" if missing else ""


def lora_in(folder: Path) -> Path | None:
    """The one file of a LoRA in a folder; None when there is no such."""
    return next(iter(sorted(folder.glob("*.safetensors"), key=lambda file: (file.name != USUAL_LORA, file.name))), None)


def stamped(name: str) -> str:
    """The name of a file of weights, with its size and time where it is one on this machine: so it can be replaced.

    For the folder of a LoRA, those of the file in it: a folder's own time stays when a file in it is written over.
    """
    try:
        file = Path(name).expanduser()
        file = lora_in(file) or file
        stat = file.stat()
    except (OSError, ValueError, RuntimeError):
        return name
    return f"{file} {stat.st_size} {stat.st_mtime_ns}"


def pieces_bytes(file: Path, dtype: torch.dtype) -> dict[str, int]:
    """What the parts of a model in one file in the original layout take in memory when read as that type."""
    pieces: dict[str, int] = {}
    for name, tensor in header_of(file).items():
        known = _PIECE.match(name)
        piece = known[0] if known else "the rest"
        pieces[piece] = pieces.get(piece, 0) + _bytes_as(tensor, dtype)
    return pieces


def memory_bytes(files: Iterable[Path], dtype: torch.dtype, layers: int | None = None) -> int:
    """What the weights in safetensors files take in memory when read as that type; so many layers, all when None."""
    weights = (named for file in files for named in header_of(file).items())
    return sum(_bytes_as(tensor, dtype) for name, tensor in weights if layers is None or _layer(name) < layers)


def _layer(name: str) -> int:
    """The number of the layer that a weight belongs to; -1 for none."""
    found = _LAYER.search(name)
    return int(found[1]) if found else -1


def _bytes_as(tensor: dict[str, Any], dtype: torch.dtype) -> int:
    stored = dtype_of(tensor)
    return math.prod(tensor["shape"]) * (dtype if stored.is_floating_point else stored).itemsize


def shapes_in(file: Path) -> dict[str, list[int]]:
    """The shape of every weight in a safetensors file, by its name."""
    return {name: tensor["shape"] for name, tensor in header_of(file).items()}
