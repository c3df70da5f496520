"""The model of a Studio: another one keeps what was drawn and said; what it takes is said before a byte of it comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lab import Lab, Mask, Picture
from lab.core.catalogue import CATALOGUE
from lab.fetching import on_their_way
from lab.hub.acceptance import is_accepted
from lab.pipelines.weights import byte_download, locate
from tests.fakes import ScriptedEngine
from tests.pipelines.local_hub import Hub, open_hub
from tests.test_switching import checkpoint, weights
from tests.widgets.controls import control, until_done
from tests.widgets.studio.following import CIRCLE, let_it_follow, until
from widgets import Studio
from widgets.studio.model import fetch_row
from widgets.studio.model.model_field import ModelField

LOOKING = "looking for models"
PHOTO = Picture(np.full((96, 128, 3), (200, 40, 40), np.uint8))
WOKEN = locate
"""Reads torch, which the field would at its first look."""
LORA = "lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight"
HALF = Mask(np.pad(np.full((96, 64), 255, np.uint8), ((0, 0), (0, 64))))


def field_of(studio: Studio) -> ModelField:
    """The field, once it has looked which models there are."""
    assert studio.model is not None
    studio.model.look()
    until_done(LOOKING)
    return studio.model


def choose(field: ModelField, model: str) -> None:
    field.list.value = model
    until_done(LOOKING)


def test_there_and_back_nothing_is_lost_and_nothing_left_behind(lab: Lab) -> None:
    from ipywidgets.widgets.widget import _instances

    studio = Studio(lab, "sketch_to_image")
    studio.live_button.value = False
    studio.canvas.sketch = CIRCLE
    canvas, others = studio.canvas, {"prompt": "a plate", "negative_prompt": "blue", "seed": 2**60}
    studio.panel.settings = {**others, "steps": 7, "guidance_scale": 2.5}
    let_it_follow(studio)
    before = len(_instances)
    lab.switch("sd15")
    assert (studio.canvas, studio.canvas.sketch) == (canvas, CIRCLE)
    now = studio.panel.settings
    assert {name: now[name] for name in others} == others
    assert (now["steps"], now["guidance_scale"]) == (25, 7.0)
    assert studio.request().recipe.model == "sd15"
    studio.panel.settings = {"loras": [{"name": "ink", "weight": 0.5}], "scheduler": "unipc", "prompt": "a cup"}
    lab.switch("starter")
    now = studio.panel.settings
    assert (now["steps"], now["guidance_scale"], now["prompt"]) == (7, 2.5, "a cup")
    assert "loras" not in now, "the starter model takes none"
    lab.switch("sd15")
    assert studio.panel.settings["loras"] == [{"name": "ink", "weight": 0.5}]
    assert studio.panel.settings["scheduler"] == "unipc"
    lab.switch("starter")
    assert len(_instances) == before
    studio.close()


def test_pictures_masks_and_frames_stay_and_a_model_that_cannot_is_told(lab: Lab) -> None:
    inpaint, outpaint, control = (Studio(lab, task) for task in ("inpaint", "outpaint", "control_to_image"))
    inpaint.image = outpaint.image = control.image = PHOTO
    inpaint.canvas.mask = HALF
    outpaint.panel.settings = {"left": 40, "steps": 3}
    lab.switch("sd15")
    assert (inpaint.image, inpaint.canvas.mask) == (PHOTO, HALF)
    assert (outpaint.panel.settings["left"], outpaint.panel.settings["steps"]) == (40, 25)
    outpaint.canvas.ink.set_state({"dragged": {"box": [-64, 0, 128, 96]}})
    assert outpaint.panel.settings["left"] == 64
    assert "openpose" in {kind for tool in control.sources[0].preview.tools for kind in tool["kinds"]}
    assert control.image == PHOTO
    lab.switch("instruct-pix2pix")
    for studio in (inpaint, outpaint, control):
        assert "instruct-pix2pix cannot do this" in studio.notices.sentences[-1]
    lab.switch("sd15")
    for studio in (inpaint, outpaint, control):
        assert studio.notices.sentences == []
        studio.close()


def test_a_file_in_a_folder_of_models_is_found_said_and_drawn_with(lab: Lab) -> None:
    own = checkpoint(lab.home / "models" / "faces.safetensors")
    lora = weights(lab.home / "ink.safetensors", **{LORA: (4, 8)})
    studio = Studio(lab, "text_to_image")
    studio.live_button.value = False
    field = field_of(studio)
    assert field.use.description == "In use"
    field.search.value = "fac"
    until_done(LOOKING)
    assert [label for label, _ in field.list.options] == ["faces · sd15 · here"]
    assert "On this machine" in field.about.value
    assert "2.1 GB of memory" in field.memory.value
    field.use.click()
    until_done(LOOKING)
    assert lab.request("text_to_image").recipe.model == str(own)
    assert control(studio, "Model: faces")
    for typed, sentence in (
        (str(lora), "is a LoRA for Stable Diffusion 1.5"),
        (str(lab.home / "gone.safetensors"), "there is nothing in"),
        ("nonsense", "no model here is called 'nonsense'"),
    ):
        field.search.value = typed
        until_done(LOOKING)
        assert sentence in field.refused.value
        assert field.use.layout.display == "none"
    field.search.value = "someone/fine-tune"
    until_done(LOOKING)
    assert (field.family.layout.display, field.refused.value) == (None, "")
    assert field.fetch.description == "Fetch"
    studio.close()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub on this machine with a model whose licence wants to be accepted, in bytes of which a thousand are a MB."""
    monkeypatch.setattr(fetch_row, "_EVERY_S", 0.0)
    monkeypatch.setattr(byte_download, "_MB", 1000)
    monkeypatch.setattr(byte_download, "_CHUNK_BYTES", 20_000)
    index = {"_class_name": "StableDiffusionXLPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}
    with open_hub(monkeypatch, tmp_path / "cache") as hub:
        hub.repos["tiny/turbo"] = {
            "model_index.json": json.dumps(index).encode(),
            "unet/config.json": b"{}",
            "unet/diffusion_pytorch_model.safetensors": b"x" * 2_000_000,
        }
        card = replace(CATALOGUE["sdxl-turbo"], repo="tiny/turbo", revision=None, variant=None)
        monkeypatch.setitem(CATALOGUE, "sdxl-turbo", card)
        yield hub


def is_midway() -> bool:
    return any(0 < one.progress.mb < one.progress.of_mb for one in on_their_way())


def test_the_licence_is_said_before_a_byte_comes_and_what_is_cancelled_goes_on(hub: Hub, tmp_path: Path) -> None:
    with Lab(home=tmp_path / "home", engine=ScriptedEngine()) as lab:
        studio = Studio(lab, "text_to_image")
        field = field_of(studio)
        choose(field, "sdxl-turbo")
        assert "To be fetched: 6.9 GB. Licence: Stability AI's own" in field.about.value
        assert "Its pictures may not be sold." in field.about.value
        assert "GB are there." in field.memory.value
        assert field.fetch.description == "Accept its licence and fetch 6.9 GB"
        assert field.use.layout.display == "none"
        assert (hub.asked, is_accepted("sdxl-turbo")) == ([], False)
        field.row.said.observe(lambda _: field.row.cancel.click() if is_midway() else None, names="value")
        field.fetch.click()
        until(lab, lambda: "Cancelled" in field.row.said.value)
        assert is_accepted("sdxl-turbo"), "which is remembered"
        sent = hub.sent
        field.row.said.unobserve_all()
        until_done(LOOKING)
        assert field.fetch.description == "Fetch 6.9 GB"
        field.fetch.click()
        until(lab, lambda: "is here" in field.row.said.value)
        assert hub.sent - sent < 2_000_000, "what had come was not fetched again"
        until_done(LOOKING)
        assert field.use.description == "Use sdxl-turbo"
        assert field.use.layout.display is None
        studio.close()
