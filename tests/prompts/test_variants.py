"""One prompt that stands for many; files of lines; and nothing that can run a program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lab.core import BadInput
from lab.prompts import expanded, has_variants


def test_choices_in_brackets_are_all_their_prompts() -> None:
    assert expanded("a {red|blue} {cat|dog}") == ("a red cat", "a red dog", "a blue cat", "a blue dog")
    assert expanded("{2$$ and $$a|b|c}")[:2] == ("a and b", "a and c")
    assert expanded("(a:1.2) [b], c") == ("(a:1.2) [b], c",)
    assert [has_variants(one) for one in ("a b", "{a|b}", "__animals__", "snake_case__x")] == [False, True, True, False]


def test_lines_of_a_file_are_choices(tmp_path: Path) -> None:
    (tmp_path / "animals.txt").write_text("# beasts\ncat\ndog\n\n")
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "places.txt").write_text("sea\n")
    assert expanded("a __animals__ by the __far/places__", tmp_path) == ("a cat by the sea", "a dog by the sea")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no lines for __birds__ in .*: make a file birds.txt there"):
        expanded("a __birds__", tmp_path)
    with pytest.raises(BadInput, match="no lines for __birds__ since no folder"):
        expanded("a __birds__")


@pytest.mark.parametrize("prompt", ["{a|b", "{a|{b}", "${x}"])
def test_a_bracket_that_is_not_closed_is_said(prompt: str) -> None:
    with pytest.raises(BadInput, match=r"cannot be read \(.*close every bracket"):
        expanded(prompt)


def test_too_many_are_refused_before_they_are_made() -> None:
    with pytest.raises(BadInput, match="more than 100"):
        expanded("{a|b|c|d|e|f|g|h|i|j}" * 12)
    assert len(expanded("{a|b|c|d}{a|b|c|d}", most=16)) == 16


@pytest.mark.parametrize("prompt", ["{" + "a|" * 1300 + "a}", "{a|b}" * 1000, "{1-1000000$$a|b|c}"])
def test_what_would_be_read_for_minutes_is_refused_before(prompt: str) -> None:
    with pytest.raises(BadInput, match="more than 200 choices"):
        expanded(prompt)


def test_a_prompt_that_stands_for_none_says_so() -> None:
    with pytest.raises(BadInput, match="stands for none"):
        expanded("{2$$a|a|a}")


def test_a_file_that_names_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "loop.txt").write_text("__loop__\n")
    with pytest.raises(BadInput):
        expanded("__loop__", tmp_path)


@pytest.mark.parametrize("prompt", ["{% set x = 1 %}{a|b}", "{% choice 'a', 'b' %}"])
def test_a_template_is_refused(prompt: str) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        expanded(prompt)


def test_the_language_of_templates_is_never_loaded() -> None:
    said = (
        "import sys; from lab.prompts import expanded; assert '42' not in str(expanded('{{ 6 * 7 }|b}'));"
        "print('jinja2' in sys.modules, 'dynamicprompts' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "False True", done.stderr
