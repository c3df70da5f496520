"""The command line, the headless twin of the notebooks: `python -m lab --help`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from lab.cloud import serverless_handler
from lab.core.catalogue import CATALOGUE
from lab.core.errors import BadInput, SketchlabError
from lab.core.events import Result
from lab.core.params import Param, control_param, recipe_param
from lab.core.recipe import Request
from lab.doctor import report
from lab.gallery import png_with_recipe, recipe_of
from lab.gallery.files import write_whole
from lab.session import open_lab
from lab.tasks import TASKS

_SETTINGS = ("prompt", "negative_prompt", "seed", "steps", "guidance_scale", "width", "height", "scheduler")
_WHOLE = {"seed", "steps", "width", "height"}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it worked, 2 when the input was at fault, 1 for any other sentence of the lab."""
    options = _parser().parse_args(arguments)
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

    sketch = commands.add_parser("sketch", help="a sketch and words become a picture")
    sketch.add_argument("sketch", type=Path, help="dark lines on white, or on transparency; any size")
    _add_option(sketch, control_param("weight"), "--sketch-strength", float)
    _add_making(sketch, "sketch_to_image")

    text = commands.add_parser("text", help="words become a picture")
    _add_making(text, "text_to_image")

    show = commands.add_parser("show", help="print the recipe inside a picture made here")
    show.add_argument("picture", type=Path)
    show.set_defaults(command=_show)

    models = commands.add_parser("models", help="list the models of the catalogue")
    models.set_defaults(command=_models)

    doctor = commands.add_parser("doctor", help="say what this machine has, and what is missing")
    doctor.set_defaults(command=lambda _: print(report()))

    serve = commands.add_parser("serve", help="be a Runpod Serverless worker; needs `pip install sketchlab[cloud]`")
    serve.add_argument("--model", default="starter", help="name in the catalogue (default: starter)")
    serve.set_defaults(command=_serve)
    return parser


def _add_making(parser: argparse.ArgumentParser, task: str) -> None:
    """The options of a command that makes a picture, read from the recipe's own fields."""
    for name in _SETTINGS:
        if name in TASKS[task].listens_to | {"seed", "width", "height"}:
            kind = int if name in _WHOLE else float if name == "guidance_scale" else str
            _add_option(parser, recipe_param(name), "--" + name.replace("_", "-"), kind)
    parser.add_argument("--model", default="starter", help="name in the catalogue (default: starter)")
    parser.add_argument("--home", type=Path, help="where results are kept besides (default: ~/.sketchlab)")
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG file to write; carries its recipe")
    parser.set_defaults(command=_make, task=task, sketch=None)


def _add_option(parser: argparse.ArgumentParser, param: Param, flag: str, kind: type) -> None:
    bounds = "" if param.low is None or param.high is None else f" ({param.low:g}..{param.high:g})"
    parser.add_argument(flag, type=kind, help=f"{param.help.rstrip('.')}{bounds}".replace("%", "%%"))


def _make(options: argparse.Namespace) -> None:
    """Draw, write the file, and say in one line what was made."""
    if options.output.suffix.lower() != ".png":
        better = options.output.with_suffix(".png")
        msg = f"the picture is written as PNG, since that carries the recipe: name it {better}"
        raise BadInput(msg)
    names = [*_SETTINGS, "sketch_strength"]
    given: dict[str, Any] = {name: getattr(options, name, None) for name in names}
    settings = {name: value for name, value in given.items() if value is not None}
    with open_lab(options.model, session="command line", home=options.home) as lab:
        result = lab.run(options.task, sketch=options.sketch, **settings).wait()
    try:
        write_whole(options.output, png_with_recipe(result))
    except OSError as error:
        msg = f"{options.output} cannot be written: {error.strerror or error}"
        raise BadInput(msg) from error
    print(f"{options.output}: {result.plan.summary} · {result.seconds:.1f} s")


def _show(options: argparse.Namespace) -> None:
    print(recipe_of(options.picture).model_dump_json(indent=2))


def _serve(options: argparse.Namespace) -> None:
    try:
        import runpod  # pyright: ignore[reportMissingImports] - an extra
    except ImportError as error:
        msg = "serving needs Runpod's own package: pip install 'sketchlab[cloud]'"
        raise BadInput(msg) from error

    with open_lab(options.model, session="serverless") as lab:
        lab.load()

        async def submit(request: Request) -> Result:
            return await lab.submit(request)

        runpod.serverless.start({"handler": serverless_handler(submit)})


def _models(_: argparse.Namespace) -> None:
    for card in CATALOGUE.values():
        print(f"{card.name:10} {card.native!s:10} controls: {', '.join(card.controls):10} {card.licence}")
        print(f"{'':10} {card.title}")
        print(f"{'':10} weights: {card.repo or 'come with the lab'}")


if __name__ == "__main__":
    sys.exit(main())
