"""Everybody can use the canvas: names for screen readers, contrast in light and dark, a ring around the focus."""

import pytest

from tests.browser.page_canvas import PageCanvas

pytestmark = pytest.mark.browser

CELLS = [
    "from widgets.canvas.sketch_canvas import SketchCanvas\ncanvas = SketchCanvas()\ncanvas",
    "from widgets.canvas.mask_painter import MaskPainter\npainter = MaskPainter()\npainter",
]
CONTRAST = 4.5
# The words and icons that are seen, with their colour and that of what lies behind them.
SEEN = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = rgb(getComputedStyle(node).backgroundColor);
      if ((colour[3] ?? 1) > 0) return colour;
    }
    return [255, 255, 255];
  };
  const light = ([red, green, blue]) => {
    const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  };
  const words = ".sketchlab-button:not(:disabled), .sketchlab-named, .sketchlab-status, .sketchlab-ink select, " +
    ".sketchlab-ink input[type=number], .sketchlab-help th, .sketchlab-help td, .sketchlab-help caption";
  return [...document.querySelectorAll(words)].filter((node) => node.offsetParent !== null).map((node) => {
    const [one, other] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
    return [node.ariaLabel || node.textContent || node.className, (one + 0.05) / (other + 0.05)];
  });
}"""
NAMELESS = """() => [...document.querySelectorAll(".sketchlab-ink :is(button, input, select, [role])")]
  .filter((node) => !(node.ariaLabel || node.textContent.trim() || node.closest("label") || node.role === "status"))
  .map((node) => node.outerHTML)"""
RINGS = """() => [...document.querySelectorAll(".sketchlab-ink :is(button, input, select, [tabindex])")]
  .filter((node) => node.offsetParent !== null && !node.disabled)
  .filter((node) => {
    node.focus({ focusVisible: true });
    const { outlineStyle, outlineWidth } = getComputedStyle(node);
    return outlineStyle === "none" || parseFloat(outlineWidth) < 1;
  })
  .map((node) => node.outerHTML)"""


def test_everything_has_a_name_can_be_read_and_shows_its_focus(open_notebook):
    notebook = open_notebook(CELLS)
    notebook.run_all()
    PageCanvas(notebook, view=1)
    surface = PageCanvas(notebook)
    for view in (0, 1):
        for drawer in ("More settings of the brush", "Layers", "Keys (?)"):
            surface.page.get_by_role("button", name=drawer, exact=True).nth(view).click()
    surface.page.evaluate(
        "document.querySelector('.sketchlab-status').classList.add('sketchlab-refusal'),"
        "document.querySelector('.sketchlab-status').textContent = 'A sentence'"
    )
    assert surface.page.evaluate(NAMELESS) == []
    for theme in ("dark", "light"):  # which stays for the tests to come
        notebook.show_theme(theme)
        seen = surface.page.evaluate(SEEN)
        assert len(seen) > 80
        assert [pair for pair in seen if pair[1] < CONTRAST] == [], theme
        assert surface.page.evaluate(RINGS) == [], theme
