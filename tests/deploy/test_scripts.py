"""What runs on rented machines, looked at by the tools that know its traps."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab.cloud import request_from_payload
from lab.cloud.served import Served
from lab.core.catalogue import chosen_model

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(("tool", "file"), [("shellcheck", "deploy/pod/start.sh"), ("hadolint", ".runpod/Dockerfile")])
def test_what_runs_on_a_pod_is_written_without_known_traps(tool: str, file: str) -> None:
    found = shutil.which(tool, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{tool} is not installed: pip install -e '.[test]'")
    ran = subprocess.run([found, str(ROOT / file)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def test_what_the_hub_tries_is_drawn_by_the_starter_model() -> None:
    tried = json.loads((ROOT / ".runpod/tests.json").read_text())["tests"]
    served = Served((chosen_model("starter"),))
    for one in tried:
        request_from_payload(one["input"], allow=served.check)
