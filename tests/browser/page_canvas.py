"""A canvas on a page as tests use it: in pixels of the paper, on the screen and in the kernel."""

from __future__ import annotations

import base64
import io
import time
from contextlib import contextmanager
from itertools import count

import numpy as np
from PIL import Image

from lab.core import Sketch, rasterise

# All layers that make up the screen, one over the other, cut to the paper's own pixels where it is seen one to one.
_LAYERS = """i => {
  const surface = document.querySelectorAll(".sketchlab-surface")[i];
  const layers = [...surface.querySelectorAll(":scope > canvas")];
  const all = document.createElement("canvas");
  [all.width, all.height] = [layers[0].width, layers[0].height];
  const pen = all.getContext("2d");
  for (const layer of layers) {
    pen.globalAlpha = layer.hidden ? 0 : layer.style.opacity || 1;
    pen.filter = layer.style.filter || "none";
    pen.drawImage(layer, 0, 0);
  }
  return all.toDataURL("image/png");
}"""
# Timers set from now on wait for `punctual`, but for the short ones that pages are full of.
_LATE = """() => {
  const { setTimeout } = window;
  const late = [];
  window.setTimeout = (act, ms = 0, ...given) =>
    ms < 100 ? setTimeout(act, ms, ...given) : -late.push(() => act(...given));
  window.punctual = () => {
    window.setTimeout = setTimeout;
    for (const act of late) act();
  };
}"""
ONE_TO_ONE = "width='516px', max_width='none'"
"""The layout in which the paper of 512 pixels is seen one to one."""


class PageCanvas:
    """`stroke` draws with the mouse, `screen` is what can be seen, `sketch` what the kernel has."""

    def __init__(self, notebook, view=0):
        self.notebook, self.page, self.view = notebook, notebook.page, view
        self.surface = self.page.locator(".sketchlab-surface").nth(view)
        self.surface.wait_for()
        self.surface.scroll_into_view_if_needed()
        self.page.wait_for_function(f"{self._surface}.dataset.shown >= 0")

    @property
    def _surface(self):
        return f"document.querySelectorAll('.sketchlab-surface')[{self.view}]"

    def at(self, x, y):
        """A point of the paper, on the page."""
        box = self.surface.bounding_box()
        scale, left, top = map(float, self.surface.get_attribute("data-view").split())
        return box["x"] + left + x * scale, box["y"] + top + y * scale

    def stroke(self, *points, up=True, steps=4):
        mouse = self.page.mouse
        mouse.move(*self.at(*points[0]))
        mouse.down()
        for point in points[1:]:
            mouse.move(*self.at(*point), steps=steps)
        if up:
            mouse.up()

    def click(self, x, y, **how):
        self.page.mouse.click(*self.at(x, y), **how)

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).nth(self.view).click()

    def key(self, *names):
        self.surface.focus()
        for name in names:
            self.page.keyboard.press(name)

    @contextmanager
    def late_timers(self):
        """Timers that the page sets meanwhile run when the block ends, as if all else had been faster."""
        self.page.evaluate(_LATE)
        try:
            yield
        finally:
            self.page.evaluate("punctual()")

    def screen(self):
        """What is seen, in pixels of the screen, as RGB."""
        png = base64.b64decode(self.page.evaluate(_LAYERS, self.view).split(",")[1])
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)

    def colour(self, x, y):
        """The colour on the screen at a point of the paper."""
        scale, left, top = map(float, self.surface.get_attribute("data-view").split())
        density = self.page.evaluate("devicePixelRatio")
        return self.screen()[int((top + y * scale) * density), int((left + x * scale) * density)].tolist()

    def wait_for_screen(self, expected):
        """Wait until the screen shows these pixels, all of them, to one level."""
        end = time.monotonic() + 15
        while True:
            found = self.screen()
            same = found.shape == expected.shape and np.abs(found - expected).max() <= 1
            if same:
                return
            differ = (np.abs(found - expected) > 1).any(2).sum() if found.shape == expected.shape else found.shape
            assert time.monotonic() < end, f"{differ} pixels differ after 15 s"
            self.page.wait_for_timeout(30)

    def settle(self, timeout_ms=20_000):
        """Wait until the kernel has everything and the ink has left the screen to it."""
        self.page.wait_for_function(f"{self._surface}.dataset.ink === '0'", timeout=timeout_ms)

    def wait_until_shown(self, name="canvas"):
        """Wait until the screen shows what Python has drawn."""
        revision = self.notebook.value(f"{name}._canvas_layers.revision")
        self.page.wait_for_function(f"Number({self._surface}.dataset.shown) >= {revision}")

    def state(self, name):
        return self.surface.get_attribute(f"data-{name}")

    def count(self):
        return self.notebook.value("len(canvas.sketch.strokes)")

    def heights(self):
        """Where the strokes begin, from the top."""
        return self.notebook.value("[round(float(s.points[0][1])) for s in canvas.sketch.strokes]")

    def sketch(self):
        return Sketch.from_dict(self.notebook.value("canvas.sketch.to_dict()"))


def is_dark(screen, x, y):
    return screen[y, x].max() < 60


def is_white(screen, x, y):
    return screen[y, x].min() > 250


TOOLS = f"""from ipywidgets import Layout
from lab.core import Sketch, Stroke
from widgets.canvas.sketch_canvas import SketchCanvas
canvas = SketchCanvas()
canvas.layout = Layout({ONE_TO_ONE})
canvas"""
"""A cell with a canvas for `blank`."""
_USUAL = {
    "tool": "brush",
    "mode": "add",
    "colour": "#000000",
    "other_colour": "#ffffff",
    "size_px": 6.0,
    "opacity": 1.0,
    "hardness": 1.0,
    "mirror": "",
    "smoothing": False,
    "pressure_size": True,
    "pressure_opacity": False,
    "fill_shapes": False,
    "tolerance": 12.0,
}
_TIMES = count()


def blank(notebook):
    """The canvas of `TOOLS`, the same for every test: blank, with the usual settings."""
    surface = PageCanvas(notebook)
    notebook.execute("canvas.sketch = Sketch()")
    set_up(surface, **_USUAL)
    surface.key("Escape", "0")
    return surface


def set_up(surface, **traits):
    """Set traits from Python, and wait until the page has them: it has what comes last, a hint like no other."""
    hint = f"set up {next(_TIMES)}"
    surface.notebook.execute(f"canvas.ink.post(**{traits!r}, hint={hint!r})")
    surface.page.wait_for_function(f"{surface._surface}.querySelector('.sketchlab-hint').textContent === {hint!r}")


def last_stroke(surface):
    surface.settle()
    return surface.sketch().strokes[-1]


def is_true(surface):
    """The screen shows what the kernel holds, within a level on average, and within blur's rounding everywhere."""
    kernel = rasterise(surface.sketch()).on_white().pixels.astype(int)
    return np.abs(kernel - surface.screen()).max() <= 2
