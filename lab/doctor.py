"""What this machine has and what it lacks, in words for a person; measures nothing."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
import sys

from lab.cloud import pod
from lab.core.catalogue import CATALOGUE
from lab.gallery import home_folder
from lab.hub.command import fetch_command, install_command
from lab.hub.terms import terms_of_card
from lab.preprocessors import PREPROCESSORS
from lab.starter import WEIGHTS
from lab.vision.cutout_weights import CUTOUT_NETWORKS

_PACKAGES = (
    "torch", "torchvision", "diffusers", "transformers", "safetensors", "accelerate",
    "jupyterlab", "ipywidgets", "ipycanvas", "anywidget", "pillow", "opencv-python-headless",
    "controlnet-aux", "rembg",
)  # fmt: skip


def report() -> str:
    """Device, memory, disk, versions and models, a line each; what is missing says how to get it."""
    rooms = (
        _machine(),
        [*_device(), *_amiss()],
        _packages(),
        _models(),
        _annotators(),
        _cutouts(),
        _onnx(),
        _patches(),
    )
    return "\n\n".join("\n".join(lines) for lines in rooms if lines)


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
        return [f"device      none: torch cannot be loaded ({error}): `{install_command('torch', 'torchvision')}`"]
    from lab.pipelines.memory.device import best_device, free_memory_bytes
    from lab.pipelines.memory.unused_gpu import why_no_gpu
    from lab.pipelines.precision import dtypes_in_words

    device = best_device()
    dtype = dtypes_in_words(device)
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        free = free_memory_bytes(device) or 0
        return [f"device      {name}, {_gigabytes(free)} free, {dtype}"]
    if device.type == "mps":
        return [f"device      Apple GPU (MPS), {dtype}"]
    why = why_no_gpu()
    cpu = f"device      CPU, {dtype}: fine for the starter model; larger models need a GPU"
    return [cpu, f"gpu         {why}"] if why else [cpu]


def _amiss() -> list[str]:
    """What a person should mend before drawing on a rented machine."""
    try:
        import torch
    except (ImportError, OSError):
        return []
    found = pod.warnings(home_folder(), cuda_built_for=torch.version.cuda, draws_on_gpu=torch.cuda.is_available())
    return [f"warning     {line}" for line in found]


def _packages() -> list[str]:
    lines = []
    for name in _PACKAGES:
        try:
            lines.append(f"{name:23} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            lines.append(f"{name:23} missing: `{install_command(name)}`")
    return lines


def _models() -> list[str]:
    lines = []
    for card in CATALOGUE.values():
        if card.repo:
            whole, streamed = card.memory_gb
            found = (
                f"fetched at first use, {terms_of_card(card).size}; {card.licence}; "
                f"wants {whole:.1f} GB of GPU memory, {streamed:.1f} layer by layer; "
                f"ahead of it: `{fetch_command(card.name)}`"
            )
        elif (WEIGHTS / "model_index.json").is_file():
            found = f"here; {card.licence}"
        else:
            found = "missing: install the lab again, or `make starter`"
        lines.append(f"model {card.name:16} {found}")
    return lines


def _annotators() -> list[str]:
    """Each network that reads pictures, once."""
    networks = {tool.weights.name: tool.weights for tool in PREPROCESSORS.values() if tool.weights}
    return [
        f"annotator {name:19} "
        + (f"fetched at first use, {one.terms.size}" if one.missing else "here")
        + f"; {one.terms.licence}"
        + (f"; ahead of it: `{fetch_command(f'annotator:{name}')}`" if one.missing else "")
        for name, one in networks.items()
    ]


def _onnx() -> list[str]:
    """Where the networks that cut out, and DWPose, run: the CPU's onnxruntime knows no GPU."""
    try:
        import torch

        if not torch.cuda.is_available():
            return []
        providers = importlib.import_module("onnxruntime").get_available_providers()
    except (ImportError, OSError):
        return []
    if "CUDAExecutionProvider" in providers:
        return ["onnxruntime  knows this GPU: cut-outs and DWPose run on it"]
    said = (
        "onnxruntime  knows the CPU alone: cut-outs and DWPose take seconds. For the GPU: "
        f"`{sys.executable} -m pip uninstall -y onnxruntime`, then `{install_command('onnxruntime-gpu')}`"
    )
    return [said]


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


def _memory_bytes() -> int | None:
    if sys.platform == "win32":
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
