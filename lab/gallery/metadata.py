"""A picture file that remembers how it was made: the recipe in a PNG text chunk, and back."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

from PIL import Image, PngImagePlugin

from lab.core.errors import BadInput
from lab.core.events import Result
from lab.core.image_files import opened
from lab.core.picture import QUICK_PNG
from lab.core.recipe import Recipe
from lab.core.recipes.shareable import shareable
from lab.core.sentences.checked_call import checked
from lab.core.sentences.paths import given_path
from lab.gallery.foreign.containers import texts_in
from lab.gallery.made import Made, made_of
from lab.gallery.parameters import parameters_of

KEY = "sketchlab"
"""Name of the text chunk that holds the recipe as JSON; `parameters` beside it is for other tools to read."""


def png_with_recipe(result: Result, made: Made | None = None) -> bytes:
    """The result as PNG bytes, with its recipe inside, and how it was made; as it ran, unless told more.

    Files of weights stand in it by their names: no folder of this machine.
    """
    known = made or made_of(result)
    plan = replace(result.plan, recipe=shareable(result.plan.recipe))
    if known.recipe == result.plan.recipe.hash:
        known = known.model_copy(update={"recipe": plan.recipe.hash, "summary": plan.summary})
    chunk = PngImagePlugin.PngInfo()
    chunk.add_itxt(KEY, json.dumps({"recipe": json.loads(plan.recipe.to_json()), "ran": known.to_values()}))
    if plan.steps:
        chunk.add_text("parameters", parameters_of(plan))  # as tEXt where it is Latin-1, which Civitai wants
    buffer = io.BytesIO()
    Image.fromarray(result.picture.pixels).save(buffer, "PNG", pnginfo=chunk, **QUICK_PNG)
    return buffer.getvalue()


@checked
def recipe_of(path: str | Path) -> Recipe:
    """The recipe inside a picture file.

    Raises:
        BadInput: when there is no such file, it is no picture, or it has no recipe.
    """
    text = _text_in(given_path(path))
    if text is None:
        msg = f"{path} carries no recipe: it was not made here, or another program saved it again"
        raise BadInput(msg)
    try:
        recipe = _recipe_text(text)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        msg = f"the recipe in {path} is damaged: {error}"
        raise BadInput(msg) from error
    return Recipe.from_json(recipe)


def recipe_in(content: bytes) -> Recipe | None:
    """The recipe in the bytes of a picture file; None when there is none that can be read."""
    try:
        text = _text_in(content)
        return Recipe.from_json(_recipe_text(text)) if text is not None else None
    except (BadInput, ValueError, KeyError, TypeError, RecursionError):
        return None


def recipe_text(path: Path) -> str | None:
    """The recipe in a picture file as JSON text, of this version of the lab or another; None when there is none."""
    try:
        text = _text_in(path)
        return _recipe_text(text) if text is not None else None
    except (BadInput, ValueError, KeyError, TypeError, RecursionError):
        return None


def made_in(source: Path | bytes) -> Made:
    """How a picture was made, as its file says it; nothing where it says nothing that can be read."""
    try:
        return made_from(_text_in(source) or "", "ran")
    except BadInput:
        return Made()


def made_from(text: str, *within: str) -> Made:
    """The same from JSON text, in which it may lie within a field."""
    try:
        values = json.loads(text)
        for name in within:
            values = values[name]
    except (ValueError, KeyError, TypeError, RecursionError):
        return Made()
    return Made.of(values)


def is_made_here(path: Path) -> bool:
    """Whether a file is a picture that carries a recipe, of this version of the lab or another."""
    try:
        return _text_in(path) is not None
    except BadInput:
        return False


def _recipe_text(text: str) -> str:
    """The recipe in the lab's own text chunk, as JSON."""
    return json.dumps(json.loads(text)["recipe"])


def _text_in(source: Path | bytes) -> str | None:
    """The lab's own text chunk of a picture file.

    Raises:
        BadInput: when it is no picture.
    """
    with opened(source) as image:
        text = image.info.get(KEY)
    if text is None:  # in a WebP, or behind the pixels, where some programs put it
        text = texts_in(source if isinstance(source, bytes) else source.read_bytes()).get(KEY)
    return text
