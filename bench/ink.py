"""How quickly the ink follows the pointer, and the picture follows the stroke. Prints one JSON object.

python -m bench.ink                 with the starter model, in a Studio
python -m bench.ink --canvas-only   the canvas alone, with a matrix product for a busy kernel
python -m bench.ink --large-sketch  only undo and reload of 500 strokes at 1024 x 1024

Everything but pictures is measured twice: on this machine's own line, and on one with a round trip of 150 ms.

Latencies are milliseconds, measured in the page: from the time stamp of a pointer event to its ink on the canvas, and
from the end of a stroke to its ack, preview or picture.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from bench import _large_sketch
from bench._delay import delayed
from bench._hand import Hand, Wire
from bench._jupyterlab import LabServer, Notebook, chromium
from bench._stroke_to_picture import STUDIO, measure

_CANVAS = "from widgets.canvas.sketch_canvas import SketchCanvas\ncanvas = SketchCanvas()\ncanvas"
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
    parser.add_argument("--delay-ms", type=float, default=150, help="round trip of the slow line")
    parser.add_argument("--large-sketch", action="store_true", help="only undo and reload of a large sketch")
    args = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, LabServer.start(Path(folder)) as server, chromium() as browser:
        for delay_ms in (0, args.delay_ms):
            with delayed(server, delay_ms) as line:
                page = browser.new_page(viewport={"width": 1400, "height": 1000})
                page.add_init_script(_large_sketch.LISTEN)
                figures[f"round_trip_{delay_ms:g}_ms"] = _on_line(line, page, folder, args, pictures=not delay_ms)
                page.close()
    print(json.dumps(figures, indent=2))


def _on_line(line: LabServer, page: Page, folder: str, args: argparse.Namespace, *, pictures: bool) -> dict[str, Any]:
    wire = Wire(page)
    cell = _CANVAS if args.canvas_only else STUDIO.format(home=str(Path(folder) / "home"))
    notebook = Notebook.open(line, page, [_large_sketch.CELL if args.large_sketch else cell])
    try:
        notebook.run_all()
        if args.large_sketch:
            return _large_sketch.measure(notebook)
        return _figures(notebook, wire, args, pictures=pictures)
    finally:
        notebook.close()


def _figures(notebook: Notebook, wire: Wire, args: argparse.Namespace, *, pictures: bool) -> dict[str, Any]:
    hand = Hand(notebook.page)
    drawn: dict[str, Any] = {}
    if args.canvas_only:
        start, stop, busy = _MULTIPLY, "_rest.set()", "a matrix product in another thread"
    else:
        start, stop, busy = _GENERATE, "lab.cancel()", "the starter model generating"
        drawn = measure(notebook, hand, args.rounds) if pictures else {}
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
        **drawn,
    }


if __name__ == "__main__":
    main()
