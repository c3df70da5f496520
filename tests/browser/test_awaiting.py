"""A cell that awaits leaves the page alive: fields arrive, keys are the Studio's own, and the stop button stops."""

from __future__ import annotations

import pytest

from bench._jupyterlab import Notebook
from tests.browser.page_canvas import PageCanvas

pytestmark = [pytest.mark.browser, pytest.mark.starter]
KERNEL = "python3"  # JupyterLab's own, no fork: one is interrupted and started again
WORDS = "an orange tiger"
CUPS = 3


OPENED = """import asyncio, tempfile, time
import numpy as np
from lab import open_lab
from widgets import Studio
lab = open_lab(home=tempfile.mkdtemp())"""


def studio_cell(task: str) -> str:
    return f"studio = Studio(lab, {task!r})\nstudio.live_button.value = False\nstudio"


def until(condition: str, seconds: int = 20) -> str:
    """A cell that awaits until a condition holds in the kernel, no longer than so many seconds."""
    return (
        f"end = time.monotonic() + {seconds}\n"
        f"while not (heard := bool({condition})) and time.monotonic() < end:\n    await asyncio.sleep(0.05)"
    )


SETTINGS = "studio.panel.settings"
PLACE = f"[{SETTINGS}[name] for name in ('x', 'y')]"
DRAGGED = (120, -60)
"""How far the product goes, in pixels of a scene of 400 x 300."""
CELLS = [
    OPENED,
    studio_cell("text_to_image"),
    until(f"{SETTINGS}['prompt'] == {WORDS!r} and {SETTINGS}['steps'] == 15"),
    "job = lab.run('text_to_image', prompt='a cat', steps=150)\nresult = await job",
    studio_cell("image_to_image"),
    until(f"{SETTINGS}['prompt'] == 'done'", 600),
    studio_cell("product_shot"),
    until(f"np.allclose({PLACE}, [0.8, 0.65], atol=0.004) and {SETTINGS}['prompt'] == {WORDS!r}"),
]


@pytest.fixture(scope="module")
def notebook(notebook_of) -> Notebook:
    """One kernel for all, which reads the model once; the last test restarts it."""
    notebook = notebook_of(CELLS)
    notebook.run_cell(0)
    return notebook


def cell_of(notebook: Notebook, number: int):
    return notebook.page.locator(".jp-CodeCell").nth(number)


def test_words_and_sliders_arrive_while_a_cell_awaits_and_after_it(notebook: Notebook) -> None:
    notebook.run_cell(1)
    prompt = notebook.page.locator("textarea >> visible=true").first
    steps = notebook.page.get_by_role("slider").first
    prompt.wait_for()
    notebook.execute("studio.panel.settings = {'prompt': '', 'steps': 12}")
    notebook.run_cell(2, wait=False)
    cell_of(notebook, 2).get_by_text("[*]:").wait_for()
    prompt.click()
    notebook.page.keyboard.type(WORDS, delay=30)
    steps.focus()
    for _ in range(CUPS):
        notebook.page.keyboard.press("ArrowRight")
    heard = f"[{SETTINGS}['prompt'], {SETTINGS}['steps'], heard]"
    assert notebook.value(heard, timeout_s=60) == [WORDS, 15, True]
    prompt.click()
    notebook.page.keyboard.type("s")
    notebook.wait_for(f"{SETTINGS}['prompt']", WORDS + "s")


