"""The options that commands take, read from the fields of recipe, task and model."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lab.commands.drawing_options import add_drawing_options
from lab.core.catalogue import ACCELERATIONS, PRECISIONS
from lab.core.errors import BadInput
from lab.core.params import Param, control_param, params_of, recipe_param
from lab.core.sentences.paths import given_path
from lab.tasks import Task

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
_MASKS = {
    False: "white is surely subject, black surely not, grey is found out",
    True: "white where the edit is taken over; what changed is found out where there is none",
}
"""What a mask says that a task can do without, by whether it edits."""


def path_given(text: str) -> Path:
    """An argument that is a path, `~` opened up."""
    try:
        return given_path(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_making(parser: argparse.ArgumentParser, task: Task) -> None:
    """The pictures and options of a command that makes a picture, read from the fields of recipe and task."""
    settings = _add_pictures(parser, task)
    wanted = [recipe_param(name) for name in _FIELDS if name in task.recipe_fields or (name == "seed" and task.draws)]
    for param in (*wanted, *params_of(task.settings)):
        settings.append(param.name)
        _add_option(parser, param, param.name)
    add_drawing_options(parser, task)
    add_model(parser)
    add_memory(parser)
    said = "dollars, on rented GPUs, after which no more of several pictures are asked for; needs ?price= in the model"
    parser.add_argument("--max-cost", type=float, metavar="USD", help=said)
    parser.add_argument("--home", type=path_given, help="where results are kept besides (default: ~/.sketchlab)")
    parser.add_argument(
        "-o", "--output", type=path_given, required=True,
        help="PNG file to write, which carries its recipe; a folder where several are made: of a folder of pictures, "
        "or with --prompt given several times",
    )  # fmt: skip
    parser.set_defaults(task=task.name, settings=settings)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add --model, --family and --acceleration: which model draws, and how."""
    parser.add_argument(
        "--model", default="starter",
        help="name in the catalogue (default: starter); a .safetensors file or folder, or its name in the home's "
        "folder models or in those that the home's extra_model_paths.yaml names; with --family a hub's repository",
    )  # fmt: skip
    parser.add_argument(
        "--family", help="sd15, sdxl, z-image, klein or qwen-edit, of a repository; of a file it is read"
    )
    said = "; ".join(f"{name}: {what}" for name, what in ACCELERATIONS.items())
    parser.add_argument("--acceleration", choices=ACCELERATIONS, help=f"draw faster and less exactly. {said}")
    said = "; ".join(f"{name}: {what}" for name, what in PRECISIONS.items())
    parser.add_argument("--precision", choices=PRECISIONS, help=f"how the model's weights are held. {said}")


def add_memory(parser: argparse.ArgumentParser) -> None:
    """Add --memory-gb, how much memory the engine may take."""
    said = "how much memory models and kept results may take, in GB (default: what the device has)"
    parser.add_argument("--memory-gb", type=float, metavar="GB", help=said)


def _add_pictures(parser: argparse.ArgumentParser, task: Task) -> list[str]:
    """The pictures that a task takes; the names of the settings that come with them."""
    if "image" in task.needs:
        parser.add_argument("image", type=path_given, help="the picture to start from, or a folder of them")
    if "mask" in task.needs:
        parser.add_argument("mask", type=path_given, help="white where the picture may change, as large as the picture")
    elif "mask" in task.recipe_fields:
        parser.add_argument("--mask", type=path_given, help=_MASKS[task.edits])
    if "scene" in task.recipe_fields:
        parser.add_argument(
            "--scene",
            type=path_given,
            help="the picture to put the subject into, or a folder; the words draw one without",
        )
    if task.borrows_palettes:
        parser.add_argument("--style", type=path_given, help="the picture that lends its style")
    if "controls" not in task.needs:
        return []
    if task.sketch:
        parser.add_argument("sketch", type=path_given, help="lines on paper of any tone, or on transparency; any size")
        if "colours" in task.recipe_fields:
            said = "the colours of the sketch: a picture to start from where it is not transparent"
            parser.add_argument("--colours", type=path_given, help=said)
        _add_option(parser, control_param("weight"), "sketch_strength")
        return ["sketch_strength"]
    parser.add_argument("control", type=path_given, help="the picture whose edges, depth or pose are followed")
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
