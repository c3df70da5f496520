"""The LoRA files that are at hand, and which of them fit a model."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lab.core.catalogue import ModelCard
from lab.hub.model_folders import weights_in


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
