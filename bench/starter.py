"""Measures the starter model: `python -m bench.starter` prints one JSON object; nothing in it is written by hand.

Sketches come from another artist's line drawings, pictures for the autoencoder from objects that training never saw.
The art is fetched with npm the first time.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from diffusers import StableDiffusionImg2ImgPipeline
from spandrel import ModelLoader

from bench import _starter_measures as measures
from lab import starter
from lab.starter.train import captions, colours, fetch, foreign, pool, upscaler
from lab.starter.train.__main__ import WORK, learned_things
from lab.starter.train.autoencoder import to_tensor
from lab.starter.train.composites import composite
from lab.starter.train.drawing import CARD, Drawer
from lab.starter.train.things import Thing

_PLAIN_THINGS = ("car", "teapot", "umbrella", "chair", "key", "running shoe", "backpack", "house")


def _share(answers: list[bool]) -> float:
    return round(float(np.mean(answers)), 3)


def _on_white(thing: Thing, art: Path, seed: int) -> np.ndarray:
    return composite(pool.load_rgba(art, thing.code), pool.SIZE_PX, np.random.default_rng(seed)).picture


@torch.inference_mode()
def autoencoder_psnr(drawer: Drawer, unseen: list[Thing], art: Path) -> float:
    """Mean dB over one picture on white of each held-out object, encoded and decoded."""
    found = []
    for number, thing in enumerate(unseen):
        wanted = to_tensor(_on_white(thing, art, number)[None])
        made = drawer.plain.vae.decode(drawer.plain.vae.encode(wanted).latents).sample.clamp(-1, 1)
        found.append(-10 * float(((made - wanted) / 2).square().mean().log10()))
    return round(float(np.mean(found)), 2)


def upscaler_figures(weights: Path, unseen: list[Thing], art: Path) -> dict[str, float]:
    """Mean dB of the upscaler and of bicubic enlarging from 64 to 256 px, and seconds from 256 to 1024 px."""
    model = ModelLoader("cpu").load_from_file(weights / upscaler.FILE).model.float().eval()
    pictures = np.stack([_on_white(thing, art, number) for number, thing in enumerate(unseen)])
    ours, bicubic = upscaler.compared_db(model, pictures)
    spent = []
    for picture in pictures[:5]:
        began = time.perf_counter()
        with torch.inference_mode():
            model(to_tensor(picture[None]).add(1).div(2))
        spent.append(time.perf_counter() - began)
    return {
        "psnr_db": round(ours, 2),
        "bicubic_psnr_db": round(bicubic, 2),
        "gain_db": round(ours - bicubic, 2),
        "seconds_256_to_1024_px": round(float(np.median(spent)), 3),
    }


def seconds_a_picture(drawer: Drawer, sketch: np.ndarray, steps: int, times: int = 5) -> float:
    """Median seconds for one picture from words and a sketch."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        drawer.draw(["a red apple"], [sketch], steps=steps)
        spent.append(time.perf_counter() - began)
    return round(float(np.median(spent)), 3)


def edge_figures(drawer: Drawer, drawn: list[tuple[Thing, np.ndarray]]) -> dict[str, float]:
    """Mean edge recall and precision of pictures from the names and sketches given."""
    names, lines = [thing.name for thing, _ in drawn], [sketch for _, sketch in drawn]
    made = drawer.draw(names, lines)
    scores = np.array([measures.edge_scores(*pair) for pair in zip(made, lines, strict=True)])
    return {"recall": round(float(scores[:, 0].mean()), 3), "precision": round(float(scores[:, 1].mean()), 3)}


def among_nearest(
    drawer: Drawer, drawn: list[tuple[Thing, np.ndarray]], known: list[Thing], art: Path, *, sketched: bool
) -> dict[str, float]:
    """How often the right object is first, and among the ten nearest, of all known objects."""
    features = np.stack([measures.looks(_on_white(thing, art, 0)) for thing in known])
    made = drawer.draw([f"a {thing.name}" for thing, _ in drawn], [line for _, line in drawn] if sketched else None)
    rows = {thing.code: row for row, thing in enumerate(known)}
    places = [
        measures.place_among(measures.looks(picture), features, rows[thing.code])
        for picture, (thing, _) in zip(made, drawn, strict=True)
    ]
    return {"first": _share([place == 0 for place in places]), "ten": _share([place < 10 for place in places])}


def colours_obeyed(drawer: Drawer, lines: dict[str, np.ndarray]) -> float:
    """Share of pictures whose main hue is within 25 degrees of the colour word's."""
    asked = [(name, word) for name in lines for word in colours.HUES]
    made = drawer.draw([f"a {word} {name}" for name, word in asked], [lines[name] for name, _ in asked])
    return _share([measures.hue_error(picture, word) <= 25 for picture, (_, word) in zip(made, asked, strict=True)])


