from __future__ import annotations

import io

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from lab import BadInput, Picture
from tests.widgets.controls import parts_of, text_of
from widgets.views.step_scrubber import StepScrubber

RED, BLUE = (Picture(np.full((20, 30, 3), colour, np.uint8)) for colour in ((250, 0, 0), (0, 0, 250)))


def colours(scrubber: StepScrubber) -> list[str]:
    shown = [Image.open(io.BytesIO(part.value)) for part in parts_of(scrubber, ipywidgets.Image)]
    pixels = [image.convert("RGB").getpixel((3, 3)) for image in shown]
    return ["red" if red > blue else "blue" for red, _, blue in pixels]


def test_pulling_the_slider_shows_the_pictures_and_the_words_of_that_moment() -> None:
    scrubber = StepScrubber([{"a": RED, "b": BLUE}, {"a": BLUE, "b": RED}], ["first", "second"])
    assert colours(scrubber) == ["red", "blue"]
    scrubber.step = 1
    assert colours(scrubber) == ["blue", "red"]
    assert "second" in text_of(scrubber)


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
