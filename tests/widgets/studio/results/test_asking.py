"""Draw draws one picture for each choice in the prompt, and remembers the words."""

from __future__ import annotations

import pytest

from lab import Lab
from lab.core.errors import BadInput
from lab.gallery import PromptHistory, Said
from tests.widgets.studio.following import let_it_follow, until
from widgets import Studio


@pytest.fixture
def studio(lab: Lab) -> Studio:
    studio = Studio(lab, "text_to_image")
    studio.live_button.value = False
    return studio


def test_a_prompt_with_choices_is_a_picture_each_and_the_button_says_how_many(studio: Studio, lab: Lab) -> None:
    (lab.home / "wildcards").mkdir()
    (lab.home / "wildcards" / "fruits.txt").write_text("apple\npear\n")
    studio.panel.settings = {"prompt": "a {red|blue|green} __fruits__"}
    let_it_follow(studio)
    assert studio.draw_button.description == "Draw 6"
    assert studio.request().recipe.prompt == "a red apple", "what a live picture shows"
    assert len(studio.requests()) == 6
    studio.draw_button.click()
    until(lab, lambda: len(lab.gallery.latest(9)) == 6)
    assert {kept.recipe.prompt for kept in lab.gallery.latest(6)} >= {"a red apple", "a green pear"}
    assert PromptHistory(lab.home).all == (Said("a {red|blue|green} __fruits__"),)
    studio.panel.settings = {"prompt": "a {red"}
    let_it_follow(studio)
    assert studio.draw_button.description == "Draw"
    with pytest.raises(BadInput, match="close every bracket"):
        studio.requests()
    studio.close()


def test_too_many_pictures_at_once_are_refused(studio: Studio) -> None:
    studio.panel.settings = {"prompt": "{a|b|c|d|e}"}
    studio.queue.seeds.many.value = 100
    studio.queue.seeds.draw.click()
    let_it_follow(studio)
    assert "100 seeds of 5 prompts are 500 pictures" in studio.bar.error
    studio.close()
