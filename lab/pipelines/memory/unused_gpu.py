"""Why a GPU that is in the machine does no work, in words for a person; changes nothing."""

from __future__ import annotations

from pathlib import Path

import torch

_DRIVER = Path("/proc/driver/nvidia/version")
"""Is there when NVIDIA's driver runs, whether or not torch can use it; on Linux."""


def why_no_gpu(driver: Path = _DRIVER) -> str:
    """A sentence where NVIDIA's driver runs and torch does not use it; empty where it does, or there is no driver."""
    if not driver.is_file() or torch.cuda.is_available():
        return ""
    version = torch.__version__
    if torch.version.cuda is None:
        return f"this machine has an NVIDIA GPU, and torch {version} was built without CUDA: install torch with CUDA"
    try:
        torch.cuda.init()
    except Exception as error:  # a RuntimeError mostly, in torch's own words
        said = str(error)
    else:
        said = "torch.cuda.is_available() says no"
    if "too old" in said:
        return (
            f"the GPU's driver is too old for torch {version} (CUDA {torch.version.cuda}): "
            "update the driver, or install a torch for an older CUDA"
        )
    first = said.strip().splitlines()[0].rstrip(".") if said.strip() else "it says no more"
    return f"this machine has an NVIDIA GPU that torch {version} cannot use ({first}): see docs/troubleshooting.md"
