"""The LoRA files that are at hand, and which of them fit a model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lab.core.catalogue import ModelCard
from lab.core.model_card import on_hub, path_of
from lab.core.recipe import Lora
from lab.hub.model_folders import weights_in, weights_named


class LoraFile(NamedTuple):
    """One file.

    Args:
        name: what recipes may call it: its path below the folder of models, without its ending.
        path: of the file.
        family: of the models that it was trained for; None where nothing in it tells.
        made_for: the same, for people; empty where nothing tells.
        triggers: words for the prompt that wake it, the best first.
        mb: its size in MB of 10^6 bytes.
    """

    name: str
    path: Path
    family: str | None
    made_for: str
    triggers: tuple[str, ...]
    mb: float

    def fits(self, card: ModelCard) -> bool:
        """Whether it may be drawn with on a model: unless it was surely trained for others."""
        from lab.pipelines.weights.lora_header import is_for

        return card.takes_loras and is_for(self.family, card.family)


def loras_in(home: Path) -> tuple[LoraFile, ...]:
    """The LoRAs in the home's folder of models and in those of other programs, by name. Reads headers. Any thread."""
    from lab.pipelines.weights.lora_header import TITLES, lora_header

    found = []
    for name, path in weights_in(home):
        header = lora_header(path)
        if header is not None:
            made_for = TITLES.get(header.family or "", "")
            found.append(LoraFile(name, path, header.family, made_for, header.triggers, path.stat().st_size / 1e6))
    return tuple(found)


def with_files(loras: Sequence[Lora], card: ModelCard, home: Path) -> tuple[Lora, ...]:
    """The same LoRAs, each that is in a folder of models with the path of its file; others by the names that they have.

    A path that is not there any more is looked for by the name of its file, as in a picture that was made elsewhere.

    Raises:
        BadInput: when one that is here was trained for another family.
    """
    return tuple(_with_file(lora, card, home) for lora in loras)


def _with_file(lora: Lora, card: ModelCard, home: Path) -> Lora:
    path, there = path_of(lora.name), on_hub(lora.name)
    if path is not None and path.exists():
        here = path if path.is_file() else None
    elif there is not None and there.file:  # a live preset's, for one: no folder is searched for every stroke
        return lora
    else:
        here = weights_named(lora.name if path is None else path.name, home)
    if here is None:
        return lora
    if card.takes_loras and here.suffix == ".safetensors":
        stat = here.stat()
        _check(lora.name, here, card.name, card.family, stat.st_size, stat.st_mtime_ns)
    return lora if here == path else lora.changed(name=str(here))


@lru_cache(maxsize=64)
def _check(name: str, file: Path, model: str, family: str, *_: int) -> None:
    """As `check_family`, once for each file as it is: a live picture asks for the same one again and again."""
    from lab.pipelines.weights.lora_header import check_family

    check_family(name, file, model, family)
