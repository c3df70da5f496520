"""A notebook with a Studio, saved and opened again without its kernel: the last picture is there, and little else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from bench._jupyterlab import Notebook

pytestmark = pytest.mark.browser

CELL = """import tempfile
import numpy as np
from lab import Lab, Picture
from lab.core.events import Result
from lab.tasks import plan
from widgets import Studio
lab = Lab(home=tempfile.mkdtemp())
studio = Studio(lab, "sketch_to_image")
request = lab.request("text_to_image", prompt="noise")
def show(level):
    noise = np.random.default_rng(level).integers(0, level, (1024, 1536, 3), np.uint8)
    studio.view.show(Result(Picture(noise), request, plan(request).plan, 1.0))
studio"""
SAVES_STATE = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
STILL = "figure.sketchlab-still"


@pytest.fixture
def saved(open_notebook: Callable[..., Notebook]) -> Iterator[Notebook]:
    """A notebook that JupyterLab saves with the state of its widgets."""
    notebook = open_notebook([CELL])
    notebook.command(SAVES_STATE)
    notebook.run_all()
    notebook.page.wait_for_selector(".sketchlab-canvas canvas >> visible=true")
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


def test_a_reopened_notebook_shows_the_last_picture_and_is_small(saved: Notebook) -> None:
    saved.execute("show(40)")
    first = saved_with(saved, lambda text: "data:image/jpeg" in text)
    saved.execute("show(255)")
    text = saved_with(saved, lambda text: "data:image/jpeg" in text and text != first)
    assert len(text) < 200_000, "even of noise"
    assert "widget-state" not in text
    assert text.count("<figure") == 1
    expect(saved.page.locator(STILL)).to_be_hidden()
    saved.command("kernelmenu:shutdown")
    saved.page.reload()
    saved.wait_until_ready()
    expect(saved.page.locator(f"{STILL} img")).to_be_visible()
    expect(saved.page.get_by_text("Run this cell to go on.")).to_be_visible()
    expect(saved.page.get_by_text("model not found")).to_be_hidden()
