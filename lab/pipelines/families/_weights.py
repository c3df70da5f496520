"""Reads weights from the lab's own folder, a folder or file of the user's, or a model hub; safetensors only."""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    ControlNetModel,
    ControlNetUnionModel,
    DiffusionPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    ZImageControlNetModel,
)

from lab.core.catalogue import CATALOGUE, ModelCard
from lab.core.errors import BadInput, MissingWeights
from lab.core.hooks import Hooks
from lab.pipelines import hub
from lab.pipelines.layout import INDEX, lacking, memory_bytes, needed, parts_of, variant_of, weights_among
from lab.starter import WEIGHTS

_MB = 1_000_000
_FROM_ONE_FILE = {"sd15": StableDiffusionPipeline, "sdxl": StableDiffusionXLPipeline}
"""Families whose whole model comes in a single file too."""


def find_model(card: ModelCard, hooks: Hooks) -> Path:
    """The folder, or the single file, of a model on this machine; fetched when it is not there yet.

    Raises:
        BadInput: when it is a pickle.
        MissingWeights: when it is not here and cannot be fetched.
    """
    place = card.repo or str(WEIGHTS)
    known = _local(place)
    if known is None and ":" in place:
        repo, file = place.split(":", 1)
        return _safe(hub.cached(repo, file, card.revision) or _fetched_file(card, repo, file, hooks))
    if known is None:
        index = hub.cached(place, INDEX, card.revision)
        missing = _lacks(index.parent, card) if index else "all of it"
        return index.parent if index and not missing else _fetched_model(card, place, hooks, missing)
    if not known.exists():
        msg = f"the weights of {card.name} should be in {known}, and are not: install the lab again, or `make starter`"
        raise MissingWeights(msg if card.repo is None else f"there is nothing in {known}, needed for {card.name}")
    if known.is_file():
        return _safe(known)
    missing = _lacks(known, card)
    if missing:
        msg = f"{known} is not a whole model in diffusers' layout: {missing} is missing"
        raise MissingWeights(msg)
    return known


def find_control(card: ModelCard, place: str, hooks: Hooks) -> Path:
    """The folder or file of a ControlNet; as `find_model`."""
    known = control_here(card, place)
    if known is not None:
        return known
    source = _control_source(card, place)
    if isinstance(source, Path):
        msg = f"the ControlNet of {card.name} should be in {source}, and is not"
        raise MissingWeights(msg)
    if ":" in source:
        repo, file = source.split(":", 1)
        return _safe(_fetched_file(card, repo, file, hooks))
    return hub.fetch(source, lambda names: needed(names, [""], None), hooks, card.name)


def control_here(card: ModelCard, place: str) -> Path | None:
    """The same without a network; None when it is not on this machine."""
    source = _control_source(card, place)
    if isinstance(source, Path):
        return source if source.is_file() or (source.is_dir() and not lacking(source, "", None)) else None
    if ":" in source:
        return hub.cached(*source.split(":", 1))
    config = hub.cached(source, "config.json")
    return config.parent if config and not lacking(config.parent, "", None) else None


def find_ip_adapter(card: ModelCard, hooks: Hooks) -> list[Path]:
    """The files of weights of a model's IP-Adapter and its image encoder on this machine; fetched when not here."""
    source = card.ip_adapter
    if source is None:
        return []
    encoder = source.image_encoder if "/" in source.image_encoder else f"{source.folder}/{source.image_encoder}"

    def wanted(names: Sequence[str]) -> list[str]:
        adapter = [name for name in names if name == f"{source.folder}/{source.file}"]
        return [*adapter, *needed(names, [encoder], None)]

    top = _local(source.repo)
    if top is None:
        first = hub.cached(source.repo, f"{source.folder}/{source.file}")
        top = first.parents[source.folder.count("/") + 1] if first else None
        if top is None or lacking(top / encoder, encoder, None):
            top = hub.fetch(source.repo, wanted, hooks, card.name)
    names = [file.relative_to(top).as_posix() for file in top.rglob("*.safetensors")]
    return [top / name for name in wanted(names)]


def model_bytes(card: ModelCard, path: Path, dtype: torch.dtype) -> dict[str, int]:
    """What each part of a model weighs in memory, by name."""
    if path.is_file():
        return {path.name: memory_bytes([path], dtype)}
    return {name: memory_bytes(files, dtype) for name, files in _weights_of(path, card).items()}


def control_bytes(path: Path, dtype: torch.dtype) -> int:
    """What a ControlNet weighs in memory."""
    if path.is_file():
        return memory_bytes([path], dtype)
    return memory_bytes([path / name for name in weights_among([file.name for file in path.iterdir()])], dtype)


