"""Every public callable of `lab` and `widgets`, found from their `__all__`, each with arguments that are right."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import lab
import widgets
from lab import Lab
from lab.core import (
    Control,
    Finish,
    Lora,
    Mask,
    Picture,
    Recipe,
    Reference,
    Region,
    Request,
    Sketch,
    SketchHistory,
    Stroke,
)
from lab.core.catalogue import model_card
from lab.core.conditioning import control, reference, region
from lab.core.frozen_model import FrozenModel
from lab.core.raster import rasterise
from lab.fetching import Fetching
from lab.gallery import Gallery, Kept, PromptHistory, Style, Styles, recipe_of, to_comfyui
from lab.gallery.foreign import read, read_text
from lab.gallery.saved_file import save
from lab.jobs import Job, JobQueue
from lab.preprocessors import control_map, filter_named, filtered, preprocessor_named
from lab.prompts import expanded, has_variants, nudged
from lab.retouch.edits import kept_edit
from lab.retouch.fidelity import fidelity
from lab.session.choices.named_model import named_model
from lab.session.many.recipe_grid import Grid
from lab.tasks import task_named
from lab.vision.selector import Selector
from tests.endure.right_arguments import FREE, MASK, PICTURE, RIGHT, RIGHT_HERE, SKETCH

NOT_OURS = {"clear_output", "post"}
ENDS = {"close", "wait", "begin", "end", "heard_by", "tell", "go_on_from", "replay", "take_typed", "set_state", "send"}
"""What ends its object, waits, or is called by the lab's own parts alone."""

OWN = {"clock", "guard"}
"""Arguments that the parts of a widget hand to each other, and tests to them."""


@dataclass(frozen=True)
class PublicCall:
    """One callable. `subject` gives what it is called on, `right` the arguments that are right, by name."""

    name: str
    call: Callable[[dict[str, Any]], Any]
    right: dict[str, Callable[[], Any]]


class Subjects:
    """An object of each class to call methods on, made when it is wanted and again when a call has closed it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._made: dict[type, Any] = {}

    def of(self, kind: type) -> Any:
        made = self._made.get(kind)
        if made is None or getattr(made, "comm", 1) is None:
            made = self._made[kind] = self._make(kind)
        return made

    def close(self) -> None:
        for one in self._made.values():
            if isinstance(one, widgets.Studio | widgets.SketchCanvas | widgets.MaskPainter | widgets.ControlPreview):
                one.close()

    def _make(self, kind: type) -> Any:
        made: dict[type, Callable[[], Any]] = {
            Lab: lambda: self.lab,
            Picture: lambda: PICTURE,
            Mask: lambda: MASK,
            Sketch: lambda: SKETCH,
            Stroke: lambda: SKETCH.strokes[0],
            Recipe: lambda: Recipe(model="sd15"),  # one that other programs can draw, too
            Request: lambda: Request(Recipe()),
            Gallery: lambda: self.lab.gallery,
            Selector: lambda: Selector(PICTURE),
            SketchHistory: SketchHistory,
            JobQueue: lambda: self.lab.queue,
            Grid: lambda: self.lab.grid(Recipe(), x={"seed": [1]}),
            Fetching: lambda: Fetching([]),
            Style: lambda: Style(name="ink", prompt="in ink"),
            Styles: lambda: Styles(self.lab.home),
            PromptHistory: lambda: PromptHistory(self.lab.home),
            Job: lambda: self.lab.run("text_to_image", prompt="a"),
            widgets.MaskPainter: lambda: widgets.MaskPainter(PICTURE),
            widgets.Compare: lambda: widgets.Compare(self.lab, PICTURE, PICTURE),
            widgets.GalleryView: lambda: widgets.GalleryView(self.lab),
            widgets.SeedBrowser: lambda: widgets.SeedBrowser(self.lab, Recipe()),
            widgets.ImageGrid: lambda: widgets.ImageGrid({"one": PICTURE}),
            widgets.JobBar: lambda: widgets.JobBar(lambda: None),
            widgets.ParamPanel: lambda: widgets.ParamPanel(model_card("starter"), task_named("text_to_image")),
            widgets.StepScrubber: lambda: widgets.StepScrubber([{"a": PICTURE}]),
            widgets.Studio: self._studio,
        }
        return made[kind]() if kind in made else kind()

    def _studio(self) -> widgets.Studio:
        studio = widgets.Studio(self.lab, "image_to_image")
        studio.view.post(png=PICTURE.to_png())
        return studio


NAMED = [
    *map(lab.__dict__.get, lab.__all__),
    *map(widgets.__dict__.get, widgets.__all__),
    *(Gallery, Selector, Job, JobQueue, Grid, Fetching, SketchHistory, Styles, PromptHistory),
]
CLASSES = [one for one in dict.fromkeys(NAMED) if inspect.isclass(one) and not issubclass(one, Exception)]
VALUES = [Control, Finish, Lora, Reference, Region, Style]
FUNCTIONS = [lab.open_lab, control, reference, region, rasterise, recipe_of, control_map, filter_named, filtered,
             preprocessor_named, read, read_text, to_comfyui, save, expanded, has_variants, nudged, named_model,
             fidelity, kept_edit]  # fmt: skip


IN_PARTS = {
    "redraw": "it takes any number of strokes, and nothing by name",
    "count_words": "the words of a Studio are read for it, by a model's own tokenizer, which takes seconds",
}
"""What is checked and yet not called here, and why."""


def public_calls(subjects: Subjects) -> list[PublicCall]:
    """All of them, in the same order every time."""
    return [*_calls(subjects)]


def _calls(subjects: Subjects) -> Iterator[PublicCall]:
    for function in FUNCTIONS:
        yield _of_function(function.__name__, function)
    for kind in (*CLASSES, *VALUES):
        if kind not in (Job, JobQueue, Grid, Gallery, Kept):
            yield _constructor(kind, subjects)
        for name, member in _public(kind):
            if isinstance(member, property):
                if member.fset is not None:
                    yield _setter(kind, name, subjects)
            elif isinstance(member, classmethod):
                yield _of_function(f"{kind.__name__}.{name}", getattr(kind, name))
            elif inspect.isfunction(member):
                called = _method(kind, name, member, subjects)
                if called.right:
                    yield called


def _public(kind: type) -> Iterator[tuple[str, Any]]:
    """What a class has from the lab's own files, and not from ipywidgets or pydantic."""
    seen: set[str] = set()
    for base in kind.__mro__:
        if base.__module__.split(".")[0] in ("lab", "widgets"):
            for name, member in vars(base).items():
                if not name.startswith("_") and name not in seen | ENDS | NOT_OURS:
                    seen.add(name)
                    yield name, member


