"""The browser's half, run by Node on the shipped file."""

import re
import shutil
import subprocess
from pathlib import Path

import playwright
import pytest

from lab.core import stroke
from widgets.base.key_guard import KeyGuard
from widgets.canvas.ink_layer import InkLayer

# Playwright brings a Node of its own, for machines that have none.
NODE = shutil.which("node") or str(Path(playwright.__file__).parent / "driver" / "node")
INK = Path(__file__).parents[3] / "widgets" / "canvas" / "ink"


@pytest.mark.parametrize("script", sorted(Path(__file__).parent.glob("ink*.test.mjs")), ids=lambda path: path.name)
def test_the_ink_layer_in_node(script):
    run = subprocess.run([NODE, "--test", str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]


@pytest.mark.parametrize("widget", [InkLayer, KeyGuard])
def test_parts_that_are_joined_are_one_module(widget, tmp_path):
    """They share one scope: a name that two of them give would stop all."""
    module = tmp_path / "module.mjs"
    module.write_text(widget._esm)
    run = subprocess.run([NODE, "--check", str(module)], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr[-2000:]


def test_browser_and_kernel_agree_on_the_longest_stroke():
    (longest,) = re.findall(r"^const MAX_POINTS = (\d+);", (INK / "pointer.js").read_text(), re.MULTILINE)
    assert int(longest) == stroke.MAX_POINTS
