"""What a copy in bfloat16 wins when weights are read: `python -m bench.narrow_copy` prints one JSON object.

A Z-Image transformer of half a thousand million random weights in float32, as the hub has the whole of it, is read in
bfloat16 from its files and from the copy that the lab keeps, in turn; "cold" with none of it in the machine's memory.
Each figure is the median of three. It takes 3.1 GB of the temporary folder's disk and as much memory, where there are
other programs at work a minute or two.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path
from statistics import median

import torch
from diffusers import ZImageTransformer2DModel

from lab.core.reporter import NullReporter
from lab.pipelines.library_logging import quiet_libraries
from lab.pipelines.weights.narrow_copy import read_narrow

_TIMES = 3
_PAGE_WEIGHTS = 2048
"""So many weights of two bytes fill a page of memory: one of each is looked at, so that all are read."""
_SCALED = {"dim": 1920, "n_layers": 9, "n_refiner_layers": 1, "n_heads": 15, "n_kv_heads": 15}


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder, quiet_libraries():
        wide, copy = Path(folder) / "wide", Path(folder) / "copies" / "bfloat16"
        weights = _write(wide)
        began = time.perf_counter()
        _read(wide, copy)
        first_s = time.perf_counter() - began
        spent: dict[str, list[float]] = {}
        for _ in range(_TIMES):
            for name, at in (("files", None), ("copy", copy)):
                for state in ("cold", "warm"):
                    if state == "cold":
                        _let_go(*wide.iterdir(), *copy.iterdir())
                    began = time.perf_counter()
                    _read(wide, at)
                    spent.setdefault(f"{name}_{state}_s", []).append(time.perf_counter() - began)
        figures = {name: round(median(each), 2) for name, each in spent.items()}
        sizes = {"files_gb": _gb(wide), "copy_gb": _gb(copy)}
        print(json.dumps({"weights": weights, **sizes, "first_with_writing_s": round(first_s, 2), **figures}))


def _write(folder: Path) -> int:
    """A network of random weights in float32; how many it has."""
    torch.manual_seed(0)
    net = ZImageTransformer2DModel(**_SCALED)
    for weight in net.parameters():
        torch.nn.init.normal_(weight, std=0.02)
    net.save_pretrained(folder, max_shard_size="700MB")
    return sum(weight.numel() for weight in net.parameters())


def _read(folder: Path, copy: Path | None) -> None:
    files = sorted(folder.glob("*.safetensors"))
    net = read_narrow(
        ZImageTransformer2DModel, folder, files, torch.bfloat16, copy=copy, reporter=NullReporter()
    )  # fmt: skip
    with torch.no_grad():
        for weight in net.parameters():
            weight.view(-1)[::_PAGE_WEIGHTS].sum()


def _let_go(*files: Path) -> None:
    """Have none of these files in the machine's memory."""
    for file in files:
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _gb(folder: Path) -> float:
    return round(sum(file.stat().st_size for file in folder.iterdir()) / 1e9, 2)


if __name__ == "__main__":
    main()
