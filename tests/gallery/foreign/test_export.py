"""A drawing becomes a graph that ComfyUI takes, and that gives the same recipe when it is imported again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab.core import BadInput, Mask, Picture, Recipe, Request
from lab.core.recipe import Control, Finish, Lora, Reference
from lab.gallery.comfyui_export import to_comfyui
from lab.gallery.foreign import read
from tests.gallery.foreign.comfy_check import faults

_SAMPLES = Path(os.environ.get("SKETCHLAB_SAMPLES") or Path(__file__).parents[4] / "shared" / "interop")
_TABLE = _SAMPLES / "comfy-nodes.json"
NODES: dict[str, Any] = json.loads(_TABLE.read_text()) if _TABLE.is_file() else {}

ROOM = Picture(np.full((512, 640, 3), 90, np.uint8))
LINES = Picture(np.full((512, 640, 3), 255, np.uint8))
_PAINTED = np.zeros((512, 640), np.uint8)
_PAINTED[100:300, 200:400] = 255
MASK = Mask(_PAINTED).to_picture()
PICTURES = {one.hash: one for one in (ROOM, LINES, MASK)}
DRAWN: dict[str, Any] = {
    "prompt": "a teapot (blue) on a moor", "negative_prompt": "fog", "seed": 41, "steps": 20, "guidance_scale": 6.5,
}  # fmt: skip
ON_NOTCH: dict[str, Any] = {"strength": 0.6}
CONTROL = Control(kind="lines", picture=LINES.hash, preprocessor="none", weight=0.8, start=0.1, end=0.75)
SIDES: dict[str, Any] = {"left": 64, "top": 0, "right": 128, "bottom": 0}


def recipes(model: str) -> dict[str, Recipe]:
    """One of every task that has a graph, all fields said."""
    said: dict[str, Any] = {**DRAWN, "model": model}
    size: dict[str, Any] = {"width": 640, "height": 512}
    loras = (Lora(name="moss", weight=0.7), Lora(name="glaze", weight=-0.5))
    found = {
        "text": Recipe(**said, **size, scheduler="euler a"),
        "loras": Recipe(**said, **size, loras=loras, scheduler="dpm++ 2m karras"),
        "image": Recipe(task="image_to_image", **said, **size, **ON_NOTCH, image=ROOM.hash, scheduler="euler"),
        "inpaint": Recipe(
            task="inpaint",
            **said,
            **ON_NOTCH,
            image=ROOM.hash,
            mask=MASK.hash,
            settings={"grow_px": 6},
            scheduler="ddim",
        ),
        "outpaint": Recipe(
            task="outpaint", **said, strength=1.0, image=ROOM.hash, settings=SIDES, scheduler="euler trailing"
        ),
        "upscale": Recipe(
            task="upscale", image=ROOM.hash, strength=0.0, settings={"upscaler": "RealESRGAN_x4plus", "factor": 4}
        ),
    }
    if "inpaint" not in model:
        controls = (CONTROL, CONTROL.changed(kind="canny", weight=0.5))
        found |= {
            "control": Recipe(task="control_to_image", **said, **size, controls=controls, scheduler="unipc"),
            "image and control": Recipe(
                task="image_to_image", **said, **size, **ON_NOTCH, image=ROOM.hash, controls=controls, scheduler="lcm"
            ),
        }
    if model == "sd15":
        edited: dict[str, Any] = {**said, **size, "model": "instruct-pix2pix", "image_guidance_scale": 1.5}
        found["edit"] = Recipe(task="edit", **edited, image=ROOM.hash, scheduler="euler a")
    return found


ALL = [
    pytest.param(recipe, id=f"{model} {name}")
    for model in ("sd15", "sdxl", "sd15-inpaint", "sdxl-inpaint")
    for name, recipe in recipes(model).items()
]


def graphs_of(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    return tuple(json.loads((folder / f"{name}.json").read_text()) for name in ("prompt", "workflow"))  # pyright: ignore[reportReturnType] - two


@pytest.mark.parametrize("recipe", ALL)
def test_an_export_that_is_imported_again_is_the_same_recipe(recipe: Recipe, tmp_path: Path) -> None:
    made = to_comfyui(recipe, tmp_path, pictures=PICTURES)
    assert made.recipe == recipe
    for name in ("prompt.json", "workflow.json"):
        assert read(tmp_path / name).recipe == recipe, name
    inside = {path.name: Picture.of(path).hash for path in (tmp_path / "input").iterdir()}
    assert inside == {f"sketchlab-{name}.png": name for name in recipe.picture_names}


@pytest.mark.skipif(not NODES, reason="the table of ComfyUI's nodes is not beside the repository")
@pytest.mark.parametrize("recipe", [*ALL, Recipe(**DRAWN, model="z-image")])
def test_comfyui_finds_no_fault_in_the_graph(recipe: Recipe, tmp_path: Path) -> None:
    to_comfyui(recipe, tmp_path, pictures=PICTURES)
    prompt, _ = graphs_of(tmp_path)
    assert not faults(prompt, NODES)


@pytest.mark.skipif(not NODES, reason="the table of ComfyUI's nodes is not beside the repository")
@pytest.mark.parametrize(
    ("input_", "value", "fault"),
    [
        ("steps", 0, "not within"),
        ("cfg", "7", "is no FLOAT"),
        ("sampler_name", "magic", "is none of"),
        ("positive", ["1", 0], "MODEL is no CONDITIONING"),
        ("latent_image", ["5", 0], "depends on itself"),
        ("extra", 1, "has no input"),
    ],
)
def test_the_check_of_graphs_finds_each_kind_of_fault(input_: str, value: Any, fault: str, tmp_path: Path) -> None:
    to_comfyui(Recipe(prompt="x", model="sd15"), tmp_path)
    prompt, _ = graphs_of(tmp_path)
    (drawn,) = [name for name, node in prompt.items() if node["class_type"] == "KSamplerAdvanced"]
    prompt[drawn]["inputs"][input_] = [drawn, 0] if fault == "depends on itself" else value
    assert any(fault in one for one in faults(prompt, NODES))


def test_a_recipe_knows_the_way_itself(tmp_path: Path) -> None:
    made = recipes("sd15")["image"].to_comfyui(tmp_path, pictures=PICTURES)
    assert made.recipe == recipes("sd15")["image"]


@pytest.mark.parametrize("recipe", ALL)
def test_the_page_has_titled_groups_around_all_nodes_and_wires_that_fit(recipe: Recipe, tmp_path: Path) -> None:
    to_comfyui(recipe, tmp_path, pictures=PICTURES)
    prompt, page = graphs_of(tmp_path)
    assert {str(node["id"]): node["type"] for node in page["nodes"]} == {
        n: one["class_type"] for n, one in prompt.items()
    }
    order = ["input", "words", "steering", "drawing", "output"]
    titles = [group["title"] for group in page["groups"]]
    assert titles == [one for one in order if one in titles]
    for node in page["nodes"]:
        (x, y), (width, height) = node["pos"], node["size"]
        boxes = [group["bounding"] for group in page["groups"]]
        assert any(a <= x and b <= y and x + width <= a + w and y + height <= b + h for a, b, w, h in boxes), node[
            "type"
        ]
    by_id = {node["id"]: node for node in page["nodes"]}
    for number, origin, slot, target, at, kind in page["links"]:
        assert by_id[origin]["outputs"][slot]["type"] == by_id[target]["inputs"][at]["type"] == kind
        assert number in by_id[origin]["outputs"][slot]["links"]
        assert by_id[target]["inputs"][at]["link"] == number


def test_the_settings_that_a_recipe_leaves_open_are_the_lab_s(tmp_path: Path) -> None:
    made = to_comfyui(Recipe(prompt="x", model="sd15", seed=3), tmp_path)
    assert made.recipe == Recipe(
        prompt="x",
        model="sd15",
        seed=3,
        steps=25,
        guidance_scale=7.0,
        width=512,
        height=512,
        scheduler="dpm++ 2m karras",
    )
    assert read(tmp_path / "prompt.json").recipe == made.recipe


def test_a_strength_counts_steps_as_the_lab_does(tmp_path: Path) -> None:
    recipe = Recipe(task="image_to_image", model="sd15", image=ROOM.hash, steps=25, strength=0.55)
    to_comfyui(recipe, tmp_path, pictures=PICTURES)
    prompt, _ = graphs_of(tmp_path)
    (drawn,) = [node["inputs"] for node in prompt.values() if node["class_type"] == "KSamplerAdvanced"]
    assert (drawn["steps"], drawn["start_at_step"]) == (25, 12)


def test_plain_brackets_do_not_weigh(tmp_path: Path) -> None:
    to_comfyui(Recipe(prompt="a (blue) \\(pot", model="sd15"), tmp_path)
    prompt, _ = graphs_of(tmp_path)
    assert "a \\(blue\\) \\\\(pot" in [node["inputs"].get("text") for node in prompt.values()]


def test_plain_brackets_are_plain_again_when_they_come_back(tmp_path: Path) -> None:
    to_comfyui(Recipe(prompt="a (blue) pot", negative_prompt="(fog)", model="sd15"), tmp_path)
    found = read(tmp_path / "prompt.json")
    assert (found.recipe.prompt, found.recipe.negative_prompt) == ("a (blue) pot", "(fog)")
    assert not any("weighs words" in one for one in found.unmapped)


def test_a_map_is_drawn_and_sent_as_a_picture(tmp_path: Path) -> None:
    control = Control(kind="canny", picture=ROOM.hash, preprocessor="canny", settings={"low_threshold": 50})
    recipe = Recipe(task="control_to_image", model="sd15", controls=(control,), width=320, height=256)
    made = to_comfyui(recipe, tmp_path, pictures=PICTURES)
    (sent,) = made.recipe.controls
    assert sent.preprocessor == "none"
    assert Picture.of(tmp_path / "input" / f"sketchlab-{sent.picture}.png").size == (320, 256)


def test_what_is_not_carried_is_said(tmp_path: Path) -> None:
    recipe = Recipe(
        prompt="x", model="sd15", references=(Reference(picture=ROOM.hash),), filters=(Finish(name="sharpen"),),
        loras=(Lora(name="owner/repo:moss.safetensors"),), acceleration="taylorseer",
    )  # fmt: skip
    made = to_comfyui(Request(recipe, PICTURES), tmp_path)
    said = "\n".join(made.unmapped)
    for what in (
        "references (IP-Adapter)",
        "filters of the finished picture (sharpen)",
        "taylorseer",
        "moss.safetensors",
    ):
        assert what in said
    assert made.recipe.references == ()


def test_no_place_of_this_machine_is_in_the_files(tmp_path: Path) -> None:
    place = "/home/someone/secret/moor.safetensors"
    recipe = Recipe(prompt="x", model=place, family="sd15", loras=(Lora(name="/home/someone/moss.safetensors"),))
    to_comfyui(recipe, tmp_path)
    for path in tmp_path.glob("*.json"):
        assert "someone" not in path.read_text()


def test_no_parameters_stand_beside_a_workflow(tmp_path: Path) -> None:
    to_comfyui(recipes("sd15")["image"], tmp_path, pictures=PICTURES)
    for path in (tmp_path / "input").iterdir():
        assert b"parameters" not in path.read_bytes()


@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        (Recipe(prompt="x"), "ComfyUI cannot draw with the starter model"),
        (Recipe(task="remove_background", image=ROOM.hash), "ComfyUI's core has no nodes for remove_background"),
        (Recipe(task="image_to_image", model="sd15", image=ROOM.hash, strength=0.0), "no step runs"),
    ],
)
def test_what_comfyui_cannot_draw_is_refused_before_anything_is_written(
    recipe: Recipe, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=sentence):
        to_comfyui(recipe, tmp_path / "none", pictures=PICTURES)
    assert not (tmp_path / "none").exists()


def test_a_picture_that_is_not_given_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="needs the picture"):
        to_comfyui(Recipe(task="image_to_image", model="sd15", image=ROOM.hash), tmp_path)
