"""Selecting by clicks and boxes: with the wand, and with a tiny SAM 2, real but of random weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab import Lab
from lab.core import Box, Picture, Size
from lab.core.errors import BadInput, MissingWeights, OutOfMemory
from lab.retouch.masks import difference
from lab.retouch.wand import grabbed, wand
from lab.vision import sam2
from lab.vision.sam2 import Point
from lab.vision.selector import Selector
from tests.retouch import scenes

SIZE = Size(120, 90)
GREEN, RED, BLUE = (60, 160, 80), (200, 40, 40), (40, 60, 190)


def three_blocks() -> Picture:
    """Green paper with a red block on the left and a blue one on the right."""
    pixels = scenes.flat(SIZE, GREEN).pixels.copy()
    pixels[20:70, 10:50] = RED
    pixels[20:70, 70:110] = BLUE
    return Picture(pixels)


@pytest.fixture(autouse=True)
def _no_weights_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A hub's cache with nothing in it, whatever this machine has."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    yield
    sam2.release()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SAM 2 of random weights, for pictures of 128 x 128, as transformers saves it."""
    import torch
    from transformers import Sam2Config, Sam2ImageProcessor, Sam2Model, Sam2Processor

    torch.manual_seed(4)
    hiera = {
        "model_type": "sam2_hiera_det_model",
        "hidden_size": 8,
        "image_size": [128, 128],
        "blocks_per_stage": [1, 2, 2, 1],
        "embed_dim_per_stage": [8, 16, 32, 64],
        "num_attention_heads_per_stage": [1, 1, 2, 2],
        "window_size_per_stage": [8, 4, 4, 4],
        "global_attention_blocks": [4],
    }
    vision = {
        "backbone_config": hiera,
        "backbone_channel_list": [64, 32, 16, 8],
        "backbone_feature_sizes": [[32, 32], [16, 16], [8, 8]],
        "fpn_hidden_size": 32,
    }
    decoder = {"hidden_size": 32, "mlp_dim": 32, "num_attention_heads": 2, "iou_head_hidden_dim": 16}
    prompts = {"hidden_size": 32, "image_size": 128, "patch_size": 16}
    model = Sam2Model(
        Sam2Config(vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder)
    ).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # as they are made, they all but ignore the clicks
            parameter.mul_(4).add_(0.05 * torch.randn_like(parameter))
    place = tmp_path_factory.mktemp("sam2")
    model.save_pretrained(place)
    Sam2Processor(Sam2ImageProcessor(size={"height": 128, "width": 128})).save_pretrained(place)
    return place


def bare(folder: Path, picture: Picture, prompt: dict[str, Any]) -> np.ndarray:
    """What a few lines of transformers give: picture and prompt in one call."""
    import torch
    from transformers import Sam2Model, Sam2Processor

    processor, model = Sam2Processor.from_pretrained(folder), Sam2Model.from_pretrained(folder).eval()
    inputs = processor(images=picture.to_pil(), return_tensors="pt", **prompt)
    clicks = prompt.get("input_points", [[[]]])[0][0]
    with torch.no_grad():
        found = model(**inputs, multimask_output=len(clicks) == 1 and "input_boxes" not in prompt)
    (masks,) = processor.post_process_masks(found.pred_masks, inputs["original_sizes"])
    return masks[0, found.iou_scores[0, 0].argmax()].numpy()


PROMPTS = {
    "a click": ([(30, 45)], None, {"input_points": [[[[30.0, 45.0]]]], "input_labels": [[[1]]]}),
    "a click not wanted": (
        [(30.5, 45), (90, 45, False)],
        None,
        {"input_points": [[[[30.5, 45.0], [90.0, 45.0]]]], "input_labels": [[[1, 0]]]},
    ),
    "a box": ([], Box(8, 18, 52, 72), {"input_boxes": [[[8.0, 18.0, 52.0, 72.0]]]}),
    "a box and a click": (
        [(90, 45)],
        Box(60, 10, 119, 80),
        {
            "input_points": [[[[90.0, 45.0]]]],
            "input_labels": [[[1]]],
            "input_boxes": [[[60.0, 10.0, 119.0, 80.0]]],
        },
    ),
}


@pytest.mark.parametrize("case", PROMPTS)
def test_sam_gives_what_the_bare_call_gives(folder: Path, case: str) -> None:
    points, box, prompt = PROMPTS[case]
    picture = three_blocks()
    wanted = bare(folder, picture, prompt)
    assert 0 < wanted.mean() < 1, "a mask that is empty or full tells nothing"
    found = Selector(picture, weights=folder).mask(points, box)
    assert found.size == picture.size
    assert ((found.pixels == 255) == wanted).all()
    assert set(np.unique(found.pixels)) == {0, 255}


def test_the_clicks_say_what_is_selected(folder: Path) -> None:
    selector = Selector(three_blocks(), weights=folder)
    masks = {selector.mask(points, box).hash for points, box, _ in PROMPTS.values()}
    assert len(masks) == len(PROMPTS)


