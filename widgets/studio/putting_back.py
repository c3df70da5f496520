"""What a picture was made of, put back where it came from: sketch, picture, mask, controls. Knows no settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lab.core.recipe import Control, Reference, Region
from lab.session.opened_picture import OpenedPicture
from widgets.canvas.mask_painter import MaskPainter
from widgets.canvas.sketch_canvas import SketchCanvas
from widgets.panel.steering import Steer
from widgets.studio.inputs.guides import Entry, Guides
from widgets.studio.inputs.task_inputs import ControlInput, MaskInput, SketchInput, StyleInput, TaskInput


def put_back(opened: OpenedPicture, sources: Sequence[TaskInput], guides: Guides) -> list[str]:
    """Put back all that is kept here; what could not be, in a few words each. Each change is a step of undo.

    Args:
        opened: a picture of the same task.
        sources: what the task is fed from.
        guides: the lists of more pictures that steer; what stands in them and is not wanted is taken out.
    """
    recipe = opened.recipe
    controls, references = list(recipe.controls), list(recipe.references)
    lacking: list[str] = []
    for source in sources:
        if isinstance(source, SketchInput):
            del controls[:1]
            lacking += _sketch(opened, source)
        elif isinstance(source, ControlInput):
            lacking += _control(opened, source, controls.pop(0) if controls else None)
        elif isinstance(source, StyleInput):
            lent = references.pop(0) if references else None
            lacking += _picture(opened, source, lent.picture if lent else None)
            source.lending.keep({"weight": lent.weight, "lends": lent.lends} if lent else {})
        else:
            lacking += _picture(opened, source, recipe.scene if source.name == "scene" else recipe.image)
        if isinstance(source, MaskInput):
            lacking += _mask(opened, source)
    more: dict[str, tuple[list[Any], Callable[..., Iterator[str]]]] = {
        "Controls": (controls, _more_control),
        "References": (references, _reference),
        "Regions": ([*recipe.regions], _region),
    }
    for name, (wanted, put) in more.items():
        if name in guides.lists:
            lacking += [words for entry, one in zip(guides.lists[name].made(len(wanted)), wanted, strict=False)
                        for words in put(opened, entry, one)]  # fmt: skip
        elif wanted:
            lacking.append(f"the {name.lower()}")
    return lacking


def _picture(opened: OpenedPicture, source: TaskInput, name: str | None) -> Iterator[str]:
    """The picture of a canvas, with nothing painted on it: it holds what was painted."""
    picture = opened.pictures.get(name or "")
    if name and picture is None:
        yield f"the {source.name}"
        return
    canvas = source.surfaces[0]
    canvas.background = picture
    if isinstance(canvas, SketchCanvas) and canvas.sketch.strokes:  # a picture that lay there keeps what is painted
        canvas.clear()


def _more_control(opened: OpenedPicture, entry: Entry, control: Control) -> Iterator[str]:
    if isinstance(entry.source, ControlInput):
        yield from _control(opened, entry.source, control)


def _reference(opened: OpenedPicture, entry: Entry, reference: Reference) -> Iterator[str]:
    if entry.lending is not None:
        entry.lending.keep({"weight": reference.weight, "lends": reference.lends})
    if opened.pictures.get(reference.picture) is None:
        yield "a reference"
    else:
        yield from _picture(opened, entry.source, reference.picture)


def _sketch(opened: OpenedPicture, source: SketchInput) -> Iterator[str]:
    if opened.sketch is None:
        yield "the strokes of the sketch"
    else:
        source.canvas.sketch = opened.sketch


def _mask(opened: OpenedPicture, source: MaskInput) -> Iterator[str]:
    mask = opened.pictures.get(opened.recipe.mask or "")
    if mask is not None:
        source.painter.load(mask)
    elif opened.recipe.mask:
        yield "the mask"


def _control(opened: OpenedPicture, source: ControlInput, control: Control | None) -> Iterator[str]:
    """The picture that steered, how its map is made, and how much it counts; a map of its own has no picture."""
    picture = opened.pictures.get(control.picture) if control else None
    if control is None or picture is None or control.preprocessor not in source.preprocessors:
        yield "the control map"
        return
    source.surfaces[0].background = picture
    source.preview.choose(control.preprocessor, **control.settings)
    source.steering.value = Steer(control.weight, control.start, control.end)


def _region(opened: OpenedPicture, entry: Entry, region: Region) -> Iterator[str]:
    """A part with words of its own, over the picture that was made."""
    mask = opened.pictures.get(region.picture)
    if mask is None or not isinstance(painter := entry.source.surfaces[0], MaskPainter):
        yield "a region"
        return
    painter.background = opened.picture.on_white()
    painter.load(mask)
    if entry.words is not None:
        entry.words.value = region.prompt
