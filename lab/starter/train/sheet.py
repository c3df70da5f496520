"""The sample sheet: one picture that shows honestly what a model can do; look at it before you ship."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from lab.starter.train import captions, fetch, foreign
from lab.starter.train.colours import ALL_COLOURS
from lab.starter.train.drawing import Drawer
from lab.starter.train.news import tell
from lab.starter.train.things import all_things, split

WORDS = (
    "a red apple", "a frog", "a star", "a chair", "a key", "a running shoe", "a potted plant", "a couch",
    "a car", "a house", "a dog", "a cup of coffee", "a banana", "a rocket", "a guitar", "a sunflower",
)  # fmt: skip
_COLOURED, _GROUNDED = "car", "teapot"


def _code_named(things: list, name: str) -> str:
    return next(thing.code for thing in things if name in thing.names)


def _row_of(pictures: np.ndarray | list[np.ndarray]) -> np.ndarray:
    return np.concatenate(list(pictures), 1)


def _paper(sketches: list[np.ndarray]) -> list[np.ndarray]:
    """Sketches as one sees them: dark lines on white."""
    return [np.repeat(np.where(each, 30, 255).astype(np.uint8)[..., None], 3, 2) for each in sketches]


def draw_sheet(weights: Path, work: Path, target: Path, held_out_count: int = 64, across: int = 16) -> None:
    """Draws known objects from foreign sketches, words alone, colours, backgrounds, then held-out objects."""
    drawer = Drawer.load(weights)
    learned, held_out = split(all_things(fetch.names_file(work), fetch.art_folder(work)))
    font = fetch.foreign_font(work)

    def drawn(names: list[str]) -> list[np.ndarray]:
        found = [foreign.foreign_sketch(_code_named(learned, name), font) for name in names]
        return [each for each in found if each is not None]

    bare = [text.removeprefix("a ") for text in WORDS]
    known = drawn(bare)
    rows = [_row_of(_paper(known)), _row_of(drawer.draw(list(WORDS), known)), _row_of(drawer.draw(list(WORDS)))]
    coloured = [f"a {word} {_COLOURED}" for word in ALL_COLOURS]
    places = [f"a {_GROUNDED} {words[0]}" for words in captions.PLACES.values()]
    plains = [f"a {_GROUNDED} on {word} background" for word in captions.PLAIN]
    prompts = coloured + places + plains
    lines = drawn([_COLOURED]) * len(coloured) + drawn([_GROUNDED]) * (len(places) + len(plains))
    made = list(drawer.draw(prompts, lines))
    made += [np.full_like(made[0], 255)] * (-len(made) % across)
    rows += [_row_of(made[start : start + across]) for start in range(0, len(made), across)]
    unknown = [(thing, foreign.foreign_sketch(thing.code, font)) for thing in held_out]
    unknown = [(thing, sketch) for thing, sketch in unknown if sketch is not None][:held_out_count]
    for start in range(0, len(unknown) - across + 1, across):
        part = unknown[start : start + across]
        rows.append(_row_of(_paper([sketch for _, sketch in part])))
        rows.append(_row_of(drawer.draw([thing.name for thing, _ in part], [sketch for _, sketch in part])))
    sheet = Image.fromarray(np.concatenate(rows, 0))
    sheet.resize((sheet.width // 2, sheet.height // 2), Image.Resampling.LANCZOS).save(target, quality=88)
    tell(f"sheet: {target}")
