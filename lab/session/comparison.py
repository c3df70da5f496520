"""Two pictures side by side: how far their pixels are apart, and what was different when they were made."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from lab.core.errors import BadInput
from lab.core.events import Result
from lab.core.picture import Picture, PictureLike
from lab.core.recipe import Recipe
from lab.core.recipes.differences import FieldDifference, differences
from lab.core.recipes.shareable import shareable
from lab.core.sentences.paths import given_path
from lab.gallery import Gallery, Kept, Made, made_in, recipe_in
from lab.gallery.foreign import read
from lab.retouch.comparing import PixelDifference, pixel_difference
from lab.session.opened_picture import OpenedPicture

Comparable = Result | Kept | OpenedPicture | PictureLike
"""A result, a picture of the gallery, an opened one, or anything that a `Picture` can be made of."""
_OF_MAKING = ("device", "dtype", "threads", "versions", "weights")
"""What of a picture's making is compared besides its recipe."""
_FOLLOWS = {"steps_run"}
"""From the steps and the strength, which are compared."""


@dataclass(frozen=True)
class Side:
    """One of two pictures.

    Args:
        name: what it is called.
        picture: its pixels.
        recipe: what made it; of another tool as far as that can be read; None where nobody says.
        made: how it was made, as far as it says so.
    """

    name: str
    picture: Picture = field(repr=False)
    recipe: Recipe | None = None
    made: Made = field(default_factory=Made, repr=False)

    @property
    def values(self) -> dict[str, Any]:
        """All that can be different, as JSON values: what the recipe leaves to the model is what the model took."""
        recipe = shareable(self.recipe).model_dump(mode="json") if self.recipe else {}
        planned = {name: value for name, value in self.made.planned.items() if name not in _FOLLOWS}
        ran = {name: value for name, value in planned.items() if recipe.get(name) is None}
        making = {name: value for name, value in self.made.to_values().items() if name in _OF_MAKING}
        return {**recipe, **ran, **making}


@dataclass(frozen=True)
class Comparison:
    """What two pictures have in common; prints as a few lines.

    Args:
        a: the first.
        b: the second.
        pixels: how far they are apart, with a map.
        settings: what their recipes, and how they were made, say differently; nothing where one has no recipe.
    """

    a: Side
    b: Side
    pixels: PixelDifference
    settings: tuple[FieldDifference, ...] = ()

    @property
    def is_identical(self) -> bool:
        """Whether size and every pixel are the same."""
        return self.pixels.is_identical

    @property
    def note(self) -> str:
        """Why settings are not compared; empty where they are."""
        bare = [one.name for one in (self.a, self.b) if one.recipe is None]
        return f"settings are not compared: {' and '.join(bare)} carries no recipe" if bare else ""

    def __str__(self) -> str:
        """The numbers, then a line for each field that differs, what is different in brackets."""
        same = "" if self.settings or self.note else "  the settings are the same"
        lines = [str(self.pixels), *(f"  {one}" for one in self.settings), f"  {self.note}" if self.note else same]
        return "\n".join(filter(None, lines))


def compared(a: Comparable, b: Comparable, gallery: Gallery) -> Comparison:
    """Two pictures compared.

    Args:
        a: a result, a picture of the gallery, or anything that a `Picture` can be made of; a name that is no file here
            is looked for in the gallery.
        b: the same.
        gallery: where names are looked for.

    Raises:
        BadInput: when there is no such picture.
    """
    one, other = _side(a, gallery, "A"), _side(b, gallery, "B")
    has_both = one.recipe is not None and other.recipe is not None
    said = differences(one.values, other.values) if has_both else ()
    return Comparison(one, other, pixel_difference(one.picture, other.picture), said)


def _side(given: Comparable, gallery: Gallery, called: str) -> Side:
    if isinstance(given, Result):
        made = made_in(given.path) if given.path is not None and given.path.is_file() else Made()
        return Side(given.path.name if given.path else called, given.picture, given.plan.recipe, made)
    if isinstance(given, Kept):
        return Side(given.path.name, given.picture(), given.recipe, given.made)
    if isinstance(given, OpenedPicture):
        return Side(given.path.name or called, given.picture, given.recipe, given.made)
    if isinstance(given, str | Path):
        path = _file(given_path(given), gallery)
        picture, content = Picture.of(path), path.read_bytes()
        return Side(path.name, picture, recipe_in(content) or _foreign(content), made_in(content))
    if isinstance(given, bytes):
        return Side(called, Picture.of(given), recipe_in(given) or _foreign(given), made_in(given))
    return Side(called, Picture.of(given))


def _file(path: Path, gallery: Gallery) -> Path:
    """The file of this path, else the gallery's of this name."""
    if path.exists() or path.is_absolute() or ".." in path.parts or not path.name:
        return path
    return next(chain(gallery.folder.glob(f"*/{_plain(path.name)}"), [path])) if gallery.folder.is_dir() else path


def _plain(name: str) -> str:
    """The name with no letter that stands for others."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _foreign(content: bytes) -> Recipe | None:
    try:
        return read(content).recipe
    except BadInput:
        return None
