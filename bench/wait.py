"""How long a person waits in a notebook: `python -m bench.wait` prints one JSON object, measured, not written.

Seconds, of a Studio of its own kernel and home in each round, on the starter model. Kernels read libraries ahead, as
those of `make lab` do; `--not-ahead` measures without.

page_open_to_kernel       from the address to a notebook whose kernel is ready
page_open_to_canvas       from the address to a canvas that can be drawn on, its cell run as soon as that is possible
run_to_canvas             from Run to a canvas that can be drawn on (the kernel imports the lab meanwhile)
run_to_first_picture      from Run, through a stroke that is drawn at once, to its first picture: the model is cold
stroke_to_first_picture   from the end of that stroke
stroke_to_picture_warm    from the end of a later stroke to the first picture of it, the median of three
slider_to_picture         from one notch of a slider to the first picture after it, the median of three
stroke_to_dim             from the end of a stroke, Live off, until the outdated picture is dimmed, likewise
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page

from bench._hand import draw_line
from bench._jupyterlab import KERNEL, LabServer, Notebook, chromium, kernel_command
from lab.read_ahead import KERNEL_ARGUMENT

_CELL = """from lab import open_lab
from widgets import Studio
lab = open_lab(home={home!r})
studio = Studio(lab, "sketch_to_image")
studio"""
_COUNT = """
window.picturesSeen = 0;
document.addEventListener("load", ({ target }) => {
  if (target.matches?.(".sketchlab-result-picture")) window.picturesSeen += 1;
}, true);
let penUp = null;
window.dims = [];
document.addEventListener("pointerup", () => { penUp = performance.now(); }, true);
new MutationObserver((changes) => {
  if (penUp === null || !changes.some(({ target }) => target.matches(".sketchlab-result-dim"))) return;
  window.dims.push((performance.now() - penUp) / 1000);
  penUp = null;
}).observe(document, { subtree: true, attributeFilter: ["class"] });
"""
_AHEAD = "reads-ahead"
_SETTLED_MS = 120_000
_TURNS = 3


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="notebooks, each with a new kernel")
    parser.add_argument("--not-ahead", action="store_true", help="kernels read nothing before Run")
    asked = parser.parse_args()
    ahead = {_AHEAD: kernel_command(KERNEL_ARGUMENT)}
    kernel = KERNEL if asked.not_ahead else _AHEAD
    with (
        tempfile.TemporaryDirectory() as folder,
        LabServer.start(Path(folder), kernels=ahead) as server,
        chromium() as browser,
    ):
        found = [_round(server, browser, kernel, Path(folder) / f"home-{number}") for number in range(asked.rounds)]
    figures = {name: round(statistics.median(one[name] for one in found), 3) for name in found[0]}
    print(json.dumps({"rounds": asked.rounds, "read_ahead": not asked.not_ahead, "seconds": figures}, indent=2))


def _round(server: LabServer, browser: Browser, kernel: str, home: Path) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.add_init_script(_COUNT)
    began = time.perf_counter()
    notebook = Notebook.open(server, page, [_CELL.format(home=str(home))], kernel=kernel)
    found = {"page_open_to_kernel": time.perf_counter() - began}
    try:
        ran = time.perf_counter()
        notebook.run_cell(0, wait=False)
        page.wait_for_selector(".sketchlab-surface canvas >> visible=true", timeout=_SETTLED_MS)
        found["page_open_to_canvas"] = time.perf_counter() - began
        found["run_to_canvas"] = time.perf_counter() - ran
        drawn = _until_picture(page, lambda: draw_line(page, [(0.3, 0.2), (0.7, 0.3), (0.6, 0.8)]))
        found["run_to_first_picture"] = time.perf_counter() - ran
        found["stroke_to_first_picture"] = drawn
        strokes = []
        for turn in range(_TURNS):
            _settle(notebook)
            y = 0.3 + 0.2 * turn
            strokes.append(_until_picture(page, lambda y=y: draw_line(page, [(0.2, y), (0.8, y)])))
        found["stroke_to_picture_warm"] = statistics.median(strokes)
        slider = page.locator(".widget-slider", has_text="Guidance scale").locator(".noUi-handle")
        moves = []
        for _ in range(_TURNS):
            _settle(notebook)
            slider.focus()
            moves.append(_until_picture(page, lambda: page.keyboard.press("ArrowRight")))
        found["slider_to_picture"] = statistics.median(moves)
        _settle(notebook)
        page.get_by_role("button", name="Live").click()
        notebook.wait_for("studio.live_button.value", expected=False)
        found["stroke_to_dim"] = statistics.median(_until_dim(page, notebook, turn) for turn in range(_TURNS))
        return found
    finally:
        notebook.close()
        context.close()


def _until_dim(page: Page, notebook: Notebook, turn: int) -> float:
    """Seconds from the end of a stroke until the picture is dimmed; the stroke is undone then, and the dimming too."""
    page.evaluate("window.dims.length = 0")
    x = 0.3 + 0.2 * turn
    draw_line(page, [(x, 0.2), (x, 0.8)])
    page.wait_for_function("window.dims.length", timeout=_SETTLED_MS)
    took = page.evaluate("window.dims[0]")
    notebook.execute("studio.canvas.undo()")
    page.wait_for_selector(".sketchlab-result-dim", state="detached", timeout=_SETTLED_MS)
    return took


def _until_picture(page: Page, act: Callable[[], None]) -> float:
    """Seconds from the end of an act to the next picture that the page shows."""
    before = page.evaluate("window.picturesSeen")
    act()
    ended = time.perf_counter()
    page.wait_for_function("before => window.picturesSeen > before", arg=before, timeout=_SETTLED_MS)
    return time.perf_counter() - ended


def _settle(notebook: Notebook) -> None:
    """Wait for the last picture of what was done before, so that the next one is that of the next act."""
    notebook.wait_for(
        "not lab.queue.jobs and studio.result is not None and studio.result.request.recipe == studio.request().recipe",
        timeout_s=120,
    )


if __name__ == "__main__":
    main()
