"""The command line, the headless twin of the notebooks: `python -m lab --help`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lab.commands.drawing_options import print_loras, print_own_models
from lab.commands.making import make, make_batch
from lab.commands.of_pictures import add_of_pictures
from lab.commands.options import add_making, add_memory, add_model, path_given
from lab.core.catalogue import CATALOGUE
from lab.core.errors import BadInput, SketchlabError
from lab.doctor import report
from lab.fetch import BESIDE, fetch, items
from lab.gallery import home_folder, recipe_of
from lab.gallery.foreign import read
from lab.session.choices import named_model
from lab.session.engine_host import bytes_of_gb
from lab.tasks import TASKS

_SHORT = {"sketch": "sketch_to_image", "text": "text_to_image"}
"""Short names of the two that are typed most."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it worked, 2 when the input was at fault, 1 for any other sentence of the lab."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command is not _serve:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.sdk = rest
    try:
        options.command(options)
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except SketchlabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description="Sketch to picture, from the command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    for task in TASKS.values():
        short = [name for name, of in _SHORT.items() if of == task.name]
        made = commands.add_parser(
            task.name.replace("_", "-"), aliases=short, help=task.title[0].lower() + task.title[1:]
        )
        add_making(made, task)
        made.set_defaults(command=make)

    _add_batch(commands.add_parser("batch", help="make a folder of pictures, or a CSV file of settings, into a folder"))

    add_of_pictures(commands.add_parser)

    show = commands.add_parser("show", help="print the recipe inside a picture made here")
    show.add_argument("picture", type=path_given)
    show.set_defaults(command=_show)

    reading = commands.add_parser("import", help="read another tool's picture, text or JSON: what of it a recipe takes")
    reading.add_argument("file", type=path_given, help="a PNG, WebP or JPEG picture, a text or JSON file")
    reading.add_argument("--output", metavar="NODE", help="which drawing is meant, of a graph that holds several")
    reading.add_argument("--json", action="store_true", help="print the recipe alone, as JSON")
    reading.set_defaults(command=_import)

    models = commands.add_parser("models", help="list the models of the catalogue, and those in the folders of models")
    models.add_argument("--home", type=path_given, help="in whose folder models are others (default: ~/.sketchlab)")
    models.set_defaults(command=_models)

    loras = commands.add_parser("loras", help="list the LoRA files that are found, and the words that wake each")
    loras.add_argument("--home", type=path_given, help="in whose folder models they are (default: ~/.sketchlab)")
    loras.set_defaults(command=lambda options: print_loras(options.home))

    _add_fetch(commands.add_parser("fetch", help="fetch weights ahead of their first use; says size and licence first"))

    doctor = commands.add_parser("doctor", help="say what this machine has, and what is missing")
    doctor.set_defaults(command=lambda _: print(report()))

    serve = commands.add_parser("serve", help="be a Runpod Serverless worker; needs the package runpod")
    add_model(serve)
    add_memory(serve)
    serve.add_argument("--also", action="append", default=[], metavar="MODEL", help="one more model that is served")
    serve.add_argument("--loras", type=Path, metavar="FOLDER", help="LoRAs that may be named, as .safetensors files")
    said = "the network volume (default: /runpod-volume, where that is there); other options, --rp_..., are the SDK's"
    serve.add_argument("--volume", type=Path, metavar="FOLDER", help=said)
    serve.set_defaults(command=_serve)
    return parser


def _add_batch(parser: argparse.ArgumentParser) -> None:
    said = "a folder, each picture of which is one to start from; or a CSV file whose first line names settings"
    parser.add_argument("source", type=path_given, help=said)
    parser.add_argument("--task", default="image-to-image", help="of the rows that name none (default: image-to-image)")
    said = "one setting for all rows, such as strength=0.5; may be given several times"
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="common", help=said)
    add_model(parser)
    add_memory(parser)
    parser.add_argument("--home", type=path_given, help="where results are kept besides (default: ~/.sketchlab)")
    said = "the folder to write; the same command goes on where it ended"
    parser.add_argument("-o", "--output", type=path_given, required=True, help=said)
    parser.set_defaults(command=make_batch)


def _add_fetch(parser: argparse.ArgumentParser) -> None:
    said = (
        f"models of the catalogue, and what belongs to them ({', '.join(BESIDE)}); "
        "annotator:NAME, rembg:NAME, sam2:SIZE, lora:owner/name:file"
    )
    parser.add_argument("names", nargs="+", metavar="NAME", help=said)
    parser.add_argument("--dry-run", action="store_true", help="only say size and licence of each; fetch nothing")
    parser.add_argument("--accept", action="store_true", help="accept the terms of those that ask, and remember that")
    parser.add_argument("--family", help="sd15, sdxl or z-image, of a model that is not in the catalogue")
    parser.add_argument("--revision", help="commit of the models' repositories")
    parser.set_defaults(command=_fetch)


def _fetch(options: argparse.Namespace) -> None:
    wanted = items(options.names, family=options.family, revision=options.revision)
    fetch(wanted, accepts=options.accept, dry_run=options.dry_run)


def _show(options: argparse.Namespace) -> None:
    print(recipe_of(options.picture).model_dump_json(indent=2))


def _import(options: argparse.Namespace) -> None:
    found = read(options.file, output=options.output)
    print(found.recipe.model_dump_json(indent=2) if options.json else found)


def _serve(options: argparse.Namespace) -> None:
    from lab.session.serverless import serve

    home = home_folder()
    own = named_model(
        options.model, home=home, family=options.family, acceleration=options.acceleration, precision=options.precision
    )
    others = [named_model(name, home=home) for name in options.also]
    memory = bytes_of_gb(options.memory_gb)
    serve([own, *others], loras=options.loras, volume=options.volume, memory_bytes=memory, arguments=options.sdk)


_SOLD = {
    True: "pictures may be sold, as far as the licence goes",
    False: "pictures may not be sold",
    None: "its repository says whether pictures may be sold",
}


def _models(options: argparse.Namespace) -> None:
    for card in CATALOGUE.values():
        print(f"{card.name:10} {card.native!s:10} controls: {', '.join(card.control_kinds):10} {card.licence}")
        print(f"{'':10} {card.title}")
        read = f"{card.pieces_read} pieces of words" if card.pieces_read else "all words"
        print(f"{'':10} {_SOLD[card.may_sell]}; reads {read}")
        size = f"{card.download_gb:.1f} GB from {card.repo}" if card.repo else "come with the lab"
        print(f"{'':10} weights: {size}; memory: {card.memory_gb[0]:.1f} GB, {card.memory_gb[1]:.1f} layer by layer")
    print_own_models(options.home)


if __name__ == "__main__":
    sys.exit(main())
