"""The weights of annotators are fetched at the first use, from a hub on this machine: said first, and cancelled."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lab.core import MissingWeights, Picture, Size, Stopped
from lab.core.reporter import NullReporter
from lab.hub.acceptance import accept
from lab.preprocessors import PREPROCESSORS, control_map
from lab.preprocessors.networks import LINEART, OPENPOSE
from lab.vision import annotators
from lab.vision.annotator_weights import ANNOTATORS, Weights
from tests.pipelines.local_hub import Hub, open_hub

SIZE = Size(64, 64)
GREY = Picture(np.full((64, 64, 3), 100, np.uint8))


class Told(NullReporter):
    """Writes down what it hears; cancels when a stage with that word in it is heard of."""

    def __init__(self, stop_at: str | None = None) -> None:
        self.heard: list[tuple[str, int, int]] = []
        self._stop_at = stop_at

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        self.heard.append((stage, step, steps))
        if self._stop_at is not None and self._stop_at in stage:
            msg = "cancelled by the test"
            raise Stopped(msg)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub that has the annotators' files, small; an empty cache, and the library allowed to reach the hub."""
    with open_hub(monkeypatch, tmp_path / "cache") as server:
        server.repos[ANNOTATORS] = {
            file: file.encode().ljust(3_000_000) for one in (LINEART, OPENPOSE) for file in one.files
        }
        annotators.release()
        yield server


def test_network_size_and_terms_are_said_before_the_first_byte(hub: Hub, capfd: pytest.CaptureFixture[str]) -> None:
    told = Told()
    folder = LINEART.folder(told)
    assert {file.name for file in folder.iterdir()} == set(LINEART.files)
    said = f"Fetching LineartDetector, 3 MB; on the terms of its repository, {ANNOTATORS}"
    assert {stage for stage, _, _ in told.heard} == {said}
    assert told.heard[0] == (said, 0, 3)
    assert [step for _, step, _ in told.heard if step == 0] == [0, 0], "once for each file"
    assert told.heard[-1] == (said, 3, 3)
    assert capfd.readouterr() == ("", ""), "it prints into whatever cell runs"
    asked = len(hub.asked)
    assert LINEART.folder(Told()) == folder
    assert len(hub.asked) == asked, "what is here is asked for no more"


def test_what_a_licence_forbids_is_said_and_asked_once(hub: Hub) -> None:
    told = Told()
    with pytest.raises(MissingWeights, match=r"Openpose.*non-commercial use only \(CMU\).*SKETCHLAB_ACCEPT=openpose"):
        OPENPOSE.folder(told)
    assert not hub.asked
    accept("openpose")
    OPENPOSE.folder(told)
    assert hub.sent
    assert told.heard[0][0] == "Fetching OpenposeDetector, 3 MB; non-commercial use only (CMU)"


def test_a_job_that_wants_a_map_is_cancelled_while_its_network_is_fetched(hub: Hub) -> None:
    told = Told(stop_at="LineartDetector")
    with pytest.raises(Stopped):
        control_map("lineart", GREY, SIZE, {}, reporter=told)
    assert len(told.heard) == 1
    assert hub.files_asked() == {LINEART.files[0]}
    assert annotators.residents() == []
    assert LINEART.missing
    with pytest.raises(Stopped):
        control_map("lineart", GREY, SIZE, {}, reporter=told)


def test_each_network_has_exactly_its_files_fetched(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKETCHLAB_ACCEPT", "all")
    monkeypatch.setattr("lab.vision.annotator_weights.missing_packages", lambda *_: "")
    networks = {tool.weights for tool in PREPROCESSORS.values() if tool.weights}
    for one in networks:
        files = {file: file.encode() for file in (*one.files, "other.pth")}
        hub.repos[one.repo] = hub.repos.get(one.repo, {}) | files
    for one in networks:
        hub.asked.clear()
        one.folder()
        assert hub.files_asked() == {*one.files}, one.name
    assert len(networks) == 9


def test_what_stands_in_the_way_is_a_sentence(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
        with pytest.raises(MissingWeights, match=r"annotator:lineart takes 6 MB and 1 MB are free in .*set HF_HOME"):
            LINEART.folder()
    assert not hub.sent
    hub.breaks_after = 1000
    with pytest.raises(MissingWeights, match=r"sk_model.pth and sk_model2.pth .* -m lab fetch annotator:lineart`"):
        LINEART.folder()
    hub.breaks_after = None
    assert LINEART.folder().is_dir()


def test_weights_say_their_terms() -> None:
    assert Weights("X", ("x.pth",)).terms.licence == f"on the terms of its repository, {ANNOTATORS}"
    assert Weights("X", ("x.pth",), licence="MIT").terms.licence == "MIT"
