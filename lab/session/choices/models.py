"""The models that a person may choose: those of the catalogue, and what lies in the folders of models."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lab.core.catalogue import CATALOGUE, ChosenModel, ModelCard, card_for
from lab.hub.acceptance import is_accepted
from lab.hub.model_folders import MODEL_FILES, layouts_in, weights_in
from lab.vision.waking import WAKING

_FOR_NO_TRADE = "non-commercial"
"""How a card's licence says so."""


class ModelChoice(NamedTuple):
    """One model.

    Args:
        model: what `open_lab` is told.
        family: what it is told beside, of a model that is in no catalogue.
        title: one line for people.
        licence: of the weights, and what it forbids.
        is_here: whether nothing is to be fetched.
        download_gb: what is fetched where it is not here, in GB; 0 where nothing is, or only the hub knows.
        memory_gb: what its weights take on a GPU, whole and layer by layer, in GB; None where only its size tells.
        name: what people call it: in the catalogue, or below the folder of models.
        asks: whether its licence must be accepted before it is fetched.
        is_accepted: whether it was.
        is_commercial: whether its pictures may be sold; None where its makers must be asked.
    """

    model: str
    family: str | None
    title: str
    licence: str
    is_here: bool
    download_gb: float
    memory_gb: tuple[float, float]
    name: str = ""
    asks: bool = False
    is_accepted: bool = False
    is_commercial: bool | None = None

    @property
    def must_be_accepted(self) -> bool:
        """Whether nothing of it is fetched before somebody accepts its licence."""
        return self.asks and not self.is_accepted and not self.is_here


def models_of(home: Path) -> tuple[ModelChoice, ...]:
    """All of them, the catalogue's first. Reads headers and wakes torch at its first call. Any thread."""
    return (*(_of_card(card) for card in CATALOGUE.values()), *_own(home))


def choice_of(chosen: ChosenModel) -> ModelChoice:
    """What there is to know of one model. Wakes torch at its first call. Any thread."""
    return _of_card(chosen.card)


def memory_said(choice: ModelChoice) -> str:
    """The memory that a model wants beside what there is, in words. Wakes torch at its first call. Any thread."""
    with WAKING:
        from lab.pipelines.memory.device import best_device, memory_in_words

        return memory_in_words(choice.memory_gb, best_device())


def _of_card(card: ModelCard) -> ModelChoice:
    with WAKING:
        from lab.pipelines.weights.locate import is_here

    here = is_here(card)
    return ModelChoice(
        model=card.name,
        family=card.family if card.is_own else None,
        title=card.title,
        licence=card.licence,
        is_here=here,
        download_gb=0.0 if here or card.is_own else card.download_gb,
        memory_gb=card.memory_gb,
        name=card.name,
        asks=card.asks,
        is_accepted=is_accepted(card.name),
        is_commercial=None if card.is_own else _FOR_NO_TRADE not in card.licence,
    )


def _own(home: Path) -> list[ModelChoice]:
    """Checkpoints of one file, denoisers in `.gguf` files, and folders in diffusers' layout."""
    from lab.pipelines.weights.model_header import family_of_file, family_of_folder

    found = [(name, path, family_of_file(path)) for name, path in weights_in(home, MODEL_FILES)]
    found += [(name, folder, family_of_folder(folder)) for name, folder in layouts_in(home)]
    return [_of_place(name, path, family) for name, path, family in found if family]


def _of_place(name: str, path: Path, family: str) -> ModelChoice:
    return ModelChoice(
        model=str(path),
        family=family,
        title=f"{name}, of the family {family}",
        licence="its maker's: see where it is from",
        is_here=True,
        download_gb=0.0,
        memory_gb=card_for(str(path), family).memory_gb,
        name=name,
    )
