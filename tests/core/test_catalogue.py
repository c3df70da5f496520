from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from lab.core import BadInput
from lab.core.catalogue import CATALOGUE, card_for, model_card


@pytest.fixture(autouse=True)
def _catalogue() -> Iterator[None]:
    before = dict(CATALOGUE)
    yield
    CATALOGUE.clear()
    CATALOGUE.update(before)


def test_another_model_of_a_family_is_like_the_familys_own_with_its_weights_elsewhere() -> None:
    card, own = card_for("someone/fine-tune", "sd15"), model_card("sd15")
    assert (card.repo, card.family, card.native, card.controls) == (
        "someone/fine-tune",
        "sd15",
        own.native,
        own.controls,
    )
    assert model_card("someone/fine-tune") == card
    assert card_for("someone/fine-tune", "sd15") == card


def test_a_single_file_has_no_variants() -> None:
    assert card_for("~/models/anime.safetensors", "sdxl").variant is None
    assert card_for("someone/fine-tune", "sdxl").variant == "fp16"


@pytest.mark.parametrize(
    ("place", "family", "sentence"),
    [
        ("someone/fine-tune", "flux", "there is no family of models 'flux': use one of sd15, sdxl, z-image"),
        ("old.ckpt", "sd15", "old.ckpt is a pickle, .* convert it to .safetensors first"),
        ("models/own/anime", "sd15", "there is no model in 'models/own/anime': give a folder or file that is here"),
        ("anime.safetensors", "sdxl", "there is no model in 'anime.safetensors'"),
        ("models/anime.safetensors", "sdxl", "there is no model in 'models/anime.safetensors'"),
        ("sdxl", "sd15", "'sdxl' is in the catalogue already: open it by its name alone"),
    ],
)
def test_what_cannot_be_opened_is_one_sentence(place: str, family: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        card_for(place, family)
    assert place == "sdxl" or place not in CATALOGUE


def test_every_model_that_is_fetched_names_its_commit() -> None:
    fetched = [card for card in CATALOGUE.values() if card.repo]
    assert len(fetched) >= 7
    assert not [card.name for card in fetched if not re.fullmatch(r"[0-9a-f]{40}", card.revision or "")]
    assert len({card.revision for card in fetched}) == len({card.repo for card in fetched})


def test_another_model_of_a_family_takes_nothing_of_the_commit_of_the_familys_own() -> None:
    assert card_for("someone/fine-tune", "sd15").revision is None