def _right(name: str, function: Callable[..., Any], *, is_bound: bool) -> dict[str, Callable[[], Any]]:
    here = {**RIGHT_HERE.get(name, {})}
    found: dict[str, Callable[[], Any]] = {}
    for given, parameter in list(inspect.signature(function).parameters.items())[is_bound:]:
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL) or given in OWN:
            continue
        right = here.get(given) or RIGHT.get(given)
        if right is None:
            msg = f"the generator knows no argument {given!r} of {name}: add one to RIGHT"
            raise LookupError(msg)
        found[given] = right
    return found | FREE.get(name, {})


def _of_function(name: str, function: Callable[..., Any]) -> PublicCall:
    return PublicCall(name, lambda given: function(**given), _right(name, function, is_bound=False))


def _constructor(kind: type, subjects: Subjects) -> PublicCall:
    name = kind.__name__
    if issubclass(kind, FrozenModel):
        right = {given: RIGHT_HERE[name].get(given) or RIGHT.get(given, lambda: None) for given in kind.model_fields}
        return PublicCall(name, lambda given: kind(**given), right)

    def make(given: dict[str, Any]) -> Any:
        made = kind(**given)
        if hasattr(made, "close") and made is not subjects.lab:
            made.close()
        return made

    right = _right(name, kind.__init__, is_bound=True)
    if "lab" in right:
        right["lab"] = lambda: subjects.lab
    return PublicCall(name, make, right)


def _setter(kind: type, name: str, subjects: Subjects) -> PublicCall:
    called = f"{kind.__name__}.{name}="
    right = RIGHT_HERE.get(called, {}).get("value") or RIGHT[name]
    return PublicCall(called, lambda given: setattr(subjects.of(kind), name, given["value"]), {"value": right})


def _method(kind: type, name: str, function: Callable[..., Any], subjects: Subjects) -> PublicCall:
    called = f"{kind.__name__}.{name}"
    right = _right(called, function, is_bound=True)
    return PublicCall(called, lambda given: getattr(subjects.of(kind), name)(**given), right)
