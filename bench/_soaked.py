"""The kernel's half of the soak: a lab with two Studios, and what a person does in one cell; knows no measure."""

from __future__ import annotations

import asyncio
import gc
import io
import random
from contextlib import suppress

import numpy as np
from PIL import Image

from lab import open_lab
from lab.core import Picture, Sketch, SketchlabError, Stopped, control, rasterise
from lab.core.history import UNDO_BYTES
from lab.jobs import Job, JobState
from tests.widgets.canvas.playing_browser import Browser
from widgets import Studio

_MEMORY_GB = 0.13
"""What models and kept results may take: so little that it is full after the first minutes."""
_REST_S = 2.5
"""As long as a person looks at a picture; the worker gives memory back meanwhile."""
_SIDES = (128, 192, 256)
_DROPPED = ((640, 480), (1536, 1024), (300, 900))
_TASKS = ("text_to_image", "sketch_to_image", "image_to_image", "inpaint", "control_to_image", "outpaint")


class Soaked:
    """What is done in the kernel, one cell a method; all of it is chosen by seeded dice.

    Args:
        home: of the lab.
        seed: of the dice.
    """

    def __init__(self, home: str, seed: int = 0) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - no secret
        self.lab = open_lab(session="soak", home=home)
        self.lab.limit_memory(_MEMORY_GB)
        self.studios = [Studio(self.lab, task) for task in ("sketch_to_image", "inpaint")]
        self._pages = [Browser(studio.canvas) for studio in self.studios]
        self._interrupted: Job | None = None

    def fill(self) -> None:
        """As many dropped pictures as undo keeps: it is bounded, and full before anything is measured."""
        for _ in range(1 + UNDO_BYTES // (3 * 1536 * 1024)):
            for page in self._pages:
                page.send("picture", content=self._photograph((1536, 1024)))

    async def draw(self) -> None:
        """Several pictures of several tasks, all of them awaited."""
        jobs = [self._job() for _ in range(self._dice.randrange(1, 5))]
        for job in jobs:
            await job

    async def cancel(self) -> None:
        """Several pictures, of which the first is cancelled in its midst, another in the queue, or all of them."""
        jobs = [self._job() for _ in range(3)]
        await asyncio.sleep(self._dice.uniform(0, 0.6))
        jobs[0].cancel()
        jobs[self._dice.randrange(1, 3)].cancel()
        if self._dice.random() < 0.5:
            self.lab.cancel()
        for job in jobs:
            with suppress(Stopped):
                await job

    def drop(self) -> None:
        """A picture is dropped on each paper, drawn on, and partly taken back; Live follows."""
        for page in self._pages:
            size = self._dice.choice(_DROPPED)
            page.send("picture", content=self._photograph(size))
            for _ in range(self._dice.randrange(8)):
                ends = [[self._dice.randrange(side) for side in size] for _ in range(3)]
                page.send("draw", points=np.array([[*end, 1] for end in ends], "<f4"))
            for _ in range(self._dice.randrange(4)):
                page.send("undo")
            if self._dice.random() < 0.2:
                page.send("clear")

    async def interrupted(self) -> None:
        """A picture that takes longer than the stop button."""
        self._interrupted = self._job("text_to_image", steps=50)
        await self._interrupted

    async def settle(self) -> None:
        """Nothing is at work any more, and nothing is held that nobody holds."""
        if self._interrupted is not None:
            with suppress(Stopped):
                await self._interrupted
            if self._interrupted.state is not JobState.CANCELLED:
                msg = f"the stop button was pressed, and the job is {self._interrupted.state.value}"
                raise SketchlabError(msg)
            self._interrupted = None
        self.lab.cancel()
        await self.lab.run("text_to_image", prompt="nothing else is at work", steps=1, width=128, height=128)
        for studio in self.studios:
            studio.view.drop_preview()
        gc.collect()
        await asyncio.sleep(_REST_S)

    def _job(self, task: str = "", **settings: object) -> Job:
        dice = self._dice
        task = task or dice.choice(_TASKS)
        shape = rasterise(Sketch().circle(256, 256, dice.randrange(40, 200)))
        photo = Picture.of(shape.on_white())
        wanted = {"prompt": dice.choice(["a red apple", "a blue car", "a chair"]), "seed": dice.randrange(2**32)}
        wanted |= {"steps": dice.choice([1, 2, 3]), "width": dice.choice(_SIDES), "height": dice.choice(_SIDES)}
        match task:
            case "sketch_to_image":
                wanted["sketch"] = shape
            case "control_to_image":
                wanted["controls"] = [control(shape)]
            case "image_to_image":
                wanted |= {"image": photo, "strength": dice.choice([0.3, 0.6, 1.0])}
            case "inpaint":
                mask = np.zeros(photo.pixels.shape[:2], np.uint8)
                mask[100:300, 100 : dice.randrange(200, 400)] = 255
                wanted |= {"image": photo, "mask": mask}
            case "outpaint":
                wanted["image"] = photo
        if task in ("inpaint", "outpaint"):  # their pictures are as large as what they are made of
            del wanted["width"], wanted["height"]
        return self.lab.run(task, **{**wanted, **settings})

    def _photograph(self, size: tuple[int, int]) -> bytes:
        """A JPEG as of a camera: colours that change slowly, with some noise."""
        dice = np.random.default_rng(self._dice.randrange(2**32))
        coarse = Image.fromarray(dice.integers(0, 256, (6, 8, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
        noisy = np.clip(np.asarray(coarse, np.int16) + dice.integers(-6, 7, (size[1], size[0], 3)), 0, 255)
        file = io.BytesIO()
        Image.fromarray(noisy.astype(np.uint8)).save(file, "JPEG")
        return file.getvalue()
