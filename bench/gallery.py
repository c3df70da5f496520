"""A gallery of 10,000 pictures, without its screen: `python -m bench.gallery` prints one JSON object.

What opening it takes, a page of the newest, searches, a new picture, and making the index again from the files. The
pictures are small: only their number counts here.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from lab import Picture, Recipe, Request
from lab.core.events import Result
from lab.gallery import Gallery
from lab.tasks import plan

_PICTURES = 10_000
_PAGE = 60
_THINGS = ("a red apple", "a potted plant", "a teapot", "a running shoe", "a cat on a couch")
_QUERIES = ("apple", "seed:777", "model:starter couch", "seed:nothing", "task:text_to_image teapot starred:no")


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
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
        for file in folder.glob("gallery.sqlite*"):
            file.unlink()
        figures["made_again_from_the_files_ms"] = _ms(lambda: Gallery(folder, "bench").latest(_PAGE))
    print(json.dumps(figures))


def _result(number: int) -> Result:
    request = Request(Recipe(prompt=_THINGS[number % len(_THINGS)], seed=number))
    picture = Picture(np.full((16, 16, 3), number % 256, np.uint8))
    return Result(picture, request, plan(request).plan, 1.0)


def _ms(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return round(1000 * (time.perf_counter() - began), 2)


def _median_ms(act: Callable[[], object]) -> float:
    return round(median(_ms(act) for _ in range(9)), 2)


if __name__ == "__main__":
    main()