def test_the_stop_button_cancels_the_picture_that_a_cell_awaits(notebook: Notebook) -> None:
    """150 steps take the starter model ten seconds: a stop that is heard late finds the picture finished."""
    notebook.run_cell(3, wait=False)
    notebook.page.get_by_text("1 other at work").wait_for()
    notebook.page.evaluate("window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    cell = cell_of(notebook, 3)
    cell.get_by_text("[4]:").wait_for()
    notebook.wait_for("job.state.value", "cancelled")
    said = cell.locator(".jp-OutputArea").inner_text()
    assert "CancelledError: job" in said
    assert "asyncio/" not in said


COMMANDS = "xbddmyc"
"""What JupyterLab takes in command mode: cut, insert below, delete, to Markdown, to code, copy."""


def test_keys_that_are_pressed_in_a_studio_change_no_cell(notebook: Notebook) -> None:
    page, shown = notebook.page, cell_of(notebook, 4)
    notebook.run_cell(4)
    shown.locator(".sketchlab-result").wait_for()
    notebook_now = "window.jupyterapp.shell.currentWidget.content.model.toJSON()"
    cells = f"() => {notebook_now}.cells.map((one) => [one.cell_type, one.source])"
    before = page.evaluate(cells)
    notebook.run_cell(5, wait=False)
    focusable = shown.locator(".sketchlab-keys").locator(
        "button, select, [tabindex='0'], input[type=checkbox], .sketchlab-result-frame"
    )
    pressed = []
    for place in focusable.all():
        if not place.is_visible() or place.is_disabled():
            continue
        pressed.append(place.evaluate("one => one.title || one.getAttribute('role') || one.className"))
        if "sketchlab-result-frame" in pressed[-1]:
            place.click()
        else:
            place.focus()
        for key in COMMANDS:
            page.keyboard.press(key)
        assert page.evaluate(cells) == before, pressed[-1]
    assert {"slider", "sketchlab-result-frame"} <= set(pressed), pressed
    assert any(one.startswith("Draw again after every change") for one in pressed), pressed
    shown.locator("textarea >> visible=true").first.fill("done")
    assert notebook.value("heard", timeout_s=60) is True


SEEN_AT = """([frame, x, y]) => {
  const seen = frame.getBoundingClientRect();
  return Math.hypot(seen.x - x, seen.y - y) < 3;
}"""
"""Whether a frame begins there on the page."""


def test_a_product_is_dragged_and_words_are_typed_while_a_cell_awaits(notebook: Notebook) -> None:
    notebook.run_cell(6)
    notebook.execute(
        "studio.image = np.pad(np.full((120, 80, 3), 40, np.uint8), ((40,), (60,), (0,)), constant_values=250)\n"
        "studio.canvases[1].background = np.full((300, 400, 3), 90, np.uint8)\n"
        "studio.panel.settings = {'x': 0.5, 'y': 0.85}"
    )
    notebook.wait_for("bool(studio.canvases[1].ink.frame)")
    scene = PageCanvas(notebook, view=2)  # that of the Studio above is the first
    frame = scene.surface.locator(".sketchlab-frame")
    frame.wait_for()
    left, top, right, bottom = notebook.value("studio.canvases[1].ink.frame['box']")
    prompt = cell_of(notebook, 6).get_by_label("Prompt", exact=True)
    notebook.run_cell(7, wait=False)
    cell_of(notebook, 7).get_by_text("[*]:").wait_for()
    middle = ((left + right) / 2, (top + bottom) / 2)
    scene.stroke(middle, (middle[0] + DRAGGED[0], middle[1] + DRAGGED[1]), steps=15)
    prompt.click()
    notebook.page.keyboard.type(WORDS, delay=30)
    assert notebook.value("heard", timeout_s=60), notebook.value(f"[{PLACE}, {SETTINGS}['prompt']]")
    x, y = scene.at(*notebook.value("studio.canvases[1].ink.frame['box']")[:2])
    notebook.page.wait_for_function(SEEN_AT, arg=[frame.element_handle(), x, y], timeout=1000)
    assert prompt.input_value() == notebook.value(f"{SETTINGS}['prompt']") == WORDS


LINKS = """() => [...document.querySelectorAll('.sketchlab-studio .jupyter-widgets-disconnected')]
  .filter((one) => getComputedStyle(one, '::before').content !== 'none').length"""


def test_a_kernel_that_was_restarted_is_one_sentence_and_moves_no_paper(notebook: Notebook) -> None:
    page = notebook.page
    paper = cell_of(notebook, 4).locator(".sketchlab-surface")
    paper.scroll_into_view_if_needed()
    before = paper.bounding_box()
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.locator(".sketchlab-studio.jupyter-widgets-disconnected").last.wait_for()
    said = "getComputedStyle(document.querySelector('.sketchlab-studio'), '::before').content"
    assert "run this cell again" in page.evaluate(said)
    assert page.evaluate(LINKS) == 0
    after = paper.bounding_box()
    assert (after["width"], after["height"]) == (before["width"], before["height"])