def read_components(card: ModelCard, dtype: torch.dtype, hooks: Hooks) -> dict[str, Any]:
    """All components of a model but the safety checker, as keyword arguments of its pipeline class.

    One after the other, so that a cancelled job stops between two.

    Raises:
        MissingWeights: when they are not here and cannot be fetched.
    """
    path = find_model(card, hooks)
    if path.is_file():
        return _read_one_file(card, path, dtype, hooks)
    parts = parts_of(_index(path))
    weights = _weights_of(path, card)
    sizes = {name: sum(file.stat().st_size for file in files) for name, files in weights.items()}
    read: dict[str, Any] = {}
    for name, files in weights.items():
        done = sum(sizes[part] for part in read)
        hooks.progress("loading", done // _MB, max(1, sum(sizes.values()) // _MB))
        library, kind = parts[name]
        variant = variant_of([file.name for file in files])
        reader = getattr(importlib.import_module(library), kind)
        read[name] = reader.from_pretrained(path / name, dtype=dtype, variant=variant, use_safetensors=True)
    hooks.check()
    if "safety_checker" in _index(path):
        read["safety_checker"] = None
    return dict(DiffusionPipeline.from_pretrained(path, dtype=dtype, **read).components)


def read_control(card: ModelCard, place: str, dtype: torch.dtype, hooks: Hooks) -> torch.nn.Module:
    """The ControlNet at a place that the card names; errors as for `read_components`."""
    path = find_control(card, place, hooks)
    hooks.progress("loading")
    union = any(known.startswith(f"{place}#") for known in card.controls.values())
    reader = ZImageControlNetModel if card.family == "z-image" else ControlNetUnionModel if union else ControlNetModel
    try:
        if path.is_file():
            return reader.from_single_file(str(path), torch_dtype=dtype)
        return reader.from_pretrained(path, dtype=dtype, use_safetensors=True)
    except OSError as error:
        first = str(error).strip().splitlines()[0]
        msg = f"{path} cannot be read as a ControlNet of {card.name} ({first})"
        raise MissingWeights(msg) from error


def _local(place: str) -> Path | None:
    """The place as a path when it is one; None for a repository of a hub."""
    path = Path(place).expanduser()
    return path if path.is_absolute() or path.exists() or place.startswith((".", "~")) else None


def _control_source(card: ModelCard, place: str) -> Path | str:
    if card.repo is None:
        return WEIGHTS / place
    return _local(place) or place


def _index(folder: Path) -> dict[str, Any]:
    file = folder / INDEX
    return json.loads(file.read_text()) if file.is_file() else {}


def _weights_of(folder: Path, card: ModelCard) -> dict[str, list[Path]]:
    """The files of weights to read, by part; parts without weights are left out."""
    found = {}
    for part in parts_of(_index(folder)):
        names = weights_among([file.name for file in (folder / part).iterdir()], card.variant)
        if names:
            found[part] = [folder / part / name for name in names]
    return found


def _lacks(folder: Path, card: ModelCard) -> str:
    """What a folder lacks to be a model; empty when it is whole."""
    if not (folder / INDEX).is_file():
        return INDEX
    return next(filter(None, (lacking(folder / part, part, card.variant) for part in parts_of(_index(folder)))), "")


def _safe(file: Path) -> Path:
    if file.suffix != ".safetensors":
        msg = f"{file.name} is a pickle, which can run any program: convert it to .safetensors first"
        raise BadInput(msg)
    return file


def _fetched_model(card: ModelCard, repo: str, hooks: Hooks, missing: str) -> Path:
    needed_for = card.name if missing == "all of it" else f"{card.name} ({missing} is missing)"
    top = hub.fetch(repo, lambda names: [name for name in names if name == INDEX], hooks, needed_for, card.revision)
    folders = list(parts_of(_index(top)))
    return hub.fetch(repo, lambda names: needed(names, folders, card.variant), hooks, needed_for, card.revision)


def _fetched_file(card: ModelCard, repo: str, file: str, hooks: Hooks) -> Path:
    return hub.fetch(repo, lambda names: [name for name in names if name == file], hooks, card.name) / file


def _read_one_file(card: ModelCard, file: Path, dtype: torch.dtype, hooks: Hooks) -> dict[str, Any]:
    """A checkpoint in one file. Its settings and words come from the family's own repository, some 3 MB."""
    if card.family not in _FROM_ONE_FILE:
        msg = f"models of the family {card.family} are not read from one file: give a folder in diffusers' layout"
        raise BadInput(msg)
    settings = _settings_folder(card, hooks)
    hooks.progress("loading", 0, max(1, file.stat().st_size // _MB))
    try:
        pipe = _FROM_ONE_FILE[card.family].from_single_file(
            str(file), config=str(settings), torch_dtype=dtype, local_files_only=True, safety_checker=None
        )
    except (ValueError, RuntimeError, KeyError, OSError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        msg = f"{file.name} cannot be read as a model of the family {card.family} ({first})"
        raise BadInput(msg) from error
    hooks.check()
    return dict(pipe.components)


def _settings_folder(card: ModelCard, hooks: Hooks) -> Path:
    """The settings of the family's own model, without its weights."""
    own = CATALOGUE[card.family]
    place = own.repo or str(WEIGHTS)
    known = _local(place)
    if known is not None:
        return known

    def settings(names: Sequence[str]) -> list[str]:
        small = [name for name in names if name.endswith((".json", ".txt")) and name.count("/") <= 1]
        return [name for name in small if not name.endswith(".index.json")]

    index = hub.cached(place, INDEX, own.revision)
    whole = index and all((index.parent / part).is_dir() for part in parts_of(_index(index.parent)))
    return index.parent if index and whole else hub.fetch(place, settings, hooks, card.name, own.revision)
