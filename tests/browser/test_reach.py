"""What is folded away in a Studio, by mouse and by keyboard: seen on the screen, and a value in Python."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from bench._jupyterlab import Notebook

pytestmark = pytest.mark.browser
CELL = """import tempfile
import numpy as np
from lab import Lab, Picture
from tests.fakes import ScriptedEngine
from widgets import Studio
lab = Lab("sd15", home=tempfile.mkdtemp(), engine=ScriptedEngine())
studio = Studio(lab, "image_to_image")
studio.live_button.value = False
studio.image = Picture(np.full((96, 96, 3), (200, 40, 40), np.uint8))
studio"""


@pytest.fixture
def studio(notebook: Notebook) -> Notebook:
    notebook.run_cell(0)
    notebook.page.get_by_role("button", name="Size", exact=False).first.wait_for()
    return notebook


PLACES = """() => {
    const top = document.querySelector('.sketchlab-studio').getBoundingClientRect().top;
    const parts = [...document.querySelectorAll('.sketchlab-surface, .sketchlab-result-frame, .sketchlab-folds-row')];
    return parts.map((part) => part.getBoundingClientRect()).map(({ left, top: y, width }) => [left, y - top, width]);
}"""


def fold(studio: Notebook, name: str) -> None:
    """Open one group, by its button."""
    studio.page.locator(".sketchlab-folds-row").get_by_role("button", name=name).click()
    studio.wait_for(f"{name!r} in studio.panel.folds.opened")


def test_a_size_is_chosen_by_ratio_swapped_and_typed_and_a_reload_finds_the_fold_open(studio: Notebook) -> None:
    page = studio.page
    before = page.evaluate(PLACES)
    fold(studio, "Size")
    assert page.evaluate(PLACES) == before, "nothing jumps"
    page.get_by_label("Ratio", exact=True).select_option(label="3:2  (624x416)")
    studio.wait_for("(studio.panel.settings['width'], studio.panel.settings['height']) == (624, 416)")
    page.get_by_role("button", name="Swap width and height").press("Enter")
    studio.wait_for("(studio.panel.settings['width'], studio.panel.settings['height']) == (416, 624)")
    expect(page.get_by_label("Width", exact=True)).to_have_value("416")
    page.get_by_label("Width", exact=True).fill("300")
    page.get_by_label("Width", exact=True).press("Tab")
    page.get_by_text("Draws 304x624: sides are multiples of 8.").wait_for()
    page.locator(".sketchlab-folds-row").get_by_role("button", name="Size: 304x624").wait_for()
    studio.wait_for("studio.panel.settings['width'] == 300")
    studio.execute("Studio(lab, 'image_to_image').panel.folds.opened == ['Size'] or 1 / 0")


def test_what_is_not_read_of_a_prompt_is_greyed_and_ctrl_up_weighs_a_word(studio: Notebook) -> None:
    page = studio.page
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill("cat " * 80)
    prompt.press("Tab")
    page.locator(".sketchlab-unread > span >> visible=true").wait_for()
    assert page.locator(".sketchlab-unread > span").text_content().strip() == " ".join(["cat"] * 5)
    prompt.fill("a red cat")
    prompt.evaluate("field => field.setSelectionRange(2, 5)")
    prompt.press("Control+ArrowUp")
    studio.wait_for(
        "(studio.panel.settings['prompt'], studio.panel.settings['words']) == ('a (red:1.1) cat', 'weighted')"
    )
    prompt.press("Control+ArrowUp")
    studio.wait_for("studio.panel.settings['prompt'] == 'a (red:1.2) cat'")
    assert prompt.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)") == "red"
    page.locator(".sketchlab-unread").wait_for(state="hidden")


def test_a_sampler_a_lora_and_a_control_become_part_of_what_is_asked_for(studio: Notebook) -> None:
    page = studio.page
    for name in ("Sampler", "LoRAs", "Controls"):
        fold(studio, name)
    page.get_by_label("Sampler", exact=True).select_option(label="UniPC")
    add = page.get_by_label("Add", exact=True)
    add.fill("someone/a-style")
    add.press("Enter")
    studio.wait_for("[one['name'] for one in studio.panel.settings['loras']] == ['someone/a-style']")
    page.get_by_role("button", name="Add a control").click()
    page.locator(".sketchlab-guide").get_by_role("button", name="Loose").wait_for()
    studio.execute(
        "entry = studio.guides.lists['Controls'].entries[0]\nentry.source.surfaces[0].background = studio.image"
    )
    studio.wait_for("entry.source.preview.map is not None")
    page.locator(".sketchlab-guide").get_by_role("button", name="Loose").click()
    studio.wait_for("[(one.weight, one.end) for one in studio.request().recipe.controls] == [(0.7, 0.5)]")
    page.locator(".sketchlab-guide").get_by_label("Control 1", exact=True).press("Space")
    studio.wait_for("studio.request().recipe.controls == ()")
    studio.wait_for("studio.request().recipe.scheduler == 'unipc'")


def test_a_picture_is_looked_at_closely_and_compared_with_what_it_came_from(studio: Notebook) -> None:
    page = studio.page
    page.get_by_role("button", name="Draw", exact=True).click()
    shown = page.locator(".sketchlab-result-picture >> visible=true")
    shown.wait_for()
    frame = page.locator(".sketchlab-result-frame")
    frame.focus()
    frame.press("1")
    page.locator(".sketchlab-result-zoomed").wait_for()
    assert shown.bounding_box()["width"] > 1.9 * frame.bounding_box()["width"]
    frame.press("0")
    page.locator(".sketchlab-result-zoomed").wait_for(state="detached")
    page.get_by_role("button", name="Before and after").click()
    page.get_by_label("Before and after", exact=True).and_(page.locator("input")).press("End")
    clip = page.locator(".sketchlab-result-before").evaluate("image => getComputedStyle(image).clipPath")
    assert "calc(0%)" in clip.replace("0% 0%", "calc(0%)") or clip.startswith("inset(0px")
    with page.expect_download() as download:
        page.get_by_label("Download the picture, recipe included").click()
    studio.execute("from lab.gallery import recipe_in")
    content = download.value.path().read_bytes()
    studio.wait_for(f"recipe_in({content!r}).seed == studio.result.request.recipe.seed")


def test_no_control_is_without_a_name(studio: Notebook) -> None:
    studio.execute("studio.panel.folds.opened = studio.panel.folds.names\nstudio.guides.lists['Controls'].add()")
    studio.page.locator(".sketchlab-guide-views .sketchlab-ink").first.wait_for()
    nameless = """() => [...document.querySelectorAll('.sketchlab-studio :is(button, input, select, textarea, a)')]
        .filter((node) => node.getClientRects().length && !node.hidden)
        .filter((node) => !(node.getAttribute('aria-label') || node.title || node.textContent.trim()
            || [...(node.labels ?? [])].some((label) => label.textContent.trim())))
        .map((node) => node.outerHTML.slice(0, 200))"""
    studio.page.wait_for_function(f"() => ({nameless})().length === 0")
