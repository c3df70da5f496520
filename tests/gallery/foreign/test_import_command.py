"""`python -m lab import` prints what another tool's file gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.__main__ import main
from lab.core import Recipe
from tests.gallery.foreign.containers import png_text
from tests.gallery.foreign.plain_text import PLAIN, RECIPE


def test_the_command_prints_what_is_filled_in_what_is_not_and_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "theirs.png"
    path.write_bytes(png_text(parameters=f"{PLAIN}, Clip skip: 2"))
    assert main(["import", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "filled in  seed: 41" in printed
    assert "not filled in  clip skip 2" in printed
    assert "missing  model moorland_v2 (0123456789)" in printed


def test_the_command_prints_the_recipe_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "theirs.txt"
    path.write_text(PLAIN)
    assert main(["import", str(path), "--json"]) == 0
    assert Recipe.from_json(capsys.readouterr().out) == RECIPE


def test_a_file_without_a_drawing_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plain.png"
    path.write_bytes(png_text(Comment="holidays"))
    assert main(["import", str(path)]) == 2
    assert "no drawing of a known tool is in the file" in capsys.readouterr().err
