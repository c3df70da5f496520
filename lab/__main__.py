"""The command line, the headless twin of the notebooks: `python -m lab --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.cloud.address import SCHEME
from lab.core.catalogue import ACCELERATIONS, CATALOGUE, chosen_model
from lab.core.conditioning import control, reference
from lab.core.errors import BadInput, SketchlabError
from lab.core.events import Result
from lab.core.params import Param, control_param, params_of, recipe_param
from lab.core.sentences.paths import given_path
from lab.doctor import report
from lab.drawing_options import add_drawing_options, print_loras, print_own_models, with_drawing_options
from lab.fetch import BESIDE, fetch, items
from lab.gallery import png_with_recipe, recipe_of
from lab.gallery.files import write_whole
from lab.gallery.foreign import read
from lab.gallery.output_files import check_output, output_files
from lab.session import combinations, open_lab
from lab.session.engine_host import bytes_of_gb
from lab.session.grid import pictures_in
from lab.session.in_turn import ended, in_turn, left_out
from lab.session.many.batch_table import named_value
from lab.tasks import TASKS, Task

_FIELDS = (
    "prompt",
    "negative_prompt",
    "words",
    "seed",
    "variation_seed",
    "variation_strength",
    "steps",
    "guidance_scale",
    "image_guidance_scale",
    "strength",
    "colour_strength",
    "width",
    "height",
    "scheduler",
)
_WHOLE = {"seed", "variation_seed", "steps", "width", "height", "context_px"}
_FRACTIONS = {"guidance_scale", "image_guidance_scale", "strength"}
_SEVERAL = ("prompt", "seed")
"""May be several, for one picture each."""
_MASKS = {
    False: "white is surely subject, black surely not, grey is found out",
    True: "white where the edit is taken over; what changed is found out where there is none",
}
"""What a mask says that a task can do without, by whether it edits."""
_PICTURES = ("image", "sketch", "colours", "mask", "scene", "style", "control")
"""Whatever a picture may be made of."""
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
        _add_making(made, task)

    _add_batch(commands.add_parser("batch", help="make a folder of pictures, or a CSV file of settings, into a folder"))

    show = commands.add_parser("show", help="print the recipe inside a picture made here")
    show.add_argument("picture", type=_path)
    show.set_defaults(command=_show)

    reading = commands.add_parser("import", help="read another tool's picture, text or JSON: what of it a recipe takes")
    reading.add_argument("file", type=_path, help="a PNG, WebP or JPEG picture, a text or JSON file")
    reading.add_argument("--output", metavar="NODE", help="which drawing is meant, of a graph that holds several")
    reading.add_argument("--json", action="store_true", help="print the recipe alone, as JSON")
    reading.set_defaults(command=_import)

    models = commands.add_parser("models", help="list the models of the catalogue")
    models.add_argument("--home", type=_path, help="in whose folder models are others (default: ~/.sketchlab)")
    models.set_defaults(command=_models)

    loras = commands.add_parser("loras", help="list the LoRA files that are found, and the words that wake each")
    loras.add_argument("--home", type=_path, help="in whose folder models they are (default: ~/.sketchlab)")
    loras.set_defaults(command=lambda options: print_loras(options.home))

    _add_fetch(commands.add_parser("fetch", help="fetch weights ahead of their first use; says size and licence first"))

    doctor = commands.add_parser("doctor", help="say what this machine has, and what is missing")
    doctor.set_defaults(command=lambda _: print(report()))

    serve = commands.add_parser("serve", help="be a Runpod Serverless worker; needs the package runpod")
    _add_model(serve)
    _add_memory(serve)
    serve.add_argument("--also", action="append", default=[], metavar="MODEL", help="one more model that is served")
    serve.add_argument("--loras", type=Path, metavar="FOLDER", help="LoRAs that may be named, as .safetensors files")
    said = "the network volume (default: /runpod-volume, where that is there); other options, --rp_..., are the SDK's"
    serve.add_argument("--volume", type=Path, metavar="FOLDER", help=said)
    serve.set_defaults(command=_serve)
    return parser


def _add_batch(parser: argparse.ArgumentParser) -> None:
    said = "a folder, each picture of which is one to start from; or a CSV file whose first line names settings"
    parser.add_argument("source", type=_path, help=said)
    parser.add_argument("--task", default="image-to-image", help="of the rows that name none (default: image-to-image)")
    said = "one setting for all rows, such as strength=0.5; may be given several times"
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="common", help=said)
    _add_model(parser)
    _add_memory(parser)
    parser.add_argument("--home", type=_path, help="where results are kept besides (default: ~/.sketchlab)")
    said = "the folder to write; the same command goes on where it ended"
    parser.add_argument("-o", "--output", type=_path, required=True, help=said)
    parser.set_defaults(command=_batch)


def _path(text: str) -> Path:
    """An argument that is a path, `~` opened up."""
    try:
        return given_path(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


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


def _add_making(parser: argparse.ArgumentParser, task: Task) -> None:
    """The pictures and options of a command that makes a picture, read from the fields of recipe and task."""
    settings = _add_pictures(parser, task)
    wanted = [recipe_param(name) for name in _FIELDS if name in task.recipe_fields or (name == "seed" and task.draws)]
    for param in (*wanted, *params_of(task.settings)):
        settings.append(param.name)
        _add_option(parser, param, param.name)
    add_drawing_options(parser, task)
    _add_model(parser)
    _add_memory(parser)
    said = "dollars, on rented GPUs, after which no more of several pictures are asked for; needs ?price= in the model"
    parser.add_argument("--max-cost", type=float, metavar="USD", help=said)
    parser.add_argument("--home", type=_path, help="where results are kept besides (default: ~/.sketchlab)")
    parser.add_argument(
        "-o", "--output", type=_path, required=True,
        help="PNG file to write, which carries its recipe; a folder where several are made: of a folder of pictures, "
        "or with --prompt given several times",
    )  # fmt: skip
    parser.set_defaults(command=_make, task=task.name, settings=settings)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", default="starter",
        help="name in the catalogue (default: starter); with --family a folder, a .safetensors file or a repository",
    )  # fmt: skip
    parser.add_argument("--family", help="sd15, sdxl or z-image, of a model that is not in the catalogue")
    said = "; ".join(f"{name}: {what}" for name, what in ACCELERATIONS.items())
    parser.add_argument("--acceleration", choices=ACCELERATIONS, help=f"draw faster and less exactly. {said}")


def _add_memory(parser: argparse.ArgumentParser) -> None:
    said = "how much memory models and kept results may take, in GB (default: what the device has)"
    parser.add_argument("--memory-gb", type=float, metavar="GB", help=said)


def _add_pictures(parser: argparse.ArgumentParser, task: Task) -> list[str]:
    """The pictures that a task takes; the names of the settings that come with them."""
    if "image" in task.needs:
        parser.add_argument("image", type=_path, help="the picture to start from, or a folder of them")
    if "mask" in task.needs:
        parser.add_argument("mask", type=_path, help="white where the picture may change, as large as the picture")
    elif "mask" in task.recipe_fields:
        parser.add_argument("--mask", type=_path, help=_MASKS[task.edits])
    if "scene" in task.recipe_fields:
        parser.add_argument(
            "--scene", type=_path, help="the picture to put the subject into, or a folder; the words draw one without"
        )
    if task.borrows_palettes:
        parser.add_argument("--style", type=_path, help="the picture that lends its style")
    if "controls" not in task.needs:
        return []
    if task.sketch:
        parser.add_argument("sketch", type=_path, help="lines on paper of any tone, or on transparency; any size")
        if "colours" in task.recipe_fields:
            said = "the colours of the sketch: a picture to start from where it is not transparent"
            parser.add_argument("--colours", type=_path, help=said)
        _add_option(parser, control_param("weight"), "sketch_strength")
        return ["sketch_strength"]
    parser.add_argument("control", type=_path, help="the picture whose edges, depth or pose are followed")
    parser.add_argument("--kind", default="canny", help="of control: canny, depth, openpose, ... (default: canny)")
    return []


def _add_option(parser: argparse.ArgumentParser, param: Param, name: str) -> None:
    bounds = "" if param.low is None or param.high is None else f" ({_number(param.low)}..{_number(param.high)})"
    shape: dict[str, Any] = {"type": float if isinstance(param.default, float) else str}
    if param.name in _WHOLE or type(param.default) is int:
        shape = {"type": int}
    elif param.name in _FRACTIONS:
        shape = {"type": float}
    if param.name == "prompt":
        shape = {"action": "append"}
    if param.choices:
        shape = {"choices": param.choices, "type": type(param.choices[0])}
    elif isinstance(param.default, bool):
        shape = {"action": argparse.BooleanOptionalAction, "default": None}
    said = f"{param.help.rstrip('.')}{bounds}".replace("%", "%%")
    parser.add_argument("--" + name.replace("_", "-"), dest=name, help=said, **shape)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


def _make(options: argparse.Namespace) -> None:
    """Draw, write the files, and say in one line each what was made."""
    given = vars(options)
    names = [*options.settings, "sketch", "colours", "image", "mask", "scene"]
    settings = {name: given[name] for name in names if given.get(name) is not None}
    if given.get("control"):
        settings["controls"] = [control(options.control, options.kind)]
    if given.get("style"):
        settings["references"] = [reference(options.style, "style")]
    settings = with_drawing_options(options, settings)
    over: dict[str, Any] = {}
    for name in ("image", "scene", *_SEVERAL):
        if isinstance(settings.get(name), list) and len(settings[name]) == 1:
            (settings[name],) = settings[name]
        elif isinstance(settings.get(name), list) or (isinstance(settings.get(name), Path) and settings[name].is_dir()):
            over[name] = settings.pop(name)
    files = _outputs(options, over)
    if options.max_cost is not None and not over:
        msg = "--max-cost is for several pictures: give a folder, or --prompt several times; leave it out for one"
        raise BadInput(msg)
    is_rented = options.max_cost is not None or str(options.model).startswith(
        SCHEME
    )  # hears of all: draws several at once
    with open_lab(session="command line", home=options.home, **_model(options)) as lab:
        if over:
            jobs = lab.grid(options.task, over, max_cost=options.max_cost, **settings) if is_rented else None
            outcomes = ended(jobs) if jobs else in_turn(lab, options.task, over, **settings)
            not_kept = _written_in_turn(files, outcomes, _left_out(over))
        else:
            not_kept = _written(options.output, lab.run(options.task, **settings).wait())
    if not_kept:
        msg = f"what was made is in {options.output}, but not in the gallery: {not_kept}"
        raise SketchlabError(msg)


def _batch(options: argparse.Namespace) -> None:
    """Make every row, and say what came of all; 1 when one failed."""
    common = dict(map(named_value, options.common))
    with open_lab(session="command line", home=options.home, **_model(options)) as lab:
        batch = lab.batch_of(options.source, options.output, options.task.replace("-", "_"), **common)
        try:
            batch.wait()
        except KeyboardInterrupt:
            batch.cancel()
            raise
        print(batch)
    if any(line.status == "failed" for line in batch.lines):
        msg = f"some rows failed, see {options.output}: the same command tries them again"
        raise SketchlabError(msg)


def _model(options: argparse.Namespace) -> dict[str, Any]:
    """The model, and the memory that it may take, as `open_lab` hears them."""
    return {name: vars(options)[name] for name in ("model", "family", "acceleration", "memory_gb")}


def _outputs(options: argparse.Namespace, over: dict[str, Any]) -> dict[str, Path]:
    """The files of a grid by name, or none for a single picture; refused here, before anything is drawn."""
    chosen = combinations(over) if over else {}
    given = [vars(options).get(name) for name in _PICTURES]
    made_of = [*given, *(value for one in chosen.values() for value in one.values())]
    sources = [source.expanduser() for source in made_of if isinstance(source, Path)]
    if over:
        return output_files(options.output, chosen, sources)
    _check_is_png(options.output)
    check_output(options.output, sources)
    return {}


def _check_is_png(output: Path) -> None:
    if output.suffix.lower() != ".png":
        better = output.with_suffix(".png") if output.name else "out.png"
        msg = f"the picture is written as PNG, since that carries the recipe: name it {better}"
        raise BadInput(msg)


def _left_out(over: dict[str, Any]) -> dict[str, str]:
    """What lies in the folders that are gone over and is no picture, with the reason."""
    folders = [Path(values) for values in over.values() if isinstance(values, str | Path) and Path(values).is_dir()]
    return {name: why for folder in folders for name, why in left_out(folder, pictures_in(folder)).items()}


def _written_in_turn(
    files: dict[str, Path], outcomes: Iterator[tuple[str, Result | SketchlabError]], missing: dict[str, str]
) -> str:
    """Write each picture as soon as it is made; at the end say of which files there is none, and why.

    Returns:
        Why one is not in the gallery; nothing when all are.

    Raises:
        SketchlabError: when there is something of which no picture was made.
    """
    not_kept = ""
    for name, outcome in outcomes:
        if isinstance(outcome, SketchlabError):
            missing[name] = str(outcome)
        else:
            not_kept = _written(files[name], outcome) or not_kept
    for name, why in missing.items():
        print(f"not made: {name}: {why}", file=sys.stderr)
    if missing:
        msg = f"{len(missing)} of what was asked for was not made, see above; all else was"
        raise SketchlabError(msg)
    return not_kept


def _written(output: Path, result: Result) -> str:
    """Write a picture, and say so; why it is not in the gallery, if it is not."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(output, png_with_recipe(result))
    except OSError as error:
        msg = f"{output} cannot be written: {error.strerror or error}"
        raise BadInput(msg) from error
    said = (result.plan.summary, f"{result.seconds:.1f} s", result.note)
    print(f"{output}: {' · '.join(filter(None, said))}")
    return result.not_kept


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

    own = chosen_model(options.model, family=options.family, acceleration=options.acceleration)
    others = [chosen_model(name) for name in options.also]
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
        print(f"{'':10} {_SOLD[card.may_sell]}; reads {card.pieces_read} pieces of words")
        size = f"{card.download_gb:.1f} GB from {card.repo}" if card.repo else "come with the lab"
        print(f"{'':10} weights: {size}; memory: {card.memory_gb[0]:.1f} GB, {card.memory_gb[1]:.1f} by parts")
    print_own_models(options.home)


if __name__ == "__main__":
    sys.exit(main())
