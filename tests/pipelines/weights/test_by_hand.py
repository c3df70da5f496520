"""The commands that sentences name are understood by the hub's own tool, and fetch what is needed and little else."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants
from huggingface_hub.cli import download, hf
from huggingface_hub.utils import filter_repo_objects

from lab import doctor
from lab.core import MissingWeights
from lab.core.catalogue import CATALOGUE
from lab.core.reporter import NullReporter
from lab.pipelines.weights.locate import find_control, find_ip_adapter, find_lora, find_model

SD15, SDXL = CATALOGUE["sd15"], CATALOGUE["sdxl"]
NAMES = [
    "model_index.json", "sd_xl_base_1.0.safetensors", "tokenizer/merges.txt", "tokenizer/vocab.json", "README.md",
    "unet/config.json", "unet/diffusion_pytorch_model.fp16.safetensors", "unet/diffusion_pytorch_model.safetensors",
    "unet/model.onnx_data", "models/ip-adapter_sd15.safetensors", "models/ip-adapter-plus_sd15.safetensors",
    "models/image_encoder/config.json", "models/image_encoder/model.safetensors",
]  # fmt: skip
"""Some of what the repositories of such models hold."""


def asked_for(command: str) -> dict[str, Any]:
    """What `hf download` asks the hub's library for; nothing is fetched."""
    asked: list[dict[str, Any]] = []
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
        for function in ("snapshot_download", "hf_hub_download"):
            patch.setattr(download, function, lambda **settings: asked.append(settings) or "folder")
        hf.app(["download", *shlex.split(command)], standalone_mode=False)
    (settings,) = asked
    return settings


def fetched_by(command: str) -> list[str]:
    """Which of NAMES, or which named file, a command would fetch."""
    asked = asked_for(command)
    return (
        [asked["filename"]]
        if "filename" in asked
        else list(filter_repo_objects(NAMES, allow_patterns=asked["allow_patterns"]))
    )


@pytest.mark.parametrize(
    ("find", "repo", "files"),
    [
        (lambda: find_ip_adapter(SD15, NullReporter()), "h94/IP-Adapter",
         ["models/ip-adapter_sd15.safetensors", "models/image_encoder/config.json",
          "models/image_encoder/model.safetensors"]),
        (lambda: find_model(SDXL, NullReporter()), SDXL.repo,
         ["model_index.json", "tokenizer/merges.txt", "tokenizer/vocab.json", "unet/config.json",
          "unet/diffusion_pytorch_model.fp16.safetensors", "models/image_encoder/config.json"]),
        (lambda: find_control(SD15, SD15.controls["tile"].repo, NullReporter()),
         "comfyanonymous/ControlNet-v1-1_fp16_safetensors", ["control_v11f1e_sd15_tile_fp16.safetensors"]),
        (lambda: find_lora("owner/loras:ink.safetensors", NullReporter()), "owner/loras", ["ink.safetensors"]),
    ],
    ids=["an IP-Adapter", "a model", "a ControlNet of one file", "a LoRA of one file"],
)  # fmt: skip
def test_what_is_to_be_fetched_by_hand_is_only_what_is_needed(
    find: Callable[[], object], repo: str, files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingWeights) as caught:
        find()
    (command,) = re.findall("`hf download ([^`]+)`", str(caught.value))
    assert asked_for(command)["repo_id"] == repo
    assert fetched_by(command) == files


def test_doctor_names_the_same_commands() -> None:
    commands = re.findall("`hf download ([^`]+)`", doctor.report())
    assert {asked_for(command)["repo_id"] for command in commands} == {c.repo for c in CATALOGUE.values() if c.repo}
    (of_sdxl,) = [command for command in commands if command.startswith(f"{SDXL.repo} ")]
    assert asked_for(of_sdxl)["revision"] == SDXL.revision
    assert "unet/diffusion_pytorch_model.safetensors" not in fetched_by(of_sdxl)
