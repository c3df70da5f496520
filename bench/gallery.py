"""A gallery of 10,000 pictures: `python -m bench.gallery` prints one JSON object.

What opening it takes, a page of the newest, searches, a new picture, and making the index again from the files; and in
a real JupyterLab how soon it is seen after a reload, how soon a search is, and whether scrolling is smooth. The newest
pictures are as large as models draw them; all others are small, since only their number counts.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from bench._gallery_page import page_figures
from lab import Picture, Recipe, Request
from lab.core.events import Result
from lab.gallery import Gallery
from lab.tasks import plan

_PICTURES = 10_000
_PAGE = 60
_SEEN, _LARGE_PX = 240, 768
"""So many of the newest are seen in the page, and so large."""
_THINGS = ("a red apple", "a potted plant", "a teapot", "a running shoe", "a cat on a couch")
_QUERIES = ("apple", "seed:777", "model:starter couch", "seed:nothing", "task:text_to_image teapot starred:no")


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "gallery"
        gallery = Gallery(folder, "bench")
        added = [_ms(partial(gallery.add, _result(number))) for number in range(_PICTURES)]
        opened_ms = _ms(lambda: Gallery(folder, "bench").latest(_PAGE))
        figures = {
            "pictures": _PICTURES,
            "opened_with_its_first_page_ms": opened_ms,
            "a_page_ms": _median_ms(lambda: gallery.latest(_PAGE)),
            "a_page_in_the_middle_ms": _median_ms(lambda: gallery.search("", _PAGE, skip=_PICTURES // 2)),
            "search_ms": {query: _median_ms(lambda query=query: gallery.search(query, _PAGE)) for query in _QUERIES},
            "add_ms": {"first_1000": round(median(added[:1000]), 2), "last_1000": round(median(added[-1000:]), 2)},
        }
        figures["page"] = page_figures(Path(home), _QUERIES)
        for file in folder.glob("gallery.sqlite*"):
            file.unlink()
        figures["made_again_from_the_files_ms"] = _ms(lambda: Gallery(folder, "bench").latest(_PAGE))
    print(json.dumps(figures))


def _result(number: int) -> Result:
    request = Request(Recipe(prompt=_THINGS[number % len(_THINGS)], seed=number))
    if number < _PICTURES - _SEEN:
        picture = Picture(np.full((16, 16, 3), number % 256, np.uint8))
    else:  # soft shapes with grain, as large in a file as a drawing
        dice = np.random.default_rng(number)
        shapes = cv2.resize(
            dice.integers(0, 256, (12, 12, 3), np.uint8), (_LARGE_PX, _LARGE_PX), interpolation=cv2.INTER_CUBIC
        )
        picture = Picture(cv2.add(shapes, dice.integers(0, 8, shapes.shape, np.uint8)))
    return Result(picture, request, plan(request).plan, 1.0)


def _ms(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return round(1000 * (time.perf_counter() - began), 2)


def _median_ms(act: Callable[[], object]) -> float:
    return round(median(_ms(act) for _ in range(9)), 2)


if __name__ == "__main__":
    main()
