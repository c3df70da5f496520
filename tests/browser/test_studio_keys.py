"""Keys and names in every kind of Studio, all on one page: what a keyboard, a screen reader and a finger find there."""

from __future__ import annotations

import re

import pytest

from bench._jupyterlab import Notebook
from lab.tasks import TASKS

pytestmark = [pytest.mark.browser, pytest.mark.starter]
# Keys that tests make are those of a hand for JupyterLab: `test_keys_change_no_cell` proves it with one that it obeys.
PRESS = """(place, keys) => {
  for (const key of keys) {
    const how = { key, code: `Key${key.toUpperCase()}`, keyCode: key.toUpperCase().charCodeAt(0) };
    place.dispatchEvent(new KeyboardEvent("keydown", { ...how, bubbles: true, cancelable: true, composed: true }));
  }
}"""
MODEL = "window.jupyterapp.shell.currentWidget.content.model"
CELLS = f"() => [...{MODEL}.cells].map((one) => [one.type, one.sharedModel.getSource()])"
COMMANDS = "bxddmyc"
"""What JupyterLab takes in command mode: insert below, cut, delete, to Markdown, to code, copy."""
FOCUSABLE = "button, input, select, textarea, a[href], [tabindex], [contenteditable=true]"
EVERYWHERE = f"""async (keys) => {{
  const cells = {CELLS}, press = {PRESS};
  const before = JSON.stringify(cells());
  const pressed = {{}}, missed = [];
  const roots = [...document.querySelectorAll(".sketchlab-keys")];
  for (const root of roots) {{
    for (const one of roots) one.style.display = one === root ? "" : "none"; // what is seen is laid out anew
    root.tabIndex = -1;
    const folded = [...root.querySelectorAll("*")].filter((node) => {{ // at once: a large page is laid out slowly
      const {{ display, visibility }} = getComputedStyle(node);
      return display === "none" || visibility === "hidden";
    }}).map((node) => [node, node.getAttribute("style")]);
    for (const [node] of folded) node.style.cssText += "; display: block !important; visibility: visible !important";
    const inside = root.querySelectorAll("{FOCUSABLE}");
    for (const place of [root, ...inside]) {{
      if (place.disabled) continue;
      place.focus({{ preventScroll: true }});
      const name = place.role === "slider" ? "slider" : place.title || place.ariaLabel || place.className;
      if (document.activeElement === place) press(place, keys);
      else missed.push(place.outerHTML.slice(0, 200));
      if (JSON.stringify(cells()) !== before) return {{ changed: name }};
      pressed[name] = (pressed[name] ?? 0) + 1;
    }}
    for (const [node, style] of folded) {{
      if (style === null) node.removeAttribute("style");
      else node.setAttribute("style", style);
    }}
  }}
  for (const root of roots) root.style.display = "";
  await new Promise((done) => setTimeout(done, 200));
  return {{ pressed, missed, stayed: JSON.stringify(cells()) === before }};
}}"""
OPEN_ALL = """made = await lab.submit(studios["text_to_image"].request(prompt="a cat", steps=1))
for studio in studios.values():
    studio.panel.folds.opened = studio.panel.folds.names
    for guides in studio.guides.lists.values():
        guides.add()
    studio.view.show(made)
    studio.notices.say("A test.", {"Do it": bool})"""
"""Every part of every Studio: its folds, one more picture that steers, a result with its buttons, a notice."""
OPENED_MS = 120_000
"""For eleven Studios in one page, on a machine that does other work."""
CLOSE_ALL = """for studio in studios.values():
    studio.panel.folds.opened = []
    for guides in studio.guides.lists.values():
        guides.entries[0].remove.click()
    studio.notices.take_back("A test.")"""


@pytest.fixture(scope="module")
def page_of_studios(notebook_of, tmp_path_factory) -> Notebook:
    """Every Studio there is, in one output; `studios["inpaint"]` in the kernel, and a cell that stays as it is."""
    home = tmp_path_factory.mktemp("keys") / "home"
    cell = (
        "from ipywidgets import VBox\nfrom lab import open_lab\n"
        "from lab.tasks import TASKS\nfrom widgets import Studio\n"
        f"lab = open_lab(home={str(home)!r})\nstudios = {{task: Studio(lab, task) for task in TASKS}}\n"
        "for studio in studios.values():\n    studio.live_button.value = False\nVBox(list(studios.values()))"
    )
    notebook = notebook_of([cell, "untouched = True"])
    page = notebook.page
    notebook.run_cell(0)
    page.wait_for_function(f"document.querySelectorAll('.sketchlab-keys').length === {len(TASKS)}", timeout=OPENED_MS)
    page.wait_for_function("document.querySelectorAll('.sketchlab-surface').length >= 10", timeout=OPENED_MS)
    return notebook


