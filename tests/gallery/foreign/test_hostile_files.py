"""Whatever stands in a file: it is a sentence or a partial import, and nothing is opened, fetched, run or written."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.core import BadInput
from lab.gallery.foreign import Imported, read
from tests.gallery.foreign.containers import png_text
from tests.gallery.foreign.hostile_blocks import EVIL, PLACES, SCRIPT, blocks
from tests.gallery.foreign.plain_text import PLAIN

_REACHING = ("open", "socket.", "subprocess.", "os.", "exec", "compile", "urllib.", "shutil.", "ctypes.", "pickle.")
"""Events of Python's audit hooks by which a program gets at anything outside of itself."""


class Watch:
    """Writes down what reaches out while it is on; hooks cannot be taken off, so there is one for all tests."""

    on = False
    seen: list[str] = []  # noqa: RUF012 - one for all

    @classmethod
    def hear(cls, event: str, given: tuple) -> None:
        if cls.on and event.startswith(_REACHING):
            cls.seen.append(f"{event} {given!r:.80}")


@pytest.fixture(scope="module")
def watch() -> Iterator[type[Watch]]:
    read(png_text(parameters=PLAIN))  # what is loaded at the first use is no part of it
    for name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "latin-1"):
        codecs.lookup(name)
    sys.addaudithook(Watch.hear)
    yield Watch
    Watch.on = False


def outcome(content: bytes, watch: type[Watch]) -> Imported | BadInput:
    watch.seen.clear()
    watch.on = True
    try:
        found: Imported | BadInput = read(content)
        assert isinstance(found, Imported)
        repr(found)
        found._repr_html_()
    except BadInput as error:
        found = error
    finally:
        watch.on = False
    return found


def test_five_hundred_hostile_files_are_sentences_or_partial_imports(
    watch: type[Watch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    count = 0
    for name, content in blocks():
        found = outcome(content, watch)
        count += 1
        assert not watch.seen, (name, watch.seen)
        if isinstance(found, Imported):
            page = found._repr_html_()
            assert "<script" not in page, name
            assert "<img" not in page, name
            assert "\x1b" not in repr(found), name
            assert "\u202e" not in repr(found), name
            assert found.recipe.family is None, name
            assert len(found.unmapped) <= 101, name
            assert all(len(one) <= 400 for one in found.unmapped), name
            assert len(found.recipe.loras) <= 50, name
    assert count >= 500
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("place", PLACES)
def test_no_place_in_a_file_becomes_a_path_or_a_repository(place: str) -> None:
    found = read(png_text(parameters=f"<lora:{place}:1> p\nSteps: 1, Seed: 1, Size: 64x64, Model: {place}".encode()))
    names = [found.recipe.model, *(one.name for one in found.recipe.loras)]
    assert not any({"/", "\\", ":"} & {*name} for name in names), names


def test_code_in_a_file_stays_text() -> None:
    found = read(png_text(parameters=f"{EVIL}\nSteps: 1, Seed: 1, Size: 64x64, Model: m"))
    assert found.recipe.prompt == EVIL


def test_words_on_screen_are_words() -> None:
    found = read(png_text(parameters=f"{SCRIPT}\nSteps: 1, Seed: 1, Size: 64x64, Model: m".encode()))
    assert found.recipe.prompt == SCRIPT
    assert "&lt;script&gt;" in found._repr_html_()
