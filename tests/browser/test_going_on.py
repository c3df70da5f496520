"""Going on with a picture without code, in a real JupyterLab: by menu, by dragging, with its settings, by a star."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench._jupyterlab import Notebook

pytestmark = pytest.mark.browser

CELL = """import tempfile
import numpy as np
from lab import Picture
from lab.gallery import png_with_recipe
from lab.session import Lab
from tests.fakes import ScriptedEngine
from widgets import Studio
lab = Lab(home=tempfile.mkdtemp(), engine=ScriptedEngine())
studio = Studio(lab, "image_to_image")
studio.live_button.value = False
studio.panel.settings = {"prompt": "a red thing", "seed": 5}
studio.image = Picture(np.full((96, 128, 3), (200, 40, 40), np.uint8))
made = await lab.submit(studio.request())
studio.view.show(made)
studio"""
BELOW = "studio.exchange.below.children"
# What looks for a widget every 100 ms, and what looks whether it has found it, comes too late.
BUSY = """window.isBusy = true;
const soon = window.setTimeout;
const late = (ms) => (window.isBusy && ms >= 100 && ms <= 300 ? ms + 3000 : ms);
window.setTimeout = (act, ms = 0, ...more) => soon(act, late(ms), ...more);
"""


@pytest.fixture
def studio(notebook: Notebook) -> Notebook:
    notebook.run_cell(0)
    notebook.page.wait_for_selector(".sketchlab-result-picture >> visible=true")
    return notebook


def test_a_picture_is_sent_to_another_task_which_opens_below_with_it(studio: Notebook) -> None:
    page = studio.page
    page.get_by_label("Send to").select_option("inpaint/image")
    studio.wait_for(f"[one.task.name for one in {BELOW}]", ["inpaint"])
    page.locator(".sketchlab-studio .sketchlab-studio .sketchlab-ink").wait_for()
    studio.wait_for(f"{BELOW}[0].image == Picture.of(studio.view.png)")
    inner = page.locator(".sketchlab-studio .sketchlab-studio")
    page.wait_for_function(
        "() => document.querySelector('.sketchlab-studio .sketchlab-studio').getBoundingClientRect().top < 400"
    )
    # keys of the inner Studio are its own: Ctrl+Enter there draws there alone
    inner.get_by_label("Prompt", exact=True).fill("a hole")
    inner.get_by_label("Prompt", exact=True).press("Control+Enter")
    studio.wait_for(f"{BELOW}[0].bar.error != ''")
    assert studio.value("studio.bar.error") == ""


def test_a_picture_is_dragged_onto_a_canvas_as_its_own_file(studio: Notebook) -> None:
    page = studio.page
    page.locator(".sketchlab-result-frame").first.drag_to(page.locator(".sketchlab-surface").first)
    studio.wait_for("studio.image == Picture.of(studio.view.png)")
    studio.execute("studio.panel.settings = {'prompt': 'another', 'seed': 1}")
    page.get_by_role("button", name="Use its settings").click()
    studio.wait_for("[studio.panel.settings[name] for name in ('prompt', 'seed')]", ["a red thing", 5])
    page.locator(".sketchlab-notice").wait_for(state="detached")


def test_a_star_comes_back_with_the_picture_in_a_page_that_is_busy_and_is_taken_back(studio: Notebook) -> None:
    page = studio.page
    star = page.get_by_role("button", name="Star: keep this picture for good")
    assert star.get_attribute("aria-pressed") == "false"
    star.click()
    studio.wait_for("lab.gallery.latest()[0].is_starred")
    page.locator('.sketchlab-result-star[aria-pressed="true"]').wait_for()
    page.add_init_script(BUSY)
    studio.reload()
    page.locator('.sketchlab-result-star[aria-pressed="true"]').wait_for()
    page.evaluate("() => { window.isBusy = false }")
    page.locator('.sketchlab-result-star[aria-pressed="true"]').click()
    studio.wait_for("not lab.gallery.latest()[0].is_starred")


def test_a_picture_from_the_disk_is_dropped_with_its_settings(studio: Notebook, tmp_path: Path) -> None:
    studio.execute(f"open({str(tmp_path / 'made.png')!r}, 'wb').write(png_with_recipe(made))")
    with studio.page.expect_file_chooser() as chooser:
        studio.page.get_by_role("button", name="Open a picture").first.click()
    chooser.value.set_files(tmp_path / "made.png")
    studio.execute("studio.panel.settings = {'seed': 6}")
    studio.page.get_by_role("button", name="Use its settings").click()
    studio.wait_for("studio.panel.settings['seed']", 5)
