"""The promise: whatever a family is asked for, in whichever order, the process holds each weight once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from lab.core import Lora, Mask, Recipe, Request, Size, control, reference
from lab.core.catalogue import CATALOGUE
from lab.pipelines.weights.repo_layout import memory_bytes
from tests.pipelines.bare_diffusers import asked, photo
from tests.pipelines.conftest import UNION_MODES
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import PHOTO, SKETCH, parameters_of_the_process
from tests.pipelines.reporters import Told
from tests.pipelines.tiny import CONTROL, SECOND_CONTROL, UNION

pytestmark = pytest.mark.usefixtures("_bare_task", "_new_objects")
DRAWING = ("starter", "sd15", "sdxl", "z-image", "sdxl-inpaint")
NETS = {"lines": CONTROL, "depth": SECOND_CONTROL, **dict.fromkeys(UNION_MODES, UNION)}


def weights(*places: Path) -> int:
    """What the files of weights in folders take in memory."""
    files = [file for place in places for file in ([place] if place.is_file() else place.glob("*.safetensors"))]
    return memory_bytes(files, torch.float32)


def every_task(tiny: dict[str, Path], model: str, *kinds: str, **changes: Any) -> Iterator[Request]:
    """A model's every way of drawing, steered by these kinds of control where it can be."""
    for way in ("words", "image", "inpaint"):
        plain = asked(tiny, model, way, 0, lora=False, steps=1)
        guides = [control(SKETCH, kind, preprocessor="lines", weight=0.7) for kind in kinds]
        recipe = plain.recipe.changed(controls=tuple(guide.value for guide in guides), **changes)
        pictures = {**plain.pictures, **{guide.picture.hash: guide.picture for guide in guides}, PHOTO.hash: PHOTO}
        yield Request(recipe, pictures)
        if way == "inpaint" and not kinds and not changes:
            soft = Mask(photo(CATALOGUE[model].native).pixels[..., 0]).to_picture()
            yield Request(recipe.changed(mask=soft.hash), {**pictures, soft.hash: soft})


class Visits:
    """Runs requests and says how many bytes of parameters the process has more by that."""

    def __init__(self, engine: DrawingEngine) -> None:
        self._engine = engine
        self._known = self._start = parameters_of_the_process()

    def __call__(self, *requests: Request) -> int:
        for wanted in requests:
            self._engine.run(wanted, Told())
        return self.grown()

    def grown(self) -> int:
        before, self._known = self._known, parameters_of_the_process()
        return self._known - before

    @property
    def in_all(self) -> int:
        return self._known - self._start


@pytest.mark.parametrize("model", DRAWING)
def test_each_task_of_a_family_adds_nothing_but_what_it_asks_for(
    engine: DrawingEngine, tiny: dict[str, Path], model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOGUE, model, replace(CATALOGUE[model], native=Size(64, 64)))
    folder = tiny[model]
    visits = Visits(engine)
    parts = [folder / part for part in ("text_encoder", "text_encoder_2", "unet", "transformer", "vae")]
    assert visits(*every_task(tiny, model)) == weights(*(part for part in parts if part.is_dir()))
    others = (name for name in CATALOGUE[model].schedulers[:3])
    assert visits(*(asked(tiny, model, "words", 0, lora=False, steps=3, scheduler=name) for name in others)) == 0

    steered = [[kind] for kind in CATALOGUE[model].controls if kind != "openpose"]
    steered.append(["depth", "lines"])
    seen: set[str] = set()
    for kinds in steered:
        nets = {CONTROL if model == "sd15" and kind == "inpaint" else NETS[kind] for kind in kinds}
        assert visits(*every_task(tiny, model, *kinds)) == weights(*(folder / net for net in nets - seen)), kinds
        seen |= nets

    ink = folder / "ink.safetensors"
    lora = (Lora(name=str(ink), weight=0.8),)
    assert visits(*every_task(tiny, model, loras=lora)) == weights(ink)
    assert visits(*every_task(tiny, model, "lines", loras=lora)) == 0
    assert visits(*every_task(tiny, model)) == 0, "a LoRA that is not wanted rests"

    if CATALOGUE[model].ip_adapter:
        lent = (reference(PHOTO, weight=0.8).value,)
        lends = [folder / "ip-adapter" / "models", folder / "ip-adapter" / "models" / "image_encoder"]
        assert visits(*every_task(tiny, model, references=lent)) == weights(*lends)
        assert visits(*every_task(tiny, model, "lines", references=lent, loras=lora)) == 0
    assert visits(*every_task(tiny, model, "lines"), *every_task(tiny, model)) == 0

    accounted = sum(one.bytes for one in engine.memory_report().residents if one.owner != "cache")
    assert visits.in_all == accounted, f"\n{engine.memory_report()}"
    engine.loaded[model].adapters.take_loras_off()
    assert visits.grown() == -weights(ink)
    engine.release()
    visits.grown()
    assert visits.in_all == 0


def test_editing_by_instructions_adds_nothing_but_the_model(engine: DrawingEngine, tiny: dict[str, Path]) -> None:
    visits = Visits(engine)
    image = photo(Size(64, 64))
    recipe = {"task": "edit", "model": "instruct-pix2pix", "image": image.hash, "steps": 2}
    first = Request(Recipe(prompt="red", **recipe), {image.hash: image})
    again = Request(Recipe(prompt="blue", image_guidance_scale=1.0, **recipe), {image.hash: image})
    folder = tiny["instruct"]
    assert visits(first) == weights(*(folder / part for part in ("text_encoder", "unet", "vae")))
    assert visits(again) == 0
