"""Where the work is done, and how much memory is there."""

from __future__ import annotations

from pathlib import Path

import psutil
import torch

WORKING_ROOM_BYTES = 1_200_000_000
"""What a picture needs beside the weights on a GPU: ComfyUI sets aside 0.8 GB for the work and 0.4 GB for others."""
_SPARE_RAM_BYTES = 500_000_000
"""What is left to the rest of a machine whose memory is the device's."""
_CGROUP = Path("/sys/fs/cgroup")


def best_device() -> torch.device:
    """CUDA when there is one, then Apple's MPS, then the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def free_memory_bytes(device: torch.device) -> int | None:
    """Free memory of a GPU in bytes; None where the device shares the machine's memory."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else None


def usable_memory_bytes(device: torch.device) -> int:
    """How much more weights the device can take, with room left to work; may be negative."""
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + unused - WORKING_ROOM_BYTES
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory() - WORKING_ROOM_BYTES
    return _free_ram_bytes() - _SPARE_RAM_BYTES


def memory_in_words(wanted_gb: tuple[float, float], device: torch.device) -> str:
    """The memory that a model wants, whole and with its layers streamed, beside what the device has; in GB."""
    whole, streamed = wanted_gb
    there = max(0, usable_memory_bytes(device)) / 1e9
    return f"wants {whole:.1f} GB of memory ({streamed:.1f} layer by layer), {there:.1f} GB are there"


def parking_bytes(device: torch.device) -> int:
    """How much more weights may wait in the machine's memory for their turn on the device; 0 where that is the same."""
    return (_free_ram_bytes() - _SPARE_RAM_BYTES) // 2 if device.type == "cuda" else 0


def _free_ram_bytes() -> int:
    """Free memory of the machine, or of the container that this runs in, whichever is less."""
    free = psutil.virtual_memory().available
    try:
        limit = (_CGROUP / "memory.max").read_text().strip()
        if limit == "max":
            return free
        used = (_CGROUP / "memory.current").read_text()
        cached = next(line for line in (_CGROUP / "memory.stat").read_text().splitlines() if line.startswith("file "))
        return min(free, int(limit) - int(used) + int(cached.split()[1]))
    except (OSError, ValueError, StopIteration):
        return free
