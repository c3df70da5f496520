"""Reads weights from the lab's own folder, from a folder of the user's or from a model hub; safetensors only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from diffusers import ControlNetModel, ControlNetUnionModel, DiffusionPipeline, ZImageControlNetModel

from lab.core.catalogue import ModelCard
from lab.core.errors import MissingWeights
from lab.starter import WEIGHTS


def read_components(card: ModelCard, dtype: torch.dtype) -> dict[str, Any]:
    """All components of a model but the safety checker, as keyword arguments of its pipeline class.

    Raises:
        MissingWeights: when they are not here and cannot be fetched.
    """
    settings: dict[str, Any] = {"dtype": dtype, "use_safetensors": True}
    settings |= {"variant": card.variant, "revision": card.revision}
    if card.family in ("starter", "sd15"):
        settings["safety_checker"] = None
    return dict(_read(DiffusionPipeline, card, card.repo or WEIGHTS, settings).components)


def read_control(card: ModelCard, place: str, dtype: torch.dtype) -> torch.nn.Module:
    """The ControlNet at a place that the card names; errors as for `read_components`."""
    source = place if card.repo else WEIGHTS / place
    if card.family == "z-image":
        return _read(ZImageControlNetModel, card, source, {"dtype": dtype, "use_safetensors": True})
    union = any(known.startswith(f"{place}#") for known in card.controls.values())
    reader = ControlNetUnionModel if union else ControlNetModel
    return _read(reader, card, source, {"dtype": dtype, "use_safetensors": True})


def _read(reader: Any, card: ModelCard, source: str | Path, settings: dict[str, Any]) -> Any:
    if isinstance(source, Path) and not source.is_dir():
        msg = f"the weights of {card.name} should be in {source}, and are not: install the lab again, or `make starter`"
        raise MissingWeights(msg)
    try:
        return reader.from_pretrained(source, **settings)
    except OSError as error:
        first = str(error).strip().splitlines()[0]
        msg = (
            f"{source}, needed for {card.name}, is not on this machine and could not be fetched ({first}). "
            f"Where there is a network: `hf download {source}`"
        )
        raise MissingWeights(msg) from error
