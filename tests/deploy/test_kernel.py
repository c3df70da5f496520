"""The kernel that `make lab` puts in place reads ahead, and is there for its notebook meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

_ROOT = Path(__file__).parents[2]
_ASK = "import threading; print(*(thread.name for thread in threading.enumerate()))"


def test_a_kernel_reads_ahead_and_answers_meanwhile(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "lab.read_ahead", tmp_path], check=True, cwd=_ROOT)
    specs = KernelSpecManager(kernel_dirs=[str(tmp_path / "share" / "jupyter" / "kernels")])
    manager = KernelManager(kernel_name="python3", kernel_spec_manager=specs)
    manager.start_kernel(cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(_ROOT)})
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        said: list[str] = []
        client.execute_interactive(_ASK, timeout=60, output_hook=lambda one: said.append(str(one["content"])))
        assert "sketchlab-read-ahead" in " ".join(said), said
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
