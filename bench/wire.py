"""What a live picture costs on its way to the page: `python -m bench.wire` prints one JSON object, all measured.

Photographs of 1024 x 1024, shown as large as a notebook has room for, over a line of 150 ms and 20 Mbit/s:

bytes_as_file       of the PNG on disk, recipe included, which is what travelled before
bytes_as_seen       of what travels
share               the one of the other, the worst of all pictures
error               mean difference of a decoded pixel from the picture of that size, of 255, the worst of all pictures
s_as_file           seconds from the kernel's `show` to the picture on the screen, the median
s_as_seen           the same for what travels, with the time to encode it
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from bench._delay import delayed
from bench._jupyterlab import ROOT, LabServer, Notebook, chromium
from lab.core.geometry import Size
from lab.core.image_files import opened
from lab.core.picture import Picture
from widgets.views.result_view import as_seen

_CELL = """import dataclasses, tempfile
from pathlib import Path
from lab import Picture, Recipe, Request
from lab.core.events import Result
from lab.core.geometry import Size
from lab.gallery import png_with_recipe
from lab.tasks import plan
from widgets import ResultView
request = Request(Recipe(prompt="a photograph"))
results = [Result(Picture.of(path).resized(Size(1024, 1024)), request, plan(request).plan, 1.0) for path in {paths!r}]
files = [png_with_recipe(result) for result in results]
folder = Path(tempfile.mkdtemp())
for number, content in enumerate(files):
    (folder / f"{{number}}.png").write_bytes(content)
    results[number] = dataclasses.replace(results[number], path=folder / f"{{number}}.png")
view = ResultView()
view"""
_COUNT = """
window.picturesSeen = 0;
document.addEventListener("load", ({ target }) => {
  if (target.matches?.(".sketchlab-result-picture")) window.picturesSeen += 1;
}, true);
"""
_SIDE = Size(1024, 1024)
_ROUND_TRIP_MS, _MEGABITS_PER_S = 150.0, 20.0


def main() -> None:
    """Measure, and print."""
    paths = sorted(map(str, (ROOT / "notebooks" / "pictures").glob("*.jpg")))
    with tempfile.TemporaryDirectory() as folder, LabServer.start(Path(folder)) as server, chromium() as browser:
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        page.add_init_script(_COUNT)
        with delayed(server, _ROUND_TRIP_MS, _MEGABITS_PER_S) as line:
            notebook = Notebook.open(line, page, [_CELL.format(paths=paths)])
            notebook.run_cell(0)
            notebook.execute("view.show(results[0])")
            notebook.wait_for("view.seen_px > 0")
            seen_px = notebook.value("view.seen_px")
            sent = notebook.value(
                "[[len(png), (view.show(one), len(view.shown))[1]] for one, png in zip(results, files)]"
            )
            page.wait_for_timeout(2000)
            as_file = [_until_seen(page, notebook, f"view.post(shown=files[{n}])") for n in range(len(paths))]
            as_shown = [_until_seen(page, notebook, f"view.show(results[{n}])") for n in range(len(paths))]
            notebook.close()
        page.context.close()
    figures = {
        "pictures": len(paths),
        "seen_px": seen_px,
        "bytes_as_file": round(statistics.median(file for file, _ in sent)),
        "bytes_as_seen": round(statistics.median(seen for _, seen in sent)),
        "share": round(max(seen / file for file, seen in sent), 4),
        "error": round(max(_error(path, seen_px) for path in paths), 2),
        "s_as_file": round(statistics.median(as_file), 3),
        "s_as_seen": round(statistics.median(as_shown), 3),
    }
    print(json.dumps(figures, indent=2))


def _until_seen(page: Page, notebook: Notebook, act: str) -> float:
    """Seconds from what a kernel does to the next picture that the page shows."""
    before = page.evaluate("window.picturesSeen")
    began = time.perf_counter()
    notebook.execute(act, wait=False)
    page.wait_for_function("before => window.picturesSeen > before", arg=before)
    return time.perf_counter() - began


def _error(path: str, seen_px: int) -> float:
    """How far a pixel is from what it was, on average, 0..255."""
    picture = Picture.of(path).resized(_SIDE)
    with opened(as_seen(picture.to_png(), picture, seen_px)) as seen:
        decoded = np.asarray(seen.convert("RGB"), int)
    side = decoded.shape[0]
    return float(np.abs(decoded - picture.resized(Size(side, side)).pixels[..., :3]).mean())


if __name__ == "__main__":
    main()
