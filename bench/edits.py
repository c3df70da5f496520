"""Is only that changed? `python -m bench.edits` prints one JSON object.

Photographs are edited by what is known: a part is another picture, and all of it is moved, zoomed, recoloured, noisy,
and went through an autoencoder: a soft one, as those of large models are, and the starter model's, which draws
photographs anew in flecks. Of each: how far off it was brought back, how well the change was found, what was marked
beside it, and whether all else stayed to the bit. Then pictures that nothing was changed of, and others, which must be
refused. With 300 edits it takes twenty minutes of one core. `seconds_a_megapixel` is of a picture of a megapixel.
"""

from __future__ import annotations

import argparse
import json
import time
from statistics import median

import cv2
import numpy as np

from bench._planted_edits import Through, autoencoded, marks, off_px, planted, scaled_photograph, softened, unedited
from lab.core import BadInput, Picture
from lab.retouch.edits import kept_edit, registered
from lab.starter import WEIGHTS
from tests.files.photographs import PHOTOGRAPHS

_TIMED_SIDE = 1248
"""A picture of 3 by 2, as most of these, has a megapixel with it."""
_SEAM_PX = 19


def main() -> None:
    """Print the figures."""
    from diffusers import AutoencoderTiny

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--edits", type=int, default=300)
    parser.add_argument("--side", type=int, default=512)
    options = parser.parse_args()
    vae = AutoencoderTiny.from_pretrained(WEIGHTS / "vae").eval()
    ways = {"soft": softened, "starter": autoencoded(vae)}
    found = {name: _edits(options.edits, options.side, way) for name, way in ways.items()}
    same = {name: _unchanged(options.side, way) for name, way in ways.items()}
    print(json.dumps({
        "bench": "edits", "edits": options.edits, "side": options.side, "through": found,
        "originals_back": same, "others_refused": _refused(options.side), "others": _OTHERS,
        "seconds_a_megapixel": round(_timed(), 2),
    }))  # fmt: skip


def _edits(count: int, side: int, through: Through) -> dict[str, float]:
    off, alike, beside, refused, changed = [], [], [], 0, 0
    for number in range(count):
        one = planted(number, side, through)
        try:
            lies = registered(one.original, one.edited).map
            kept = kept_edit(one.original, one.edited)
        except BadInput:
            refused += 1
            lies, kept = None, None
        found = kept.changed.pixels > 0 if kept else np.zeros_like(one.edit)
        off.append(off_px(lies, one) if lies is not None else float(side))
        matched, marked = marks(found, one)
        alike.append(matched)
        beside.append(marked)
        away = cv2.dilate(found.astype(np.uint8), np.ones((_SEAM_PX, _SEAM_PX), np.uint8)) == 0
        changed += bool(kept) and not np.array_equal(kept.picture.pixels[away], one.original.pixels[away])
    return {
        "off_px_median": _at(off, 0.5), "off_px_p95": _at(off, 0.95), "iou_median": _at(alike, 0.5),
        "iou_p10": _at(alike, 0.1), "rest_marked_median": _at(beside, 0.5), "rest_marked_p90": _at(beside, 0.9),
        "refused": refused, "changed_outside": changed,
    }  # fmt: skip


def _unchanged(side: int, through: Through) -> str:
    """How many photographs come back bit by bit when nothing was changed."""
    pairs = [unedited(name, side, through) for name in PHOTOGRAPHS]
    return f"{sum(kept_edit(old, new).picture == old for old, new in pairs)} of {len(pairs)}"


_OTHERS = 50


def _refused(side: int) -> int:
    """How many of fifty pairs of different pictures are refused; photographs, mirrored and turned ones among them."""
    count = len(PHOTOGRAPHS)
    refused = 0
    for number in range(_OTHERS):
        one, step, turned = number % count, number // count, number // (2 * count)
        old = scaled_photograph(PHOTOGRAPHS[one], side)
        other = scaled_photograph(PHOTOGRAPHS[(one + step % (count - 1) + 1) % count], side)
        other = (other, other[:, ::-1], other[::-1, ::-1], other[::-1], other[:, ::-1])[turned]
        try:
            kept_edit(Picture(old), Picture(np.ascontiguousarray(other)))
        except BadInput:
            refused += 1
    return refused


def _timed() -> float:
    spent = []
    for number in range(len(PHOTOGRAPHS)):
        one = planted(number, _TIMED_SIDE)
        began = time.perf_counter()
        kept_edit(one.original, one.edited)
        spent.append((time.perf_counter() - began) / (one.original.size.pixels / 1e6))
    return median(spent)


def _at(values: list[float], share: float) -> float:
    return round(float(np.quantile(values, share)), 4)


if __name__ == "__main__":
    main()
