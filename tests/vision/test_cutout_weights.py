"""The networks that cut out are fetched at their first use: said before the first byte, whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pooch
import pytest
import requests
from huggingface_hub import constants
from PIL import Image

from lab.core import MissingWeights, Recipe, Request, Size, Stopped
from lab.core.reporter import NullReporter, Reporter
from lab.hub.acceptance import ACCEPT
from lab.tasks import TASKS, plan
from lab.vision import cutout, cutout_weights
from lab.vision.cutout_weights import CUTOUT_NETWORKS, fetched
from tests.retouch import scenes
from tests.tasks.paper_stages import PaperStages

WEIGHTS = b"onnx" * 1_000_000
PICTURE = scenes.noise(Size(32, 24))


class Told(Reporter):
    """Writes down what it hears; cancels when so many MB have come."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.heard: list[tuple[str, int, int]] = []
        self._stop_at = stop_at

    def check(self) -> None:
        """Go on."""

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        self.heard.append((stage, step, steps))
        if self._stop_at is not None and step >= self._stop_at:
            msg = "cancelled by the test"
            raise Stopped(msg)


class Server:
    """Serves one file under every name: `sends` is its content, of which a `torn` one sends half; counts requests."""

    def __init__(self) -> None:
        self.sends, self.torn, self.asked = WEIGHTS, False, 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the handler's own self is another
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                server.asked += 1
                self.send_response(200)
                self.send_header("Content-Length", str(len(server.sends)))
                self.end_headers()
                self.wfile.write(server.sends[: len(server.sends) // 2] if server.torn else server.sends)

        return Handler


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A place from which u2netp comes, small; the hub is on."""
    here = Server()
    monkeypatch.setattr(cutout_weights, "_RELEASE", here.address)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    digest = hashlib.md5(WEIGHTS, usedforsecurity=False).hexdigest()
    small = replace(CUTOUT_NETWORKS["u2netp"], bytes=len(WEIGHTS), checksum=f"md5:{digest}")
    monkeypatch.setitem(CUTOUT_NETWORKS, "u2netp", small)
    yield here
    here.close()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """rembg's folder, which is not there yet."""
    for name in ("U2NET_HOME", "XDG_DATA_HOME", ACCEPT, "SKETCHLAB_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("REMBG_HOME", str(tmp_path / "rembg"))
    yield tmp_path / "rembg"
    cutout.release()


def left(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


@pytest.mark.usefixtures("server")
def test_size_and_licence_are_said_before_the_first_byte(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    with caplog.at_level(logging.WARNING, "lab.vision"):
        file = fetched(CUTOUT_NETWORKS["u2netp"], told)
    assert file == home / "models" / "u2netp" / "u2netp.onnx"
    assert file.read_bytes() == WEIGHTS
    said = "Fetching u2netp, 4 MB; its code is under Apache-2.0, no licence is stated for its weights"
    assert told.heard[0] == (said, 0, 4)
    assert told.heard[-1] == (said, 4, 4)
    assert [step for _, step, _ in told.heard] == sorted(step for _, step, _ in told.heard)
    assert said in caplog.text
    assert left(home) == [file]


@pytest.mark.usefixtures("server")
def test_nothing_is_written_into_the_cell_that_runs(capfd: pytest.CaptureFixture[str]) -> None:
    fetched(CUTOUT_NETWORKS["u2netp"], NullReporter())
    assert capfd.readouterr() == ("", "")


def test_the_task_fetches_the_network_that_it_wants_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    import rembg

    white = Image.fromarray(np.full((24, 32), 255, np.uint8))
    onnx = SimpleNamespace(get_providers=lambda: ["CPUExecutionProvider"])
    network = SimpleNamespace(predict=lambda _: [white], inner_session=onnx)
    monkeypatch.setattr(rembg, "new_session", lambda _: network)
    recipe = Recipe(task="remove_background", image=PICTURE.hash, settings={"finder": "u2netp"})
    request = Request(recipe, {PICTURE.hash: PICTURE})
    told = Told()
    for _ in range(2):
        made = TASKS["remove_background"].run(request, plan(request).plan, PaperStages(reporter=told))
        cutout.release()  # so that the file is read again
    assert made.has_alpha
    assert server.asked == 1
    assert [stage for stage, _, _ in told.heard][-1] == "cut-out"


def test_nothing_is_fetched_where_nobody_hears_of_it(server: Server, home: Path) -> None:
    sentence = (
        r"the weights of u2netp \(4 MB; its code.*\) are not on this machine: remove_background with "
        r'finder="u2netp" fetches them, and so does `.* -m lab fetch rembg:u2netp`. '
        rf"By hand: save {server.address}/u2netp.onnx as {home}/models/u2netp/u2netp.onnx"
    )
    with pytest.raises(MissingWeights, match=sentence):
        cutout.cut_out(PICTURE, model="u2netp")
    assert server.asked == 0


@pytest.mark.usefixtures("server")
def test_a_cancelled_job_stops_within_the_file_and_leaves_nothing(home: Path) -> None:
    told = Told(stop_at=2)
    with pytest.raises(Stopped):
        fetched(CUTOUT_NETWORKS["u2netp"], told)
    assert told.heard[-1][1] == 2
    assert left(home) == []


def test_another_file_than_the_right_one_is_thrown_away(server: Server, home: Path) -> None:
    server.sends = b"<html>log in to this hotel first</html>"
    with pytest.raises(MissingWeights, match=r"what came for u2netp is not what it should be.*thrown away: try again"):
        fetched(CUTOUT_NETWORKS["u2netp"], NullReporter())
    assert left(home) == []


def test_a_broken_line_leaves_nothing(server: Server, home: Path) -> None:
    server.torn = True
    with pytest.raises(MissingWeights, match=r"u2netp \(4 MB\) could not be fetched .*By hand: save http"):
        fetched(CUTOUT_NETWORKS["u2netp"], NullReporter())
    assert left(home) == []


def test_without_a_network_the_file_and_its_place_are_named(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: Any, **__: Any) -> None:
        msg = "Network is unreachable"
        raise requests.ConnectionError(msg)

    monkeypatch.setattr(requests, "get", no_network)
    place = home / "models" / "u2netp" / "u2netp.onnx"
    sentence = (
        rf"could not be fetched \(Network is unreachable\). By hand: save {server.address}/u2netp.onnx as {place}"
    )
    with pytest.raises(MissingWeights, match=sentence):
        fetched(CUTOUT_NETWORKS["u2netp"], NullReporter())
    assert not place.parent.exists()


def test_a_hub_that_is_switched_off_is_asked_for_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(MissingWeights, match=r"u2netp .*HF_HUB_OFFLINE says to fetch nothing\. By hand: save http"):
        fetched(CUTOUT_NETWORKS["u2netp"], NullReporter())
    assert server.asked == 0


@pytest.mark.parametrize(("free", "asked"), [(1_000_000, 0), (4_500_000, 1)], ids=["known before", "the server says"])
def test_a_full_disk_is_said_before_the_first_byte(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch, free: int, asked: int
) -> None:
    server.sends = WEIGHTS + WEIGHTS
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    needed = 8 if asked else 4
    with pytest.raises(
        MissingWeights, match=rf"u2netp takes {needed} MB and {free // 10**6} MB are free in .*: make room"
    ):
        fetched(CUTOUT_NETWORKS["u2netp"], NullReporter())
    assert (server.asked, left(home)) == (asked, [])


def test_a_disk_that_fills_up_meanwhile_is_said(home: Path, monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    class Full(Told):
        def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
            super().progress(stage, step, steps)
            if step:
                raise OSError(28, "No space left on device")

    with pytest.raises(MissingWeights, match=r"could not be fetched \(.*No space left on device\)"):
        fetched(CUTOUT_NETWORKS["u2netp"], Full())
    assert (server.asked, left(home)) == (1, [])


def test_what_forbids_trade_is_fetched_only_when_that_was_accepted(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    bria = replace(CUTOUT_NETWORKS["u2netp"], name="bria-rmbg", licence=CUTOUT_NETWORKS["bria-rmbg"].licence, asks=True)
    sentence = "CC BY-NC 4.0: no commercial use.*set the environment variable SKETCHLAB_ACCEPT=bria-rmbg"
    with pytest.raises(MissingWeights, match=sentence):
        fetched(bria, NullReporter())
    assert server.asked == 0
    monkeypatch.setenv(ACCEPT, "another, bria-rmbg")
    assert fetched(bria, NullReporter()).is_file()


def test_only_what_forbids_trade_asks() -> None:
    assert [one.name for one in CUTOUT_NETWORKS.values() if one.asks] == ["bria-rmbg"]


def test_half_a_file_that_somebody_put_there_is_told_from_a_whole_one(home: Path) -> None:
    half = home / "models" / "u2netp" / "u2netp.onnx"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    with pytest.raises(MissingWeights, match=rf"{half} is not u2netp: it has 4 bytes instead of 4574861. Delete it"):
        cutout.cut_out(PICTURE, model="u2netp", reporter=NullReporter())


@pytest.mark.parametrize("name", CUTOUT_NETWORKS)
def test_names_and_checksums_are_those_of_rembg(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from rembg.sessions import sessions

    asked = []
    monkeypatch.delenv("MODEL_CHECKSUM_DISABLED", raising=False)
    monkeypatch.setattr(pooch, "retrieve", lambda *args, **settings: asked.append((*args, settings)))
    network = CUTOUT_NETWORKS[name]
    assert sessions[name].is_local()
    assert sessions[name].download_models() == str(network.place)
    ((url, checksum, settings),) = asked
    assert (url, checksum) == (network.url, network.checksum)
    assert (settings["path"], settings["fname"]) == (str(network.place.parent), network.place.name)


@pytest.mark.parametrize(
    "variables",
    [{}, {"REMBG_HOME": "~/there"}, {"U2NET_HOME": "~/old"}, {"XDG_DATA_HOME": "~/shared"},
     {"U2NET_HOME": "~/old", "REMBG_HOME": "~/there"}, {"XDG_DATA_HOME": "~/shared", "REMBG_HOME": "~/there"}],
    ids=lambda variables: " ".join(variables) or "none",
)  # fmt: skip
@pytest.mark.parametrize("is_old", [False, True], ids=["new", "old"])
def test_files_are_found_where_rembg_finds_them(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], *, is_old: bool
) -> None:
    from rembg.sessions import sessions

    monkeypatch.delenv("REMBG_HOME")
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    network, session = CUTOUT_NETWORKS["silueta"], sessions["silueta"]
    assert network.here is None
    assert network.place == Path(session.model_dir()) / "silueta.onnx"
    file = Path(session.legacy_home()) / "silueta.onnx" if is_old else network.place
    file.parent.mkdir(parents=True)
    file.touch()
    assert network.here == file == Path(session.resolve_existing("silueta.onnx"))


def test_pooch_says_again_what_it_said_before_whichever_of_two_fetches_ends_first() -> None:
    log = pooch.get_logger()
    before = log.level
    first, second = cutout_weights._POOCH_QUIET.wanted(), cutout_weights._POOCH_QUIET.wanted()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert log.level == logging.ERROR
    second.__exit__(None, None, None)
    assert log.level == before
