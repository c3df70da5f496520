"""What readers of all formats do alike: take a model, a size, LoRAs and a sampler, and say a control in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from lab.core.catalogue import CATALOGUE
from lab.core.errors import BadInput
from lab.core.recipe import Lora, Recipe
from lab.gallery.foreign.imported import Draft, Imported
from lab.gallery.foreign.names import Sampler, bare_name, catalogue_model, control_kind

OURS = re.compile(r"sketchlab-([0-9a-f]{32})\.png")
"""What the lab calls the pictures that it exports, each by its hash."""
_WEIGHED = re.compile(
    r"(?<!\\)[(\[][^()\[\]]*(?<!\\)[)\]]|[-\d.]{1,6}::[^:\n]{0,40}::|\w{1,40}\+{1,4}(?=[\s,)]|$)|\bBREAK\b"
)
_ESCAPED = re.compile(r"\\[()]")
_AS_AUTOMATIC1111 = ("AUTOMATIC1111", "Forge", "SD.Next", "Civitai", "ComfyUI", "Stability Matrix", "SwarmUI")
"""Tools whose brackets weigh."""
_MOST_LORAS = 50


def take_model(draft: Draft, place: Any, known: Any = None) -> None:
    """The model by its name alone: no folder of another machine, so that nothing is opened by it."""
    if not isinstance(place, str) or not place.strip():
        return
    known = known if isinstance(known, str) else ""
    model = catalogue_model(place, known)
    if model is not None:
        draft.take("model", model)
        if place != model:
            draft.say(f"the model's file {place}: the catalogue's {model} is that model")
        return
    draft.take("model", re.split(r"[/\\]", place.strip())[-1] or None)
    draft.lack("model", place, known)


def take_loras(draft: Draft, found: Iterable[tuple[str, float | None, str]]) -> None:
    """LoRAs as name, weight and hash, in order; by their names alone, as models."""
    loras = []
    for name, weight, known in found:
        draft.lack("lora", name, known)
        if weight is None:
            draft.say(f"LoRA {name}: its weight is no number")
            continue
        try:
            loras.append(Lora(name=bare_name(name), weight=weight))
        except BadInput as error:
            draft.say(f"LoRA {name} with weight {weight}: {str(error).partition('cannot be used: ')[2] or error}")
    if len(loras) > _MOST_LORAS:
        draft.say(f"{len(loras)} LoRAs, of which the lab takes {_MOST_LORAS}")
    if loras:
        draft.take("loras", tuple(loras[:_MOST_LORAS]))


def take_size(draft: Draft, width: Any, height: Any) -> None:
    """The size that was drawn; both sides or none."""
    if width is None or height is None:
        return
    written = f"size {width} x {height}"
    if draft.take("width", width, written) and not draft.take("height", height, written):
        del draft.fields["width"]


def take_sampler(draft: Draft, found: Sampler | None, written: str | None) -> None:
    """Put the sampler into the draft, or say why there is none for what another tool has written."""
    if found is None:
        return
    if found.remark:
        draft.say(found.remark)
    if found.name is not None:
        draft.take("scheduler", found.name, f"sampler {written}")


def take_weight_words(draft: Draft) -> None:
    """Have words that weigh read so, where the lab can; else say that they are read as they stand.

    Brackets weigh in it as in AUTOMATIC1111's web UI; ComfyUI writes the same and reckons otherwise.
    """
    if draft.are_words_plain:
        return
    card = CATALOGUE.get(draft.fields.get("model", ""))
    reads = card is None or card.family != "z-image"  # which has a language model for its words
    as_there = reads and draft.tool.startswith(_AS_AUTOMATIC1111)
    for field in ("prompt", "negative_prompt"):
        text = draft.fields.get(field, "")[:20_000]
        weighed = _WEIGHED.search(text) or (_ESCAPED.search(text) if as_there else None)
        if weighed is None:
            continue
        called = f"the {field.replace('_', ' ')} weighs words, as in {weighed[0][:40]}"
        if as_there and "words" in Recipe.model_fields:
            draft.take("words", "weighted")
            if draft.tool.startswith("ComfyUI"):
                draft.say(f"{called}: ComfyUI reckons with weights in another way")
        else:
            draft.say(f"{called}: they are read as they stand")


def say_control(
    draft: Draft,
    *,
    model: str,
    preprocessor: str = "none",
    weight: float | None = None,
    start: float | None = None,
    end: float | None = None,
    picture: str | None = None,
    known: str = "",
) -> None:
    """A control in words, since its picture is not here."""
    kind = control_kind(model, preprocessor)
    span = f", from {0 if start is None else start:g} to {1 if end is None else end:g}"
    of = f"its picture {picture}" if picture else "its picture"
    draft.say(
        f"control {kind or 'of an unknown kind'}: {model or 'no model named'}, preprocessor {preprocessor}, "
        f"weight {1 if weight is None else weight:g}{span}; {of} is not in the file"
    )
    if model:
        draft.lack("control model", model, known)
    draft.lack("picture", picture or f"that the control {kind or model} followed")


def finished(draft: Draft) -> Imported:
    """The draft with what every import says of what no file may leave open."""
    if "model" not in {*draft.fields} | draft.refused:
        draft.say("model: the file does not name one that can be taken; the recipe stands at the starter model")
    if "seed" not in {*draft.fields} | draft.refused:
        draft.say("seed: the file does not say it; the recipe stands at 0")
    take_weight_words(draft)
    return draft.done()
