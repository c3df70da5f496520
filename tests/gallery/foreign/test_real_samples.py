"""Files that the tools themselves wrote, against values that a person read off them: right or said, never wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from lab.core import Recipe
from lab.gallery.foreign import Imported, read
from lab.gallery.foreign.names import bare_name, catalogue_model

SAMPLES = Path(os.environ.get("SKETCHLAB_SAMPLES") or Path(__file__).parents[4] / "shared" / "interop")
INDEX = json.loads((SAMPLES / "index.json").read_text())["samples"] if (SAMPLES / "index.json").is_file() else []
_HIGHEST_SEED = max(one.le for one in Recipe.model_fields["seed"].metadata if hasattr(one, "le"))

pytestmark = pytest.mark.skipif(not INDEX, reason="the samples of other tools are not beside the repository")


def words(text: str | None) -> str | None:
    """As a person compares prompts: without white space at line ends and at both ends."""
    return None if text is None else "\n".join(line.rstrip() for line in text.strip().splitlines())


RIGHT_SAMPLERS = {
    ("DPM++ 2M", "Karras"): "dpm++ 2m karras",
    ("UniPC", None): "unipc",
    ("Euler a", "Automatic"): "euler a",
    ("Euler a", None): "euler a",
    ("euler_a", None): "euler a",
    ("euler", None): "euler",
    ("euler", "normal"): "euler",
    ("euler", "simple"): "euler",  # both are models of flow matching
    ("dpmpp_2m", "normal"): "dpm++ 2m",
    ("uni_pc_bh2", "normal"): "unipc",
    ("dpmpp_2m_sde_gpu", "karras"): "dpm++ 2m sde karras",
}
"""The lab's sampler for what the samples say; all others have none there."""


def is_sampler(scheduler: str | None, sampler: str, schedule: str | None, said: str) -> bool:
    if scheduler is None:
        return f"sampler {sampler}" in said
    return scheduler == RIGHT_SAMPLERS.get((sampler, schedule))


def wrong_fields(found: Imported, expected: dict[str, Any]) -> list[str]:
    """What of the recipe is neither as the person read it nor said in words."""
    recipe, said = found.recipe, "\n".join([*found.unmapped, *map(str, found.missing)])
    right: dict[str, bool] = {
        "task": recipe.task == expected["task"],
        "prompt": words(recipe.prompt) == words(expected.get("prompt")) or "prompt: " in said,
        "negative": words(recipe.negative_prompt) == words(expected["negative"]),
        "seed": recipe.seed == expected["seed"] or (expected["seed"] > _HIGHEST_SEED and "seed: " in said),
        "steps": recipe.steps == expected["steps"],
        "cfg": recipe.guidance_scale == expected["cfg"],
        "sampler": is_sampler(recipe.scheduler, expected["sampler"], expected["scheduler"], said),
        "loras": len(recipe.loras) == len(expected["loras"]),
    }
    if expected["size"] is not None:
        right["size"] = [recipe.width, recipe.height] == expected["size"] or "size: " in said
    else:
        right["size"] = recipe.width is None
    if expected["denoise"] not in (None, 1.0):
        right["denoise"] = recipe.strength == expected["denoise"] or f"{expected['denoise']:g}" in said
    model = expected["model"]
    right["model"] = recipe.model == (catalogue_model(model) or model)
    for name in ("vae", "image", "mask", "model_hash"):
        if expected[name] and recipe.model == model:
            right[name] = str(expected[name]) in said or name == "model_hash"
    for control in expected["controls"]:
        right["control"] = all(str(control[key]) in said for key in ("kind", "model", "picture"))
    for later in expected["passes"]:
        right[later["kind"]] = str(later["upscaler"]) in said
    if expected["clip_skip"]:
        right["clip skip"] = f"clip skip {expected['clip_skip']}" in said
    return [name for name, is_right in right.items() if not is_right]


@pytest.mark.parametrize("sample", INDEX, ids=lambda sample: sample["file"])
def test_every_field_of_a_real_file_is_right_or_said(sample: dict[str, Any]) -> None:
    found = read(SAMPLES / "samples" / sample["file"])
    assert not wrong_fields(found, sample["expected"]), f"\n{found!r}\n{sample['expected']}"


@pytest.mark.parametrize("sample", INDEX, ids=lambda sample: sample["file"])
def test_a_model_by_another_name_is_never_a_path(sample: dict[str, Any]) -> None:
    recipe = read(SAMPLES / "samples" / sample["file"]).recipe
    assert recipe.family is None
    assert "/" not in recipe.model
    assert [bare_name(one.name) for one in recipe.loras] == [one.name for one in recipe.loras]
