"""What a lab does to make many pictures: batches of seeds, combinations of settings, grids of a recipe."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, overload

from lab.core.errors import BadInput
from lab.core.events import Result
from lab.core.picture import Picture, PictureLike
from lab.core.recipe import Recipe, Request
from lab.core.reporter import Reporter
from lab.core.sentences.checked_call import Listed, checked
from lab.core.sentences.paths import given_path
from lab.gallery import Gallery, Kept
from lab.jobs import Job, Worker
from lab.session.engine import Engine
from lab.session.grid import Many, combinations
from lab.session.many.batch import Batch, begin_batch
from lab.session.many.pictures_on_disk import at_hand, kept_on_disk, left_on_disk, opened_once
from lab.session.many.recipe_grid import Cell, Grid, grid_plan
from lab.session.opened_picture import kept_for, request_of
from lab.tasks import PlannedRequest, plan


class ManyPictures:
    """A part of `Lab`; knows its gallery, its engine and its queue."""

    gallery: Gallery
    engine: Engine
    _worker: Worker

    if TYPE_CHECKING:

        def request(self, task: str, **settings: Any) -> Request:
            """Of `Lab`."""
            ...

        def submit(self, request: Request) -> Job:
            """Of `Lab`."""
            ...

        def _queued(self, planned: PlannedRequest) -> Job: ...

        def _made(self, planned: PlannedRequest, reporter: Reporter, *, is_live: bool) -> Result: ...

    @checked
    def batch(
        self, task: str, count: Many, *, seed: int = 0, max_cost: float | None = None, **settings: Any
    ) -> list[Job]:
        """Start `count` pictures with the seeds seed, seed + 1, ...; each is what its seed alone gives.

        `results = await asyncio.gather(*lab.batch("text_to_image", 4, prompt="a red apple"))`; errors as for `run`.
        `max_cost`, in dollars, is for rented GPUs: where so much is spent, no more pictures are asked for.
        """
        shared = opened_once(settings)
        planned = [plan(self.request(task, seed=seed + turn, **shared)) for turn in range(count)]
        self.engine.expect(planned, max_cost)
        return [self._queued(one) for one in planned]

    @checked
    def batch_of(
        self, source: str | os.PathLike[str], out: str | os.PathLike[str], task: str = "image_to_image", **settings: Any
    ) -> Batch:
        """Make a folder of pictures, or a CSV file of settings, into a folder: `await lab.batch_of("in", "out")`.

        Called again it goes on: a row whose picture is there, of the same recipe, is not made again. A row that fails
        is a line of the report `sketchlab-report.csv` in that folder, and ends no other.

        Args:
            source: a folder, each picture of which is the image to start from; or a CSV file with the names of settings
                in its first line, such as `prompt,seed,steps`. Its columns `task` and `name` say what is done and how
                the file is called, and `recipe` is a whole recipe, as in the table of a grid.
            out: the folder of what is made; files in it that were not made here are left alone.
            task: of the rows that name none.
            settings: what is the same in all rows: what `request` takes. What a row says counts more.

        Raises:
            BadInput: when there is nothing to make, a column is no setting, or the folder is not to be touched.
        """
        return begin_batch(
            given_path(source), given_path(out), task, settings,
            run=self.request, remake=self._kept_request, submit=self.submit, at_once=self.engine.jobs_at_once,
        )  # fmt: skip

    def _kept_request(self, recipe: Recipe) -> Request:
        return request_of(recipe, kept_for(recipe, self.gallery))

    if TYPE_CHECKING:

        @overload
        def grid(
            self, task: str, over: Mapping[str, Any], *, max_cost: float | None = None, **settings: Any
        ) -> dict[str, Job]: ...

        @overload
        def grid(
            self,
            task: Recipe,
            *,
            x: Mapping[str, Any] | None = None,
            y: Mapping[str, Any] | None = None,
            z: Mapping[str, Any] | None = None,
            pictures: Listed[PictureLike] = (),
            max_cost: float | None = None,
        ) -> Grid: ...

    @checked
    def grid(  # pyright: ignore[reportInconsistentOverload] - what is told at run time is told of both
        self,
        task: str | Recipe,
        over: Mapping[str, Any] | None = None,
        *,
        x: Mapping[str, Any] | None = None,
        y: Mapping[str, Any] | None = None,
        z: Mapping[str, Any] | None = None,
        pictures: Any = (),
        max_cost: float | None = None,
        **settings: Any,
    ) -> dict[str, Job] | Grid:
        """Start every combination of lists of settings, or of values of a recipe's fields.

        `jobs = lab.grid("product_shot", {"image": "shoes", "prompt": ["a beach", "a table"]}, product_height=0.5)`;
        `{name: await job for name, job in jobs.items()}` are the pictures, each under its name.

        `grid = lab.grid(recipe, x={"guidance_scale": [3, 7]}, y={"loras.0.weight": [0.5, 1]})` fills its cells in the
        order that makes the most of what is kept, and draws none that this session's gallery has already: the same line
        goes on where a kernel ended. `await grid`, then `grid.save("grid.png")`. All are checked before the first
        starts.

        Pictures that are given by path, and those that are made, stay in their files until they are wanted: five
        hundred photographs take the memory of one.

        Args:
            task: name of a task, or a recipe.
            over: for each setting its values: a list, or a folder, which stands for all pictures in it; with a task.
            x: a field of the recipe, by its path, and its values; from left to right.
            y: the same, from top to bottom.
            z: the same, page by page.
            pictures: those of the recipe that this lab's gallery does not keep.
            max_cost: as for `batch`.
            settings: what is the same in all: what `request` takes; with a task.

        Raises:
            BadInput: names what is wrong with which, before anything is loaded.
        """
        if isinstance(task, Recipe):
            if over is not None or settings:
                named = ", ".join([*(["over"] if over is not None else []), *settings])
                msg = f"a grid of a recipe takes x, y and z, not {named}: change the recipe"
                raise BadInput(msg)
            given = {one.hash: one for one in map(Picture.of, pictures)}
            return self._grid_of(task, (x, y, z), given, max_cost)
        if x is not None or y is not None or z is not None:
            msg = f'x, y and z go over a recipe: lab.grid(Recipe(task="{task}", ...), x=...)'
            raise BadInput(msg)
        if over is None:
            msg = 'a grid needs something to go over, such as over={"image": "shoes", "prompt": ["a beach", "a table"]}'
            raise BadInput(msg)
        shared = opened_once(settings)
        planned = {name: self._planned_on_disk(task, shared, one) for name, one in combinations(over).items()}
        self.engine.expect([*planned.values()], max_cost)
        return {name: self._worker.submit(one.request, partial(self._made_on_disk, one))
                for name, one in planned.items()}  # fmt: skip

    def _planned_on_disk(self, task: str, shared: Mapping[str, Any], one: Mapping[str, Any]) -> PlannedRequest:
        """One of many, whose own pictures are left in their files until its turn."""
        planned = plan(self.request(task, **{**shared, **one}))
        return replace(planned, request=left_on_disk(planned.request, one))

    def _made_on_disk(self, planned: PlannedRequest, reporter: Reporter) -> Result:
        """The picture of one of many, in the gallery's file and not in memory. On the worker's thread."""
        with at_hand(planned.request):
            return kept_on_disk(self._made(planned, reporter, is_live=False))

    def _grid_of(
        self, recipe: Recipe, axes: tuple[Any, ...], given: dict[str, Picture], max_cost: float | None
    ) -> Grid:
        cells = grid_plan(recipe, axes)
        known = {**given, **cells.pictures}
        names = {cell: one.hash for cell, one in cells.recipes.items()}
        planned: dict[str, PlannedRequest] = {}
        for cell, one in cells.recipes.items():
            if names[cell] not in planned:
                planned[names[cell]] = plan(request_of(one, {**kept_for(one, self.gallery), **known}))
        found = {name: self._kept_as(one) for name, one in planned.items()}
        self.engine.expect([one for name, one in planned.items() if found[name] is None], max_cost)
        jobs = {name: self._found_or_queued(one, found[name]) for name, one in planned.items()}
        there: list[Cell] = [cell for cell, name in names.items() if found[name] is not None]
        return Grid(cells, {cell: jobs[name] for cell, name in names.items()}, there)

    def _kept_as(self, planned: PlannedRequest) -> Kept | None:
        """The picture of a request that was drawn before, as it would be drawn now; None where there is none."""
        kept = self.gallery.made_by(planned.plan.recipe)
        return next((one for one in kept if not one.not_read and self.engine.has_versions_of(one.made)), None)

    def _found_or_queued(self, planned: PlannedRequest, kept: Kept | None) -> Job:
        if kept is None:
            return self._queued(planned)
        return self._worker.submit(planned.request, partial(self._read_or_made, planned, kept))

    def _read_or_made(self, planned: PlannedRequest, kept: Kept, reporter: Reporter) -> Result:
        """The picture from its file; drawn where that is gone or broken by now. On the worker's thread."""
        made = kept.made
        try:
            picture = kept.picture() if self.engine.has_weights_of(planned, made) else None
        except BadInput:
            picture = None
        if picture is None or picture.hash != made.pixels:
            return self._made(planned, reporter, is_live=False)
        ran = replace(
            planned.plan, device=made.device, dtype=made.dtype, threads=made.threads, revision=made.revision,
            versions=made.versions, weights=made.weights,
        )  # fmt: skip
        return Result(picture, planned.request, ran, kept.seconds, path=kept.path)
