"""What the browser decides by itself, on canvases, in views and in a Studio, run by Node on the shipped files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.core import stroke
from tests.widgets.node import node
from widgets.base.key_guard import KeyGuard
from widgets.base.still import SavedStill
from widgets.canvas.ink_layer import InkLayer
from widgets.gallery.gallery_view import GalleryView
from widgets.gallery.grid_view import GridView
from widgets.views.image_grid import ImageGrid
from widgets.views.result_view import ResultView

INK = Path(__file__).parents[2] / "widgets" / "canvas" / "ink"


def test_all_tests_of_modules_hold_in_node() -> None:
    scripts = sorted(Path(__file__).parent.rglob("*.test.mjs"))
    assert len(scripts) >= 10
    node("--test", *scripts)


@pytest.mark.parametrize("widget", [InkLayer, KeyGuard, GalleryView, GridView, ImageGrid, ResultView, SavedStill])
def test_parts_that_are_joined_are_one_module(widget: type, tmp_path: Path) -> None:
    """They share one scope: a name that two of them give would stop all."""
    module = tmp_path / "module.mjs"
    module.write_text(widget._esm)
    node("--check", module)


def test_browser_and_kernel_agree_on_the_longest_stroke() -> None:
    (longest,) = re.findall(r"^const MAX_POINTS = (\d+);", (INK / "pointer.js").read_text(), re.MULTILINE)
    assert int(longest) == stroke.MAX_POINTS
