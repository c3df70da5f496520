"""Against what the hub really lists: the exact files and bytes of everything, and what is said before the first one."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from diffusers import (
    ControlNetModel,
    ControlNetUnionModel,
    ZImageControlNetModel,
)
from transformers import (
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from lab.core import BadInput, MissingWeights
from lab.core.catalogue import CATALOGUE
from lab.core.model_card import on_hub
from lab.fetch import Item, fetch, items
from lab.hub.terms import TERMS
from lab.vision.cutout_weights import CUTOUT_NETWORKS
from tests.pipelines.full_size import config_of, full_size
from tests.pipelines.hub_listings import IN_MEMORY, LISTINGS, SOME, WEIGHTS, Listing
from tests.pipelines.local_hub import Hub, open_hub
from tests.pipelines.reporters import Told

FROM_HUB = [card for card in CATALOGUE.values() if card.repo]
CONTROLS = {
    source.repo: f"{card.name} controlnet:{kind}" for card in FROM_HUB[::-1] for kind, source in card.controls.items()
}
EVERYTHING = {
    **{card.name: str(card.repo) for card in FROM_HUB},
    **{asked: repo for repo, asked in CONTROLS.items()},
    "sd15 ip-adapter": "h94/IP-Adapter",
    **{f"{name} preview": str(CATALOGUE[name].preview) for name in ("sd15", "sdxl", "z-image")},
    **{f"{name} live": CATALOGUE[name].live_presets[0].lora for name in ("sd15", "sdxl", "qwen-edit")},
    **{f"sam2:{size}": f"facebook/sam2.1-hiera-{size}" for size in ("large", "base-plus", "small", "tiny")},
}
"""What is asked for, and the place that it comes from."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**12))
    with open_hub(monkeypatch, tmp_path / "cache") as server:
        for repo, listing in LISTINGS.items():
            server.add_listing(repo, listing.sizes, listing.texts)
        yield server


def item(asked: str) -> Item:
    """The last thing that is asked for: a model alone, or what belongs to it."""
    return items(asked.split(" "))[-1]


