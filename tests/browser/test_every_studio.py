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


@pytest.mark.parametrize("task", [task.name for task in TASKS.values() if not task.edits])
def test_the_studio_of_every_task_draws_a_picture(open_notebook, tmp_path: Path, task: str) -> None:
    cell = (
        "import numpy as np\nfrom lab import Mask, open_lab\nfrom widgets import Studio\n"
        f"lab = open_lab(home={str(tmp_path / 'home')!r})\nstudio = Studio(lab, {task!r})\nstudio"
    )
    notebook = open_notebook([cell])
    notebook.run_cell(0)
    page = notebook.page
    page.wait_for_selector(".sketchlab-result >> visible=true")
    page.get_by_role("button", name="Live").click()
    notebook.execute(f"picture = {str(PICTURES / 'plant.jpg')!r}")
    notebook.execute(FED_BY.get(task, "studio.image = picture"))
    notebook.execute("few = {'steps': 4} if 'steps' in studio.panel.settings else {}\nstudio.panel.settings = few")
    if task == "control_to_image":
        notebook.wait_for("studio.sources[0].preview.map is not None", timeout_s=LONG_S)
    page.get_by_role("button", name="Draw", exact=True).click()
    notebook.wait_for("studio.result is not None or bool(studio.bar.error)", timeout_s=LONG_S)
    assert notebook.value("studio.bar.error") == ""
    page.wait_for_selector(".sketchlab-result-picture >> visible=true")
    shown = page.evaluate(
        "async () => { const image = document.querySelector('.sketchlab-result-picture'); await image.decode();"
        " return [image.naturalWidth, image.naturalHeight]; }"
    )
    width, height = notebook.value("list(studio.result.picture.size)")
    assert shown[0] / shown[1] == pytest.approx(width / height, rel=0.02)
