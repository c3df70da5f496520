"""The network volume from outside Runpod: boto3 against an S3 on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lab import Picture, Recipe, Request
from lab.cloud.volume import picture_name, volume_at
from lab.core.events import Result
from lab.tasks import plan

MISSING = b"""<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code><Message>no</Message></Error>"""


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Its address, and what it keeps by path."""
    pytest.importorskip("boto3", reason="boto3 comes with Runpod's SDK: pip install -e '.[test]'")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "user")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    kept: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(200, b"")

        def do_GET(self) -> None:
            found = kept.get(self.path)
            self._answer(404 if found is None else 200, MISSING if found is None else found)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"s3://vol123?region=EU-RO-1&endpoint=http://127.0.0.1:{server.server_port}", kept
        server.shutdown()
        thread.join(10)


def test_what_is_put_on_the_volume_from_outside_lies_there_as_it_was(s3: tuple[str, dict[str, bytes]]) -> None:
    address, kept = s3
    volume = volume_at(address)
    picture = Picture.of(b"P6 1 1 255\n\1\2\3")
    assert volume.read(picture_name(picture.hash)) is None
    volume.write_once(picture_name(picture.hash), picture.to_png())
    assert kept == {f"/vol123/sketchlab/pictures/{picture.hash}.png": picture.to_png()}
    assert volume.read(picture_name(picture.hash)) == picture.to_png()


def test_an_answer_that_a_worker_kept_is_found_from_outside(s3: tuple[str, dict[str, bytes]]) -> None:
    from lab.cloud.volume import answer_name

    volume = volume_at(s3[0])
    recipe = Recipe(prompt="a cat")
    assert volume.read_answer(answer_name(recipe)) is None
    planned = plan(Request(recipe))
    volume.answered(Result(Picture.of(b"P6 1 1 255\n\1\2\3"), planned.request, planned.plan, 1.0), recipe)
    answer = volume.read_answer(answer_name(recipe))
    assert answer is not None
    assert volume.read(answer["stored"]) is not None
