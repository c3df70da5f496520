"""The sample sheet: one picture that shows honestly what a model can do; look at it before you ship."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from spandrel import ModelLoader

from lab.starter.train import captions, fetch, foreign, upscaler
from lab.starter.train.colours import ALL_COLOURS
from lab.starter.train.composites import composite
from lab.starter.train.drawing import Drawer
from lab.starter.train.news import tell
from lab.starter.train.pool import SIZE_PX, load_rgba
from lab.starter.train.styles import STYLES
from lab.starter.train.things import Thing, all_things, split

WORDS = (
    "a red apple", "a frog", "a star", "a chair", "a key", "a running shoe", "a potted plant", "a couch",
    "a car", "a house", "a dog", "a cup of coffee", "a banana", "a rocket", "a guitar", "a sunflower",
)  # fmt: skip
_COLOURED, _GROUNDED = "car", "teapot"
_REPLACED = (("car", "blue", "a red apple"), ("teapot", "pink", "a star"), ("house", "yellow", "a mushroom"),
             ("rocket", "green", "a banana"))  # fmt: skip
_GROWN = ("teapot", "turtle", "mushroom", "backpack")


def _code_named(things: list, name: str) -> str:
    return next(thing.code for thing in things if name in thing.names)


def _row_of(pictures: np.ndarray | list[np.ndarray]) -> np.ndarray:
    return np.concatenate(list(pictures), 1)


def _paper(sketches: list[np.ndarray]) -> list[np.ndarray]:
    """Sketches as one sees them: dark lines on white."""
    return [np.repeat(np.where(each, 30, 255).astype(np.uint8)[..., None], 3, 2) for each in sketches]


def _masked(picture: np.ndarray, where: np.ndarray) -> np.ndarray:
    """A picture whose part that will be drawn anew is shown in grey stripes."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]]
    stripes = np.where((x + y) // 12 % 2, 120, 170).astype(np.uint8)
    return np.where(where[..., None], stripes[..., None], picture)


def inpainted(drawer: Drawer, learned: list[Thing], art: Path) -> list[np.ndarray]:
    """Pairs: a picture of the art whose object is masked, and another object in its place."""
    found = []
    for number, (name, ground, prompt) in enumerate(_REPLACED):
        rgba = load_rgba(art, _code_named(learned, name))
        made = composite(rgba, SIZE_PX, np.random.default_rng(number), plain=ground)
        where = cv2.dilate(made.alpha, np.ones((25, 25), np.uint8)) > 20
        found += [_masked(made.picture, where), drawer.redraw(f"{prompt} on {ground} background", made.picture, where)]
    return found


def outpainted(drawer: Drawer, learned: list[Thing], art: Path) -> list[np.ndarray]:
    """Pairs: the left half of a picture of the art, and the whole that the model makes of it."""
    found = []
    where = np.zeros((SIZE_PX, SIZE_PX), bool)
    where[:, SIZE_PX // 2 :] = True
    for number, name in enumerate(_GROWN):
        picture = composite(load_rgba(art, _code_named(learned, name)), SIZE_PX, np.random.default_rng(number)).picture
        found += [_masked(picture, where), drawer.redraw(f"a {name}", picture, where)]
    return found


def enlarged(weights: Path, held_out: list[Thing], art: Path, count: int = 8) -> list[np.ndarray]:
    """Pairs: a held-out picture of 64 px enlarged by bicubic, and by the upscaler."""
    model = ModelLoader("cpu").load_from_file(weights / upscaler.FILE).model.float().eval()
    found = []
    for number, thing in enumerate(held_out[:count]):
        picture = composite(load_rgba(art, thing.code), SIZE_PX, np.random.default_rng(number)).picture
        small = upscaler.shrunk(picture, 0.0)
        with torch.inference_mode():
            made = model(torch.from_numpy(small).permute(2, 0, 1)[None].float() / 255)[0].permute(1, 2, 0).numpy()
        found.append(cv2.resize(small, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_CUBIC))
        found.append((made * 255 + 0.5).clip(0, 255).astype(np.uint8))
    return found


def draw_sheet(weights: Path, work: Path, target: Path, held_out_count: int = 64, across: int = 16) -> None:
    """Draws known objects from sketches and from words, colours, backgrounds, styles, parts anew, held-out objects."""
    drawer = Drawer.load(weights)
    art = fetch.art_folder(work)
    learned, held_out = split(all_things(fetch.names_file(work), art))
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
    styled = [f"{words[0]} of a {_GROUNDED}" for words in STYLES.values()]
    prompts = coloured + places + plains + styled
    lines = drawn([_COLOURED]) * len(coloured) + drawn([_GROUNDED]) * (len(prompts) - len(coloured))
    made = list(drawer.draw(prompts, lines))
    made += [np.full_like(made[0], 255)] * (-len(made) % across)
    rows += [_row_of(made[start : start + across]) for start in range(0, len(made), across)]
    rows.append(_row_of(inpainted(drawer, learned, art) + outpainted(drawer, learned, art)))
    rows.append(_row_of(enlarged(weights, held_out, art)))
    unknown = [(thing, foreign.foreign_sketch(thing.code, font)) for thing in held_out]
    unknown = [(thing, sketch) for thing, sketch in unknown if sketch is not None][:held_out_count]
    for start in range(0, len(unknown) - across + 1, across):
        part = unknown[start : start + across]
        rows.append(_row_of(_paper([sketch for _, sketch in part])))
        rows.append(_row_of(drawer.draw([thing.name for thing, _ in part], [sketch for _, sketch in part])))
    sheet = Image.fromarray(np.concatenate(rows, 0))
    sheet.resize((sheet.width // 2, sheet.height // 2), Image.Resampling.LANCZOS).save(target, quality=88)
    tell(f"sheet: {target}")
