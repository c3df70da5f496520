"""How quickly a map follows its slider, and what each preprocessor costs. Prints one JSON object.

python -m bench.preview

`slider_to_map_ms` is measured in the page of a real JupyterLab with an idle kernel: from the time stamp of the event
of a slider, which is moved as by hand, to the frame that shows the new map; canny at 512 x 512. `by_name_ms` is the
time of each preprocessor that needs no weights on the same picture, in this process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from skimage import data

from bench._hand import spread
from bench._jupyterlab import LabServer, Notebook, chromium
from lab.core import Picture
from lab.preprocessors import PREPROCESSORS

_CELL = """from skimage import data
from widgets.preview.control_preview import ControlPreview
preview = ControlPreview(data.astronaut(), kinds=["canny"])
preview"""
_SETTLED = "len(preview.tiles) > 0 and all(tile['state'] != 'waiting' for tile in preview.tiles.values())"
# The frame that follows the drawing is on its way to the screen when a task runs after the next animation frame.
_LISTEN = """() => {
  const bench = (window.previewBench = { moved: null, times: [] });
  document.addEventListener("input", (event) => {
    bench.moved ??= { at: event.timeStamp, value: event.target.valueAsNumber };
  }, true);
  document.addEventListener("sketchlab:map", ({ detail }) => {
    const moved = bench.moved;
    if (detail.settings.low_threshold !== moved?.value) return;
    requestAnimationFrame(() => setTimeout(() => {
      bench.times.push(performance.now() - moved.at);
      bench.moved = null;
    }));
  });
}"""


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=int, default=100, help="moves of the slider")
    parser.add_argument("--rounds", type=int, default=15, help="maps of each preprocessor")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, LabServer.start(Path(folder)) as server, chromium() as browser:
        notebook = Notebook.open(server, browser.new_page(viewport={"width": 1400, "height": 1000}), [_CELL])
        try:
            notebook.run_all()
            moves = _moves(notebook, args.moves)
        finally:
            notebook.close()
    print(json.dumps({"slider_to_map_ms": spread(moves), "by_name_ms": _by_name(args.rounds)}, indent=2))


def _moves(notebook: Notebook, count: int) -> list[float]:
    """Milliseconds from each move of canny's slider to its map; after three moves to warm up."""
    page = notebook.page
    notebook.wait_for(_SETTLED)
    notebook.execute("preview.choose('canny', low_threshold=20)")
    page.wait_for_selector(".sketchlab-preview-map >> visible=true")
    page.evaluate(_LISTEN)
    slider = page.get_by_role("slider", name="Low threshold")
    slider.focus()
    for number in range(count + 3):
        page.keyboard.press("ArrowRight" if number % 200 < 100 else "ArrowLeft")
        page.wait_for_function(f"previewBench.times.length === {number + 1}", timeout=10_000)
        page.wait_for_timeout(50)
    return page.evaluate("previewBench.times")[3:]


def _by_name(rounds: int) -> dict[str, Any]:
    picture = Picture(np.asarray(data.astronaut()))
    figures = {}
    for name, one in PREPROCESSORS.items():
        if one.weights is None:
            times = []
            for _ in range(rounds):
                began = time.perf_counter()
                one.control_map(picture, picture.size, {})
                times.append((time.perf_counter() - began) * 1000)
            figures[name] = round(statistics.median(times), 2)
    return figures


if __name__ == "__main__":
    main()
