"""Weights come while drawing goes on: how much, how fast, stopped and gone on with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from lab.core import BadInput
from lab.core.catalogue import CATALOGUE
from lab.fetching import Fetching, FetchProgress
from lab.pipelines.weights import byte_download
from lab.pipelines.weights.locate import is_here
from lab.session.choices import models_of
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.local_hub import Hub, open_hub

SOON_S = 30


@pytest.fixture
def server(
    engine: DrawingEngine, tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Hub]:
    """A hub on this machine with a tiny sd15, said in bytes of which a thousand are a MB."""
    monkeypatch.setattr(byte_download, "_MB", 1000)
    monkeypatch.setattr(byte_download, "_CHUNK_BYTES", 20_000)
    monkeypatch.setenv("SKETCHLAB_HOME", str(tmp_path / "home"))
    with open_hub(monkeypatch, tmp_path / "cache") as hub:
        hub.add("tiny/sd15", tiny["sd15"])
        monkeypatch.setitem(CATALOGUE, "sd15", replace(CATALOGUE["sd15"], repo="tiny/sd15"))
        yield hub


def test_it_is_heard_how_much_has_come_and_how_fast(server: Hub, tmp_path: Path) -> None:
    seconds, heard = count(), []
    assert not is_here(CATALOGUE["sd15"])
    fetching = Fetching(["sd15"], on_change=heard.append, clock=lambda: next(seconds))
    assert fetching.wait(SOON_S)
    assert (fetching.error, fetching.is_cancelled) == ("", False)
    last = fetching.progress
    assert last.what.startswith("Fetching sd15")
    assert last.mb == last.of_mb > 0
    assert any(one.mb_per_s and one.left_s is not None for one in heard)
    assert is_here(CATALOGUE["sd15"])
    assert next(one for one in models_of(tmp_path) if one.model == "sd15").is_here


def test_it_is_cancelled_midway_and_goes_on_from_there(server: Hub) -> None:
    made, is_made = [], threading.Event()

    def stop_midway(progress: FetchProgress) -> None:
        assert is_made.wait(SOON_S)
        if 0 < progress.mb < progress.of_mb:
            made[0].cancel()

    made.append(Fetching(["sd15"], on_change=stop_midway))
    is_made.set()
    assert made[0].wait(SOON_S)
    assert (made[0].is_cancelled, made[0].error) == (True, "")
    assert not is_here(CATALOGUE["sd15"])
    sent, whole = server.sent, sum(map(len, server.repos["tiny/sd15"].values()))
    again = Fetching(["sd15"])
    assert again.wait(SOON_S)
    assert is_here(CATALOGUE["sd15"])
    assert 0 < server.sent - sent < whole, "what came before was not fetched again"


def test_what_cannot_be_fetched_is_one_sentence(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CATALOGUE, "sd15", replace(CATALOGUE["sd15"], repo="tiny/sd15", asks=True))
    fetching = Fetching(["sd15"])
    assert fetching.wait(SOON_S)
    assert "is fetched when its terms are accepted" in fetching.error
    with pytest.raises(BadInput, match="no model 'sd99'"):
        Fetching(["sd99"])
