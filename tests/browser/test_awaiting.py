"""A cell that awaits leaves the page alive: fields arrive, keys are the Studio's own, and the stop button stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench._jupyterlab import Notebook

pytestmark = [pytest.mark.browser, pytest.mark.starter]
WORDS = "an orange tiger"
CUPS = 3


def studio_cell(home: Path, task: str) -> str:
    return (
        "import asyncio, time\nfrom lab import open_lab\nfrom widgets import Studio\n"
        f"lab = open_lab(home={str(home)!r})\nstudio = Studio(lab, {task!r})\nstudio._live.value = False\nstudio"
    )


def until(condition: str, seconds: int = 20) -> str:
    """A cell that awaits until a condition holds in the kernel, no longer than so many seconds."""
    return (
        f"end = time.monotonic() + {seconds}\n"
        f"while not (heard := bool({condition})) and time.monotonic() < end:\n    await asyncio.sleep(0.05)"
    )


def test_words_and_sliders_arrive_while_a_cell_awaits_and_after_it(open_notebook, tmp_path: Path) -> None:
    settings = "studio.panel.settings"
    awaiting = until(f"{settings}['prompt'] == {WORDS!r} and {settings}['steps'] == 15")
    notebook: Notebook = open_notebook([studio_cell(tmp_path / "home", "text_to_image"), awaiting])
    notebook.run_cell(0)
    prompt = notebook.page.locator("textarea >> visible=true").first
    steps = notebook.page.get_by_role("slider").first
    prompt.wait_for()
    notebook.execute("studio.panel.settings = {'prompt': '', 'steps': 12}")
    notebook.run_cell(1, wait=False)
    notebook.page.wait_for_selector(".jp-CodeCell:nth-of-type(2) .jp-InputPrompt >> text='[*]:'")
    prompt.click()
    notebook.page.keyboard.type(WORDS, delay=30)
    steps.focus()
    for _ in range(CUPS):
        notebook.page.keyboard.press("ArrowRight")
    heard = f"[{settings}['prompt'], {settings}['steps'], heard]"
    assert notebook.value(heard, timeout_s=60) == [WORDS, 15, True]
    prompt.click()
    notebook.page.keyboard.type("s")
    notebook.wait_for(f"{settings}['prompt']", WORDS + "s")


def test_the_stop_button_cancels_the_picture_that_a_cell_awaits(open_notebook, tmp_path: Path) -> None:
    """150 steps take the starter model ten seconds: a stop that is heard late finds the picture finished."""
    drawing = "job = lab.run('text_to_image', prompt='a cat', steps=150)\nresult = await job"
    notebook: Notebook = open_notebook([studio_cell(tmp_path / "home", "text_to_image"), drawing])
    notebook.run_cell(0)
    notebook.run_cell(1, wait=False)
    notebook.page.get_by_text("1 other at work").wait_for()
    notebook.page.evaluate("window.jupyterapp.commands.execute('notebook:interrupt-kernel')")
    cell = notebook.page.locator(".jp-CodeCell").nth(1)
    cell.get_by_text("[2]:").wait_for()
    notebook.wait_for("job.state.value", "cancelled")
    said = cell.locator(".jp-OutputArea").inner_text()
    assert "CancelledError: job" in said
    assert "asyncio/" not in said


COMMANDS = "xbddmyc"
"""What JupyterLab takes in command mode: cut, insert below, delete, to Markdown, to code, copy."""


def test_keys_that_are_pressed_in_a_studio_change_no_cell(open_notebook, tmp_path: Path) -> None:
    awaiting = until("studio.panel.settings['prompt'] == 'done'", 600)
    notebook: Notebook = open_notebook([studio_cell(tmp_path / "home", "image_to_image"), awaiting])
    page = notebook.page
    notebook.run_cell(0)
    page.locator(".sketchlab-result").wait_for()
    notebook_now = "window.jupyterapp.shell.currentWidget.content.model.toJSON()"
    cells = f"() => {notebook_now}.cells.map((one) => [one.cell_type, one.source])"
    before = page.evaluate(cells)
    notebook.run_cell(1, wait=False)
    studio = page.locator(".sketchlab-keys")
    focusable = studio.locator("button, select, [tabindex='0'], input[type=checkbox], .sketchlab-result-frame")
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
    page.locator("textarea >> visible=true").first.fill("done")
    assert notebook.value("heard", timeout_s=60) is True


LINKS = """() => [...document.querySelectorAll('.sketchlab-studio .jupyter-widgets-disconnected')]
  .filter((one) => getComputedStyle(one, '::before').content !== 'none').length"""


def test_a_kernel_that_was_restarted_is_one_sentence_and_moves_no_paper(open_notebook, tmp_path: Path) -> None:
    notebook: Notebook = open_notebook([studio_cell(tmp_path / "home", "sketch_to_image")])
    page = notebook.page
    notebook.run_cell(0)
    paper = page.locator(".sketchlab-surface")
    paper.wait_for()
    before = paper.bounding_box()
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.locator(".sketchlab-studio.jupyter-widgets-disconnected").wait_for()
    said = "getComputedStyle(document.querySelector('.sketchlab-studio'), '::before').content"
    assert "run this cell again" in page.evaluate(said)
    assert page.evaluate(LINKS) == 0
    after = paper.bounding_box()
    assert (after["width"], after["height"]) == (before["width"], before["height"])
