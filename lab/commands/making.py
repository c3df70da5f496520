"""The commands that make pictures: one, several of lists and folders, or the rows of a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.cloud.address import SCHEME
from lab.commands.drawing_options import with_drawing_options
from lab.core.conditioning import control, reference
from lab.core.errors import BadInput, SketchlabError
from lab.core.events import Result
from lab.gallery import png_with_recipe
from lab.gallery.files import write_whole
from lab.gallery.output_files import check_output, output_files
from lab.session import combinations, open_lab
from lab.session.grid import pictures_in
from lab.session.in_turn import LeftOut, ended, in_turn, left_out
from lab.session.many.batch_table import named_value

_SEVERAL = ("prompt", "seed")
"""May be several, for one picture each."""
_PICTURES = ("image", "sketch", "colours", "mask", "scene", "style", "control")
"""Whatever a picture may be made of."""


def make(options: argparse.Namespace) -> None:
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
    # An endpoint hears of all at once, since it draws several at once.
    is_rented = options.max_cost is not None or str(options.model).startswith(SCHEME)
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


def make_batch(options: argparse.Namespace) -> None:
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
    return {name: vars(options)[name] for name in ("model", "family", "acceleration", "precision", "memory_gb")}


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


def _left_out(over: dict[str, Any]) -> dict[str, LeftOut]:
    """What lies in the folders that are gone over and is no picture, with the reason."""
    folders = [Path(values) for values in over.values() if isinstance(values, str | Path) and Path(values).is_dir()]
    return {name: why for folder in folders for name, why in left_out(folder, pictures_in(folder)).items()}


def _written_in_turn(
    files: dict[str, Path], outcomes: Iterator[tuple[str, Result | SketchlabError]], not_taken: dict[str, LeftOut]
) -> str:
    """Write each picture as soon as it is made; at the end say of which files there is none, and why.

    Returns:
        Why one is not in the gallery; nothing when all are.

    Raises:
        SketchlabError: when there is something of which no picture was made.
    """
    not_kept, missing = "", {name: one.why for name, one in not_taken.items() if one.is_missed}
    for name, outcome in outcomes:
        if isinstance(outcome, SketchlabError):
            missing[name] = str(outcome)
        else:
            not_kept = _written(files[name], outcome) or not_kept
    for name, one in not_taken.items():
        if not one.is_missed:
            print(f"left out: {name}: {one.why}", file=sys.stderr)
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
