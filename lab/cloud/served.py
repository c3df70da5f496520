"""What an endpoint draws for anybody who has its key, and what it refuses before it costs; knows no model's weights."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lab.core.catalogue import ChosenModel
from lab.core.errors import BadInput
from lab.core.recipe import Recipe, Request
from lab.tasks import PlannedRequest

_LORA_NAME = re.compile(r"\w[\w .-]{0,99}", re.ASCII)


@dataclass(frozen=True)
class Served:
    """What is drawn here.

    Args:
        models: the owner's choice; no other is read, so that nobody makes the endpoint fetch one.
        loras: the folder whose `.safetensors` files may be named; None allows no LoRA.
        max_pixels: of a picture that is made.
        most_loras: each is read and kept in memory.
        most_filters: each goes over the whole picture.
        most_references: each is one more picture to look at.
        most_regions: each is once more all cross-attentions.
    """

    models: tuple[ChosenModel, ...]
    loras: Path | None = None
    max_pixels: int = 8_500_000
    most_loras: int = 4
    most_filters: int = 8
    most_references: int = 4
    most_regions: int = 4

    def check(self, recipe: Recipe) -> None:
        """Refuse what is not drawn here; looks at no picture.

        Raises:
            BadInput: says what is served instead.
        """
        said = (recipe.model, recipe.family)
        model = next((one for one in self.models if (one.card.name, one.recipe_fields["family"]) == said), None)
        if model is None:
            names = ", ".join(dict.fromkeys(one.card.name for one in self.models))
            msg = f"this endpoint serves {names}, not {recipe.model:.60}: name that behind its address"
            raise BadInput(msg)
        if recipe.revision not in (None, model.card.revision):
            msg = f"this endpoint serves {recipe.model} at one revision: leave revision out"
            raise BadInput(msg)
        allowed = {None, *(one.acceleration for one in self.models)}
        if recipe.acceleration not in allowed:
            msg = f"this endpoint does not draw with {recipe.acceleration}: leave the acceleration out"
            raise BadInput(msg)
        held = {"exact", *(one.precision for one in self.models)}
        if recipe.precision not in held and "auto" not in held:
            msg = f"this endpoint does not draw in {recipe.precision}: leave the precision out"
            raise BadInput(msg)
        for what, count, most in (
            ("LoRAs", len(recipe.loras), self.most_loras),
            ("filters", len(recipe.filters), self.most_filters),
            ("references", len(recipe.references), self.most_references),
            ("regions", len(recipe.regions), self.most_regions),
        ):
            if count > most:
                msg = f"this endpoint takes at most {most} {what}, not {count}"
                raise BadInput(msg)
        for lora in recipe.loras:
            self._file_of(lora.name)
        if recipe.settings.get("upscaler", "starter") != "starter":
            msg = "this endpoint upscales with the lab's own network alone: leave upscaler out"
            raise BadInput(msg)

    def check_size(self, planned: PlannedRequest) -> None:
        """Refuse a picture that is too large to be made here.

        Raises:
            BadInput: with its size.
        """
        pixels = planned.makes.pixels
        if pixels > self.max_pixels:
            most = f"{self.max_pixels / 1e6:.1f} megapixels at most"
            msg = f"this endpoint makes pictures of {most}, not {pixels / 1e6:.1f}"
            raise BadInput(msg)

    def with_files(self, request: Request) -> Request:
        """The request with each LoRA's name as the owner's file."""
        loras = tuple(lora.changed(name=str(self._file_of(lora.name))) for lora in request.recipe.loras)
        return Request(request.recipe.changed(loras=loras), request.pictures) if loras else request

    def _file_of(self, name: str) -> Path:
        file = (self.loras or Path()) / f"{name.removesuffix('.safetensors')}.safetensors"
        if self.loras is None or not _LORA_NAME.fullmatch(name) or ".." in name or not file.is_file():
            here = sorted(one.stem for one in self.loras.glob("*.safetensors"))[:20] if self.loras else []
            msg = f"this endpoint has no LoRA {name:.60}; it has {', '.join(here) or 'none'}"
            raise BadInput(msg)
        return file
