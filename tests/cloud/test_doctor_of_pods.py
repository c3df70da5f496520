from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.cloud.pod import warnings
from lab.gallery.network_disk import is_on_network

POD = {"RUNPOD_POD_ID": "abc"}
GPU = "NVIDIA GeForce RTX 4090, driver 550.54"


def _disk(path: Path) -> int:
    return 1 if str(path).startswith("/root") or path == Path("/") else 2


def amiss(home: Path, environment: dict[str, str], gpu: str | None, *, draws: bool) -> str:
    found = warnings(
        home,
        cuda_built_for="13.0",
        draws_on_gpu=draws,
        environment=environment,
        device_of=_disk,
        gpus=lambda: gpu,
    )
    return "\n".join(found)


@pytest.mark.parametrize(
    ("home", "environment", "gpu", "draws", "said"),
    [
        ("", POD, GPU, True, ""),
        ("", POD, GPU, False, "driver 550.54 is here and torch cannot use it.*built for CUDA 13.0"),
        ("", {}, GPU, False, "torch cannot use it"),
        ("", POD, None, False, "this pod has no GPU now"),
        ("", {}, None, False, ""),
        ("/root/.sketchlab", POD, GPU, True, "each stop wipes: set SKETCHLAB_HOME=/workspace/sketchlab"),
        ("/root/.sketchlab", {}, None, False, ""),
    ],
)
def test_what_is_amiss_with_a_pod_is_said(
    tmp_path: Path, home: str, environment: dict[str, str], gpu: str | None, draws: bool, said: str
) -> None:
    found = amiss(Path(home) if home else tmp_path, environment, gpu, draws=draws)
    assert re.search(said, found) if said else not found


@pytest.mark.parametrize(
    ("kind", "is_network"), [("ext4", False), ("overlay", False), ("nfs4", True), ("fuse.mfs", True)]
)
def test_a_network_disk_is_known_by_its_kind(tmp_path: Path, kind: str, is_network: bool) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"overlay / overlay rw 0 0\nvolume /work\\040space {kind} rw 0 0\n")
    assert is_on_network(Path("/work space/sketchlab/gallery"), mounts) is is_network
    assert not is_on_network(Path("/home"), mounts)
    assert not is_on_network(Path("/home"), tmp_path / "none")
