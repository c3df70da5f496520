"""Notebooks, saved and opened again without their kernel: the last pictures are there, and little else."""

from __future__ import annotations

import base64
import io
import json
import re
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from bench._jupyterlab import Notebook

pytestmark = pytest.mark.browser

GALLERY = """import tempfile
import numpy as np
from lab import Lab, Picture, Recipe, Request
from lab.core.events import Result
from lab.tasks import plan
from tests.fakes import ScriptedEngine
from widgets import (
    Compare, ControlPreview, GalleryView, ImageGrid, MaskPainter, SeedBrowser, SketchCanvas, StepScrubber, Studio,
)
lab = Lab(home=tempfile.mkdtemp(), engine=ScriptedEngine())
colours = [np.full((64, 96, 3), colour, np.uint8) for colour in ([250, 10, 10], [10, 250, 10], [10, 10, 250])]
red, green, blue = map(Picture, colours)
for seed, picture in enumerate([red, green] * 20):
    request = Request(Recipe(prompt="a shoe", seed=seed))
    lab.gallery.add(Result(picture, request, plan(request).plan, 1.0))
GalleryView(lab)"""
SKETCH = """canvas = SketchCanvas()
canvas.background = blue
canvas"""
STUDIO = """studio = Studio(lab, "sketch_to_image")
request = lab.request("text_to_image", prompt="noise")
def show(level):
    noise = np.random.default_rng(level).integers(0, level, (1024, 1536, 3), np.uint8)
    studio.view.show(Result(Picture(noise), request, plan(request).plan, 1.0))
studio"""
CELLS = {
    "gallery": GALLERY,
    "grid": "grid = lab.grid(Recipe(prompt='apple'), x={'guidance_scale': [3, 5]}, y={'seed': [1, 2]})\ngrid",
    "sketch": SKETCH,
    "mask": "MaskPainter(green)",
    "comparison": "Compare(lab, red, blue)",
    "sheet": "ImageGrid({'red': red, 'green': green})",
    "steps": "StepScrubber([{'one': red}, {'one': green}])",
    "seeds": "SeedBrowser(lab, Recipe(prompt='a shoe', seed=5), count=4)",
    "map": "ControlPreview(blue)",
    "studio": STUDIO,
}
SAVES_STATE = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
STILL = "figure.sketchlab-still"
COLOURS = {"red": (250, 10, 10), "green": (10, 250, 10), "blue": (10, 10, 250), "black": (0, 0, 0)}
SHOWN = {
    "gallery": {"red", "green"}, "sketch": {"blue"}, "mask": {"green"}, "comparison": {"red", "blue"},
    "sheet": {"red", "green"}, "steps": {"red"}, "seeds": {"red", "green"}, "map": {"black"},
}  # fmt: skip


@pytest.fixture
def saved(open_notebook: Callable[..., Notebook]) -> Iterator[Notebook]:
    """A notebook that JupyterLab saves with the state of its widgets."""
    notebook = open_notebook([*CELLS.values()])
    notebook.page.set_viewport_size({"width": 1000, "height": 6000})  # what is never seen draws nothing
    notebook.command(SAVES_STATE)
    notebook.run_all()
    yield notebook
    notebook.command(SAVES_STATE)


def saved_with(notebook: Notebook, wanted: Callable[[str], bool]) -> str:
    """The file of the notebook, saved anew until it is as wanted: a still is made a moment after its picture."""
    (file,) = notebook.server.folder.glob(notebook.page.url.split("/")[-1].split("?")[0])
    end = time.monotonic() + 15
    while True:
        notebook.command("docmanager:save")
        text = file.read_text()
        if wanted(text):
            return text
        assert time.monotonic() < end, f"{len(text)} characters: {text[-400:]}"
        notebook.page.wait_for_timeout(100)


def stills_in(text: str) -> dict[str, np.ndarray]:
    """The pictures in a notebook's file, by what its cells show; (h, w, 3) uint8."""
    found = {}
    for name, cell in zip(CELLS, json.loads(text)["cells"], strict=True):
        for output in cell["outputs"]:
            html = "".join(output.get("data", {}).get("text/html", ""))
            for content in re.findall('data:image/jpeg;base64,([^"]+)', html):
                found[name] = np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))
    return found


def colours_in(still: np.ndarray) -> set[str]:
    """Those of `COLOURS` that some of the picture has; a JPEG is not exact."""
    apart = {name: np.abs(still - np.array(colour, np.int16)).max(-1) for name, colour in COLOURS.items()}
    return {name for name, far in apart.items() if (far < 20).mean() > 0.05}


def test_a_reopened_notebook_shows_the_last_pictures_and_is_small(saved: Notebook) -> None:
    page = saved.page
    saved.run_cell([*CELLS].index("sketch"))  # again: of the canvas that was there before nothing is to stay

    def is_seen(text: str) -> bool:
        stills = stills_in(text)
        return stills.keys() == CELLS.keys() and all(colours_in(stills[name]) >= shown for name, shown in SHOWN.items())

    saved.execute("show(40)")
    first = stills_in(saved_with(saved, is_seen))["studio"]
    saved.execute("show(255)")
    text = saved_with(saved, lambda text: is_seen(text) and stills_in(text)["studio"].mean() > 2 * first.mean())
    assert len(text) < 200_000, "even of noise"
    assert len(json.dumps(json.loads(text)["metadata"].get("widgets", {}))) < 2000
    assert text.count("<figure") == len(CELLS)
    assert all(max(still.shape) <= 384 for still in stills_in(text).values())
    expect(page.locator(f"{STILL} >> visible=true")).to_have_count(0)
    saved.command("kernelmenu:shutdown")
    page.reload()
    saved.wait_until_ready()
    expect(page.locator(f"{STILL} img >> visible=true")).to_have_count(len(CELLS))
    expect(page.get_by_text("Run this cell to go on.").locator("visible=true")).to_have_count(len(CELLS))
    expect(page.get_by_text("model not found").locator("visible=true")).to_have_count(0)