def grounds_obeyed(drawer: Drawer, lines: dict[str, np.ndarray]) -> float:
    """Share of pictures whose corners are nearest to the plain colour that was asked for."""
    words = [*captions.PLAIN, "white"]
    asked = [(name, word) for name in list(lines)[:4] for word in words]
    made = drawer.draw([f"a {name} on {word} background" for name, word in asked], [lines[name] for name, _ in asked])
    named = [measures.ground_named(picture, captions.PLAIN) for picture in made]
    return _share([found == word for found, (_, word) in zip(named, asked, strict=True)])


def control_scales(drawer: Drawer, drawn: list[tuple[Thing, np.ndarray]]) -> dict[str, float]:
    """Edge recall by control scale."""
    names, lines = [thing.name for thing, _ in drawn], [sketch for _, sketch in drawn]
    found = {}
    for scale in (0.0, 0.25, 0.5, 0.75, 1.0):
        made = drawer.draw(names, lines, control_scale=scale)
        found[str(scale)] = round(
            float(np.mean([measures.edge_scores(*p)[0] for p in zip(made, lines, strict=True)])), 3
        )
    return found


def strengths(drawer: Drawer, things: list[Thing], art: Path) -> dict[str, float]:
    """Mean distance (0..1) of image-to-image results from their input, by strength."""
    redraw = StableDiffusionImg2ImgPipeline(**drawer.plain.components, requires_safety_checker=False)
    redraw.set_progress_bar_config(disable=True)
    given = np.stack([_on_white(thing, art, 0) for thing in things]).astype(np.float32) / 255
    found = {}
    for strength in (0.2, 0.4, 0.6, 0.8, 1.0):
        seeds = [torch.Generator().manual_seed(turn) for turn in range(len(given))]
        made = redraw(
            ["a red apple"] * len(given), image=torch.from_numpy(given).permute(0, 3, 1, 2), strength=strength,
            num_inference_steps=20, guidance_scale=CARD.guidance_scale, generator=seeds, output_type="np",
        ).images  # fmt: skip
        found[str(strength)] = round(float(np.abs(made - given).mean()), 4)
    return found


def measure(weights: Path, work: Path, count: int) -> dict[str, object]:
    """Every figure, as one JSON-ready dict."""
    art, font = fetch.art_folder(work), fetch.foreign_font(work)
    learned, unseen = learned_things(work)

    def sketched(things: list[Thing]) -> list[tuple[Thing, np.ndarray]]:
        found = [(thing, foreign.foreign_sketch(thing.code, font)) for thing in things]
        return [(thing, line) for thing, line in found if line is not None]

    solid = [thing for thing in learned if thing.group not in pool.FEWER_OF]
    some = [solid[row] for row in np.random.default_rng(0).permutation(len(solid))]
    drawn, new = sketched(some[: 2 * count])[:count], sketched(unseen)[:count]
    lines = {name: sketched([t for t in learned if name in t.names][:1])[0][1] for name in _PLAIN_THINGS}
    drawer = Drawer.load(weights)
    default_s = seconds_a_picture(drawer, drawn[0][1], CARD.steps)
    live_s = seconds_a_picture(drawer, drawn[0][1], CARD.live_steps)
    by_scale, by_strength = control_scales(drawer, drawn[:16]), strengths(drawer, [t for t, _ in drawn[:8]], art)
    return {
        "size_px": pool.SIZE_PX,
        "steps": {"default": CARD.steps, "live": CARD.live_steps},
        "threads": torch.get_num_threads(),
        "autoencoder_psnr_db": autoencoder_psnr(drawer, unseen, art),
        "upscaler_x4": upscaler_figures(weights, unseen, art),
        "seconds_a_picture": {"default": default_s, "live": live_s},
        "edges_known_objects": edge_figures(drawer, drawn),
        "edges_held_out_objects": edge_figures(drawer, new),
        "right_object_sketch_and_words": among_nearest(drawer, drawn, learned, art, sketched=True),
        "right_object_words_only": among_nearest(drawer, drawn, learned, art, sketched=False),
        "known_objects": len(learned),
        "colour_words_obeyed": colours_obeyed(drawer, lines),
        "named_background_obeyed": grounds_obeyed(drawer, lines),
        "edge_recall_by_control_scale": by_scale,
        "distance_by_strength": by_strength,
        "monotone": all(list(each.values()) == sorted(each.values()) for each in (by_scale, by_strength)),
        "weights_mb": round(sum(f.stat().st_size for f in weights.rglob("*") if f.is_file()) / 1e6, 1),
        "objects_measured": {"known": len(drawn), "held_out": len(new)},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.starter", description=__doc__)
    parser.add_argument("--weights", type=Path, default=starter.WEIGHTS, help="model folder (default: the shipped one)")
    parser.add_argument("--work", type=Path, default=WORK, help="where the art is or comes to (default: %(default)s)")
    parser.add_argument("--count", type=int, default=64, help="objects per figure (default: %(default)s)")
    given = parser.parse_args()
    print(json.dumps(measure(given.weights, given.work, given.count), indent=1))
