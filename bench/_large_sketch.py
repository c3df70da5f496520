"""A sketch of 500 strokes at 1024 x 1024: how long the kernel needs to undo, and a reloaded page to show it."""

from __future__ import annotations

from typing import Any

from bench._hand import spread
from bench._jupyterlab import Notebook

CELL = """
import random, time
import numpy as np
from lab.core import Size, Sketch, Stroke
from widgets.canvas.sketch_canvas import SketchCanvas

_dice = random.Random(5)
def _curl():
    steps = np.array([[_dice.gauss(0, 6), _dice.gauss(0, 6)] for _ in range(60)]).cumsum(axis=0)
    place = [_dice.uniform(0, 1024), _dice.uniform(0, 1024)]
    tool = _dice.choice(["brush"] * 5 + ["eraser"])
    return Stroke(steps + place, size_px=_dice.choice([4.0, 8.0, 20.0, 40.0]), tool=tool)

large = SketchCanvas(Sketch(Size(1024, 1024)))
for _ in range(500):
    large.draw(_curl())

def undo_ms(times):
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        large.undo()
        found.append((time.perf_counter() - begun) * 1000)
    for _ in range(times):
        large.redo()
    return found

def undo_clear_ms():
    large.clear()
    begun = time.perf_counter()
    large.undo()
    return (time.perf_counter() - begun) * 1000

large
"""
LISTEN = """
window.inkShown = [];
document.addEventListener("sketchlab:shown", (event) => inkShown.push(event.detail));
"""


def measure(notebook: Notebook) -> dict[str, Any]:
    """Undo in the kernel, and from the making of the widget in a reloaded page to all its pixels on the screen."""
    undo = notebook.value("undo_ms(100)", timeout_s=120)
    clear = notebook.value("[undo_clear_ms() for _ in range(5)]", timeout_s=120)
    shown = []
    for _ in range(3):
        notebook.reload()
        notebook.page.wait_for_function("window.inkShown.length > 0")
        shown += notebook.page.evaluate("window.inkShown")
    return {"undo_ms": spread(undo), "undo_of_clear_ms": spread(clear), "reload_to_screen_ms": spread(shown)}
