"""Words that were asked for before come back by keys; words under names are added, kept, taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.core.catalogue import model_card
from lab.gallery import PromptHistory, Styles
from lab.gallery import Said as Words
from lab.tasks import task_named
from tests.widgets.controls import page_sends, part_of
from widgets import ParamPanel
from widgets.base.dispose import close_all
from widgets.panel.words.prompt_recall import PromptRecall
from widgets.panel.words.style_list import StyleList


@pytest.fixture
def panel(tmp_path: Path):
    panel = ParamPanel(model_card("starter"), task_named("text_to_image"), tmp_path)
    yield panel
    close_all(panel)


def prompts(panel: ParamPanel) -> tuple[str, str]:
    return panel.settings["prompt"], panel.settings["negative_prompt"]


def test_one_walks_back_through_what_was_asked_for_and_forward_to_what_was_typed(
    panel: ParamPanel, tmp_path: Path
) -> None:
    for prompt in ("a fig", "a plum", "a pear"):
        PromptHistory(tmp_path).keep(prompt, "blurred")
    recall = part_of(panel, PromptRecall)

    def press(*, is_older: bool) -> tuple[str, str]:
        page_sends(recall, {"kind": "recall", "is_older": is_older})
        return prompts(panel)

    panel.settings = {"prompt": "a pe", "negative_prompt": ""}
    assert [press(is_older=True)[0] for _ in range(4)] == ["a pear", "a plum", "a fig", "a fig"]
    assert prompts(panel) == ("a fig", "blurred")
    assert [press(is_older=False)[0] for _ in range(4)] == ["a plum", "a pear", "a pe", "a pe"]
    press(is_older=True)
    panel.settings = {"prompt": "typed since"}
    assert press(is_older=True)[0] == "a pear"
    assert press(is_older=False)[0] == "typed since"


def test_a_style_is_added_once_and_kept_and_removed(panel: ParamPanel, tmp_path: Path) -> None:
    styles = part_of(panel, StyleList)
    panel.folds.opened = ["Styles"]
    assert "There are none yet" in styles.said.value
    Styles(tmp_path).file.write_text('name,prompt,negative_prompt\nclay,"{prompt}, made of clay",grey\nink,ink,\n')
    styles.look()
    assert styles.choice.options[1:] == ("clay", "ink")
    panel.settings = {"prompt": "a cup", "negative_prompt": "text"}
    styles.choice.value = "clay"
    styles.add.click()
    assert prompts(panel) == ("a cup, made of clay", "text, grey")
    styles.choice.value = "ink"
    styles.add.click()
    styles.add.click()
    assert prompts(panel)[0] == "a cup, made of clay, ink"
    styles.name.value = "mine"
    styles.keep.click()
    assert Words(Styles(tmp_path).all[-1].prompt, Styles(tmp_path).all[-1].negative_prompt) == prompts(panel)
    styles.remove.click()
    assert [one.name for one in Styles(tmp_path).all] == ["clay", "ink"]
    styles.name.value = ""
    styles.keep.click()
    assert "needs a name" in styles.said.value
