"""What one does with pictures in a Studio, in a real JupyterLab: each by mouse and by keyboard, seen in Python."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image

from bench._jupyterlab import Notebook

pytestmark = pytest.mark.browser

CELL = """import tempfile
import numpy as np
from lab import Picture
from lab.gallery import recipe_in
from lab.session import Lab
from tests.fakes import ScriptedEngine
from widgets import Studio
lab = Lab(home=tempfile.mkdtemp(), engine=ScriptedEngine())
studio = Studio(lab, "image_to_image")
studio.live_button.value = False
studio.image = Picture(np.full((96, 96, 3), (200, 40, 40), np.uint8))
for prompt, seed in (("a fig", 5), ("a plum", 6)):
    studio.panel.settings = {"prompt": prompt, "seed": seed}
    studio.view.show(await lab.submit(studio.request()))
studio.results.strip.look(studio.view.path)
studio"""
NOW = "[studio.panel.settings['prompt'], studio.panel.settings['seed'], studio.view.outdated]"
IMAGE_IN_CLIPBOARD = """async () => {
    const [item] = await navigator.clipboard.read();
    const image = await createImageBitmap(await item.getType("image/png"));
    return [image.width, image.height];
}"""


@pytest.fixture(scope="module")
def studio(notebook: Notebook) -> Iterator[Notebook]:
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.page.wait_for_selector(".sketchlab-strip-cell >> nth=1")
    return notebook


def test_a_picture_of_the_strip_comes_back_by_a_click_and_by_keys(studio: Notebook) -> None:
    page = studio.page
    page.wait_for_function(
        "[...document.querySelectorAll('.sketchlab-strip-cell > img')].every((image) => image.naturalWidth > 0)"
    )
    page.get_by_role("button", name="Bring back: a fig · seed 5").click()
    studio.wait_for(NOW, ["a fig", 5, ""])
    page.locator('.sketchlab-strip-cell[aria-current][aria-label$="a fig · seed 5"]').wait_for()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    studio.wait_for(NOW, ["a plum", 6, ""])
    page.keyboard.press("s")
    studio.wait_for("[cell['is_starred'] for cell in studio.results.strip.cells]", [True, False])
    page.locator('.sketchlab-strip-cell:focus[aria-label$="starred"]').wait_for()


def test_the_picture_it_came_from_is_seen_while_button_or_key_is_held(studio: Notebook) -> None:
    page = studio.page
    before, split = page.locator(".sketchlab-result-before"), page.locator(".sketchlab-result-split")
    hold = page.get_by_role("button", name="Hold to see the picture that it came from")
    hold.hover()
    page.mouse.down()
    before.wait_for()
    assert not split.is_visible()
    assert before.evaluate("(image) => getComputedStyle(image).clipPath") == "none", "all of it is seen"
    page.mouse.up()
    before.wait_for(state="hidden")
    for place, key in ((page.locator(".sketchlab-result-frame"), "h"), (hold, " ")):
        place.focus()
        page.keyboard.down(key)
        before.wait_for()
        page.keyboard.up(key)
        before.wait_for(state="hidden")


def test_the_mouse_looks_closer_and_moves_the_border_between_before_and_after(studio: Notebook) -> None:
    page = studio.page
    zoomed, split = page.locator(".sketchlab-result-zoomed"), page.locator(".sketchlab-result-split")
    box = page.locator(".sketchlab-result-frame").bounding_box()
    x, y = box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"]
    left = "document.querySelector('.sketchlab-result-picture').getBoundingClientRect().x"
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    zoomed.wait_for()
    page.wait_for_function(f"{left} < {box['x'] - 5}")
    before = page.evaluate(left)
    page.mouse.down()
    page.mouse.move(x - 10, y)
    page.mouse.up()
    assert page.evaluate(left) == pytest.approx(before - 10, abs=2)
    page.mouse.dblclick(x, y)
    zoomed.wait_for(state="detached")
    page.get_by_role("button", name="Before and after").click()
    split.wait_for()
    page.mouse.move(box["x"] + 0.5 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], y, steps=3)
    page.mouse.up()
    assert float(split.input_value()) == pytest.approx(20, abs=2)
    shown = page.locator(".sketchlab-result-before").evaluate("(image) => getComputedStyle(image).clipPath")
    assert shown.startswith(f"inset(0px {100 - int(split.input_value())}%"), shown
    page.get_by_role("button", name="Before and after").click()
    split.wait_for(state="hidden")


def test_the_picture_goes_to_the_clipboard_and_into_files(studio: Notebook) -> None:
    page = studio.page
    page.get_by_role("button", name="Copy the picture").click()
    page.get_by_text("Copied.", exact=True).first.wait_for()
    assert page.evaluate(IMAGE_IN_CLIPBOARD) == [16, 16]
    page.evaluate("navigator.clipboard.writeText('')")
    page.locator(".sketchlab-result-frame").focus()
    page.keyboard.press("Control+c")
    page.wait_for_function(f"({IMAGE_IN_CLIPBOARD})().then((size) => size[0] === 16, () => false)")
    for kind in ("png", "webp"):
        with page.expect_download() as saving:
            page.get_by_label("Send to").select_option(kind)
        content = saving.value.path().read_bytes()
        assert saving.value.suggested_filename.endswith(kind)
        assert Image.open(io.BytesIO(content)).format == kind.upper()
        studio.execute(f"content = {content!r}")
        assert studio.value("recipe_in(content).prompt") == "a plum"


def test_choices_in_the_prompt_are_drawn_and_the_words_come_back(studio: Notebook) -> None:
    page = studio.page
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill("a {red|blue} fig")
    page.get_by_role("button", name="Draw 2", exact=True).click()
    studio.wait_for("sorted(kept.recipe.prompt for kept in studio.recent[:2])", ["a blue fig", "a red fig"])
    prompt.fill("a")
    page.get_by_role("button", name="Draw", exact=True).wait_for()
    prompt.press("Alt+ArrowUp")
    page.get_by_role("button", name="Draw 2", exact=True).wait_for()
    assert prompt.input_value() == "a {red|blue} fig"
    prompt.press("Alt+ArrowDown")
    page.get_by_role("button", name="Draw", exact=True).wait_for()
    assert prompt.input_value() == "a"


def test_a_picture_is_kept_and_another_one_made_by_a_click_and_by_a_key(studio: Notebook) -> None:
    page = studio.page
    page.get_by_role("button", name="Keep", exact=True).click()
    studio.wait_for("studio.view.is_starred and studio.recent[0].is_starred")
    new_seed, vary = (page.get_by_role("button", name=name, exact=True) for name in ("New seed", "Vary a little"))
    before = studio.value("studio.result.request.recipe.seed")
    new_seed.click()
    studio.wait_for(f"studio.result.request.recipe.seed != {before}")
    vary.press("Enter")
    studio.wait_for("studio.result.request.recipe.variation_strength > 0")


def test_a_page_that_is_not_seen_says_so(studio: Notebook) -> None:
    page = studio.page
    for hidden in ("true", "false"):
        page.evaluate(f"Object.defineProperty(document, 'hidden', {{ configurable: true, get: () => {hidden} }})")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        studio.wait_for("studio._fit.is_seen", hidden == "false")
