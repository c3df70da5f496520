"""A person's styles and what they asked for before, in files of the home."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.core import BadInput
from lab.gallery import PromptHistory, Said, Style, Styles


def test_styles_come_back_as_they_were_kept(tmp_path: Path) -> None:
    styles = Styles(tmp_path)
    assert styles.all == ()
    ink = Style(name='ink, "wet"', prompt="{prompt}, ink\non paper", negative_prompt="photo")
    styles.keep(ink)
    styles.keep(Style(name="clay", prompt="clay"))
    assert [one.name for one in Styles(tmp_path).all] == ['ink, "wet"', "clay"]
    assert Styles(tmp_path).all[0] == ink
    styles.keep(Style(name="clay", prompt="red clay"))
    styles.remove(ink.name)
    assert Styles(tmp_path).all == (Style(name="clay", prompt="red clay"),)


def test_the_styles_of_another_program_are_read(tmp_path: Path) -> None:
    table = '\ufeffname,prompt,negative_prompt\nNone,,\nfilm,"grain, {prompt}",ugly\n,nameless,\nshort\n'
    (tmp_path / "styles.csv").write_text(table)
    assert [one.name for one in Styles(tmp_path).all] == ["None", "film", "short"]
    assert Styles(tmp_path).all[1].applied("a cat", "grey") == ("grain, a cat", "grey, ugly")


@pytest.mark.parametrize(
    ("words", "prompt", "wanted"),
    [("ink", "a cat", "a cat, ink"), ("ink", "", "ink"), ("", "a cat", "a cat"), ("a {prompt}!", "cat", "a cat!")],
)
def test_a_style_stands_behind_or_around_a_prompt(words: str, prompt: str, wanted: str) -> None:
    assert Style(name="x", prompt=words).applied(prompt)[0] == wanted


def test_broken_files_are_empty(tmp_path: Path) -> None:
    (tmp_path / "styles.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "prompts.jsonl").write_text('["a cat", ""]\n{"no": 1}\nrubbish\n["one"]\n[1, 2]\n["a dog", "x"]\n')
    assert Styles(tmp_path).all == ()
    assert PromptHistory(tmp_path).all == (Said("a cat"), Said("a dog", "x"))


def test_a_style_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="a style needs a name"):
        Styles(tmp_path).keep(Style(name=" "))
    (tmp_path / "home").write_text("a file")
    with pytest.raises(BadInput, match=r"styles.csv cannot be written"):
        Styles(tmp_path / "home").keep(Style(name="ink"))


def test_the_newest_prompt_is_the_first_and_each_is_there_once(tmp_path: Path) -> None:
    history = PromptHistory(tmp_path)
    for prompt in ("a cat", "a dog\nin two lines", "  ", "a cat"):
        history.keep(prompt)
    history.keep("a cat", "grey")
    assert PromptHistory(tmp_path).all == (Said("a cat", "grey"), Said("a cat"), Said("a dog\nin two lines"))


def test_the_oldest_prompts_go(tmp_path: Path) -> None:
    history = PromptHistory(tmp_path)
    for number in range(203):
        history.keep(f"cat {number}")
    assert (len(history.all), history.all[0].prompt, history.all[-1].prompt) == (200, "cat 202", "cat 3")
