"""Everything that a recipe and a request can say has its control in the Studio of each task that listens to it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import Lab
from lab.core.catalogue import CATALOGUE
from lab.core.recipe import Recipe
from lab.session import Lab as LabClass
from lab.tasks import TASKS
from tests.fakes import ScriptedEngine
from widgets import Studio

ELSEWHERE = {
    "schema_version": "says how the recipe is written, and changes no picture",
    "task": "each task has a Studio of its own",
    "model": "is the lab's, not a setting: the Studio's field of models switches it",
    "family": "goes with the model",
    "acceleration": "goes with the model",
    "precision": "goes with the model",
    "revision": "goes with the model",
    "settings": "is what a task's own fields come to; each of those is looked for by its name",
    "image_guidance_scale": "only models that edit listen to it, and they have its slider",
}
"""What has no control of its own in a Studio, each with its reason; `task.field` for what one task alone lacks."""
FROM_SOURCES = {
    "sketch": "SketchInput",
    "colours": "SketchInput",
    "image": "PictureInput MaskInput",
    "mask": "MaskInput",
    "scene": "SecondInput",
}
"""What is drawn, painted and dropped, by the kinds of sources that give it."""


@pytest.fixture(params=["sd15", "sdxl", "instruct-pix2pix"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    name = request.param if request.param in CATALOGUE else next(n for n, card in CATALOGUE.items() if card.edits)
    with Lab(name, home=tmp_path, engine=ScriptedEngine()) as lab:
        yield lab


def reachable(studio: Studio) -> set[str]:
    """The names of all that a person can set here."""
    kinds = {type(source).__name__ for source in studio.sources}
    names = {name for name, givers in FROM_SOURCES.items() if kinds & set(givers.split())}
    guides = {name.lower() for name in studio.guides.lists}
    if "ControlInput" in kinds or studio.panel.sketch_steering is not None:
        guides.add("controls")
    if "StyleInput" in kinds and "Style" in studio.panel.folds.names:
        guides.add("references")
    return names | guides | set(studio.panel.settings)


def test_every_field_that_a_task_listens_to_has_a_control(lab: Lab) -> None:
    missing = {}
    for task in TASKS.values():
        if task.draws and task.edits is not lab.card.edits:
            continue
        studio = Studio(lab, task.name)
        heard = {name for name in Recipe.model_fields if name in task.recipe_fields | task.needs}
        heard |= {*task.settings.model_fields} | ({"seed", "filters"} if task.draws else {"filters"})
        if lab.card.ip_adapter is None:
            heard -= {"references"}
        if not lab.card.takes_regions:
            heard -= {"regions"}
        if not lab.card.takes_loras:
            heard -= {"loras"}
        lacking = heard - reachable(studio)
        lacking -= {name for name in lacking if name in ELSEWHERE or f"{task.name}.{name}" in ELSEWHERE}
        lacking -= {param for param in lacking if _does_nothing(lab, task.name, param)}
        if lacking:
            missing[task.name] = sorted(lacking)
        studio.close()
    assert not missing


def test_every_argument_of_a_request_has_a_control_somewhere(lab: Lab) -> None:
    arguments = {
        name
        for name, one in inspect.signature(LabClass.request).parameters.items()
        if one.kind is inspect.Parameter.KEYWORD_ONLY
    }
    found: set[str] = set()
    for task in TASKS.values():
        if not task.draws or task.edits is lab.card.edits:
            studio = Studio(lab, task.name)
            found |= reachable(studio)
            studio.close()
    if not lab.card.edits:
        assert not arguments - found


def test_the_list_of_exceptions_names_only_what_there_is() -> None:
    fields = {*Recipe.model_fields, *inspect.signature(LabClass.request).parameters}
    for name in ELSEWHERE:
        task, _, field = name.rpartition(".")
        assert field in fields
        assert not task or task in TASKS


def _does_nothing(lab: Lab, task: str, name: str) -> bool:
    """Whether a task's own setting needs a ControlNet that the model has not, so that there is nothing to turn."""
    field = TASKS[task].settings.model_fields.get(name)
    hints = field.json_schema_extra if field is not None and isinstance(field.json_schema_extra, dict) else {}
    kind = hints.get("control")
    is_derived = field is not None and field.get_default(call_default_factory=True) is None
    return is_derived or (bool(kind) and kind not in lab.card.controls)
