"""A script that ends while a picture is drawn ends, and does not abort."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import threading
from lab import open_lab
from lab.core.events import Progress
lab, drawing = open_lab(home={home!r}), threading.Event()
lab.subscribe(lambda event: isinstance(event, Progress) and event.steps and drawing.set())
job = lab.submit(lab.request("text_to_image", prompt="a cat", steps=150))
assert drawing.wait(120)
"""


def test_a_script_may_end_while_a_picture_is_drawn(tmp_path: Path) -> None:
    script = _SCRIPT.format(home=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
