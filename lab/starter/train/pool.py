"""The pool: every training picture made once, with its sketches and captions, on disk. No model is involved."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lab.core.image_files import opened
from lab.starter.train import captions, colours, sketches, styles
from lab.starter.train.composites import Composite, bent, composite, portrait
from lab.starter.train.news import tell
from lab.starter.train.things import Thing

SIZE_PX = 256
SKETCHES_EACH = 2
CAPTIONS_EACH = 3
FEWER_OF = ("Smileys & Emotion", "People & Body")
WHITE, PLAIN, PLACE = 0.62, 0.26, 0.12  # shares of the backgrounds
STYLED, MARKED = 0.16, 0.2  # shares of pictures in a drawing style, and of objects with a pattern painted on
MARKED_BENT = 0.35  # share of bent objects with a pattern painted on
REPAINTED, COLOUR_SAID = 0.20, 0.12  # shares of repainted objects, and of own colours that are named


class Pool(NamedTuple):
    """The pool on disk, opened: arrays are memory maps, one row a picture."""

    pictures: np.ndarray  # uint8, (n, 256, 256, 3)
    sketches: np.ndarray  # uint8, (n, SKETCHES_EACH, 8192) packed bits
    captions: list[list[str]]
    codes: list[str]


def turns(thing: Thing, each: int) -> int:
    """How many pictures an object gets: faces and people are many and alike, so fewer of each."""
    return max(1, round(each * 0.6)) if thing.group in FEWER_OF else each


def load_rgba(art: Path, code: str) -> np.ndarray:
    """An object's own picture, 8 bit RGBA."""
    with opened(art / f"{code}.webp") as image:
        return np.asarray(image.convert("RGBA"))


class Item(NamedTuple):
    """One picture of the pool, in the making."""

    picture: np.ndarray
    sketches: np.ndarray
    captions: list[str]


def _sketches(made: Composite, rng: np.random.Generator) -> np.ndarray:
    """Sketches of what is on a picture, each by another hand, packed."""
    drawn = [sketches.sketch_of(made.rgb, made.alpha, rng, made.marks) for _ in range(SKETCHES_EACH)]
    return np.stack([sketches.packed(each) for each in drawn])


def _bare_names(thing: Thing, chance: random.Random) -> list[str]:
    return [captions.caption(thing.names, None, "", chance) for _ in range(CAPTIONS_EACH)]


def make_item(thing: Thing, rgba: np.ndarray, seed: int) -> Item:
    """One picture of one object with its sketches and captions; the seed decides everything."""
    rng, chance = np.random.default_rng(seed), random.Random(seed)  # noqa: S311 - wording is no secret
    said = None
    repaint_to = None
    pick = chance.random()
    if pick < REPAINTED:
        repaint_to = said = chance.choice([*colours.HUES, *colours.HUES, *colours.ALL_COLOURS])
    elif pick < REPAINTED + COLOUR_SAID:
        said = colours.own_colour(rgba[..., :3], rgba[..., 3])
    pick = chance.random()
    place = chance.choice(list(captions.PLACES)) if pick < PLACE else None
    plain = chance.choice(list(captions.PLAIN)) if PLACE <= pick < PLACE + PLAIN else None
    style = chance.choice(list(styles.STYLES)) if chance.random() < STYLED else None
    marked = style is None and chance.random() < MARKED
    made = composite(rgba, SIZE_PX, rng, colour=repaint_to, plain=plain, place=place, style=style, marked=marked)
    called = [
        captions.caption(thing.names, said, captions.background_words(plain, place, chance), chance)
        for _ in range(CAPTIONS_EACH)
    ]
    if style is not None:
        called = [captions.styled(words, chance.choice(styles.STYLES[style]), chance) for words in called]
    return Item(made.picture, _sketches(made, rng), called)


def make_portrait(thing: Thing, rgba: np.ndarray, seed: int) -> Item:
    """The object as it is, on white, under its bare names: what its words alone should bring to mind."""
    rng, chance = np.random.default_rng(seed), random.Random(seed)  # noqa: S311 - wording is no secret
    sketch = sketches.packed(sketches.sketch_of(rgba[..., :3], rgba[..., 3], rng))
    return Item(portrait(rgba, SIZE_PX), np.stack([sketch] * SKETCHES_EACH), _bare_names(thing, chance))


def make_bent(thing: Thing, rgba: np.ndarray, seed: int) -> Item:
    """The object in its own colours but another shape, on white: what a foreign hand's sketch of it should become."""
    rng, chance = np.random.default_rng(seed), random.Random(seed)  # noqa: S311 - wording is no secret
    made = composite(bent(rgba, rng), SIZE_PX, rng, marked=chance.random() < MARKED_BENT)
    return Item(made.picture, _sketches(made, rng), _bare_names(thing, chance))


Maker = Callable[[Thing, np.ndarray, int], Item]


def _items_of(make: Maker, job: tuple[Thing, Path, list[int]]) -> list[Item]:
    thing, art, seeds = job
    rgba = load_rgba(art, thing.code)
    return [make(thing, rgba, seed) for seed in seeds]


def make_pool(
    things: list[Thing],
    art: Path,
    folder: Path,
    each: int,
    *,
    make: Maker = make_item,
    seed: int = 1,
    workers: int = 2,
) -> None:
    """Makes about `each` pictures of every object and writes them to `folder`; shuffled, the same for the same seed."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = [turns(thing, each) for thing in things]
    starts = np.cumsum([0, *counts])
    count = int(starts[-1])
    order = np.random.default_rng(seed).permutation(count)
    shape = (count, SIZE_PX, SIZE_PX, 3)
    pictures = np.lib.format.open_memmap(folder / "pictures.npy", "w+", np.uint8, shape)
    bits = np.lib.format.open_memmap(
        folder / "sketches.npy", "w+", np.uint8, (count, SKETCHES_EACH, SIZE_PX * SIZE_PX // 8)
    )
    called: list[list[str]] = [[] for _ in range(count)]
    codes = [""] * count
    jobs = [
        (thing, art, [seed * 10_000_000 + number * 1000 + turn for turn in range(turn_count)])
        for number, (thing, turn_count) in enumerate(zip(things, counts, strict=True))
    ]
    with ProcessPoolExecutor(workers) as runner:
        for number, items in enumerate(runner.map(partial(_items_of, make), jobs, chunksize=8)):
            for turn, item in enumerate(items):
                row = order[starts[number] + turn]
                pictures[row], bits[row] = item.picture, item.sketches
                called[row], codes[row] = item.captions, things[number].code
            if number % 100 == 0:
                tell(f"pool: {number} of {len(things)} objects")
    pictures.flush()
    bits.flush()
    (folder / "words.json").write_text(json.dumps({"captions": called, "codes": codes}))


def open_pool(folder: Path) -> Pool:
    """The pool that `make_pool` wrote."""
    words = json.loads((folder / "words.json").read_text())
    pictures = np.load(folder / "pictures.npy", mmap_mode="r")
    return Pool(pictures, np.load(folder / "sketches.npy", mmap_mode="r"), words["captions"], words["codes"])
