"""`deploy/pod/start.sh` in what a Runpod pod's stock image has: its own JupyterLab, started before the script runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bench._hand import draw_line
from bench._jupyterlab import LabServer, Notebook
from tests.deploy.stock_image import BASH, ROOT, StockImage, stock_image

pytestmark = pytest.mark.browser
CELL = """from lab import open_lab
from widgets import Studio
lab = open_lab()
studio = Studio(lab, "sketch_to_image")
studio"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> StockImage:
    """The image, in which the packages of an older one lie."""
    try:
        image = stock_image(tmp_path_factory.mktemp("pod"))
    except RuntimeError as error:
        pytest.skip(f"JupyterLab 4.5.9 cannot be fetched: {error}")
    older = image.workspace / "sketchlab-venv"
    older.mkdir()
    (older / "stamp").write_text("of another image")
    return image


def test_a_page_that_was_open_before_draws_after_a_reload(image: StockImage, browser: Browser) -> None:
    with image.server() as server:
        _check_asks_for_token(server)
        page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{server.url}lab?token={server.token}")
        page.wait_for_function("window.jupyterapp?.shell")
        first = image.start_sh()
        assert first.returncode == 0, first.stdout + first.stderr
        assert "Installing" in first.stdout
        notebook = Notebook.open(server, page, [CELL])  # which loads the page anew
        notebook.run_all()
        page.wait_for_selector(".sketchlab-canvas canvas >> visible=true")
        draw_line(page, [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.3)])
        notebook.wait_for("len(studio.canvas.sketch.strokes)", 1)
        notebook.wait_for("studio.result is not None", timeout_s=120)
        page.wait_for_selector(".sketchlab-result-picture >> visible=true")
        assert notebook.value("str(lab.home)") == str(image.workspace / "sketchlab")
        assert notebook.value("__import__('sys').executable").startswith(str(image.workspace))
        notebook.close()


AWAITING = """import asyncio, time
end = time.monotonic() + 20
while studio.panel.settings["prompt"] != "an orange tiger" and time.monotonic() < end:
    await asyncio.sleep(0.05)"""


@pytest.mark.parametrize("app", ["lab/tree", "notebooks"])
def test_words_arrive_while_a_cell_awaits_in_this_jupyterlab_and_in_notebook_7(
    image: StockImage, browser: Browser, app: str
) -> None:
    with image.server() as server:
        page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        page.set_default_timeout(60_000)
        notebook = Notebook.open(server, page, [CELL, AWAITING], app=app)
        notebook.run_cell(0)
        prompt = page.locator("textarea >> visible=true").first
        prompt.wait_for()
        notebook.execute("studio.panel.settings = {'prompt': ''}")
        notebook.run_cell(1, wait=False)
        page.wait_for_selector(".jp-CodeCell:nth-of-type(2) .jp-InputPrompt >> text='[*]:'")
        expect(prompt).to_have_value("")  # else what was cleared may arrive behind the first letter
        prompt.click()
        page.keyboard.type("an orange tiger", delay=30)
        assert notebook.value("studio.panel.settings['prompt']", timeout_s=60) == "an orange tiger"
        prompt.click()
        page.keyboard.press("End")
        page.keyboard.type("s")
        notebook.wait_for("studio.panel.settings['prompt']", "an orange tigers")
        before = notebook.value("len(studio.canvas.sketch.strokes)")
        draw_line(page, [(0.2, 0.2), (0.8, 0.8)])
        notebook.wait_for("len(studio.canvas.sketch.strokes)", before + 1)
        for key in "xdd":
            page.keyboard.press(key)
        assert page.evaluate("window.jupyterapp.shell.currentWidget.content.model.cells.length") == 2
        notebook.close()


def _check_asks_for_token(server: LabServer) -> None:
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{server.url}api/contents", timeout=20)  # noqa: S310 - loopback
    urllib.request.urlopen(f"{server.url}api/contents?token={server.token}", timeout=20).close()  # noqa: S310


def test_a_second_run_changes_nothing(image: StockImage) -> None:
    before = image.written()
    again = image.start_sh()
    assert "Nothing had to be changed." in again.stdout, again.stdout + again.stderr
    assert image.written() == before


def test_the_pages_half_of_the_widgets_is_the_kernels(image: StockImage) -> None:
    for name in ("anywidget", "ipycanvas"):
        package = image.folder / "image/share/jupyter/labextensions" / name / "package.json"
        code = f"import {name}; print({name}.__version__)"
        kernels = subprocess.run(
            [image.workspace / "sketchlab-venv/bin/python", "-c", code], capture_output=True, text=True, check=True
        )
        assert json.loads(package.read_text())["version"].split("-")[0] == kernels.stdout.strip()


def test_what_a_stop_wipes_is_mended_and_what_is_drawn_is_kept_elsewhere(image: StockImage) -> None:
    kernel = image.home / ".local/share/jupyter/kernels/python3/kernel.json"
    before = kernel.read_text()
    shutil.rmtree(image.home)
    image.home.mkdir()
    shutil.rmtree(image.folder / "image/share/jupyter/labextensions/ipycanvas")
    again = image.start_sh()
    assert "kernel.json" in again.stdout
    assert "ipycanvas" in again.stdout
    assert "Installing" not in again.stdout
    assert kernel.read_text() == before
    told = json.loads(before)["env"]
    assert all(place.startswith(str(image.workspace)) for place in told.values())


def test_a_pod_without_a_volume_is_told_so(image: StockImage, tmp_path: Path) -> None:
    told = {**image.environment, "SKETCHLAB_WORKSPACE": str(tmp_path / "none")}
    ran = subprocess.run(
        [BASH, str(ROOT / "deploy/pod/start.sh")], env=told, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "attach a volume to the pod" in ran.stderr
