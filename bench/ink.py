"""How quickly the ink follows the pointer, and the picture follows the stroke. Prints one JSON object.

python -m bench.ink                 with the starter model, in a Studio
python -m bench.ink --canvas-only   the canvas alone, with a matrix product for a busy kernel

Latencies are milliseconds, measured in the page: from the time stamp of a pointer event to its ink on the canvas, and
from the end of a stroke to its ack, preview or picture.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from bench._hand import Hand, Wire
from bench._jupyterlab import LabServer, Notebook, chromium
from bench._stroke_to_picture import STUDIO, measure

_CANVAS = "from widgets.sketch_canvas import SketchCanvas\ncanvas = SketchCanvas()\ncanvas"
_MULTIPLY = """
import threading, torch
_rest = threading.Event()
def _multiply():
    matrix = torch.rand(768, 768)
    while not _rest.is_set():
        torch.mm(matrix, matrix)
threading.Thread(target=_multiply, daemon=True).start()
"""
_GENERATE = """
for _seed in range(1000):
    lab.run("text_to_image", prompt="a red apple", steps=100, seed=_seed)
"""


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--canvas-only", action="store_true", help="without the lab and its model")
    parser.add_argument("--strokes", type=int, default=10, help="strokes of 64 pointer events in each state")
    parser.add_argument("--rounds", type=int, default=7, help="pictures to wait for")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, LabServer.start(Path(folder)) as server, chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        wire = Wire(page)
        cell = _CANVAS if args.canvas_only else STUDIO.format(home=str(Path(folder) / "home"))
        notebook = Notebook.open(server, page, [cell])
        try:
            notebook.run_all()
            figures = _figures(notebook, wire, args)
        finally:
            notebook.close()
    print(json.dumps(figures, indent=2))


def _figures(notebook: Notebook, wire: Wire, args: argparse.Namespace) -> dict[str, Any]:
    hand = Hand(notebook.page)
    if args.canvas_only:
        start, stop, busy = _MULTIPLY, "_rest.set()", "a matrix product in another thread"
        pictures = {}
    else:
        start, stop, busy = _GENERATE, "lab.cancel()", "the starter model generating"
        pictures = measure(notebook, hand, args.rounds)
        notebook.page.get_by_role("button", name="Live").click()
    hand.draw(2)
    hand.heard()
    strokes, sent = notebook.value("len(canvas.sketch.strokes)"), wire.bytes
    hand.draw(args.strokes)
    idle = hand.heard()
    points = notebook.value(f"sum(len(stroke.points) for stroke in canvas.sketch.strokes[{strokes}:])")
    sent = wire.bytes - sent
    notebook.execute(start)
    hand.draw(args.strokes)
    loaded = hand.heard()
    notebook.execute(stop)
    return {
        "pointer_to_ink_ms": {"idle": idle["pointer_to_ink_ms"], "busy": loaded["pointer_to_ink_ms"]},
        "stroke_to_ack_ms": {"idle": idle["stroke_to_ack_ms"], "busy": loaded["stroke_to_ack_ms"]},
        "busy_with": busy,
        "wire": {"bytes_per_point": round(sent / points, 1), "strokes": args.strokes, "points": points},
        **pictures,
    }


if __name__ == "__main__":
    main()
