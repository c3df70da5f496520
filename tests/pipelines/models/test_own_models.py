"""The promise: a recipe is enough to draw with a model of one's own, in this kernel and in any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab import Lab
from lab.cloud import request_to_payload
from lab.gallery import recipe_of
from tests.pipelines.drawing import DrawingEngine

ROOT = Path(__file__).parents[3]
ELSEWHERE = """
import json, sys
from lab import Lab
from lab.cloud import request_from_payload
with Lab(home=sys.argv[1]) as lab:
    print(lab.submit(request_from_payload(json.load(sys.stdin))).wait(300).picture.hash)
"""
WISH = {"prompt": "a red apple", "seed": 7, "steps": 3, "width": 64, "height": 64, "scheduler": "ddim"}


def test_a_process_that_never_heard_of_the_model_draws_the_same_bits(
    tiny: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder is named from where the notebook is; the other process is somewhere else."""
    folder = tiny["sd15"]
    monkeypatch.chdir(folder.parents[1])
    with Lab(
        f"{folder.parent.name}/{folder.name}", family="sd15", home=tmp_path / "home", engine=DrawingEngine("cpu")
    ) as lab:
        made = lab.run("text_to_image", **WISH).wait(120)
        assert made.path is not None
        assert lab.open(made.path).recipe == made.request.recipe
    assert recipe_of(made.path).model == folder.name, "the file tells no folder"
    asked = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path / "other")],
        cwd=tmp_path, input=json.dumps(request_to_payload(made.request)), capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.strip() == made.picture.hash
