"""Every Studio at three windows: words, papers, picture and Draw are seen at once, papers and pictures stand level."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from lab.tasks import TASKS
from widgets.studio.inputs.picture_uses import uses_of

pytestmark = pytest.mark.browser
PICTURES = Path(__file__).parents[2] / "notebooks" / "pictures"
WINDOWS = [(1366, 768), (960, 600), (2560, 1440)]
"""The usual small laptop; the same at 150 % in the browser's zoom, about; a large screen."""
LONG_S = 120
ALIKE = {
    (*sorted({*uses_of(task)} - {"mask"}), "controls" in task.needs, bool(task.sketch), "prompt" in task.recipe_fields):
    name for name, task in TASKS.items()
}  # fmt: skip
"""One task of those whose Studios have the same columns and fields of words, by what these are."""
SEEN_AT = [(task, window) for task in TASKS for window in WINDOWS if window == WINDOWS[1] or task in ALIKE.values()]
"""Every Studio where there is least room, and one of each kind elsewhere; task by task, as one is open at a time."""
OPENED = """import tempfile
import numpy as np
from lab import Lab
from tests.fakes import ScriptedEngine
from widgets import Studio
lab = Lab(home=tempfile.mkdtemp(), engine=ScriptedEngine())
studios = {}
def opened(task):
    studio = studios[task] = Studio(lab, task)
    studio.live_button.value = False
    return studio"""
FED_BY = {
    "text_to_image": "",
    "sketch_to_image": "studio.canvas.circle(256, 256, 150)",
    "product_shot": "studio.image = wide\nstudio.canvases[1].background = tall",
    "style_transfer": "studio.image = tall\nstudio.canvases[1].background = wide",
}
"""What is given to a Studio besides a wide picture on its canvas, in Python."""
SEEN = """number => {
    const cell = document.querySelectorAll('.jp-CodeCell')[number];
    const page = document.querySelector('.jp-WindowedPanel-outer').getBoundingClientRect();
    const boxes = (selector) => [...cell.querySelectorAll(selector)].map((node) => node.getBoundingClientRect())
        .filter(({ width, height }) => width * height > 0)
        .map(({ left, right, top, bottom }) => ({ left, right, top: top - page.top, bottom: bottom - page.top }));
    return {
        page: { width: page.width, height: page.height, left: page.left, right: page.right },
        studio: boxes('.sketchlab-studio, .jp-OutputArea-output > .widget-vbox')[0],
        words: boxes('textarea'),
        draw: boxes('button.mod-primary'),
        papers: boxes('.sketchlab-surface'),
        maps: boxes('.sketchlab-preview-frame'),
        tiles: boxes('.sketchlab-preview-tile'),
        pictures: boxes('.sketchlab-result-frame'),
        tracks: boxes('.noUi-target'),
    };
}"""


@pytest.fixture(scope="module")
def studios(notebook_of, lab_server):
    """A notebook with a cell for every task's Studio, none of them run yet."""
    shutil.copytree(PICTURES, lab_server.folder / "pictures", dirs_exist_ok=True)
    cells = [OPENED, *(f"studio = opened({task!r})\nstudio" for task in TASKS)]
    notebook = notebook_of(cells)
    notebook.run_cell(0)
    notebook.execute(
        "wide, tall = np.full((300, 500, 3), (90, 140, 60), np.uint8), np.full((480, 360, 3), 90, np.uint8)"
    )
    return notebook


def shown(notebook, task):
    """The number of the cell that shows a task's Studio, fed; any other is closed, as a page is laid out as a whole."""
    number = list(TASKS).index(task) + 1
    if not notebook.page.locator(".jp-CodeCell").nth(number).locator(".sketchlab-result-frame").count():
        notebook.execute("while studios:\n    studios.popitem()[1].close()")
        notebook.run_cell(number)
        notebook.execute(FED_BY.get(task, "studio.image = wide"))
        notebook.page.locator(".jp-CodeCell").nth(number).locator(".sketchlab-result-frame").wait_for()
    return number


def seen_at(notebook, number, window):
    """Where everything is in this window, with the Studio at the top of the page; once nothing moves any more."""
    width, height = window
    notebook.page.set_viewport_size({"width": width, "height": height})
    output = notebook.page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea-output").first
    output.dispatch_event("wheel")  # a hand: a Studio that is new holds itself in view no longer
    before, times = None, 0
    for _ in range(400):
        output.evaluate("node => node.scrollIntoView({ block: 'start' })")
        now = notebook.page.evaluate(SEEN, number)
        times = times + 1 if now == before and now["pictures"] else 0
        if times == 5:  # between two moves of a busy page it stands still for a moment, too
            return now
        before = now
        notebook.page.wait_for_timeout(60)
    return pytest.fail(f"it never comes to rest: {before}")


