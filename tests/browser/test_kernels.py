"""Two kernels on one session, and one that was restarted, in a real JupyterLab: nothing that was drawn is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench._jupyterlab import Notebook
from tests.browser.page_canvas import PageCanvas

pytestmark = pytest.mark.browser
KERNEL = "python3"  # JupyterLab's own, no fork: kernels are what is looked at
RESTART = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
ELSEWHERE = "open in another kernel too"


def studio_cell(home: Path, task: str) -> str:
    return (
        "import numpy as np\nfrom lab import Picture\nfrom lab.session import Lab\n"
        "from tests.fakes import ScriptedEngine\nfrom widgets import Studio\n"
        f"lab = Lab(home={str(home)!r}, engine=ScriptedEngine())\nstudio = Studio(lab, {task!r})\n"
        "studio.live_button.value = False\ncanvas = studio.canvas\nstudio"
    )


def drawn(notebook: Notebook, y: int) -> PageCanvas:
    """A line on the paper, at this height, kept or not."""
    surface = PageCanvas(notebook)
    surface.stroke((60, y), (400, y))
    surface.settle()
    return surface


def test_a_second_kernel_takes_over_with_all_that_was_drawn_and_the_first_says_so(notebook_of, tmp_path: Path) -> None:
    first, second = (notebook_of([studio_cell(tmp_path / "home", "sketch_to_image")]) for _ in range(2))
    first.run_cell(0)
    drawn(first, 40)
    second.run_cell(0)
    notice = second.page.locator(".sketchlab-notice")
    notice.get_by_text(ELSEWHERE).wait_for()
    drawn(second, 100)
    notice.get_by_role("button", name="Take over").click()
    notice.wait_for(state="detached")
    assert drawn(second, 200).heights() == [40, 100, 200]
    drawn(first, 300)
    first.page.locator(".sketchlab-notice").get_by_text("Another kernel took this canvas over").wait_for()
    first.page.evaluate(RESTART)
    first.run_cell(0)
    notice = first.page.locator(".sketchlab-notice")
    notice.get_by_text(ELSEWHERE).wait_for()
    notice.get_by_role("button", name="Take over").click()
    notice.wait_for(state="detached")
    assert drawn(first, 400).heights() == [40, 100, 200, 400]


def test_after_a_restart_the_picture_is_there_to_be_starred_and_sent_on(open_notebook, tmp_path: Path) -> None:
    notebook: Notebook = open_notebook([studio_cell(tmp_path / "home", "image_to_image")])
    page = notebook.page
    notebook.run_cell(0)
    notebook.execute("studio.image = Picture(np.full((96, 128, 3), (200, 40, 40), np.uint8))")
    page.get_by_role("button", name="Draw", exact=True).click()
    notebook.wait_for("studio.result is not None")
    page.evaluate(RESTART)
    notebook.run_cell(0)
    page.locator(".sketchlab-result-picture >> visible=true").wait_for()
    page.get_by_role("button", name="Star: keep this picture for good").click()
    notebook.wait_for("lab.gallery.latest()[0].is_starred")
    page.get_by_label("Send to").select_option("inpaint/image")
    below = "studio.exchange.below.children"
    notebook.wait_for(f"[one.image == Picture.of(studio.view.png) for one in {below}]", [True])
