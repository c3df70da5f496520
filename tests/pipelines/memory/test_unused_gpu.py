"""The promise: a GPU that is there and does no work is told of, with what to do about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from lab import doctor
from lab.pipelines.memory import unused_gpu
from lab.pipelines.memory.unused_gpu import why_no_gpu

TOO_OLD = "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver\nby ..."


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    file = tmp_path / "version"
    file.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module")
    return file


@pytest.mark.parametrize(
    ("built_for", "said", "sentence"),
    [
        (None, "", r"has an NVIDIA GPU, and torch \S+ was built without CUDA: install torch with CUDA"),
        ("12.8", TOO_OLD, r"driver is too old for torch \S+ \(CUDA 12.8\): update the driver, or install a torch for"),
        (
            "12.8",
            "No CUDA GPUs are available",
            r"cannot use \(No CUDA GPUs are available\): see docs",
        ),
    ],
)
def test_why_a_gpu_does_no_work_is_a_sentence(
    driver: Path, monkeypatch: pytest.MonkeyPatch, built_for: str | None, said: str, sentence: str
) -> None:
    def init() -> None:
        raise RuntimeError(said)

    monkeypatch.setattr(torch.version, "cuda", built_for)
    monkeypatch.setattr(torch.cuda, "init", init)
    monkeypatch.setattr(unused_gpu.why_no_gpu, "__defaults__", (driver,))
    (line,) = [line for line in doctor._device() if line.startswith("gpu")]
    assert re.search(sentence, line)
    assert len(line.splitlines()) == 1


def test_without_a_driver_there_is_nothing_to_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert why_no_gpu(tmp_path / "none") == ""