@pytest.mark.parametrize(("task", "window"), SEEN_AT, ids=str)
def test_words_papers_picture_and_draw_are_seen_at_once_and_level(studios, task, window):
    seen = seen_at(studios, shown(studios, task), window)
    page = seen["page"]
    needed = [*seen["words"], *seen["draw"], *seen["papers"], *seen["maps"], *seen["pictures"]]
    assert len(seen["draw"]) == len(seen["pictures"]) == 1
    assert bool(seen["papers"]) is (task != "text_to_image")
    for box in needed:
        assert box["top"] >= -1, seen
        assert box["bottom"] <= page["height"], seen
        assert box["right"] <= page["right"], seen
    sheets = [*seen["papers"], *seen["maps"], *seen["pictures"]]
    assert max(sheet["top"] for sheet in sheets) - min(sheet["top"] for sheet in sheets) <= 1, seen
    assert min(sheet["right"] - sheet["left"] for sheet in sheets) >= 140, seen
    order = sorted(sheets, key=lambda sheet: sheet["left"])
    assert all(left["right"] < right["left"] for left, right in pairwise(order)), "side by side"
    assert all(track["right"] - track["left"] >= 180 for track in seen["tracks"]), seen["tracks"]


def test_a_large_window_is_used_and_settings_stand_beside(studios):
    seen = seen_at(studios, shown(studios, "sketch_to_image"), (2560, 1440))
    (paper,), (picture,) = seen["papers"], seen["pictures"]
    assert paper["right"] - paper["left"] > 800
    assert picture["right"] - paper["left"] > 0.75 * seen["page"]["width"]
    assert all(
        track["left"] > picture["right"] and track["bottom"] < seen["page"]["height"] for track in seen["tracks"]
    )


def test_all_maps_are_a_strip_with_paper_and_picture_in_view(studios):
    number = shown(studios, "control_to_image")
    studios.wait_for("studios['control_to_image'].sources[0].preview.map is not None", timeout_s=LONG_S)
    seen = seen_at(studios, number, (960, 600))
    assert seen["tiles"]
    assert len({tile["top"] for tile in seen["tiles"]}) == 1, "one row"
    assert max(tile["bottom"] for tile in seen["tiles"]) <= seen["page"]["height"]
    cell = studios.page.locator(".jp-CodeCell").nth(number)
    cell.get_by_role("tab", name="Control map").click()
    cell.locator(".sketchlab-preview-frame >> visible=true").wait_for()
    seen = seen_at(studios, number, (960, 600))
    (found,), (picture,) = seen["maps"], seen["pictures"]
    assert abs(found["top"] - picture["top"]) <= 1
    assert seen["papers"] == []
    cell.get_by_role("tab", name="Picture").click()


def test_a_width_and_a_height_that_a_person_gives_are_kept(studios):
    number = shown(studios, "sketch_to_image")
    root = studios.page.locator(".jp-CodeCell").nth(number).locator(".sketchlab-studio")
    layout = "studios['sketch_to_image'].layout"
    studios.execute(f"{layout}.width = '600px'\n{layout}.height = '420px'")
    studios.page.wait_for_function("document.querySelector('.sketchlab-studio').getBoundingClientRect().height === 420")
    seen = seen_at(studios, number, (1366, 768))
    assert root.bounding_box()["width"] == 600
    assert max(box["bottom"] for box in [*seen["papers"], *seen["pictures"]]) - seen["studio"]["top"] <= 420
    studios.execute(f"{layout}.width = {layout}.height = None")


def test_the_whole_window_is_filled_until_esc(studios):
    number = shown(studios, "sketch_to_image")
    seen_at(studios, number, (1366, 768))
    cell = studios.page.locator(".jp-CodeCell").nth(number)
    root = cell.locator(".sketchlab-studio")
    cell.get_by_role("button", name="Whole window").click()
    studios.page.wait_for_function("document.querySelector('.sketchlab-whole')")
    box = root.bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 1366, 768)
    in_front = "document.elementFromPoint(20, 20).closest('.sketchlab-studio') !== null"
    assert studios.page.evaluate(in_front), "nothing of JupyterLab lies over it"
    studios.page.keyboard.press("Escape")
    studios.page.wait_for_function("!document.querySelector('.sketchlab-whole')")
    assert root.bounding_box()["width"] < 1366


def test_after_run_all_the_studio_is_in_view_and_whoever_scrolls_is_left_alone(open_notebook, page):
    page.set_viewport_size({"width": 1366, "height": 768})
    text = "\n".join(f"# line {number}" for number in range(30))
    notebook = open_notebook([OPENED + "\n" + text, "opened('sketch_to_image')", text, text + "\n1"])
    notebook.run_all()
    page.locator(".sketchlab-result-frame").wait_for(state="attached")
    top = """() => {
        const page = document.querySelector('.jp-WindowedPanel-outer').getBoundingClientRect();
        return document.querySelector('.sketchlab-studio').getBoundingClientRect().top - page.top;
    }"""
    page.wait_for_function(f"Math.abs(({top})() - 8) <= 2")
    page.mouse.move(700, 400)
    page.mouse.wheel(0, 300)
    page.wait_for_function(f"({top})() < -200")
    left_at = page.evaluate(top)
    notebook.execute("1")
    page.wait_for_function("new Promise((done) => setTimeout(() => done(true), 500))")
    assert page.evaluate(top) == left_at