def test_sam_looks_at_a_picture_once_for_all_clicks_and_selectors(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import Sam2Model

    selector = Selector(three_blocks(), weights=folder)
    assert not selector.is_ready
    selector.prepare()
    assert selector.is_ready
    looks, look = [], Sam2Model.get_image_embeddings
    monkeypatch.setattr(Sam2Model, "get_image_embeddings", lambda *a, **b: looks.append("look") or look(*a, **b))
    for x in (20, 30, 40, 90):
        selector.mask([(x, 45)])
    Selector(three_blocks(), weights=folder).mask([(30, 45)])
    assert looks == []
    Selector(scenes.flat(SIZE, RED), weights=folder).prepare()
    assert looks == ["look"]


def test_what_sam_saw_is_forgotten_when_pictures_become_many(folder: Path) -> None:
    selectors = [Selector(scenes.flat(SIZE, (level, 0, 0)), weights=folder) for level in range(5)]
    for selector in selectors:
        selector.prepare()
    assert [selector.is_ready for selector in selectors] == [False, True, True, True, True]


def test_the_network_and_what_it_saw_are_counted(folder: Path) -> None:
    selector = Selector(three_blocks(), weights=folder)
    assert sam2.residents() == []
    selector.prepare()
    (held,) = sam2.residents()
    on_disk = (folder / "model.safetensors").stat().st_size
    assert held.bytes > on_disk * 0.9, "the weights, and the picture's embedding"
    Selector(scenes.flat(SIZE, RED), weights=folder).prepare()
    (more,) = sam2.residents()
    assert more.bytes > held.bytes
    assert sam2.release() == more.bytes


def test_released_memory_is_read_again_at_the_next_click(folder: Path, lab: Lab) -> None:
    selector = lab.select(three_blocks(), weights=folder)
    before = selector.mask([(30, 45)])
    lab.release()
    assert not selector.is_ready
    assert selector.mask([(30, 45)]) == before


def test_weights_in_the_hubs_cache_are_found_and_the_user_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "hub"
    snapshot = cache / f"models--{sam2.SMALL.replace('/', '--')}" / "snapshots" / ("0" * 40)
    snapshot.parent.mkdir(parents=True)
    snapshot.symlink_to(folder)
    refs = snapshot.parent.parent / "refs"
    refs.mkdir()
    (refs / "main").write_text(snapshot.name)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    selector = Selector(three_blocks())
    assert (selector.means, sam2.folder_of_weights()) == ("SAM 2", snapshot)
    assert selector.note.startswith("SAM 2 selects the thing you click on")
    assert selector.mask([(30, 45)]) == Selector(three_blocks(), weights=folder).mask([(30, 45)])


def test_reading_the_network_prints_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Selector(three_blocks(), weights=folder).prepare()
    assert capfd.readouterr() == ("", "")


def test_without_weights_the_wand_selects_and_the_user_is_told_how_to_get_them() -> None:
    picture = three_blocks()
    selector = Selector(picture)
    assert (selector.means, selector.is_ready) == ("magic wand", True)
    assert "the weights of SAM 2, which selects things, are not on this machine" in selector.note
    assert "-m lab fetch sam2:small`" in selector.note
    selector.prepare()
    assert selector.mask([(30, 45)]) == wand(picture, 30, 45)
    both = selector.mask([(30, 45), (90, 45)])
    assert (both.pixels == 255).sum() == 2 * 40 * 50
    boxed = Box(4, 10, 60, 80)
    assert selector.mask(box=boxed) == grabbed(picture, boxed)
    assert selector.mask([(2, 2), (30, 45, False)]) == difference(wand(picture, 2, 2), wand(picture, 30, 45))


def test_weights_that_were_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"in facebook/sam2\.1-hiera-tiny are not on this machine"):
        Selector(three_blocks(), weights="facebook/sam2.1-hiera-tiny")
    with pytest.raises(MissingWeights, match="cannot be read"):
        Selector(three_blocks(), weights=tmp_path).prepare()


@pytest.mark.parametrize(
    ("points", "box", "sentence"),
    [
        ([], None, "nothing to select by"),
        ([(5, 5, False)], None, "nothing to select by"),
        ([(120, 5)], None, r"the click at 120, 5 lies outside the picture of 120x90"),
        ([], Box(50, 50, 40, 60), "holds no pixel"),
        ([(30, 45), (31, 45, False)], None, "nothing is selected by this"),
    ],
)
def test_mistakes_are_said(points: list[Any], box: Box | None, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        Selector(three_blocks()).mask(points, box)


def test_a_full_device_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        msg = "CUDA out of memory. Tried to allocate 20.00 MiB"
        raise RuntimeError(msg)

    with sam2.sam(folder, "cpu") as network:
        monkeypatch.setattr("transformers.Sam2Model.get_image_embeddings", full)
    with pytest.raises(OutOfMemory, match=r"SAM 2 does not fit on cpu .*: call lab\.release\(\)"):
        network.mask(three_blocks(), [Point(30, 45)], None)
