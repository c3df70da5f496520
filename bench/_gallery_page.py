"""The gallery of many pictures in a real JupyterLab: after a reload, at a search, while it is scrolled."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from bench._jupyterlab import LabServer, Notebook, chromium

_CELL = """from lab import open_lab
from widgets import GalleryView
lab = open_lab(session="bench", home={home!r})
view = GalleryView(lab)
view"""
_MARKS = """() => {
  const marks = window.marks = {};
  const looks = () => {
    const now = performance.now();
    if (!marks.notebook && document.querySelector(".jp-Notebook .jp-Cell")) marks.notebook = now;
    const grid = document.querySelector(".sketchlab-gallery-cells");
    if (grid && !marks.gallery) marks.gallery = now;
    const room = grid?.getBoundingClientRect();
    const images = [...(grid?.querySelectorAll("img") ?? [])];
    const seen = images.filter((image) => image.getBoundingClientRect().top < room.bottom);
    if (seen.length && seen.every((image) => image.complete && image.naturalWidth)) marks.thumbnails = now;
    if (!marks.thumbnails) requestAnimationFrame(looks);
  };
  requestAnimationFrame(looks);
}"""
_SEARCH = """async (query) => {
  const field = document.querySelector(".sketchlab-gallery-words");
  const shown = () => [...document.querySelectorAll(".sketchlab-gallery-cell")].map((one) => one.dataset.id).join();
  const before = shown();
  field.value = query;
  const began = performance.now();
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  while (shown() === before && performance.now() - began < 5000) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""
_SCROLL = """async (pages) => {
  const grid = document.querySelector(".sketchlab-gallery-cells");
  const next = () => new Promise(requestAnimationFrame);
  const frames = [];
  for (let page = 0; page < pages; page++) {
    grid.scrollTop = 0;
    let last = await next();
    while (grid.scrollTop + grid.clientHeight < grid.scrollHeight - 1) {
      grid.scrollBy(0, 10);
      const now = await next();
      frames.push(now - last);
      last = now;
    }
    const first = grid.firstElementChild.dataset.id;
    document.querySelector(".sketchlab-gallery-older").click();
    while (grid.firstElementChild?.dataset.id === first) await next();
  }
  return frames;
}"""
_SHOWN = """() => {
  const grid = document.querySelector(".sketchlab-gallery-cells"), { bottom } = grid.getBoundingClientRect();
  return [...grid.querySelectorAll("img")].every((one) => one.getBoundingClientRect().top > bottom || one.naturalWidth);
}"""
_PAGES = 10
"""Are scrolled through: the first one is there, of each that follows nothing is when it is turned to."""
_FRAME_MS = 1000 / 60


def page_figures(home: Path, queries: tuple[str, ...]) -> dict[str, Any]:
    """What a person waits for in a home of many pictures.

    Args:
        home: of the lab; its session is "bench".
        queries: are searched one after the other; each must change what is shown.
    """
    with tempfile.TemporaryDirectory() as folder, LabServer.start(Path(folder)) as server, chromium() as browser:
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        page = context.new_page()
        notebook = Notebook.open(server, page, [_CELL.format(home=str(home))])
        notebook.run_all()
        page.locator(".sketchlab-gallery-cell:first-child img[src]").wait_for()
        page.add_init_script(f"({_MARKS})()")
        reloads, empty = [], []
        for _ in range(5):
            notebook.reload()
            page.wait_for_function("window.marks?.thumbnails")
            marks = page.evaluate("window.marks")
            reloads.append(round(marks["thumbnails"] - marks["notebook"]))
            empty.append(round(marks["gallery"] - marks["notebook"]))
        searches = {query: page.evaluate(_SEARCH, query) for query in (*queries, *queries)}
        page.evaluate(_SEARCH, "")
        page.wait_for_function(_SHOWN)
        frames = page.evaluate(_SCROLL, _PAGES)
        dropped = sum(max(0, round(one / _FRAME_MS) - 1) for one in frames)
        bytes_of = "[len(one) for one in view._thumbnails._made.values()]"
        thumbnails = json.loads(json.dumps(notebook.value(bytes_of)))
        notebook.close()
        return {
            "reload_to_empty_cells_ms": median(empty),  # by then JupyterLab has all from the kernel
            "reload_to_thumbnails_ms": {"median": median(reloads), "worst": max(reloads)},
            "search_in_the_page_ms": {query: round(took) for query, took in searches.items()},
            "thumbnails": len(thumbnails),
            "largest_thumbnail_bytes": max(thumbnails),
            "scrolled_frames": len(frames),
            "dropped_frames_share": round(dropped / (len(frames) + dropped), 4),
        }
