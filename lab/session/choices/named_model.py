"""The model that a person names: of the catalogue, in the folders of models, a place on this machine or on a hub."""

from __future__ import annotations

from pathlib import Path

from lab.core.catalogue import ACCELERATIONS, CATALOGUE, ChosenModel, chosen_model
from lab.core.model_card import path_of, short_form, taken_apart
from lab.core.sentences.checked_call import checked
from lab.hub.model_folders import MODEL_FILES, layouts_in, weights_named
from lab.vision.waking import WAKING


@checked
def named_model(
    model: str,
    *,
    home: Path,
    family: str | None = None,
    acceleration: str | None = None,
    precision: str | None = None,
) -> ChosenModel:
    """The model, its family read from its file or folder where nobody says it. Reads headers at most. Any thread.

    Args:
        model: its name in the catalogue, its file's or folder's name in the folders of models, a path, or with a family
            a hub's `owner/name`; an acceleration may stand behind it.
        home: whose folders of models are looked through.
        family: sd15, sdxl, z-image, klein or qwen-edit, where it is told and not read.
        acceleration: where none stands behind the name.
        precision: in how many bits it is held; exact when None.

    Raises:
        BadInput: when there is no such model, family, acceleration or precision, or what is there is none; says what.
    """
    name, behind = taken_apart(model)
    path = path_of(model)
    if behind not in ACCELERATIONS or (path is not None and path.exists()):
        name, behind = model, None
    place = None if name in CATALOGUE else _place(name, home)
    if place is not None:
        family, model = _family(place, family), short_form(str(place), behind)
    return chosen_model(model, family=family, acceleration=acceleration, precision=precision)


def _place(name: str, home: Path) -> Path | None:
    """The file or folder that is meant; None where none is here."""
    path = path_of(name)
    if path is not None:
        return path if path.exists() else None
    folder = next((one.path for one in layouts_in(home) if name in (one.name, one.path.name)), None)
    return folder or weights_named(name, home, MODEL_FILES)


def _family(place: Path, told: str | None) -> str:
    """The family as told, unless the file is no model; as read where nobody tells it."""
    from lab.pipelines.weights.model_family import check_is_model, family_at

    with WAKING:  # to say what a place is that is no model, they may need torch
        if told is None:
            return family_at(place)
        if place.suffix == ".safetensors":
            check_is_model(place)
    return told
