"""Options of the command line that are more than one field of a recipe: LoRAs, regions, variants, styles, seeds."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from lab.core.conditioning import region
from lab.core.errors import BadInput, named
from lab.core.recipe import Lora
from lab.gallery import Styles, home_folder
from lab.hub.model_folders import SETTINGS
from lab.prompts import expanded
from lab.session.choices import loras_in, models_of
from lab.tasks import Task

_WEIGHED = re.compile(r"(?P<name>.+):(?P<weight>[+-]?(?:\d+\.?\d*|\.\d+))")
_LINES = "wildcards"
"""The folder of the home in which files of lines are."""


def add_drawing_options(parser: argparse.ArgumentParser, task: Task) -> None:
    """The options of a command in which a diffusion model draws."""
    if "loras" in task.recipe_fields:
        said = "a LoRA: its name in the home's folder models, a .safetensors file or owner/name:file; several times"
        parser.add_argument("--lora", action="append", default=[], metavar="NAME[:WEIGHT]", help=said)
    if "regions" in task.recipe_fields:
        said = "words for a part of the picture: a mask, white where they count, and the words; up to four times"
        parser.add_argument("--region", action="append", nargs=2, default=[], metavar=("MASK", "WORDS"), help=said)
    if "prompt" in task.recipe_fields:
        said = f"draw a picture for each choice in {{red|blue}}, and for each line of NAME.txt in the home's {_LINES}"
        parser.add_argument("--variants", action="store_true", help=f"{said} for __NAME__")
        said = "words that are added to both prompts, by their name in the home's styles.csv; several times"
        parser.add_argument("--prompt-style", action="append", default=[], metavar="NAME", help=said)
    if task.draws:
        said = "how many pictures to draw, with the seeds SEED, SEED + 1, ... (default: 1)"
        parser.add_argument("--count", type=int, default=1, metavar="N", help=said)


def with_drawing_options(options: argparse.Namespace, settings: dict[str, Any]) -> dict[str, Any]:
    """The settings with what these options say; several prompts and seeds are lists.

    Raises:
        BadInput: when a LoRA's weight, a style or a variant is wrong.
    """
    given, made = vars(options), dict(settings)
    if given.get("lora"):
        made["loras"] = tuple(map(_lora, given["lora"]))
    if given.get("region"):
        made["regions"] = [region(path, words) for path, words in given["region"]]
    prompts = [*made.get("prompt", [])]
    home = home_folder(options.home)
    if given.get("prompt_style"):
        styles = {one.name: one for one in Styles(home).all}
        for name in given["prompt_style"]:
            style = named(name, styles, "style in styles.csv")
            both = [style.applied(prompt, made.get("negative_prompt", "")) for prompt in prompts or [""]]
            prompts, made["negative_prompt"] = [prompt for prompt, _ in both], both[0][1]
    if given.get("variants"):
        prompts = [one for prompt in prompts for one in expanded(prompt, home / _LINES)]
    if prompts:
        made["prompt"] = prompts
    if given.get("count", 1) != 1:
        if options.count < 1:
            msg = f"--count must be at least 1, not {options.count}"
            raise BadInput(msg)
        seed = made.get("seed", 0)
        made["seed"] = [*range(seed, seed + options.count)]
    return made


def _lora(text: str) -> Lora:
    """A LoRA and its weight, as they are written in one word."""
    found = _WEIGHED.fullmatch(text)
    return Lora(name=found["name"], weight=float(found["weight"])) if found else Lora(name=text)


def print_loras(home: Path | None) -> None:
    """A line for each LoRA file that is found, and one for the words that wake it."""
    found = loras_in(home_folder(home))
    for one in found:
        print(f"{one.name}: for {one.made_for or 'a family that it does not say'}, {one.mb:.0f} MB")
        if one.triggers:
            print(f"{'':4}{', '.join(one.triggers)}")
    if not found:
        print(f"there are none: put .safetensors files into {home_folder(home) / 'models'}")


def print_own_models(home: Path | None) -> None:
    """A line for each model of the user's own, and one for where they are looked for."""
    place = home_folder(home)
    for one in models_of(place):
        if one.family:
            print(f"--model {one.model} --family {one.family}")
    print(f"your own: {place / 'models'}, and the folders that {place / SETTINGS} names, in ComfyUI's format")
