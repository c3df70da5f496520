"""A picture file, opened: its recipe, how it was made, and all that it was made of that is here.

Of a file that another tool wrote, what its import gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.core.conditioning import ControlGuide, ReferenceGuide, RegionGuide
from lab.core.errors import BadInput
from lab.core.picture import Picture
from lab.core.raster import DrawnSketch
from lab.core.recipe import Recipe, Request
from lab.core.sketch import Sketch
from lab.gallery import Gallery, Made, made_in, pictures_in, recipe_in, recipe_of
from lab.gallery.foreign import Imported, read
from lab.gallery.metadata import is_made_here
from lab.tasks import TASKS

_HASHES = ("image", "mask", "scene", "colours")
_OF_NO_ARGUMENT = {"schema_version", "task", "settings", "controls", "references", "regions", *_HASHES}


@dataclass(frozen=True, repr=False)
class OpenedPicture:
    """What a picture's file gives back.

    Args:
        path: the file; an empty path where only its bytes are known.
        picture: its pixels.
        recipe: what made it.
        made: when, where and by what it was made.
        pictures: what the recipe names, by hash, as far as it is kept here or in the file itself.
        sketch: the strokes that it was drawn from; None where there are none, or they are not kept here.
        imported: what another tool wrote into it, with what of that is not in the recipe; None where the lab made it.
    """

    path: Path
    picture: Picture
    recipe: Recipe
    made: Made
    pictures: Mapping[str, Picture]
    sketch: Sketch | None = None
    imported: Imported | None = None

    def __repr__(self) -> str:
        if self.imported is not None:
            tool = self.imported.tool or "another program"
            return f"<OpenedPicture {self.path.name}, made with {tool}>\n{self.imported}"
        drawn = "with its strokes" if self.sketch else ""
        missing = f"{len(self.missing)} of its pictures are not kept here" if self.missing else ""
        said = (repr(self.recipe.prompt), self.made.summary, drawn, missing)
        return f"<OpenedPicture {self.path.name}: {' · '.join(filter(None, said))}>"

    @property
    def missing(self) -> tuple[str, ...]:
        """The hashes of the pictures that the recipe names and that are not kept here."""
        return tuple(name for name in self.recipe.picture_names if name not in self.pictures)

    @property
    def request(self) -> Request:
        """What was asked for, to be asked for again.

        Raises:
            BadInput: when a picture is missing.
        """
        return request_of(self.recipe, self.pictures, self.sketch)

    @property
    def arguments(self) -> dict[str, Any]:
        """What `lab.run(recipe.task, ...)` takes to make it again, under the same names; without what is missing."""
        recipe, task = self.recipe, TASKS.get(self.recipe.task)
        given: dict[str, Any] = {
            name: getattr(recipe, name)
            for name, one in Recipe.model_fields.items()
            if name not in _OF_NO_ARGUMENT and getattr(recipe, name) != one.get_default(call_default_factory=True)
        }
        given |= {name: self.pictures[of] for name in _HASHES if (of := getattr(recipe, name)) in self.pictures}
        steering = [ControlGuide(one, self.pictures[one.picture]) for one in recipe.controls if self._has(one.picture)]
        if task is not None and task.sketch is not None and steering and recipe.controls[0] == steering[0].value:
            drawn = steering.pop(0)
            given |= {"sketch": DrawnSketch(drawn.picture, sketch=self.sketch), "sketch_strength": drawn.value.weight}
        lending = [
            ReferenceGuide(one, self.pictures[one.picture]) for one in recipe.references if self._has(one.picture)
        ]
        parts = [RegionGuide(one, self.pictures[one.picture]) for one in recipe.regions if self._has(one.picture)]
        guides = {"controls": steering, "references": lending, "regions": parts}
        given |= {name: value for name, value in guides.items() if value}
        return {**given, "model": recipe.model, **recipe.settings}

    def _has(self, name: str) -> bool:
        return name in self.pictures


def opened_picture(path: Path, gallery: Gallery) -> OpenedPicture:
    """The picture in a file, with what this gallery keeps of it.

    Raises:
        BadInput: when there is no such file, it is no picture, or it carries no recipe that this version can use, nor
            one of another tool.
    """
    if (foreign := _of_another_tool(path)) is not None:
        return foreign
    made = made_in(path)
    recipe = gallery.as_asked(recipe_of(path), made.pixels)
    pictures = {**_within(path, recipe), **kept_for(recipe, gallery)}
    return OpenedPicture(path, Picture.of(path), recipe, made, pictures, _sketch(made, gallery))


def opened_bytes(content: bytes, gallery: Gallery) -> OpenedPicture | None:
    """The same for the bytes of a picture's file, as a page gives them; None when it carries no recipe.

    Raises:
        BadInput: when it is no picture.
    """
    found, made = recipe_in(content), made_in(content)
    if found is None:
        return None
    recipe = gallery.as_asked(found, made.pixels)
    pictures = {**_within(content, recipe), **kept_for(recipe, gallery)}
    return OpenedPicture(Path(), Picture.of(content), recipe, made, pictures, _sketch(made, gallery))


def _within(source: Path | bytes, recipe: Recipe) -> dict[str, Picture]:
    """What of the recipe's pictures was saved in the file itself."""
    if not recipe.picture_names:
        return {}
    return {name: picture for name, picture in pictures_in(source).items() if name in recipe.picture_names}


def _of_another_tool(path: Path) -> OpenedPicture | None:
    """A picture that another tool wrote; None where the lab wrote it, or nobody."""
    if is_made_here(path):
        return None
    try:
        picture, imported = Picture.of(path), read(path)
    except BadInput:
        return None
    return OpenedPicture(path, picture, imported.recipe, Made(), {}, imported=imported)


def _sketch(made: Made, gallery: Gallery) -> Sketch | None:
    return gallery.sketch(made.sketch) if made.sketch else None


def kept_for(recipe: Recipe, gallery: Gallery) -> dict[str, Picture]:
    """The pictures that a recipe names, by hash, as far as a gallery keeps them."""
    found = {name: gallery.source(name) for name in recipe.picture_names}
    return {name: picture for name, picture in found.items() if picture is not None}


def request_of(recipe: Recipe, pictures: Mapping[str, Picture], sketch: Sketch | None = None) -> Request:
    """A recipe with its pictures.

    Raises:
        BadInput: when one is missing.
    """
    missing = [name for name in recipe.picture_names if name not in pictures]
    if missing:
        words = "a picture that is" if len(missing) == 1 else f"{len(missing)} pictures that are"
        msg = f"the recipe needs {words} not kept here ({', '.join(missing)}): give it with pictures=[...]"
        raise BadInput(msg)
    return Request(recipe, pictures, sketch=sketch)
