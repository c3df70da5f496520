"""The browser's half, run by Node on the shipped file."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def test_the_ink_layer_in_node():
    node = shutil.which("node")
    if node is None:
        reason = "there is no node on this machine: install Node 20 or later to test widgets/ink.js"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    script = Path(__file__).with_name("ink.test.mjs")
    run = subprocess.run([node, "--test", str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
