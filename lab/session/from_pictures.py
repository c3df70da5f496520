"""What a lab does with pictures that were made before: opens them, makes them again, says whether they are the same."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.core.errors import BadInput, SketchlabError
from lab.core.picture import Picture, PictureLike
from lab.core.recipe import Recipe, Request
from lab.core.reporter import Reporter
from lab.core.sentences.checked_call import Listed, checked
from lab.core.sentences.paths import given_path
from lab.gallery import Gallery
from lab.jobs import Errand, Job, Worker
from lab.session.comparison import Comparable, Comparison, compared
from lab.session.engine import Engine
from lab.session.opened_picture import OpenedPicture, kept_for, opened_picture, request_of
from lab.session.verification import Verification, verification
from lab.tasks import plan

_MOST_RUNS = 1_000_000


class FromPictures:
    """A part of `Lab`; knows its gallery, its engine and its queue."""

    gallery: Gallery
    engine: Engine
    _worker: Worker

    if TYPE_CHECKING:

        def submit(self, request: Request) -> Job:
            """Of `Lab`."""
            ...

    @checked
    def open(self, path: str | os.PathLike[str]) -> OpenedPicture:
        """A picture file: `lab.open("out.png")`, with its recipe, its sketch, its mask and controls.

        `lab.run(opened.recipe.task, **opened.arguments)` makes it again; change what you like. A picture of another
        tool has what its import could fill in, and `.imported` says what it could not.

        Raises:
            BadInput: when there is no such file, it is no picture, or it carries no recipe that this version can use.
        """
        return opened_picture(given_path(path), self.gallery)

    @checked
    def remake(self, recipe: Recipe, pictures: Listed[PictureLike] = ()) -> Job:
        """Start the picture of a recipe, as `recipe.to_code()` says it.

        Args:
            recipe: of any picture.
            pictures: those of the recipe that this lab's gallery does not keep; they are told apart by their content.

        Raises:
            BadInput: when a picture is missing, or as for `submit`.
        """
        given = {picture.hash: picture for picture in map(Picture.of, pictures)}
        return self.submit(request_of(recipe, {**kept_for(recipe, self.gallery), **given}))

    @checked
    def verify(self, path: str | os.PathLike[str]) -> Errand[Verification]:
        """Make a picture file's picture again and compare: `print(await lab.verify("out.png"))`.

        Nothing that was kept of it is used, and the gallery gets no second one. In a script `.wait()` for it.

        Raises:
            BadInput: as for `open`, when a picture that it was made of is not kept here, or as for `submit`.
            SketchlabError: when the lab was opened on an engine that cannot draw anew.
        """
        opened = opened_picture(given_path(path), self.gallery)
        if opened.imported is not None:
            tool = opened.imported.tool or "another program"
            msg = f"{opened.path.name} was made with {tool}: only what the lab itself made can be verified"
            raise BadInput(msg)
        planned = plan(opened.request)
        draw = self.engine.drawing_anew(planned)

        def verified(reporter: Reporter) -> Verification:
            return verification(opened, draw(reporter))

        return self._worker.submit_errand(planned.request, verified)

    @checked
    def compare(self, a: Comparable, b: Comparable) -> Comparison:
        """Compare two pictures: `print(lab.compare(one, other))` says how far apart they are and what made them so.

        Two pictures are identical when every pixel is; `.pixels` has the numbers and a map, `.settings` the fields of
        the recipes that differ, with the words marked. `Compare(lab, one, other)` shows it.

        Args:
            a: a result, a picture of `lab.gallery`, a file or its name in the gallery, or any other picture.
            b: the same.

        Raises:
            BadInput: when there is no such picture.
        """
        return compared(a, b, self.gallery)

    @property
    def runs(self) -> Any:
        """The pictures of this session, newest first, as a `pandas.DataFrame`.

        `lab.remake(lab.runs.recipe[0])` runs a row again.

        Raises:
            SketchlabError: when pandas is not installed.
        """
        try:
            pandas = import_module("pandas")
        except ImportError:
            msg = 'lab.runs is a table of pandas, which is not installed: pip install "sketchlab[table]"'
            raise SketchlabError(msg) from None
        return pandas.DataFrame([_run(kept) for kept in self.gallery.latest(_MOST_RUNS)])


def _run(kept: Any) -> dict[str, Any]:
    recipe, ran = kept.recipe, kept.made.planned
    return {
        "made_at": kept.made_at,
        "task": recipe.task,
        "model": recipe.model,
        "prompt": recipe.prompt,
        "seed": recipe.seed,
        "steps": ran.get("steps", recipe.steps),
        "guidance_scale": ran.get("guidance_scale", recipe.guidance_scale),
        "seconds": kept.seconds,
        "is_live": kept.is_live,
        "is_starred": kept.is_starred,
        "parent": kept.made.parent,
        "path": Path(kept.path),
        "recipe": recipe,
    }
