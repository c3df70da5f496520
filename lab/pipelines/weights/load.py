"""What weights take in memory, and reading them: those of a model, and of a ControlNet; safetensors only."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from diffusers import ControlNetModel, ControlNetUnionModel, DiffusionPipeline, ZImageControlNetModel

from lab.core.catalogue import CATALOGUE, ModelCard
from lab.core.reporter import Reporter
from lab.pipelines.cancellation import reading
from lab.pipelines.memory.oom_fallbacks import refusing
from lab.pipelines.weights.config_check import part_class
from lab.pipelines.weights.denoiser_file import DENOISERS, read_denoiser
from lab.pipelines.weights.locate import find_model, rest_of
from lab.pipelines.weights.narrow_copy import narrow_copy, read_narrow
from lab.pipelines.weights.repo_layout import index_of, memory_bytes, parts_of, pieces_bytes, weights_among
from lab.pipelines.weights.single_file import read_control_file, read_one_file, read_z_image_control
from lab.pipelines.weights.whole_network import empty, read_network

_MB = 1_000_000
_WORDS = "text_encoder"


def model_bytes(card: ModelCard, path: Path, dtype: torch.dtype, text_layers: int | None = None) -> dict[str, int]:
    """What each part of a model weighs in memory, by name; of its text encoder so many layers, all when None."""
    if path.is_file() and card.family not in DENOISERS:
        return pieces_bytes(path, dtype)
    folder = path if path.is_dir() else rest_of(card)
    weights = _weights_of(folder, card)
    found = {name: memory_bytes(files, dtype, text_layers if name == _WORDS else None)
             for name, files in weights.items()}  # fmt: skip
    if path.is_file():
        part, kind = DENOISERS[card.family]
        found[part] = sum(weight.nbytes for weight in empty(kind, folder / part).to(dtype).parameters())
    return found


def settings_in(card: ModelCard, path: Path) -> dict[str, Any]:
    """What a model's folder says to its pipeline beside the parts, such as that it was distilled."""
    folder = path if path.is_dir() or card.family not in DENOISERS else rest_of(card)
    said = index_of(folder) if folder.is_dir() else {}
    return {name: value for name, value in said.items() if isinstance(value, bool) and not name.startswith("_")}


def parts_in(path: Path) -> tuple[str, ...]:
    """The names of a model's parts, as its folder says; none for a single file."""
    return tuple(parts_of(index_of(path))) if path.is_dir() else ()


def control_bytes(path: Path, dtype: torch.dtype, variant: str | None = None) -> int:
    """What a ControlNet, or another network in one folder or file, weighs in memory; its files are of the variant."""
    if path.is_file():
        return memory_bytes([path], dtype)
    return memory_bytes([path / name for name in _files_of(path, variant)], dtype)


def read_components(
    card: ModelCard,
    path: Path,
    dtype: torch.dtype,
    reporter: Reporter,
    text_layers: int | None = None,
    *,
    quantised: bool = False,
) -> dict[str, Any]:
    """All components of a model but the safety checker, as keyword arguments of its pipeline class.

    One after the other, so that a cancelled job stops between two. `path` is what `find_model` gave. Of the text
    encoder only so many layers are read, the first ones; all when None. What a GGUF file holds quantised stays so where
    that is asked for.

    Raises:
        BadInput: when something in it is broken, or a single file is of another family.
    """
    read: dict[str, Any] = {}
    if path.is_file() and card.family in DENOISERS:
        file, path = path, rest_of(card)
        reporter.progress("loading")
        with reading(reporter):
            part = DENOISERS[card.family][0]
            read[part] = read_denoiser(card.family, file, path, dtype, quantised=quantised)
        card = CATALOGUE[card.family]
    elif path.is_file():
        return read_one_file(card, path, dtype, reporter)
    parts = parts_of(index_of(path))
    weights = {name: files for name, files in _weights_of(path, card).items() if name not in read}
    sizes = {name: sum(file.stat().st_size for file in files) for name, files in weights.items()}
    for name, files in weights.items():
        done = sum(sizes.get(part, 0) for part in read)
        reporter.progress("loading", done // _MB, max(1, sum(sizes.values()) // _MB))
        library, kind = parts[name]
        with _understood(f"the {name} in {path}"), reading(reporter, sizes[name]):
            fewer = {"num_hidden_layers": text_layers} if text_layers and name == _WORDS else {}
            copy = None if fewer else narrow_copy(card, path, name, dtype)
            net = part_class(library, kind), path / name, files, dtype
            read[name] = read_narrow(*net, copy=copy, reporter=reporter, **fewer)
    reporter.check()
    if "safety_checker" in index_of(path):
        read["safety_checker"] = None
    with _understood(f"what is beside the weights in {path}"):
        return dict(DiffusionPipeline.from_pretrained(path, dtype=dtype, **read).components)


def read_control(card: ModelCard, place: str, path: Path, dtype: torch.dtype, reporter: Reporter) -> torch.nn.Module:
    """The ControlNet at a place that the card names; `path` is what `find_control` gave.

    Raises:
        BadInput: when it is something else, or broken.
    """
    reporter.progress("loading")
    if card.family == "z-image" and path.is_file():
        config = find_model(card, reporter) / "transformer" / "config.json"
        with _understood(f"the ControlNet {path}"), reading(reporter, control_bytes(path, dtype)):
            return read_z_image_control(path, json.loads(config.read_text()) if config.is_file() else {}, dtype)
    union = any(known.repo == place and known.mode is not None for known in card.controls.values())
    reader = ZImageControlNetModel if card.family == "z-image" else ControlNetUnionModel if union else ControlNetModel
    with _understood(f"the ControlNet {path}"), reading(reporter, control_bytes(path, dtype, card.variant)):
        if path.is_file():
            return read_control_file(card, path, dtype)
        return read_network(reader, path, [path / name for name in _files_of(path, card.variant)], dtype)


def _files_of(folder: Path, variant: str | None) -> list[str]:
    """The files of weights to read of a network in one folder."""
    return weights_among([file.name for file in folder.iterdir()], variant)


def _understood(what: str) -> AbstractContextManager[None]:
    """While this lasts, that is read with a library; see `refusing`."""
    return refusing(lambda why: f"{what} cannot be read ({why}): fetch it again, or use another one")


def _weights_of(folder: Path, card: ModelCard) -> dict[str, list[Path]]:
    """The files of weights to read, by part; parts without weights are left out."""
    found = {}
    for part in parts_of(index_of(folder)):
        names = weights_among([file.name for file in (folder / part).iterdir()], card.variant)
        if names:
            found[part] = [folder / part / name for name in names]
    return found
