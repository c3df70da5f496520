"""What this machine has and what it lacks, in words for a person; measures nothing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys

from lab.core.catalogue import CATALOGUE, ModelCard
from lab.gallery import home_folder
from lab.starter import WEIGHTS
from lab.vision.cutout_weights import CUTOUT_NETWORKS

_PACKAGES = (
    "torch", "torchvision", "diffusers", "transformers", "safetensors", "accelerate",
    "jupyterlab", "ipywidgets", "ipycanvas", "anywidget", "pillow", "opencv-python-headless",
    "controlnet-aux", "rembg",
)  # fmt: skip


def report() -> str:
    """Device, memory, disk, versions and models, a line each; what is missing says how to get it."""
    return "\n".join([*_machine(), "", *_device(), "", *_packages(), "", *_models(), "", *_cutouts(), "", *_patches()])


def _machine() -> list[str]:
    memory = _memory_bytes()
    home = home_folder()
    disk = shutil.disk_usage(next(folder for folder in (home, *home.parents) if folder.exists()))
    return [
        f"python      {platform.python_version()} on {platform.system()} {platform.machine()}",
        f"processor   {os.cpu_count()} cores",
        f"memory      {_gigabytes(memory)}" if memory else "memory      unknown",
        f"kept in     {home} ({_gigabytes(disk.free)} free)",
    ]


def _device() -> list[str]:
    try:
        import torch
    except (ImportError, OSError) as error:
        return [f"device      none: torch cannot be loaded ({error}): `pip install torch torchvision`"]
    from lab.pipelines.memory.device import best_device, best_dtype, free_memory_bytes
    from lab.pipelines.memory.unused_gpu import why_no_gpu

    device = best_device()
    dtype = str(best_dtype(device)).removeprefix("torch.")
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        free = free_memory_bytes(device) or 0
        return [f"device      {name}, {_gigabytes(free)} free, {dtype}"]
    if device.type == "mps":
        return [f"device      Apple GPU (MPS), {dtype}"]
    why = why_no_gpu()
    cpu = f"device      CPU, {dtype}: fine for the starter model; larger models need a GPU"
    return [cpu, f"gpu         {why}"] if why else [cpu]


def _packages() -> list[str]:
    lines = []
    for name in _PACKAGES:
        try:
            lines.append(f"{name:23} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            lines.append(f"{name:23} missing: `pip install {name}`")
    return lines


def _models() -> list[str]:
    lines = []
    for card in CATALOGUE.values():
        if card.repo:
            found = f"fetched at first use from {card.repo}; ahead of it: `{_download(card)}`"
        elif (WEIGHTS / "model_index.json").is_file():
            found = "here"
        else:
            found = "missing: install the lab again, or `make starter`"
        lines.append(f"model {card.name:10} {found}")
    return lines


def _cutouts() -> list[str]:
    return [
        f"cut-out {one.name:21} "
        + (f"here, {one.here}" if one.here else f"fetched at first use, {one.size}")
        + f"; {one.licence}"
        for one in CUTOUT_NETWORKS.values()
    ]


def _patches() -> list[str]:
    """What reaches deep into a library, and whether it still holds."""
    try:
        from lab.pipelines import cancellation
        from lab.pipelines.speedups import approximate, prepacked_convs
        from lab.pipelines.weights import download
    except (ImportError, OSError) as error:
        return [f"pictures cannot be drawn: {error}"]
    deep = (prepacked_convs.PREPACKING, cancellation.STOPPING, download.BY_THE_BYTE, *approximate.DEEP.values())
    return [f"patch {one}" for one in deep]


def _download(card: ModelCard) -> str:
    revision = f"--revision {card.revision}" if card.revision else ""
    return " ".join(filter(None, ["hf download", card.repo, revision, card.only_what_is_needed]))


def _memory_bytes() -> int | None:
    if sys.platform == "win32":
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
