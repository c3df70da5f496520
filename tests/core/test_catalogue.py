from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from lab.core import BadInput, Recipe
from lab.core.catalogue import ACCELERATIONS, CATALOGUE, card_for, chosen_model, model_card
from lab.core.model_card import ControlSource


def test_another_model_of_a_family_is_like_the_familys_own_with_its_weights_elsewhere() -> None:
    card, own = card_for("someone/fine-tune", "sd15"), model_card("sd15")
    assert (card.repo, card.family, card.native, card.controls) == (
        "someone/fine-tune",
        "sd15",
        own.native,
        own.controls,
    )
    assert model_card("someone/fine-tune", family="sd15") == card
    assert card_for("someone/fine-tune", "sd15") == card
    assert "someone/fine-tune" not in CATALOGUE, "the catalogue is what it was"


def test_a_model_of_ones_own_without_its_family_is_asked_for_it() -> None:
    with pytest.raises(BadInput, match=r"no model 'someone/fine-tune': use one of starter.*; or say the family of one"):
        model_card("someone/fine-tune")


def test_one_place_is_a_model_of_each_family_that_it_is_opened_with() -> None:
    assert [card_for("someone/fine-tune", family).native.width for family in ("sd15", "sdxl", "sd15")] == [
        512,
        1024,
        512,
    ]


def test_a_folder_beside_the_notebook_is_named_so_that_every_folder_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "anime").mkdir()
    monkeypatch.chdir(tmp_path)
    card = card_for("anime", "sd15")
    assert card.name == card.repo == str(tmp_path / "anime")
    assert card_for("~/anime", "sd15").name == "~/anime"


def test_a_recipe_says_the_family_of_what_is_in_no_catalogue_and_of_nothing_else() -> None:
    own = Recipe(**chosen_model("someone/fine-tune", family="sd15").recipe_fields)
    assert (own.model, own.family, own.acceleration) == ("someone/fine-tune", "sd15", None)
    assert Recipe(**chosen_model("sd15").recipe_fields) == Recipe(model="sd15")


@pytest.mark.parametrize("acceleration", ACCELERATIONS)
def test_the_short_form_of_a_model_is_taken_apart(acceleration: str) -> None:
    chosen = chosen_model(f"sdxl + {acceleration}")
    assert (chosen.card, chosen.acceleration) == (CATALOGUE["sdxl"], acceleration)
    assert chosen == chosen_model("sdxl", acceleration=acceleration) == chosen_model(chosen.name)
    own = chosen_model(f"someone/fine-tune + {acceleration}", family="sd15")
    assert (own.card, own.acceleration) == (card_for("someone/fine-tune", "sd15"), acceleration)


def test_a_place_with_a_plus_in_its_name_is_a_place(tmp_path: Path) -> None:
    folder = tmp_path / "old + new"
    folder.mkdir()
    assert chosen_model(str(folder), family="sd15").card.repo == str(folder)
    twice = tmp_path / "sd15 + compile"
    twice.mkdir()
    assert chosen_model(str(twice), family="sd15").acceleration is None


@pytest.mark.parametrize(
    ("name", "acceleration", "sentence"),
    [
        ("sd15 + magic", None, "no acceleration 'magic': use one of taylorseer, channels_last, compile"),
        ("sd15 + compile + taylorseer", None, r"there is no model 'sd15 \+ compile'"),
        ("sd15", "magic", "no acceleration 'magic'"),
        ("sd15 + compile", "taylorseer", "'sd15 \\+ compile' says compile, and acceleration says taylorseer"),
        ("sd99 + compile", None, "there is no model 'sd99'"),
    ],
)
def test_what_cannot_accelerate_is_one_sentence(name: str, acceleration: str | None, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        chosen_model(name, acceleration=acceleration)


def test_a_controlnet_of_many_kinds_is_one_repository_and_a_mode_for_each() -> None:
    controls = CATALOGUE["sdxl"].controls
    assert {controls[kind].repo for kind in controls} == {controls["depth"].repo}
    assert (controls["openpose"].mode, controls["inpaint"].mode) == (0, 7)
    assert "#" not in "".join(one.repo for card in CATALOGUE.values() for one in card.controls.values())
    assert CATALOGUE["sd15"].controls["depth"] == ControlSource("lllyasviel/control_v11f1p_sd15_depth")
    with pytest.raises(FrozenInstanceError):
        controls["depth"].mode = 2  # pyright: ignore[reportAttributeAccessIssue]


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
