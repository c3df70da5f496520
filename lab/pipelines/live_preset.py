"""How a live picture is asked for: by a speed-up LoRA where one is on this machine. Loads no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from lab.core.model_card import LivePreset, ModelCard, on_hub
from lab.core.recipe import Lora
from lab.hub.command import fetch_command, fetched_by


class Live(NamedTuple):
    """The settings of a recipe that make it quick, and in words what makes it so, or what would.

    `is_on` says whether pictures follow from the beginning.
    """

    settings: dict[str, Any]
    note: str
    is_on: bool = True


def live_settings(card: ModelCard) -> Live:
    """How a model draws in very few steps: by the first of its presets whose LoRA is here, else just in fewer steps."""
    here = next((preset for preset in card.live_presets if _is_here(preset)), None)
    if here is not None:
        settings = {
            "steps": here.steps,
            "guidance_scale": here.guidance_scale,
            "scheduler": here.scheduler,
            "loras": (Lora(name=here.lora),),
        }
        return Live(settings, f"draws in {here.steps} steps with the LoRA {_called(here)}")
    note = f"draws in {card.live_steps} steps"
    if card.live_side is not None:
        note += f", along a sketch at {card.live_side} pixels first"
    if card.live_presets:
        best = card.live_presets[0]
        note += f"; `{fetch_command(*fetched_by(card, 'live'))}` would let it draw in {best.steps}"
    return Live({"steps": card.live_steps}, note)


def _is_here(preset: LivePreset) -> bool:
    from lab.pipelines.weights import download  # a hub's library, and the starter model needs none of it

    return download.here(preset.lora) is not None


def _called(preset: LivePreset) -> str:
    there = on_hub(preset.lora)
    return Path(there.repo if there else preset.lora).name
