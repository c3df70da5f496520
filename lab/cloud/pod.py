"""What is amiss with a rented machine, each as a line that says what to do; measures nothing, starts no GPU."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

_LOOK_S = 10.0


def warnings(
    home: Path,
    *,
    cuda_built_for: str | None,
    draws_on_gpu: bool,
    environment: Mapping[str, str] = os.environ,
    device_of: Callable[[Path], int] = lambda path: path.stat().st_dev,
    gpus: Callable[[], str | None] | None = None,
) -> list[str]:
    """What is amiss here, a line each.

    Args:
        home: where everything is kept.
        cuda_built_for: the CUDA that torch was built for, such as "12.8"; None for one that knows no CUDA.
        draws_on_gpu: whether torch can use a GPU here.
        environment: the variables of the process; Runpod sets some.
        device_of: the number of the disk that a folder is on.
        gpus: what the driver says: names and its version; None when there is no driver.
    """
    is_pod = "RUNPOD_POD_ID" in environment
    found = (gpus or _gpus)()
    lines = []
    if found and not draws_on_gpu:
        lines.append(
            f"{found} is here and torch cannot use it, so the processor draws: torch is built for CUDA "
            f"{cuda_built_for or 'none'}, which wants a newer driver; keep the image's torch, as deploy/pod/start.sh "
            "does, or rent a machine with a newer CUDA"
        )
    elif is_pod and not found:
        lines.append("this pod has no GPU now, so the processor draws: start another one on its network volume")
    folder = next(one for one in (home, *home.parents) if one.exists())
    if is_pod and device_of(folder) == device_of(Path("/")):
        lines.append(f"{home} is on the disk that each stop wipes: set SKETCHLAB_HOME=/workspace/sketchlab")
    return lines


def _gpus() -> str | None:
    """Name and driver of the GPUs, as the driver says them; None when there is none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        ran = subprocess.run(query, capture_output=True, text=True, timeout=_LOOK_S, check=False)  # noqa: S603 - fixed
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = [line.replace(", ", ", driver ") for line in ran.stdout.splitlines() if line.strip()]
    return lines[0] if ran.returncode == 0 and lines else None
