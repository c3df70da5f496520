"""Where a person keeps weights: the folder `models` of the home, and those of other programs that a file names.

That file is ComfyUI's own `extra_model_paths.yaml`, copied or linked into the home; A1111's folders stand in it, too.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

_log = logging.getLogger("lab.hub")
SETTINGS = "extra_model_paths.yaml"
_KINDS = ("checkpoints", "diffusion_models", "unet", "loras")
"""What that file calls the folders in which models and LoRAs are; of all others in it nothing is read."""
LORA_FILES = (".safetensors",)
MODEL_FILES = (*LORA_FILES, ".gguf")
"""How the names of files end in which a model can be."""
_INDEX = "model_index.json"
"""What stands in the folder of a whole model in diffusers' layout."""
_MOST = 5000
"""Files that are looked at; more is a mistake, such as a whole disk."""


class Weights(NamedTuple):
    """A file of weights: where it is, and what it is called below its folder; without `.safetensors` behind."""

    name: str
    path: Path


def model_folders(home: Path) -> tuple[Path, ...]:
    """The folders in which weights are looked for, those that are there, each once."""
    folders = [home / "models", *_others(home / SETTINGS)]
    # False too for what can be no name of a folder
    return tuple(dict.fromkeys(one for one in folders if os.path.isdir(one)))  # noqa: PTH112


def weights_in(home: Path, endings: tuple[str, ...] = LORA_FILES) -> tuple[Weights, ...]:
    """All files that end so in these folders and the folders in them, by name; the first of a name counts.

    Parts of models in diffusers' layout are left out: they are weights of a folder, and not of a file.
    """
    found: dict[str, Weights] = {}
    for top in model_folders(home):
        for folder, names in _looked_through(top):
            files = [] if _INDEX in names else [folder / name for name in names if name.endswith(endings)]
            for path in files:
                name = path.relative_to(top).as_posix().removesuffix(".safetensors")
                found.setdefault(name, Weights(name, path))
            if len(found) >= _MOST:
                _log.warning("more than %d files of weights are in %s: the others are not looked at", _MOST, top)
                return tuple(found.values())
    return tuple(found[name] for name in sorted(found, key=str.lower))


def layouts_in(home: Path) -> tuple[Weights, ...]:
    """All folders there that hold a whole model in diffusers' layout."""
    return tuple(
        Weights(folder.relative_to(top).as_posix(), folder)
        for top in model_folders(home)
        for folder, names in _looked_through(top)
        if _INDEX in names
    )


def weights_named(name: str, home: Path, endings: tuple[str, ...] = LORA_FILES) -> Path | None:
    """The file of that name in these folders: below its folder, or its own, with or without ending; None for none."""
    wanted = name.removesuffix(".safetensors")
    all_of_them = weights_in(home, endings)
    whole = [one.path for one in all_of_them if one.name == wanted]
    return next(iter([*whole, *(one.path for one in all_of_them if one.path.stem == wanted)]), None)


def _looked_through(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Every folder in this one, links included, each once, with the names of its files; none below a whole model."""
    seen: set[Path] = set()
    for here, folders, names in os.walk(folder, followlinks=True):
        real = Path(here).resolve()
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        if _INDEX in names:
            folders.clear()
        folders.sort()
        yield Path(here), sorted(names)


def _others(settings: Path) -> Iterator[Path]:
    """The folders that a file names; none where it cannot be read, which the log says."""
    if not os.path.isfile(settings):  # noqa: PTH113
        return
    import yaml

    try:
        said = yaml.safe_load(settings.read_text("utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError):
        _log.exception("%s cannot be read: no folder of it is looked into", settings)
        return
    programs: list[Any] = [*said.values()] if isinstance(said, dict) else []
    for program in programs:
        if not isinstance(program, dict):
            continue
        texts = {kind: text for kind, text in program.items() if isinstance(text, str)}
        base = settings.resolve().parent / _opened(texts.get("base_path", ""))
        for kind in _KINDS:
            yield from (base / line.strip() for line in texts.get(kind, "").splitlines() if line.strip())


def _opened(text: str) -> Path:
    """A path with its `~` opened up, where somebody is called so."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)
