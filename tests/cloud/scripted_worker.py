"""`python -m lab serve` on an engine that follows the words of its prompts.

"steps=50 step_s=0.1"      so many steps of so many seconds (2 of 0.01 otherwise)
"noise_px=1700"            noise of that side comes out, which no PNG makes smaller
"a cuda error", "a defect" it breaks
"leave"                    the process is gone, in the midst
"""

from __future__ import annotations

import argparse
import os
import re
import time
from pathlib import Path

import numpy as np

from lab.core.catalogue import chosen_model
from lab.core.picture import Picture
from lab.core.recipe import Plan
from lab.core.reporter import Reporter
from lab.session.engine import Engine
from lab.session.serverless import serve
from lab.tasks import PlannedRequest
from tests.fakes import picture_of


class PromptedEngine(Engine):
    """See the head of this file."""

    def run(self, planned: PlannedRequest, reporter: Reporter) -> tuple[Picture, Plan]:
        prompt = planned.request.recipe.prompt
        said = dict(re.findall(r"(\w+)=([\d.]+)", prompt))
        steps = int(said.get("steps", 2))
        for step in range(steps):
            reporter.progress("steps", step + 1, steps)
            reporter.preview(lambda: picture_of(planned.request, 64))
            time.sleep(float(said.get("step_s", 0.01)))
        if "cuda error" in prompt:
            msg = "CUDA error: an illegal memory access was encountered"
            raise RuntimeError(msg)
        if "defect" in prompt:
            msg = "cannot read /srv/models/x.safetensors"
            raise ValueError(msg)
        if "leave" in prompt:
            os._exit(3)
        print(f"drew {planned.request.recipe.seed}", flush=True)  # noqa: T201 - tests count it
        if "noise_px" in said:
            side = int(said["noise_px"])
            return Picture(np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)), planned.plan
        return picture_of(planned.request, 16), planned.plan


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--volume", type=Path)
    parser.add_argument("--loras", type=Path)
    parser.add_argument("--at_once", type=int, default=2)
    options, rest = parser.parse_known_args()
    serve([chosen_model("starter")], engine=PromptedEngine(), arguments=rest, **vars(options))


if __name__ == "__main__":
    main()
