"""The promise: where a library has changed what we reach into, pictures are drawn as ever, and `doctor` says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from diffusers import ModelMixin
from diffusers.hooks import taylorseer_cache

from lab import doctor
from lab.core import BadInput
from lab.pipelines import cancellation
from lab.pipelines.deep_patch import DeepPatch
from lab.pipelines.speedups import approximate, prepacked_convs
from lab.pipelines.weights import byte_download, download
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.memory.accounting import asked
from tests.pipelines.reporters import Told

PATCHES = {
    "prepacked": prepacked_convs.PREPACKING,
    "stopping": cancellation.STOPPING,
    "by the byte": download.BY_THE_BYTE,
    **approximate.DEEP,
}
CHANGES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "prepacked": lambda patch: patch.delattr(torch._C, "_select_conv_backend"),
    "stopping": lambda patch: patch.setattr(cancellation._BetweenOperations, "__enter__", lambda mode: mode),
    "by the byte": lambda patch: patch.setattr(byte_download, "http_get", lambda _: None),
    "taylorseer": lambda patch: patch.delattr(taylorseer_cache, "_TAYLORSEER_CACHE_HOOK"),
    "compile": lambda patch: patch.delattr(ModelMixin, "_repeated_blocks"),
}


def _change(name: str, monkeypatch: pytest.MonkeyPatch) -> DeepPatch:
    """The patch of that name, whose library is another one from now on, and which has not been tried yet."""
    patch = PATCHES[name]
    monkeypatch.setitem(vars(patch), "why_off", "")
    del vars(patch)["why_off"]
    CHANGES[name](monkeypatch)
    return patch


def test_all_hold_with_the_libraries_that_are_here() -> None:
    lines = [line for line in doctor.report().splitlines() if line.startswith("patch ")]
    assert len(lines) == len(PATCHES)
    assert [line for line in lines if not line.endswith(": on")] == []


@pytest.mark.parametrize("name", CHANGES)
def test_one_whose_library_has_changed_is_off_and_doctor_says_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch = _change(name, monkeypatch)
    assert [line for line in doctor.report().splitlines() if f"{patch.what}: off, {patch.without} (" in line]


@pytest.mark.parametrize("name", ["prepacked", "stopping"])
def test_without_it_the_picture_is_the_same(engine: DrawingEngine, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancellation, "SOON_READ_BYTES", 0)
    wanted = asked("sd15", steps=6)
    picture, _ = engine.run(wanted, Told())
    assert not _change(name, monkeypatch).is_on
    assert DrawingEngine("cpu").run(wanted, Told())[0] == picture


def test_what_cannot_be_done_without_it_is_refused(engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    _change("taylorseer", monkeypatch)
    with pytest.raises(BadInput, match="cannot draw with taylorseer"):
        engine.run(asked("sd15", acceleration="taylorseer"), Told())