class Listening(Told):
    """Notes how much the hub had sent when it first heard of something."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self._hub = hub
        self.sent_before: int | None = None

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        if self.sent_before is None:
            self.sent_before = self._hub.sent
        super().progress(stage, step, steps)


@pytest.mark.parametrize("asked", EVERYTHING)
def test_the_files_that_are_needed_come_and_no_byte_before_size_and_licence_are_said(
    hub: Hub, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKETCHLAB_ACCEPT", "sdxl-turbo")
    place = on_hub(EVERYTHING[asked])
    assert place is not None
    listing = LISTINGS[place.repo]
    wanted, reporter = item(asked), Listening(hub)
    wanted.get(reporter)
    assert hub.files_asked() == listing.wanted
    assert reporter.sent_before == 0
    said = reporter.stages[0][0]
    assert wanted.terms.licence in said
    size = wanted.terms.size if wanted.terms.gb else f"{listing.wanted_bytes / 1e6:.0f} MB"
    assert size in said or f"{listing.wanted_bytes / 1e9:.1f} GB" in said
    asked_so_far = len(hub.asked)
    wanted.get(Told())
    assert len(hub.asked) == asked_so_far, "what is here is asked for no more"


def test_everything_that_the_lab_names_has_a_listing_and_terms() -> None:
    lent = {card.ip_adapter.repo for card in FROM_HUB if card.ip_adapter}
    loras = {preset.lora for card in FROM_HUB for preset in card.live_presets}
    previews = {card.preview for card in FROM_HUB if card.preview}
    named = {there.repo for place in {*CONTROLS, *lent, *loras, *previews} if (there := on_hub(place))}
    assert named - TERMS.keys() == {"xinsir/controlnet-scribble-sdxl-1.0"}, "whose licence is not known"
    assert {str(card.repo) for card in FROM_HUB} <= LISTINGS.keys()
    assert named - LISTINGS.keys() == {"latent-consistency/lcm-lora-sdv1-5", "latent-consistency/lcm-lora-sdxl"}
    assert all(card.licence for card in CATALOGUE.values())
    assert all(network.licence for network in CUTOUT_NETWORKS.values())


@pytest.mark.parametrize("card", FROM_HUB, ids=lambda card: card.name)
def test_a_card_says_what_is_fetched(card: Any) -> None:
    listing = LISTINGS[card.repo]
    assert card.download_gb == pytest.approx(listing.wanted_bytes / 1e9, rel=0.05)


@pytest.mark.parametrize("repo", [repo for repo, terms in TERMS.items() if terms.gb])
def test_the_table_of_terms_says_what_is_fetched(repo: str) -> None:
    assert TERMS[repo].gb == pytest.approx(LISTINGS[repo].wanted_bytes / 1e9, rel=0.05)


def test_the_listings_sizes_are_those_of_the_networks() -> None:
    families = ("sd15", "sdxl", "z-image", "klein", "qwen-edit")
    made = {f"{family} {name}": net for family in families for name, net in full_size(family, 36).items()}
    read = full_size("klein")["text_encoder"]
    with torch.device("meta"):
        for family in ("sd15", "sdxl"):
            for name, kind, more in (
                ("control", ControlNetModel, {}), ("union", ControlNetUnionModel, {"num_control_type": 8}),
            ):  # fmt: skip
                known = {
                    key: value for key, value in config_of(family, "unet").items() if key in signature(kind).parameters
                }
                if f"{family} {name}" in WEIGHTS:
                    made[f"{family} {name}"] = kind(**known, **more)
        made["z-image control"] = ZImageControlNetModel(
            control_layers_places=list(range(0, 30, 2)), control_refiner_layers_places=[0, 1], control_in_dim=33,
            add_control_noise_refiner="control_noise_refiner",
        )  # fmt: skip
        made["image encoder"] = CLIPVisionModelWithProjection(
            CLIPVisionConfig(
                hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=16, image_size=224,
                patch_size=14, projection_dim=1024,
            )
        )  # fmt: skip
    assert {name: sum(weight.numel() for weight in net.parameters()) for name, net in made.items()} == WEIGHTS
    assert {"klein text_encoder": sum(weight.numel() for weight in read.parameters())} == IN_MEMORY


def test_what_is_for_no_trade_is_asked_once_and_remembered(hub: Hub) -> None:
    turbo = item("sdxl-turbo")
    assert (
        "non-commercial use only; wants 6.9 GB of GPU memory, 0.4 layer by layer; its terms must be accepted"
        in turbo.said
    )
    sentence = r"non-commercial use only.*-m lab fetch sdxl-turbo --accept`, or set .* SKETCHLAB_ACCEPT=sdxl-turbo"
    with pytest.raises(MissingWeights, match=sentence):
        turbo.get(Told())
    assert not hub.asked
    fetch([turbo], accepts=True, dry_run=False, out=io.StringIO())
    assert hub.sent
    assert "must be accepted" not in item("sdxl-turbo").said


def test_a_dry_run_says_all_of_it_and_fetches_nothing(hub: Hub) -> None:
    out = io.StringIO()
    beside = ["controlnet:openpose", "preview", "annotator:openpose", "rembg:u2netp", "sam2", "lora:a/b:c.safetensors"]
    fetch(items(["sd15", *beside]), accepts=False, dry_run=True, out=out)
    assert [line.split(": ")[0] for line in out.getvalue().splitlines()] == [
        "sd15", "sd15 controlnet:openpose", "sd15 preview", "annotator:openpose", "rembg:u2netp", "sam2:small",
        "lora:a/b:c.safetensors",
    ]  # fmt: skip
    assert "sd15: 2.1 GB; CreativeML OpenRAIL-M; wants 2.1 GB of GPU memory, 0.4 layer by layer\n" in out.getvalue()
    assert not hub.asked


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        (["sd16"], "there is no model 'sd16'"),
        (["controlnet:openpose"], "controlnet:openpose belongs to a model: name that too"),
        (["z-image", "controlnet:tile"], "there is no ControlNet of z-image 'tile'"),
        (["annotator:canny"], "canny needs no weights"),
        (["rembg:u3net"], "there is no network to cut out with 'u3net'"),
    ],
)
def test_what_stands_for_nothing_is_refused(named: list[str], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        items(named)


def test_a_disk_that_is_too_full_is_found_out_before_the_first_byte(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=20_000_000_000))
    with pytest.raises(MissingWeights, match=r"z-image takes 32\.8 GB and 20\.0 GB are free in .*set HF_HOME"):
        item("z-image").get(Told())
    assert hub.files_asked() <= {"model_index.json"}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (401, "the hub does not know this token: look at HF_TOKEN"),
        (403, "the hub does not let this token read it: look at HF_TOKEN"),
        (404, "there is no repository .*sd15, or it is private.*HF_TOKEN"),
        (429, "the hub was asked too much and wants a pause: wait some minutes"),
        (503, r"could not be fetched \(.*503.*-m lab fetch sd15`"),
    ],
)
def test_each_refusal_of_the_hub_is_a_sentence(hub: Hub, answer: int, sentence: str) -> None:
    hub.answers = answer
    with pytest.raises(MissingWeights, match=sentence):
        item("sd15").get(Told())
    assert not hub.sent


def test_nothing_is_made_of_sizes_that_are_not_known() -> None:
    unknown = {repo for repo, listing in LISTINGS.items() if any(listing.sizes[one] == SOME for one in listing.wanted)}
    assert not {repo for repo in unknown if TERMS[repo].gb}


def test_a_listing_holds_more_than_is_wanted() -> None:
    alone: list[Listing] = [one for one in LISTINGS.values() if one.wanted == one.sizes.keys()]
    assert alone == [LISTINGS["brad-twinkl/controlnet-union-sdxl-1.0-promax"]]
