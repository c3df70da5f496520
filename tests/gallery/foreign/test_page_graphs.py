"""A graph of ComfyUI's page without the API's gives the same recipe: what only passes on or does not run is no trap."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.gallery.foreign import Imported, read, read_text
from tests.gallery.foreign.containers import png_text
from tests.gallery.foreign.graphs import RECIPE

Nodes = dict[Any, dict[str, Any]]


def page_node(kind: str, values: Any = None, *, inputs: str = "", outputs: str = "", mode: int = 0) -> dict[str, Any]:
    """A node of the page: its linked inputs and its outputs as "name:TYPE", with a * where one is typed in too."""
    ports = []
    for one in inputs.split():
        name, _, type_ = one.partition(":")
        ports.append({"name": name, "type": type_.rstrip("*"), "link": None})
        if type_.endswith("*"):
            ports[-1]["widget"] = {"name": name}
    made = {"type": kind, "mode": mode, "inputs": ports, "outputs": [{"name": t, "type": t} for t in outputs.split()]}
    return made | ({} if values is None else {"widgets_values": values})


TEXT: Nodes = {
    4: page_node("CheckpointLoaderSimple", ["moorland_v2.safetensors"], outputs="MODEL CLIP VAE"),
    5: page_node("EmptyLatentImage", [640, 512, 1], outputs="LATENT"),
    6: page_node("CLIPTextEncode", ["a teapot on a moor"], inputs="clip:CLIP", outputs="CONDITIONING"),
    7: page_node("CLIPTextEncode", ["fog"], inputs="clip:CLIP", outputs="CONDITIONING"),
    3: page_node("KSampler", [41, "randomize", 22, 6.5, "dpmpp_2m", "karras", 1], outputs="LATENT",
                 inputs="model:MODEL positive:CONDITIONING negative:CONDITIONING latent_image:LATENT"),
    8: page_node("VAEDecode", inputs="samples:LATENT vae:VAE", outputs="IMAGE"),
    9: page_node("SaveImage", ["moor"], inputs="images:IMAGE"),
}  # fmt: skip
LINKS = [
    (4, 0, 3, 0), (6, 0, 3, 1), (7, 0, 3, 2), (5, 0, 3, 3), (4, 1, 6, 0), (4, 1, 7, 0), (3, 0, 8, 0), (4, 2, 8, 1),
    (8, 0, 9, 0),
]  # fmt: skip


def page(nodes: Nodes, links: list[tuple[Any, int, Any, int]], **more: Any) -> str:
    listed = [{"id": name} | node for name, node in nodes.items()]
    return json.dumps(
        {"nodes": listed, "links": [[n, *one, "X"] for n, one in enumerate(links)], "version": 0.4} | more
    )


def found(nodes: Nodes | None = None, links: list | None = None, **more: Any) -> Imported:
    return read_text(page(TEXT | (nodes or {}), LINKS if links is None else links, **more))


def relinked(*new: tuple[Any, int, Any, int]) -> list:
    """The links, with these in place of those that came into the same inputs."""
    taken = {one[2:] for one in new}
    return [one for one in LINKS if one[2:] not in taken] + list(new)


def test_a_page_alone_gives_the_recipe_in_a_picture_and_as_a_file() -> None:
    assert read(png_text(workflow=page(TEXT, LINKS))).recipe == RECIPE
    assert found().recipe == RECIPE
    assert found().unmapped == ()


def test_reroutes_primitives_and_notes_are_no_nodes() -> None:
    nodes = {
        20: page_node("Reroute", inputs=":*", outputs="*"), 21: page_node("Reroute", inputs=":*", outputs="*"),
        22: page_node("PrimitiveNode", [22, "fixed"], outputs="INT"), 23: page_node("Note", ["a remark"]),
        3: page_node("KSampler", [41, "randomize", 7, 6.5, "dpmpp_2m", "karras", 1], outputs="LATENT", inputs=
                     "model:MODEL positive:CONDITIONING negative:CONDITIONING latent_image:LATENT steps:INT*"),
    }  # fmt: skip
    assert found(nodes, relinked((6, 0, 20, 0), (20, 0, 21, 0), (21, 0, 3, 1), (22, 0, 3, 4))).recipe == RECIPE


def test_set_and_get_are_one_wire() -> None:
    nodes = {
        20: page_node("SetNode", ["words"], inputs="C:CONDITIONING"),
        21: page_node("GetNode", ["words"], outputs="C"),
    }
    assert found(nodes, relinked((6, 0, 20, 0), (21, 0, 3, 1))).recipe == RECIPE


def test_a_bypassed_node_passes_on_what_is_of_its_type() -> None:
    lora = page_node("LoraLoader", ["moss", 0.5, 0.5], inputs="model:MODEL clip:CLIP", outputs="MODEL CLIP", mode=4)
    links = relinked((4, 0, 20, 0), (4, 1, 20, 1), (20, 0, 3, 0), (20, 1, 6, 0))
    assert found({20: lora}, links).recipe == RECIPE
    assert found({20: lora | {"mode": 0}}, links).recipe.loras[0].name == "moss"


def test_a_muted_node_does_not_count() -> None:
    other = {20: page_node("SaveImage", ["x"], inputs="images:IMAGE", mode=2)}
    assert found(other, [*LINKS, (8, 0, 20, 0)]).recipe == RECIPE
    one = found({7: TEXT[7] | {"mode": 2}})
    assert one.recipe.negative_prompt == ""
    assert any(said.startswith("negative prompt: made by nodes") for said in one.unmapped)


@pytest.mark.parametrize("ids", [("30:", "31:"), ("u", "v")])
def test_subgraphs_are_taken_apart_with_what_goes_in_and_out(ids: tuple[str, str]) -> None:
    kind = "1b2c-" + ids[0]
    inner = [
        {"id": name} | TEXT[name] for name in (6, 7, 3)
    ]  # fmt: skip
    ends = [(-10, 0, 3, 0), (6, 0, 3, 1), (7, 0, 3, 2), (-10, 2, 3, 3), (-10, 1, 6, 0), (-10, 1, 7, 0), (3, 0, -20, 0)]
    links = [
        {"id": n, "origin_id": a, "origin_slot": b, "target_id": c, "target_slot": d}
        for n, (a, b, c, d) in enumerate(ends)
    ]
    definition = {
        "id": kind, "nodes": inner, "links": links,
        "inputs": [{"name": "model"}, {"name": "clip"}, {"name": "latent"}], "outputs": [{"name": "LATENT"}],
    }  # fmt: skip
    outer = {name: TEXT[name] for name in (4, 5, 8, 9)}
    outer[30] = page_node(kind, inputs="model:MODEL clip:CLIP latent:LATENT", outputs="LATENT")
    around = [(4, 0, 30, 0), (4, 1, 30, 1), (5, 0, 30, 2), (30, 0, 8, 0), (4, 2, 8, 1), (8, 0, 9, 0)]
    text = page(outer, around, definitions={"subgraphs": [definition]})
    assert read_text(text).recipe == RECIPE


def test_a_subgraph_in_itself_ends() -> None:
    definition = {"id": "k", "nodes": [{"id": 1, "type": "k"}, {"id": 2, "type": "k"}], "links": []}
    text = page({1: page_node("k"), **TEXT}, LINKS, definitions={"subgraphs": [definition]})
    assert read_text(text).recipe == RECIPE


def test_group_nodes_are_said() -> None:
    nodes = {20: page_node("workflow>Words", outputs="CONDITIONING")}
    one = found(nodes, relinked((20, 0, 3, 1)))
    assert "the group node Words is not taken apart" in one.unmapped
    assert one.recipe.prompt == ""


def test_remarks_in_prompts_were_not_drawn() -> None:
    words = page_node("CLIPTextEncode", ["a teapot /* big */on a moor// or not"], inputs="clip:CLIP")
    assert found({6: words}).recipe == RECIPE


def test_older_pages_kept_a_tick_behind_the_seed() -> None:
    assert found({3: TEXT[3] | {"widgets_values": [41, True, 22, 6.5, "dpmpp_2m", "karras", 1]}}).recipe == RECIPE


def test_values_in_an_order_that_is_not_known_are_not_guessed() -> None:
    one = found({3: TEXT[3] | {"widgets_values": ["dpmpp_2m", 41, "randomize", 22, 6.5, "karras", 1]}})
    assert (one.recipe.seed, one.recipe.steps, one.recipe.guidance_scale, one.recipe.scheduler) == (0, None, None, None)
    assert {"seed", "steps", "guidance scale", "sampler"} <= {said.partition(":")[0] for said in one.unmapped}


def test_links_that_go_in_circles_end() -> None:
    nodes = {20: page_node("Reroute", inputs=":*"), 21: page_node("Reroute", inputs=":*")}
    assert found(nodes, relinked((21, 0, 20, 0), (20, 0, 21, 0), (20, 0, 3, 1))).recipe.prompt == ""


def test_values_of_unknown_nodes_count_only_where_each_has_a_name() -> None:
    inputs = "clip:CLIP text:STRING* level:INT*"
    custom = page_node("MyWords", ["a teapot on a moor", 3], inputs=inputs, outputs="CONDITIONING")
    assert found({6: custom}).recipe == RECIPE
    assert found({6: custom | {"widgets_values": [True, "a teapot on a moor", 3]}}).recipe.prompt == ""
