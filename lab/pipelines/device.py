"""Where the work is done, and in which precision."""

from __future__ import annotations

import torch


def best_device() -> torch.device:
    """CUDA when there is one, then Apple's MPS, then the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def best_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 or float16 on a GPU, float32 on a CPU, where halves are slower or less exact."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float16 if device.type == "mps" else torch.float32


def free_memory_bytes(device: torch.device) -> int | None:
    """Free memory of a GPU in bytes; None where the device shares the machine's memory."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else None
