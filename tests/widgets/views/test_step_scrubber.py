from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from lab import BadInput, Picture
from widgets.views.step_scrubber import StepScrubber

RED, BLUE = (Picture(np.full((20, 30, 3), colour, np.uint8)) for colour in ((250, 0, 0), (0, 0, 250)))


def colour_in(content: bytes) -> str:
    red, _, blue = Image.open(io.BytesIO(content)).convert("RGB").getpixel((3, 3))
    return "red" if red > blue else "blue"


def test_pulling_the_slider_shows_the_pictures_and_the_words_of_that_moment() -> None:
    scrubber = StepScrubber([{"a": RED, "b": BLUE}, {"a": BLUE, "b": RED}], ["first", "second"])
    assert [colour_in(image.value) for image in scrubber._images] == ["red", "blue"]
    scrubber.step = 1
    assert [colour_in(image.value) for image in scrubber._images] == ["blue", "red"]
    assert "second" in scrubber._said.value


@pytest.mark.parametrize(
    ("moments", "captions", "said"),
    [
        ([], [], "at least one moment"),
        ([{"a": RED}, {"b": RED}], [], "the same things in each"),
        ([{"a": RED}], ["one", "two"], "2 captions for 1 moments"),
    ],
)
def test_a_scrubber_refuses_moments_that_do_not_fit_together(
    moments: list[dict[str, Picture]], captions: list[str], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        StepScrubber(moments, captions)
