"""The promise: weights that a hub has in wider numbers than are used are read in the narrow ones the next time."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from lab.core import Stopped
from lab.core.catalogue import CATALOGUE
from lab.pipelines.weights import narrow_copy
from lab.pipelines.weights.load import read_components
from lab.pipelines.weights.locate import find_model
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.local_hub import COMMIT, Hub, open_hub
from tests.pipelines.reporters import StopInside, Told

PARTS = {"transformer", "text_encoder", "vae"}


@pytest.fixture
def hub(engine: DrawingEngine, tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub with a tiny Z-Image in float32."""
    monkeypatch.setattr(narrow_copy, "_SPARE_BYTES", 0)
    with open_hub(monkeypatch, tmp_path / "cache") as server:
        server.add("tiny/z", tiny["z-image"])
        monkeypatch.setitem(CATALOGUE, "z-image", replace(CATALOGUE["z-image"], repo="tiny/z"))
        yield server


def read(reporter: Told | None = None) -> dict[str, torch.Tensor]:
    """All weights as the lab reads them in bfloat16."""
    card = CATALOGUE["z-image"]
    found = read_components(card, find_model(card, Told()), torch.bfloat16, reporter or Told())
    nets = {name: net for name, net in found.items() if isinstance(net, torch.nn.Module)}
    return {f"{part}.{name}": one for part, net in nets.items() for name, one in net.state_dict().items()}


def copies(tmp_path: Path) -> dict[str, Path]:
    """By part."""
    found = (tmp_path / "home" / "narrow-copies" / "tiny--z").glob(f"*/{COMMIT}")
    return {copy.parent.name.removesuffix("-bfloat16"): copy for copy in found}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(
        weight.dtype == other[name].dtype and torch.equal(weight, other[name]) for name, weight in one.items()
    )


@pytest.mark.usefixtures("hub")
def test_the_second_reading_reads_half_of_the_bytes_and_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read()
    assert copies(tmp_path).keys() == PARTS
    read_from: list[Path] = []
    usual = narrow_copy.read_network

    def watched(kind: Any, folder: Path, *rest: Any, **settings: Any) -> torch.nn.Module:
        read_from.append(folder)
        return usual(kind, folder, *rest, **settings)

    monkeypatch.setattr(narrow_copy, "read_network", watched)
    assert same(read(), first)
    assert {*read_from} == {*copies(tmp_path).values()}
    source = find_model(CATALOGUE["z-image"], Told())
    for part, copy in copies(tmp_path).items():
        wide, narrow = (sum(file.stat().st_size for file in at.glob("*.safetensors")) for at in (source / part, copy))
        assert narrow < 0.6 * wide, part


@pytest.mark.usefixtures("hub")
def test_a_copy_that_is_damaged_is_written_anew(tmp_path: Path) -> None:
    first = read()
    for number, copy in enumerate(copies(tmp_path).values()):
        file = next(copy.glob("*.safetensors"))
        file.write_bytes(b"" if number else file.read_bytes()[:-7])
    assert same(read(), first)
    assert all(file.stat().st_size for copy in copies(tmp_path).values() for file in copy.glob("*.safetensors"))


@pytest.mark.usefixtures("hub")
def test_no_copy_is_kept_on_a_disk_without_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_model(CATALOGUE["z-image"], Told())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    assert read()
    assert not copies(tmp_path)


@pytest.mark.usefixtures("hub")
def test_a_cancelled_job_leaves_no_half_of_a_copy_and_the_next_one_none_of_another_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.pipelines.cancellation.SOON_READ_BYTES", 0)
    with pytest.raises(Stopped):
        read(StopInside("keeping a copy in bfloat16", 3))
    parts = tmp_path / "home" / "narrow-copies" / "tiny--z"
    assert not [file for file in parts.rglob("*") if file.name.endswith((".safetensors", ".json"))]
    old = parts / "vae-bfloat16" / ("0" * 40)
    old.mkdir(parents=True)
    (old / "config.json").write_text("{}")
    read()
    assert copies(tmp_path).keys() == PARTS
    assert not old.exists()


@pytest.mark.usefixtures("hub")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_that_is_killed_while_it_writes_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_model(CATALOGUE["z-image"], Told())
    child = os.fork()
    if not child:
        signal.alarm(60)
        monkeypatch.setattr(os, "fsync", lambda _: os.kill(os.getpid(), signal.SIGKILL))
        read()
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    parts = tmp_path / "home" / "narrow-copies" / "tiny--z"
    assert list(parts.rglob("*.safetensors")), "it was killed before it wrote"
    assert not copies(tmp_path)
    read()
    assert copies(tmp_path).keys() == PARTS
    assert {file.parent for file in parts.rglob("*.safetensors")} == {*copies(tmp_path).values()}


def test_what_is_used_as_wide_as_it_is_gets_no_copy(hub: Hub, tmp_path: Path, tiny: dict[str, Path]) -> None:
    card = CATALOGUE["z-image"]
    read_components(card, find_model(card, Told()), torch.float32, Told())
    own = replace(card, repo=str(tiny["z-image"]))
    read_components(own, find_model(own, Told()), torch.bfloat16, Told())
    assert not copies(tmp_path)
