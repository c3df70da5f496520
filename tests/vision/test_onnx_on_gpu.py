"""The promise: whoever has a GPU is told where cut-outs and DWPose run, and DWPose takes the GPU where it can."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from lab import doctor
from lab.vision import dwpose

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


@pytest.fixture(params=[[CPU], [CUDA, CPU]], ids=["CPU alone", "CUDA too"])
def providers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of an onnxruntime beside a GPU that torch sees; a session of it has its own providers for an input's name."""

    def session(_: str, providers: list[str]) -> Any:
        return SimpleNamespace(get_inputs=lambda: [SimpleNamespace(name="x")], run=lambda *_: providers)

    stub = SimpleNamespace(get_available_providers=lambda: request.param, InferenceSession=session)
    monkeypatch.setitem(sys.modules, "onnxruntime", stub)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    return request.param


def test_doctor_says_where_they_run_and_what_to_install(providers: list[str]) -> None:
    (said,) = doctor._onnx()
    if CUDA in providers:
        assert said == "onnxruntime  knows this GPU: cut-outs and DWPose run on it"
    else:
        assert said.startswith("onnxruntime  knows the CPU alone: cut-outs and DWPose take seconds. For the GPU: `")
        assert "pip uninstall -y onnxruntime`" in said
        assert said.endswith("pip install onnxruntime-gpu`")


def test_dwpose_takes_the_gpu_where_there_is_one(providers: list[str]) -> None:
    assert dwpose._session(Path("pose.onnx"), "cuda:0")(np.zeros(1)) == providers
    assert dwpose._session(Path("pose.onnx"), "cpu")(np.zeros(1)) == [CPU]


@pytest.mark.usefixtures("providers")
def test_without_a_gpu_there_is_nothing_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert doctor._onnx() == []
