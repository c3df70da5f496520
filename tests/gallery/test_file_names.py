from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.gallery.output_files import file_names


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("shoe, a beach", "shoe - a beach"),
        ("a blue: shoe", "a blue_ shoe"),
        ("CON", "_CON"),
        ("nul.old", "_nul.old"),
        ("com1", "_com1"),
        ("console", "console"),
        ("../up", "_up"),
        ("...", "picture"),
        ("", "picture"),
        ("Äpfel, 字", "Äpfel - 字"),
        ("a" * 300, "a" * 120),
    ],
)
def test_words_become_a_name_that_every_file_system_takes(words: str, name: str) -> None:
    assert file_names([words]) == {words: name}


@given(st.lists(st.text(max_size=300), unique=True, max_size=6))
def test_no_name_is_too_long_or_odd_for_any_file_system(words: list[str]) -> None:
    names = file_names(words)
    assert list(names) == words
    assert len({name.casefold() for name in names.values()}) == len(words)
    for name in names.values():
        assert len(name.encode()) <= 230
        assert not re.search(r'[<>:"/\\|?*\x00-\x1f]|^[ .]|[ .]$|^$', name), name
        assert not re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name, re.IGNORECASE), name
