"""What the browser decides in a Studio and in views, run by Node on the shipped files."""

import shutil
import subprocess
from pathlib import Path

import playwright
import pytest

# Playwright brings a Node of its own, for machines that have none.
NODE = shutil.which("node") or str(Path(playwright.__file__).parent / "driver" / "node")
HERE = Path(__file__).parent


SCRIPTS = sorted(
    str(path.relative_to(HERE))
    for room in ("compare", "gallery", "panel", "studio", "views")
    for path in (HERE / room).glob("*.mjs")
)


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_module_in_node(script: str) -> None:
    run = subprocess.run([NODE, "--test", str(HERE / script)], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
