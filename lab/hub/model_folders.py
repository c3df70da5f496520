"""Where a person keeps weights: the folder `models` of the home, and those of other programs that a file names.

That file is ComfyUI's own `extra_model_paths.yaml`, copied or linked into the home; A1111's folders stand in it, too.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

_log = logging.getLogger("lab.hub")
SETTINGS = "extra_model_paths.yaml"
_KINDS = ("checkpoints", "diffusion_models", "unet", "loras")
"""What that file calls the folders in which models and LoRAs are; of all others in it nothing is read."""
_MOST = 5000
"""Files that are looked at; more is a mistake, such as a whole disk."""


class Weights(NamedTuple):
    """A file of weights: where it is, and what it is called below its folder, without its ending."""

    name: str
    path: Path


def model_folders(home: Path) -> tuple[Path, ...]:
    """The folders in which weights are looked for, those that are there, each once."""
    folders = [home / "models", *_others(home / SETTINGS)]
    return tuple(dict.fromkeys(one for one in folders if one.is_dir()))


def weights_in(home: Path) -> tuple[Weights, ...]:
    """All `.safetensors` files in these folders and the folders in them, by name; the first of a name counts.

    Parts of models in diffusers' layout are left out: they are weights of a folder, and not of a file.
    """
    found: dict[str, Weights] = {}
    for folder in model_folders(home):
        for path in _files(folder):
            name = path.relative_to(folder).with_suffix("").as_posix()
            found.setdefault(name, Weights(name, path))
            if len(found) >= _MOST:
                _log.warning("more than %d files of weights are in %s: the others are not looked at", _MOST, folder)
                return tuple(found.values())
    return tuple(found[name] for name in sorted(found, key=str.lower))


def weights_named(name: str, home: Path) -> Path | None:
    """The file of that name in these folders: below its folder, or its own, with or without ending; None for none."""
    wanted = name.removesuffix(".safetensors")
    all_of_them = weights_in(home)
    whole = [one.path for one in all_of_them if one.name == wanted]
    return next(iter([*whole, *(one.path for one in all_of_them if one.path.stem == wanted)]), None)


def _files(folder: Path) -> Iterator[Path]:
    layouts = {index.parent for index in folder.rglob("model_index.json")}
    for path in sorted(folder.rglob("*.safetensors")):
        if path.is_file() and not layouts.intersection(path.parents):
            yield path


def _others(settings: Path) -> Iterator[Path]:
    """The folders that a file names; none where it cannot be read, which the log says."""
    try:
        said = yaml.safe_load(settings.read_text("utf-8"))
    except FileNotFoundError:
        return
    except (OSError, UnicodeError, yaml.YAMLError):
        _log.exception("%s cannot be read: no folder of it is looked into", settings)
        return
    programs: list[Any] = [*said.values()] if isinstance(said, dict) else []
    for program in programs:
        if not isinstance(program, dict):
            continue
        texts = {kind: text for kind, text in program.items() if isinstance(text, str)}
        base = settings.resolve().parent / Path(texts.get("base_path", "")).expanduser()
        for kind in _KINDS:
            yield from (base / line.strip() for line in texts.get(kind, "").splitlines() if line.strip())
