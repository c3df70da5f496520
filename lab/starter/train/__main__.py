"""`python -m lab.starter.train PART`: makes the starter model, part by part, from the art to the exported weights."""

from __future__ import annotations

import argparse
from pathlib import Path

from lab.starter.train import fetch, pool
from lab.starter.train.news import tell
from lab.starter.train.things import Thing, all_things, split

WORK = Path.home() / ".cache" / "sketchlab" / "starter"


def learned_things(work: Path) -> tuple[list[Thing], list[Thing]]:
    """The objects to learn from and the held-out ones."""
    return split(all_things(fetch.names_file(work), fetch.art_folder(work)))


def _fetch(given: argparse.Namespace) -> None:
    learned, held_out = learned_things(given.work)
    tell(f"{len(learned)} objects to learn from, {len(held_out)} held out")


def _adopt(given: argparse.Namespace) -> None:
    from lab.starter.train import adopt

    adopt.adopt(given.weights, given.work)


def _pool(given: argparse.Namespace) -> None:
    learned, held_out = learned_things(given.work)
    art = fetch.art_folder(given.work)
    for name, things, each, make, seed in (
        ("pool-held-out", held_out, 4, pool.make_item, 2),
        ("pool-portraits", learned, 2, pool.make_portrait, 3),
        ("pool-bent", learned, 5, pool.make_bent, 5),
        ("pool", learned, given.each, pool.make_item, 1),
    ):
        if given.again or not (given.work / name / "words.json").exists():
            (given.work / name / "lessons.pt").unlink(missing_ok=True)
            pool.make_pool(things, art, given.work / name, each, make=make, seed=seed)


def _autoencoder(given: argparse.Namespace) -> None:
    from lab.starter.train import autoencoder

    autoencoder.train(given.work, minutes=given.minutes)


def _latents(given: argparse.Namespace) -> None:
    from lab.starter.train import latents, tokens

    tokens.train_tokenizer(given.work, [thing for part in learned_things(given.work) for thing in part])
    latents.encode_pool(given.work)


def _diffusion(given: argparse.Namespace) -> None:
    from lab.starter.train import diffusion

    diffusion.train(given.work, minutes=given.minutes, compiled=given.compile)


def _upscaler(given: argparse.Namespace) -> None:
    from lab.starter.train import upscaler

    upscaler.train(given.work, minutes=given.minutes)


def _export(given: argparse.Namespace) -> None:
    from lab.starter.train import export

    export.export(given.work, given.to)


def _sheet(given: argparse.Namespace) -> None:
    from lab.starter.train import sheet

    sheet.draw_sheet(given.weights, given.work, given.to)


def _all(given: argparse.Namespace) -> None:
    """Every part in turn, each with its own defaults; parts that are done are over at once."""
    for name in ("fetch", "pool", "autoencoder", "upscaler", "latents", "diffusion", "export", "sheet"):
        chosen = _parser().parse_args(["--work", str(given.work), name])
        chosen.act(chosen)


def _parser() -> argparse.ArgumentParser:
    from lab.starter import WEIGHTS

    parser = argparse.ArgumentParser(prog="python -m lab.starter.train", description=__doc__)
    parser.add_argument("--work", type=Path, default=WORK, help="working folder (default: %(default)s)")
    parts = parser.add_subparsers(required=True, metavar="PART")

    def part(name: str, act: object, words: str) -> argparse.ArgumentParser:
        added = parts.add_parser(name, help=words, description=words)
        added.set_defaults(act=act)
        return added

    part("all", _all, "every part in turn: hours, resumes where it was stopped")
    part("fetch", _fetch, "download the art and its names with npm")
    begun = part("adopt", _adopt, "begin from exported weights instead of from nothing")
    begun.add_argument("--weights", type=Path, default=WEIGHTS, help="folder (default: the shipped one)")
    made = part("pool", _pool, "make the training pictures, sketches and captions")
    made.add_argument("--again", action="store_true", help="make anew what is there, too")
    made.add_argument("--each", type=int, default=14, help="pictures of every object (default: %(default)s)")
    taught = part("autoencoder", _autoencoder, "train the autoencoder; goes on from its checkpoint")
    taught.add_argument("--minutes", type=float, default=20, help="training time in all (default: %(default)s)")
    taught = part("upscaler", _upscaler, "train the x4 upscaler; goes on from its checkpoint")
    taught.add_argument("--minutes", type=float, default=7, help="training time in all (default: %(default)s)")
    part("latents", _latents, "train the tokenizer and encode the pool")
    taught = part("diffusion", _diffusion, "train text encoder, UNet and ControlNet; goes on from its checkpoint")
    taught.add_argument("--minutes", type=float, default=150, help="training time in all (default: %(default)s)")
    taught.add_argument("--compile", action="store_true", help="let torch.compile work on the step first")
    written = part("export", _export, "write the weights in diffusers layout, fp16")
    written.add_argument("--to", type=Path, default=WEIGHTS, help="folder (default: the shipped one)")
    drawn = part("sheet", _sheet, "draw the sample sheet")
    drawn.add_argument("--weights", type=Path, default=WEIGHTS, help="the exported model (default: the shipped one)")
    drawn.add_argument(
        "--to",
        type=Path,
        default=WEIGHTS.with_name("sample-sheet.webp"),
        help="picture file (default: the shipped one)",
    )
    return parser


if __name__ == "__main__":
    chosen = _parser().parse_args()
    chosen.act(chosen)