def studio_of(notebook: Notebook, task: str):
    """The part of the page with a task's Studio."""
    return notebook.page.locator(".sketchlab-keys").nth(list(TASKS).index(task))


def test_keys_change_no_cell_wherever_they_are_pressed(page_of_studios: Notebook) -> None:
    page = page_of_studios.page
    before = page.evaluate(CELLS)
    page_of_studios.execute(OPEN_ALL, timeout_s=60)
    page.wait_for_function(f"document.querySelectorAll('.sketchlab-notice').length === {len(TASKS)}")
    page.wait_for_function(f"document.querySelectorAll('.sketchlab-result-star').length === {len(TASKS)}")
    added = page_of_studios.value("sum(len(studio.guides.lists) for studio in studios.values())")
    page.wait_for_function(f"document.querySelectorAll('.sketchlab-guide .sketchlab-surface').length === {added}")
    found = page.evaluate(EVERYWHERE, COMMANDS)
    assert "changed" not in found, found
    assert found["stayed"]
    assert found["missed"] == []
    pressed = found["pressed"]
    assert pressed["slider"] > 3 * len(TASKS), pressed
    assert sum(pressed.values()) > 100 * len(TASKS), pressed
    page_of_studios.execute(CLOSE_ALL)
    page.wait_for_function("!document.querySelector('.sketchlab-guide .sketchlab-surface')")
    page.locator(".jp-InputPrompt").nth(1).click()
    page.evaluate(f"({PRESS})(document.activeElement, 'b')")  # here JupyterLab does obey
    page.wait_for_function(f"({CELLS})().length === {len(before) + 1}")
    page.evaluate("window.jupyterapp.commands.execute('notebook:undo-cell-action')")
    page.wait_for_function(f"({CELLS})().length === {len(before)}")


@pytest.mark.parametrize("place", ["a slider", "a button", "the picture"])
def test_tools_are_taken_by_their_keys_wherever_no_text_is_typed(page_of_studios: Notebook, place: str) -> None:
    studio = studio_of(page_of_studios, "sketch_to_image")
    surface = studio.locator(".sketchlab-surface")
    page_of_studios.execute("studios['sketch_to_image'].canvas.ink.post(colour='#000000', other_colour='#ffffff')")
    if place == "the picture":
        studio.locator(".sketchlab-result-frame").click()
    else:
        role, name = ("slider", None) if place == "a slider" else ("button", "Live")
        (studio.locator(".noUi-handle") if name is None else studio.get_by_role(role, name=name)).first.focus()
    page = page_of_studios.page
    for key, tool in (("e", "eraser"), ("r", "rectangle"), ("b", "brush")):
        page.keyboard.press(key)
        page.wait_for_function("([one, tool]) => one.dataset.tool === tool", arg=[surface.element_handle(), tool])
    page.keyboard.press("x")
    page_of_studios.wait_for("studios['sketch_to_image'].canvas.ink.colour", "#ffffff")
    page.keyboard.press("x")
    page_of_studios.wait_for("studios['sketch_to_image'].canvas.ink.colour", "#000000")
    prompt = studio.locator("textarea")
    prompt.fill("")
    prompt.press_sequentially("exe")
    page_of_studios.wait_for("studios['sketch_to_image'].panel.settings['prompt']", "exe")
    assert surface.get_attribute("data-tool") == "brush"


def test_keys_are_those_of_the_canvas_that_was_used_last(page_of_studios: Notebook) -> None:
    studio = studio_of(page_of_studios, "product_shot")
    first, second = studio.locator(".sketchlab-surface").all()
    page = page_of_studios.page
    second.focus()
    studio.get_by_role("button", name="Live").focus()
    before = first.get_attribute("data-tool")
    page.keyboard.press("e")
    page.wait_for_function("one => one.dataset.tool === 'eraser'", arg=second.element_handle())
    assert first.get_attribute("data-tool") == before


