"""A drawing as a folder that ComfyUI opens: `prompt.json` for its API, `workflow.json` for its page, and `input/`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.core.errors import BadInput
from lab.core.events import Result
from lab.core.picture import Picture
from lab.core.recipe import Recipe, Request
from lab.core.sentences.checked_call import checked
from lab.core.sentences.paths import given_path
from lab.gallery.comfyui_export.builder import Builder
from lab.gallery.comfyui_export.graphs import Drawing
from lab.gallery.comfyui_export.page import page_graph
from lab.gallery.files import write_whole
from lab.tasks import plan


@dataclass(frozen=True)
class ExportedGraph:
    """What was written for ComfyUI.

    Args:
        folder: holds `prompt.json`, `workflow.json` and `input/`, whose files go into ComfyUI's own `input/`.
        recipe: what the graph carries, with every default filled in: what an import of it gives.
        unmapped: what it does not carry, and what will differ, a sentence each.
    """

    folder: Path
    recipe: Recipe
    unmapped: tuple[str, ...] = ()


@checked
def to_comfyui(
    drawing: Recipe | Request | Result, folder: str | Path, *, pictures: Mapping[str, Picture] | None = None
) -> ExportedGraph:
    """Write a drawing as a graph of ComfyUI's core nodes; for words, pictures, masks, outpainting, controls, LoRAs.

    Args:
        drawing: what is drawn: a recipe, a request, or a result.
        folder: is made where it is not there.
        pictures: those that a recipe names, by their hashes; a request and a result have them.

    Raises:
        BadInput: when ComfyUI's core cannot draw it, a picture is missing, or the folder cannot be written.
    """
    request = drawing.request if isinstance(drawing, Result) else drawing
    if isinstance(request, Recipe):
        request = Request(request, dict(pictures or {}))
    builder = Builder()
    carried = Drawing(plan(request), builder).build()
    place = given_path(folder)
    try:
        (place / "input").mkdir(parents=True, exist_ok=True)
        for name, picture in builder.pictures.items():
            write_whole(place / "input" / name, picture.to_png())
        write_whole(place / "prompt.json", _json(builder.prompt()))
        write_whole(place / "workflow.json", _json(page_graph(builder.nodes)))
    except OSError as error:
        msg = f"{place} cannot be written: {error.strerror or error}"
        raise BadInput(msg) from None
    return ExportedGraph(place, carried, tuple(builder.said))


def _json(table: object) -> bytes:
    return json.dumps(table, ensure_ascii=False, indent=2).encode(errors="backslashreplace")
