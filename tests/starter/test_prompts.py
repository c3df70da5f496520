"""What the starter model does not read, or draws otherwise than asked, stands beside the picture."""

from pathlib import Path

import pytest

from lab import Lab

pytestmark = pytest.mark.starter


def test_the_starter_model_says_which_words_it_did_not_read(tmp_path: Path) -> None:
    with Lab("starter", home=tmp_path) as lab:
        words = "a cat " * 10
        red = lab.run("text_to_image", prompt=f"{words}and a red apple", steps=1).wait(60)
        blue = lab.run("text_to_image", prompt=f"{words}and a blue car", steps=1).wait(60)
        again = lab.run("text_to_image", prompt=f"{words}and a blue car", steps=1, width=300, height=200).wait(60)
    assert red.picture == blue.picture
    assert blue.note == (
        'not read: "a cat a cat a cat and a blue car", since the prompt is longer than '
        "the 14 pieces of words that this model takes"
    )
    size = "drawn at 320x192, since this model draws in multiples of 64; 300x200 was asked for"
    assert again.note == f"{size}; {blue.note}"
