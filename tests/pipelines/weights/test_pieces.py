"""The promise: a large file comes in several pieces at once, and what came of each is fetched only once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants, file_download, get_hf_file_metadata, hf_hub_url

from lab.core import MissingWeights, Stopped
from lab.hub.terms import Terms
from lab.pipelines.weights import byte_download, download, pieces
from lab.pipelines.weights.download import Wanted
from tests.pipelines.local_hub import WAIT_S, Hub, open_hub
from tests.pipelines.reporters import Told

REPO, NAME = "tiny/large", "model.safetensors"
DATA = os.urandom(1_000_000)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub with one file that comes in four pieces, and a library that does not wait."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(pieces, "LEAST_BYTES", 250_000)
    monkeypatch.setattr(byte_download, "_CHUNK_BYTES", 50_000)
    monkeypatch.setattr(byte_download, "_MB", 1000)
    with open_hub(monkeypatch, tmp_path / "cache") as server:
        server.repos[REPO] = {NAME: DATA}
        yield server


def fetched(reporter: Told | None = None) -> bytes:
    wanted = Wanted("a model", Terms("MIT"), ("lora:tiny/large",))
    return (download.fetch(REPO, lambda names: [*names], reporter or Told(), wanted) / NAME).read_bytes()


def left_over() -> list[str]:
    return [file.name for ending in ("part", "pieces", "new") for file in blobs().glob(f"*.{ending}")]


def blobs() -> Path:
    return Path(constants.HF_HUB_CACHE) / "models--tiny--large" / "blobs"


def test_four_pieces_come_at_once(hub: Hub) -> None:
    hub.together = threading.Barrier(4)
    reporter = Told()
    assert fetched(reporter) == DATA
    assert hub.sent == len(DATA)
    assert reporter.stages[-1][1:] == (1000, 1000)
    assert not left_over()


def test_pieces_come_where_a_hub_has_xet_too(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    by_xet: list[object] = []
    monkeypatch.setattr(file_download, "xet_get", lambda **given: by_xet.append(given))
    hub.has_xet = True
    about = get_hf_file_metadata(hf_hub_url(REPO, NAME, endpoint=hub.address))
    assert about.xet_file_data is not None
    assert fetched() == DATA
    assert hub.sent == len(DATA)
    assert not by_xet


def test_lines_that_break_cost_no_byte_twice(hub: Hub) -> None:
    hub.breaks_after = 100_000
    assert fetched() == DATA
    assert hub.sent == len(DATA)
    assert not left_over()


class StopAtOnce(Told):
    """A job that is cancelled as soon as something has come."""

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        super().progress(stage, step, steps)
        if step:
            msg = "cancelled by the test"
            raise Stopped(msg)


def cancelled(hub: Hub) -> Path:
    """What is left of a job that is cancelled while all of its lines are stuck."""
    hub.stuck = threading.Event()
    with pytest.raises(Stopped):
        fetched(StopAtOnce())
    lines, hub.stuck = hub.stuck, None
    lines.set()
    for thread in threading.enumerate():
        if thread.name == "lab-fetch-piece":
            thread.join(WAIT_S)
            assert not thread.is_alive()
    (part,) = blobs().glob("*.part")
    return part


def test_it_is_cancelled_and_goes_on_in_the_midst_of_each_piece(hub: Hub) -> None:
    part = cancelled(hub)
    come = pieces.begun_bytes(part)
    assert 0 < come < len(DATA)
    assert part.stat().st_size == len(DATA), "of which most are holes"
    before = hub.sent
    assert fetched() == DATA
    assert hub.sent - before == len(DATA) - come
    assert not left_over()


def test_the_beginning_of_an_earlier_fetch_is_gone_on_with(hub: Hub) -> None:
    part = cancelled(hub)
    pieces.forget(part)
    part.write_bytes(DATA[:600_000])
    before = hub.sent
    assert fetched() == DATA
    assert hub.sent - before == 400_000


def test_a_note_of_pieces_that_is_garbage_begins_anew_and_a_spoilt_piece_is_found_out(hub: Hub) -> None:
    part = cancelled(hub)
    pieces.note_of(part).write_text('[["x"')
    assert pieces.begun(part, len(DATA)) == pieces.divided(len(DATA))
    pieces.keep(part, pieces.divided(len(DATA), 300_000))  # no more than 100,000 of each are there
    with pytest.raises(MissingWeights, match="did not become what it should be"):
        fetched()
    assert fetched() == DATA


def test_a_hub_that_sends_no_pieces_sends_all(hub: Hub) -> None:
    hub.sends_ranges = False
    assert fetched() == DATA
    assert not left_over()
