"""Another model in the Studio of a real JupyterLab, by mouse and by keyboard, and back; what is drawn stays."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.starter]
CELL = """from lab import open_lab
from tests.pipelines.tiny import make_tiny
from widgets import Studio

own = make_tiny(Path(home) / "models" / "tiny", "sd15")
studio = Studio(open_lab(home=home), "image_to_image")
studio.live_button.value = False
studio.panel.settings = {"prompt": "a red apple", "seed": 2**60, "steps": 4}
studio.canvas.circle(256, 256, 150)
studio"""
LONG_S = 60


def test_a_model_of_ones_own_draws_and_the_starter_again(open_notebook, tmp_path: Path) -> None:
    cell = f"from pathlib import Path\nhome = {str(tmp_path / 'home')!r}\n{CELL}"
    notebook = open_notebook([cell])
    page = notebook.page
    notebook.run_all()
    fold = page.get_by_role("button", name="Model: starter")
    fold.click()
    models = page.get_by_label("Models", exact=True)
    models.select_option(label="tiny · sd15 · here", timeout=LONG_S * 1000)
    page.get_by_text("On this machine. Licence:").wait_for()
    page.get_by_role("button", name="Use tiny", exact=True).click()
    page.get_by_role("button", name="Model: tiny", exact=True).wait_for()
    notebook.wait_for("studio.panel.settings['steps']", 25)
    notebook.execute("studio.panel.settings = {'steps': 2, 'width': 64, 'height': 64, 'scheduler': 'ddim'}")
    prompt, seed = page.get_by_label("Prompt", exact=True), page.get_by_label("Seed", exact=True)
    assert (prompt.input_value(), seed.input_value()) == ("a red apple", str(2**60))
    page.get_by_role("button", name="Draw", exact=True).click()
    notebook.wait_for("bool(studio.result or studio.bar.error)", timeout_s=LONG_S)
    assert notebook.value("studio.bar.error") == ""
    assert notebook.value("studio.result.request.recipe.model == str(own)")
    width = "document.querySelector('.sketchlab-result-picture').naturalWidth"
    page.wait_for_function(f"{width} === 64")

    # And back by the keyboard: from the list, whose focus stays while all settings are made anew.
    models.focus()
    page.keyboard.press("Home")
    page.get_by_role("button", name="Use starter", exact=True).wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Model: starter", exact=True).wait_for()
    notebook.wait_for("studio.panel.settings['steps']", 4)
    page.wait_for_function("document.activeElement.textContent === 'In use'")
    assert notebook.value("len(studio.canvas.sketch.strokes)") == 1
    page.keyboard.press("Control+Enter")
    notebook.wait_for("studio.result.request.recipe.model", "starter", timeout_s=LONG_S)
    page.locator(".sketchlab-result-outdated").wait_for(state="hidden")
    page.wait_for_function(f"{width} === 256")
