"""A batch: a folder of pictures, or a table of recipes, into a folder; goes on where it ended, and past what fails."""

from __future__ import annotations

import asyncio
import csv
import io
import logging
import threading
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from lab.core.errors import BadInput, SketchlabError, WouldBlock
from lab.core.events import Result
from lab.core.recipe import Recipe, Request
from lab.core.recipes.shareable import shareable
from lab.core.sentences.checked_call import checked
from lab.gallery import png_with_recipe, recipe_of
from lab.gallery.files import write_whole
from lab.gallery.output_files import output_files
from lab.jobs import Job
from lab.session.many.batch_table import Row, rows_of

_log = logging.getLogger("lab")
REPORT = "sketchlab-report.csv"
"""Beside the pictures: a line for each row."""
Status = Literal["waiting", "made", "there", "failed", "cancelled"]


@dataclass(frozen=True)
class BatchLine:
    """What came of a row; `there` says that its picture was made before."""

    name: str
    file: Path
    status: Status = "waiting"
    seconds: float = 0.0
    failed: str = ""


class Batch:
    """Pictures that are made one after the other: `print(await lab.batch_of("recipes.csv", "out"))`.

    Args:
        rows: what to make.
        out: the folder of the pictures and of the report.
        request: from a row to its request; what it raises is the row's own failure.
        submit: puts a request into the queue.
        at_once: how many may be on their way.

    Raises:
        BadInput: when the folder, or a file that is to be written in it, is not to be touched.
    """

    def __init__(
        self,
        rows: list[Row],
        out: Path,
        request: Callable[[Row], Request],
        submit: Callable[[Request], Job],
        at_once: int = 1,
    ) -> None:
        self.out = out
        self._rows, self._request, self._submit = rows, request, submit
        files = output_files(out, [row.name for row in rows], [file for row in rows for file in row.sources])
        self._lines = [BatchLine(row.name, files[row.name]) for row in rows]
        self._lock, self._done = threading.RLock(), threading.Event()
        self._next, self._on_way, self._is_cancelled = 0, dict[int, Job](), False
        self._at_once = at_once
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"{out} cannot be made: {error.strerror or error}"
            raise BadInput(msg) from error
        self._go_on()

    def __str__(self) -> str:
        """How many of each, and why what failed did."""
        counted = Counter(line.status for line in self.lines)
        said = ", ".join(f"{number} {status}" for status, number in counted.items())
        wrong = [f"  {line.name}: {line.failed}" for line in self.lines if line.failed]
        return "\n".join([f"{said}; the report is {self.out / REPORT}", *wrong])

    @property
    def lines(self) -> list[BatchLine]:
        """What came of each row by now, in their order."""
        with self._lock:
            return [*self._lines]

    @property
    def is_done(self) -> bool:
        """Whether every picture is drawn, failed or cancelled."""
        return self._done.is_set()

    def cancel(self) -> None:
        """Begin no more rows, and stop what is on its way. The same call goes on later."""
        with self._lock:
            self._is_cancelled = True
            on_way = [*self._on_way.values()]
        for job in on_way:
            job.cancel()
        self._go_on()

    @checked
    def wait(self, timeout_s: float | None = None) -> Batch:
        """The batch, once it is done; for scripts.

        Raises:
            TimeoutError: when it took longer; it goes on.
            WouldBlock: inside a running event loop: await the batch there.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            msg = "wait() would freeze the notebook until the batch is done: write `await batch` instead"
            raise WouldBlock(msg)
        if not self._done.wait(timeout_s):
            msg = f"the batch was not done after {timeout_s:g} s; it goes on"
            raise TimeoutError(msg)
        return self

    def __await__(self) -> Generator[Any, None, Batch]:
        return self._awaited().__await__()

    async def _awaited(self) -> Batch:
        try:
            while not self.is_done:  # noqa: ASYNC110 - the end is told on a worker's thread
                await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            self.cancel()
            raise
        return self

    def _go_on(self) -> None:
        """Begin as many rows as may be on their way; write the report. Any thread."""
        with self._lock:
            while len(self._on_way) < self._at_once and self._next < len(self._rows) and not self._is_cancelled:
                number = self._next
                self._next += 1
                self._begin(number)
            if not self._on_way and (self._is_cancelled or self._next == len(self._rows)):
                self._report()
                self._done.set()

    def _begin(self, number: int) -> None:
        try:
            request = self._request(self._rows[number])
            if _is_there(self._lines[number].file, request.recipe):
                self._say(number, status="there")
                return
            job = self._on_way[number] = self._submit(request)
        except SketchlabError as error:
            self._say(number, status="failed", failed=str(error))
        except Exception as error:
            _log.exception("row %s of a batch", self._rows[number].name)
            self._say(number, status="failed", failed=str(error) or type(error).__name__)
        else:
            job.when_done(lambda: self._ended(number, job))

    def _ended(self, number: int, job: Job) -> None:
        """Write the picture of a row, and begin the next. On the thread that ended the job."""
        try:
            result = job.result()
            write_whole(self._lines[number].file, _as_kept(result))
            self._say(number, status="made", seconds=result.seconds, failed=result.not_kept)
        except OSError as error:
            self._say(number, status="failed", failed=f"it cannot be written: {error.strerror or error}")
        except Exception as error:
            self._say(number, status="cancelled" if job.is_cancelling else "failed", failed=str(error))
        with self._lock:
            self._on_way.pop(number, None)
            self._report()
            self._go_on()

    def _say(self, number: int, **what: Any) -> None:
        with self._lock:
            self._lines[number] = replace(self._lines[number], **what)

    def _report(self) -> None:
        """Write the report anew; a full disk is logged, since the batch itself still says it all."""
        buffer = io.StringIO()
        table = csv.writer(buffer)
        table.writerow(["name", "status", "file", "seconds", "failed"])
        for line in self._lines:
            table.writerow([line.name, line.status, line.file.name, f"{line.seconds:.3f}", line.failed])
        try:
            write_whole(self.out / REPORT, buffer.getvalue().encode("utf-8-sig"))
        except OSError:
            _log.exception("the report of %s could not be written", self.out)


def begin_batch(
    source: Path,
    out: Path,
    task: str,
    settings: Mapping[str, Any],
    *,
    run: Callable[..., Request],
    remake: Callable[[Recipe], Request],
    submit: Callable[[Request], Job],
    at_once: int,
) -> Batch:
    """The batch of a folder or table, begun.

    Args:
        source: a folder of pictures or a CSV file; see `rows_of`.
        out: the folder of what is made.
        task: of the rows that name none.
        settings: what is the same in all; what a row says counts more.
        run: from a task and settings to a request.
        remake: from a recipe to a request.
        submit: puts it into the queue.
        at_once: how many may be on their way.

    Raises:
        BadInput: when there is nothing to make, or the folder is not to be touched.
    """

    def requested(row: Row) -> Request:
        if row.recipe:
            return remake(Recipe.from_json(row.recipe))
        return run(row.task or task, **{**settings, **row.settings})

    return Batch(rows_of(source), out, requested, submit, at_once)


def _is_there(file: Path, recipe: Recipe) -> bool:
    """Whether a file holds the whole picture of a recipe."""
    if not file.is_file():
        return False
    try:
        return any(recipe_of(file).answers(one) for one in (recipe, shareable(recipe)))
    except BadInput:
        return False


def _as_kept(result: Result) -> bytes:
    """The file of the gallery, which says more; else what can be said."""
    if result.path is not None and result.path.is_file():
        return result.path.read_bytes()
    return png_with_recipe(result)
