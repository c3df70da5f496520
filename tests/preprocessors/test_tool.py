"""Any typed function is a tool: what `@preprocessor` and `@filter` read from a signature, and what they refuse."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import numpy as np
import pytest
from annotated_types import Ge, Le
from PIL import Image
from pydantic import Field

from lab.core import BadInput, JobFailed, Picture, Size
from lab.core.params import Param
from lab.core.recipe import Control
from lab.preprocessors import (
    FILTERS,
    PREPROCESSORS,
    control_map,
    filter,  # noqa: A004 the users' word
    filtered,
    preprocessor,
    preprocessor_named,
)

pytestmark = pytest.mark.usefixtures("tables")
GREY = Picture(np.full((30, 40, 3), 100, np.uint8))
SIZE = Size(16, 8)


def test_a_plain_function_becomes_a_preprocessor_with_sliders() -> None:
    @preprocessor(kinds=["lineart"], suits="tests")
    def ridges(
        image: np.ndarray,
        gain: Annotated[float, Field(ge=0, le=2, description="how much")] = 1,
        rounds: Annotated[int, Ge(1), Le(9)] = 3,
        mode: Literal["soft", "hard"] = "soft",
        invert: bool = False,
    ) -> np.ndarray:
        """Ridges, white on black.

        And more about them.

        Args:
            image: the picture.
            gain: is said in the field.
            rounds: how often,
                in whole numbers.
        """
        assert (mode, invert) == ("hard", False)
        return np.clip(image * gain + rounds, 0, 255).astype(np.uint8)

    made = preprocessor_named("ridges")
    assert (made.help, made.kinds, made.suits) == ("Ridges, white on black.", ("lineart",), "tests")
    gain, rounds, mode, invert = made.params
    assert gain == Param("gain", 0, 2, default=1.0, help="How much", usual=(0, 2), step=0.02)
    assert rounds == Param("rounds", 1, 9, default=3, help="How often, in whole numbers.", usual=(1, 9), step=1)
    assert (mode.name, mode.default, mode.choices) == ("mode", "soft", ("soft", "hard"))
    assert (invert.name, invert.default, invert.low, invert.high) == ("invert", False, None, None)
    result = control_map("ridges", GREY, SIZE, {"gain": 2, "mode": "hard"})
    assert result.size == SIZE
    assert np.unique(result.pixels).tolist() == [203]
    assert ridges(np.zeros((2, 2, 3)), mode="hard").max() == 3, "the function itself stays as it is"


def test_it_has_a_place_in_the_recipe() -> None:
    @preprocessor
    def mine(image: np.ndarray, level: Annotated[int, Field(ge=0, le=255)] = 7) -> np.ndarray:
        return np.full_like(image, level)

    control = Control(picture=GREY.hash, preprocessor="mine", settings={"level": 9})
    same = Control(**dict(control))
    assert control_map(same.preprocessor, GREY, SIZE, same.settings).pixels.max() == 9


@pytest.mark.parametrize("form", [Picture, np.ndarray, Image.Image])
def test_a_function_gets_the_picture_as_it_wants_it(form: type) -> None:
    seen = []

    def look(image):
        seen.append(image)
        return image

    look.__annotations__["image"] = form
    preprocessor(look)
    clear = Picture(np.dstack([GREY.pixels, np.zeros((30, 40), np.uint8)]))
    assert control_map("look", clear, SIZE, {}).pixels.min() == 255, "what is transparent is white paper"
    assert isinstance(seen[0], form)


def test_a_function_that_asks_for_the_size_gets_the_picture_as_it_is() -> None:
    @preprocessor
    def sized(picture: Picture, wanted: Size) -> Picture:
        assert picture == GREY
        return picture.resized(wanted)

    assert control_map("sized", GREY, SIZE, {}).size == SIZE


@pytest.mark.parametrize("made", [np.zeros((8, 16)), np.zeros((5, 5), np.uint8), Image.new("RGBA", (16, 8))])
def test_whatever_a_function_gives_back_becomes_rgb_at_the_size_wanted(made: object) -> None:
    @preprocessor
    def give(image: np.ndarray) -> object:
        return made

    result = control_map("give", GREY, SIZE, {})
    assert (result.size, result.has_alpha) == (SIZE, False)


def test_running_the_cell_again_replaces_the_function() -> None:
    heard = []
    end = PREPROCESSORS.on_change(lambda: heard.append(preprocessor_named("twice").number))
    for level in (1, 2):

        @preprocessor
        def twice(image: np.ndarray, level: Annotated[int, Field(ge=0, le=9)] = level) -> np.ndarray:
            return np.full_like(image, level)

    end()
    assert control_map("twice", GREY, SIZE, {}).pixels.max() == 2
    assert len(set(heard)) == 2, "nothing that was kept from the old function may be used"


def test_a_name_of_the_lab_is_not_taken_over() -> None:
    def canny(image: np.ndarray) -> np.ndarray:
        return image

    with pytest.raises(BadInput, match="the lab has a 'canny' of its own: give your function another name"):
        preprocessor(canny)


def test_what_a_signature_leaves_open_is_asked_for() -> None:
    def untyped(image, radius=3):
        return image

    def unbounded(image: np.ndarray, radius: int = 3) -> np.ndarray:
        return image

    def without_default(image: np.ndarray, radius: Annotated[int, Field(ge=1, le=9)]) -> np.ndarray:
        return image

    def outside(image: np.ndarray, radius: Annotated[int, Field(ge=1, le=9)] = 10) -> np.ndarray:
        return image

    for function, sentence in (
        (untyped, "untyped must say what it takes first: a Picture, an np.ndarray or a PIL.Image.Image"),
        (unbounded, "'radius' needs a type and bounds, such as radius: Annotated.float, Field.ge=0, le=1.. = 0.5"),
        (without_default, "'radius' needs a default"),
        (outside, "radius must be between 1 and 9, not 10"),
    ):
        with pytest.raises(BadInput, match=sentence):
            preprocessor(function)
        assert function.__name__ not in PREPROCESSORS


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("canny", {"low_threshold": 900}, "low_threshold must be between 1 and 500, not 900"),
        ("canny", {"low_threshold": 9.5}, "low_threshold must be a whole number between 1 and 500, not 9.5"),
        ("canny", {"low_threshold": True}, "low_threshold must be between 1 and 500, not True"),
        ("blur", {"radius": float("nan")}, "radius must be between 0.5 and 64, not nan"),
        ("softedge", {"safe": 1}, "safe is True or False, not 1"),
        ("invert", {"level": 1}, "'invert' has no setting 'level': it has none"),
        ("canny", {"level": 1}, "'canny' has no setting 'level': it has low_threshold, high_threshold"),
    ],
)
def test_wrong_settings_are_refused_with_their_range(name: str, settings: dict, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        preprocessor_named(name).checked(settings)


def test_a_choice_that_is_none_is_refused() -> None:
    @preprocessor
    def choosy(image: np.ndarray, mode: Literal["soft", "hard"] = "soft") -> np.ndarray:
        return image

    with pytest.raises(BadInput, match="mode must be one of soft, hard, not 'loud'"):
        control_map("choosy", GREY, SIZE, {"mode": "loud"})


def test_the_same_settings_are_the_same_values_however_they_were_written() -> None:
    assert preprocessor_named("blur").checked({"radius": 9}) == {"radius": 9.0}
    assert isinstance(preprocessor_named("canny").checked({"low_threshold": 50.0})["low_threshold"], int)


def test_a_filter_keeps_size_and_alpha() -> None:
    @filter
    def darker(image: np.ndarray, share: Annotated[float, Field(ge=0, le=1)] = 0.5) -> np.ndarray:
        return (image * share).astype(np.uint8)

    alpha = np.arange(1200, dtype=np.uint16).reshape(30, 40).astype(np.uint8)
    made = filtered("darker", Picture(np.dstack([GREY.pixels, alpha])), {"share": 0.3})
    assert np.array_equal(made.pixels[..., 3], alpha)
    assert np.unique(made.pixels[..., :3]).tolist() == [30]
    assert filtered("darker", GREY, {}).pixels.max() == 50


@pytest.mark.parametrize("name", list(FILTERS))
def test_a_filter_turned_down_to_nothing_changes_nothing(name: str, photo: Picture) -> None:
    assert filtered(name, photo, {"amount": 0}) == photo
    assert filtered(name, photo, {}) != photo
    assert filtered(name, photo, {}) == filtered(name, photo, {}), "the same recipe gives the same picture"


def test_a_filter_that_wants_to_end_the_thread_is_a_sentence_that_names_it() -> None:
    @filter
    def leaving(image: np.ndarray) -> np.ndarray:
        sys.exit(3)

    with pytest.raises(JobFailed, match=r"the filter leaving ended with SystemExit\(3\) instead of a picture"):
        filtered("leaving", GREY, {})