@pytest.mark.parametrize("place", ["the prompt", "a slider", "the canvas"])
def test_ctrl_enter_draws_with_the_words_on_the_page_and_escape_cancels(page_of_studios: Notebook, place: str) -> None:
    """The words are those that stand there, although none of their changes has reached the kernel."""
    notebook, page = page_of_studios, page_of_studios.page
    task = "text_to_image" if place != "the canvas" else "sketch_to_image"
    notebook.execute(
        f"studio = studios[{task!r}]\nstudio.result = None\nstudio.panel.settings = {{'prompt': '', 'steps': 150}}\n"
        f"if studio.canvas: studio.canvas.circle(256, 256, 90)\n"
        "heard = []\nend = lab.subscribe(heard.append)"
    )
    studio = studio_of(notebook, task)
    prompt = studio.locator("textarea")
    before = page.evaluate(CELLS)
    if place == "the prompt":
        prompt.evaluate("one => { one.focus(); one.value = 'a red cat'; }")
    else:
        studio.locator(".noUi-handle" if place == "a slider" else ".sketchlab-surface").first.focus()
    page.keyboard.press("Control+Enter")
    drawing = "any(type(one).__name__ == 'Progress' and one.stage == 'steps' for one in heard)"
    notebook.wait_for(drawing, timeout_s=120)
    page.keyboard.press("Escape")
    notebook.wait_for("any(type(one).__name__ == 'Cancelled' for one in heard)", timeout_s=60)
    expected = "a red cat" if place == "the prompt" else ""
    assert notebook.value("studio.panel.settings['prompt']") == expected
    assert notebook.value("studio.result is None")
    assert page.evaluate(CELLS) == before
    notebook.execute("end()")


ROLES = "button|slider|textbox|combobox|checkbox|radio|spinbutton|listbox"
NAMELESS = re.compile(rf'^\s*- (?:{ROLES})(?! "[^"]*\w)', re.MULTILINE)
"""A line of the tree that a screen reader sees, without a word: the picture on a button is a letter of a font."""
SMALL = """([root, least]) => [...root.querySelectorAll(".sketchlab-ink :is(button, input, select), button")]
  .filter((one) => one.offsetParent !== null)
  .map((one) => [one.title || one.ariaLabel || one.textContent, (one.closest("label") ?? one).getBoundingClientRect()])
  .filter(([, { width, height }]) => Math.min(width, height) < least)
  .map(([name, { width, height }]) => `${name}: ${width} x ${height}`)"""
LEAST_PX = 32


@pytest.mark.parametrize("task", TASKS)
def test_every_control_has_a_name(page_of_studios: Notebook, task: str) -> None:
    studio = studio_of(page_of_studios, task)
    for more in studio.get_by_role("button", name="More settings of the brush").all():
        more.click()
    tree = studio.aria_snapshot()
    for more in studio.get_by_role("button", name="More settings of the brush").all():
        more.click()
    assert len(re.findall(r"- (?:button|slider|textbox|combobox) \"", tree)) > 6, tree
    assert NAMELESS.findall(tree) == [], tree
    assert studio.get_by_role("button", name="Live", pressed=False).count() == 1
    assert studio.get_by_role("combobox", name=re.compile("filter", re.IGNORECASE)).count() == 1
    assert studio.locator(".sketchlab-jobbar .sketchlab-spoken[role=status]").count() == 1
    if "prompt" in TASKS[task].recipe_fields:
        assert studio.get_by_role("textbox", name="Prompt", exact=True).count() == 1
        assert studio.get_by_role("slider", name="Steps").count() == 1
        assert studio.get_by_role("button", name="Another seed").count() == 1


@pytest.mark.parametrize("task", TASKS)
def test_targets_are_large_enough_for_a_finger(page_of_studios: Notebook, task: str) -> None:
    studio = studio_of(page_of_studios, task)
    assert page_of_studios.page.evaluate(SMALL, [studio.element_handle(), LEAST_PX]) == []


def test_a_toolbar_is_one_stop_on_the_way_from_the_words_to_the_canvas(page_of_studios: Notebook) -> None:
    studio, page = studio_of(page_of_studios, "sketch_to_image"), page_of_studios.page
    studio.get_by_role("textbox", name="Prompt", exact=True).focus()
    stops = []
    while len(stops) < 25 and "application" not in stops:
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.role || document.activeElement.title"))
    assert stops[-1] == "application", stops
    assert len(stops) <= 6, stops
    page.keyboard.press("Shift+Tab")
    seen = []
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
        seen.append(page.evaluate("document.activeElement.title"))
    assert seen[:5] == ["Brush (B)", "Eraser (E)", "Line (L)", "Eraser (E)", "Brush (B)"]
    assert seen[5] == "More settings of the brush"


MOVING = """() => [...document.querySelectorAll(".sketchlab-keys *")].filter((one) => {
  const { transitionDuration, animationDuration } = getComputedStyle(one);
  return `${transitionDuration},${animationDuration}`.split(",").some((time) => parseFloat(time) > 0);
}).length"""


def test_nothing_moves_for_whom_motion_is_to_be_reduced(page_of_studios: Notebook) -> None:
    page = page_of_studios.page
    assert page.evaluate(MOVING) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(MOVING) == 0
    page.emulate_media(reduced_motion="no-preference")
