"""Files that mean harm, read one by one: `python -m bench.hostile` prints one JSON object.

Each of the blocks of the tests, in one process: the processor's seconds, and the most memory beyond what was there
before it, as Linux counts it. The slowest and the largest are named.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.worst_inputs import _PEAK_FROM_NOW, _memory_mb
from lab.core import BadInput
from lab.gallery.foreign import read
from tests.gallery.foreign.containers import png_text
from tests.gallery.foreign.hostile_blocks import blocks
from tests.gallery.foreign.test_infotext import PLAIN


def main() -> None:
    """Measure, and print."""
    read(png_text(parameters=PLAIN))  # what is loaded at the first use is no part of it
    found = {name: _read(content) for name, content in blocks()}
    slowest, largest = (max(found, key=lambda name: found[name][which]) for which in (0, 1))
    figures: dict[str, Any] = {
        "blocks": len(found),
        "slowest": {slowest: round(found[slowest][0], 3)},
        "largest_mb": {largest: round(found[largest][1])},
        "over_1_s": sum(seconds > 1 for seconds, _ in found.values()),
        "over_200_mb": sum(peak > 200 for _, peak in found.values()),
    }
    print(json.dumps(figures))


def _read(content: bytes) -> tuple[float, float]:
    """The seconds, and the MB at most."""
    Path("/proc/self/clear_refs").write_text(_PEAK_FROM_NOW)
    before, began = _memory_mb("VmRSS"), time.process_time()
    with suppress(BadInput):
        read(content)
    return time.process_time() - began, max(0.0, _memory_mb("VmHWM") - before)


if __name__ == "__main__":
    main()
