"""The promise: by the time a person runs a notebook of the lab, its kernel has read the large libraries."""

from __future__ import annotations

import ast
import os
import time
from pathlib import Path

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

CONFIG = Path(__file__).parents[2] / "deploy" / "ipython_kernel_config.py"
LOADED = "[name in __import__('sys').modules for name in ('widgets', 'lab.pipelines.engine', 'torch')]"
READ_S = 120


def loaded(client: BlockingKernelClient) -> list[bool]:
    """Whether the kernel has read what a Studio needs, and what a picture needs."""
    reply = client.execute("", silent=True, user_expressions={"it": LOADED}, reply=True, timeout=READ_S)
    return ast.literal_eval(reply["content"]["user_expressions"]["it"]["data"]["text/plain"])


def test_the_kernel_of_a_notebook_of_the_lab_reads_ahead_and_another_does_not(tmp_path: Path) -> None:
    (tmp_path / "lab.ipynb").write_text('{"cells": [{"source": "from lab import open_lab"}]}')
    (tmp_path / "other.ipynb").write_text('{"cells": [{"source": "import numpy"}]}')
    seen: dict[str, list[bool]] = {}
    for name in ("lab.ipynb", "other.ipynb"):
        env = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython"), "SKETCHLAB_READ_AHEAD": "1"}
        kernel = KernelManager()
        kernel.start_kernel(
            cwd=str(tmp_path), env={**env, "JPY_SESSION_NAME": f"folder/{name}"}, extra_arguments=[f"--config={CONFIG}"]
        )
        client = kernel.blocking_client()
        try:
            client.start_channels()
            client.wait_for_ready(READ_S)
            end = time.monotonic() + READ_S
            while not all(found := loaded(client)) and name == "lab.ipynb":
                assert time.monotonic() < end, found
                time.sleep(0.1)
            seen[name] = found
        finally:
            client.stop_channels()
            kernel.shutdown_kernel(now=True)
    assert seen == {"lab.ipynb": [True] * 3, "other.ipynb": [False] * 3}
