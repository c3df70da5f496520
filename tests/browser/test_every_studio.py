"""Every task's Studio, in a real JupyterLab, on the real starter model: one picture each, seen on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.tasks import TASKS

pytestmark = [pytest.mark.browser, pytest.mark.starter]
PICTURES = Path(__file__).parents[2] / "notebooks" / "pictures"
LONG_S = 120
FED_BY = {
    "text_to_image": "",
    "sketch_to_image": "studio.canvas.circle(256, 256, 150)",
    "inpaint": "studio.image = picture\npixels = np.zeros((512, 512), np.uint8)\npixels[60:200, 150:380] = 255\n"
    "studio.canvas.mask = Mask(pixels)",
}
"""What is given to a Studio besides a picture on its canvas, in Python."""


TASK_NAMES = [task.name for task in TASKS.values() if not task.edits]


def test_the_studio_of_every_task_draws_a_picture(open_notebook, tmp_path: Path) -> None:
    """One kernel for all, so that the model is read once; each Studio is a cell of its own."""
    opened = (
        "import numpy as np\nfrom lab import Mask, open_lab\nfrom widgets import Studio\n"
        f"lab = open_lab(home={str(tmp_path / 'home')!r})"
    )
    cells = [f"studio = Studio(lab, {task!r})\nstudio" for task in TASK_NAMES]
    notebook = open_notebook([opened, *cells])
    notebook.run_cell(0)
    notebook.execute(f"picture = {str(PICTURES / 'plant.jpg')!r}")
    for number, task in enumerate(TASK_NAMES, 1):
        notebook.run_cell(number)
        notebook.execute("studio.live_button.value = False")
        notebook.execute(FED_BY.get(task, "studio.image = picture"))
        notebook.execute("studio.panel.settings = {'steps': 4} if 'steps' in studio.panel.settings else {}")
        if task == "control_to_image":
            notebook.wait_for("studio.sources[0].preview.map is not None", timeout_s=LONG_S)
        cell = notebook.page.locator(".jp-CodeCell").nth(number)
        cell.get_by_role("button", name="Draw", exact=True).click()
        notebook.wait_for("studio.result is not None or bool(studio.bar.error)", timeout_s=LONG_S)
        assert notebook.value("studio.bar.error") == "", task
        shown = cell.locator(".sketchlab-result-picture >> visible=true")
        shown.wait_for()
        loaded = "image => image.complete && image.naturalWidth > 0 && [image.naturalWidth, image.naturalHeight]"
        size = notebook.page.wait_for_function(loaded, arg=shown.element_handle()).json_value()
        width, height = notebook.value("list(studio.result.picture.size)")
        assert size[0] / size[1] == pytest.approx(width / height, rel=0.02), task
        notebook.execute("studio.close()")
