"""What anybody may send to an endpoint, and what never leaves the lab: the key."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import subprocess
import sys
import traceback
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lab import BadInput, Lab
from lab.cloud import key as keys
from lab.cloud.address import EndpointAddress
from lab.core.errors import EndpointFailed
from tests.cloud.conftest import KEY, engine_of
from tests.cloud.workers import ROOT, until

_REFERENCES = [{"picture": f"{number:032x}"} for number in range(37)]
_FOUR = {"task": "style_transfer", "image": "f" * 32, "references": _REFERENCES[:4]}


def _bomb(side: int = 8000) -> str:
    buffer = io.BytesIO()
    Image.new("1", (side, side)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def test_bad_requests_and_bombs_are_refused_in_a_sentence_and_the_worker_goes_on(
    queue: Any, worker: Any, rented: Callable[..., Lab]
) -> None:
    bomb = _bomb()
    nest: Any = []
    for _ in range(400):
        nest = [nest]
    inputs = [
        None, 7, "x", [], {}, {"recipe": None}, {"recipe": {"self": 1}}, {"recipe": {"task": "shell"}},
        {"recipe": {"settings": {"nest": nest}}}, {"recipe": {"prompt": None}}, {"recipe": {"seed": -1}},
        {"recipe": {"steps": 10**9}}, {"recipe": {"model": "../../etc"}}, {"recipe": {"width": 10**12}},
        {"recipe": {"loras": [{"name": "a/b"}]}}, {"recipe": {"filters": [{"name": "none"}]}},
        {"recipe": {"revision": "main"}}, {"recipe": {}, "pictures": {"x": "y"}}, {"recipe": {}, "stored": ["../a"]},
        {"recipe": {"references": _REFERENCES}, "pictures": {one["picture"]: bomb for one in _REFERENCES}},
        {"recipe": _FOUR, "pictures": dict.fromkeys(["f" * 32, *(one["picture"] for one in _REFERENCES[:4])], bomb)},
    ]  # fmt: skip
    for one in inputs:
        _post(queue, one)
    until(lambda: queue.by_status()["FAILED"] == len(inputs), 120)
    for job in queue.jobs.values():
        assert job.output["kind"] == "bad_input", job.input
        assert isinstance(job.error, str)
        assert "\n" not in job.error
        assert len(job.error) < 400
    most = int((Path("/proc") / str(worker.pid) / "status").read_text().partition("VmHWM:")[2].split()[0])
    assert most < 600_000, f"the worker took {most} kB"
    assert rented().run("text_to_image").wait(60).path


def test_the_sdks_own_client_understands_the_stand_in_as_the_lab_does(queue: Any, worker: Any) -> None:
    """So that what is proven against the stand-in holds where the SDK is right."""
    code = (
        "import json, runpod, time\n"
        f"endpoint = runpod.Endpoint('e', api_key={KEY!r})\n"
        "job = endpoint.run({'input': {'recipe': {'prompt': 'a cat'}}})\n"
        "answer = job.output(timeout=60)\n"
        "slow = endpoint.run({'input': {'recipe': {'prompt': 'steps=1000 step_s=0.05'}}})\n"
        "while not slow._fetch_job().get('output'): time.sleep(0.1)\n"
        "health = endpoint.health()\n"
        "print(json.dumps([job.status(), sorted(answer), health, slow.cancel(), slow.status()]))\n"
    )
    told = {**os.environ, "RUNPOD_ENDPOINT_BASE_URL": queue.url}
    ran = subprocess.run([sys.executable, "-c", code], env=told, capture_output=True, text=True, check=False, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    status, answer, health, cancelled, after = json.loads(ran.stdout.splitlines()[-1])
    assert (status, after, cancelled["status"]) == ("COMPLETED", "CANCELLED", "CANCELLED")
    assert {"png", "summary", "note", "seconds"} <= set(answer)
    assert health["workers"]["running"] == 1
    assert health["jobs"]["inProgress"] == 1


def test_the_key_is_in_no_file_log_or_trace(
    queue: Any,
    worker: Any,
    rented: Callable[..., Lab],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level(logging.DEBUG, logger="lab"), caplog.at_level(logging.DEBUG, logger="httpcore"):
        lab = rented("?price=1")
        lab.run("text_to_image").wait(60)
        traces = []
        for fault in ("401", "cut after", "html 500"):
            queue.faults.append(("run", fault))
            with pytest.raises(EndpointFailed):
                lab.run("text_to_image", seed=1).wait(20)
        queue.faults.append(("health", "401"))
        with pytest.raises(EndpointFailed) as failed:
            engine_of(lab)._client._endpoint.health()
        traces.append("".join(traceback.TracebackException.from_exception(failed.value, capture_locals=True).format()))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.suffix == ".png" for path in written)
    assert any(path.suffix == ".sqlite" for path in written)
    assert not [path for path in written if KEY.encode() in path.read_bytes()]
    shown = [*traces, caplog.text, *capfd.readouterr(), repr(lab), repr(vars(engine_of(lab)._client._endpoint))]
    assert not [text for text in shown if KEY in text]


def test_a_key_is_typed_once_where_the_environment_has_none_and_refused_where_it_cannot_be_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.delenv(keys.VARIABLE, raising=False)
    monkeypatch.setenv("RUNPOD_API_KEY", "the pod's")
    monkeypatch.setattr(keys, "_typed", [])
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(BadInput, match=r"RUNPOD_API_KEY is this pod's own.*SKETCHLAB_RUNPOD_KEY"):
        keys.runpod_key()  # no terminal here, and nobody to type
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    monkeypatch.setattr(keys.getpass, "getpass", lambda said: (asked.append(said), KEY)[1])
    assert keys.runpod_key().get_secret_value() == keys.runpod_key().get_secret_value() == KEY
    assert len(asked) == 1
    monkeypatch.setenv(keys.VARIABLE, f"{KEY}\u00e9")
    with pytest.raises(BadInput, match="no key has") as refused:
        keys.runpod_key()
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("runpod://", "is runpod://ENDPOINT_ID"),
        ("runpod://a b", "is runpod://ENDPOINT_ID"),
        ("runpod://abc?speed=9", "knows no speed"),
        ("runpod://abc?workers=0", "from 1 to 200"),
        ("runpod://abc?price=much", "such as 0.00031"),
        ("runpod://abc/sd17", "no model 'sd17'"),
    ],
)
def test_a_wrong_address_is_a_sentence(
    text: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lab import open_lab

    monkeypatch.setenv(keys.VARIABLE, KEY)
    with pytest.raises(BadInput, match=sentence.replace("?", r"\?")):
        open_lab(text, home=tmp_path)


def test_a_lab_is_opened_at_an_address_and_the_same_again_is_the_same_lab(
    queue: Any, worker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lab import open_lab

    monkeypatch.setenv(keys.VARIABLE, KEY)
    monkeypatch.setenv("RUNPOD_ENDPOINT_BASE_URL", queue.url)
    with open_lab("runpod://e/sdxl?workers=2", home=tmp_path) as lab:
        assert lab.card.name == "sdxl"
        assert open_lab("runpod://e/sdxl?workers=2", home=tmp_path) is lab
    with open_lab("runpod://e", home=tmp_path) as lab:
        assert lab.run("text_to_image").wait(60).path
    with open_lab(home=tmp_path) as here:
        assert here is not lab


def test_an_address_says_what_runpod_does_not(tmp_path: Path) -> None:
    whole = EndpointAddress.of("runpod://abc/sdxl?workers=10&price=.00031&volume=s3://vol?region=EU-RO-1")
    assert whole == EndpointAddress("abc", "sdxl", 10, "s3://vol?region=EU-RO-1", 0.00031)
    assert EndpointAddress.of("runpod://abc//models/own.safetensors").model == "/models/own.safetensors"


def _post(queue: Any, given: Any) -> None:
    body = json.dumps({"input": given}).encode()
    request = urllib.request.Request(f"{queue.url}/e/run", body, {"Authorization": f"Bearer {KEY}"})  # noqa: S310
    urllib.request.urlopen(request, timeout=20).close()  # noqa: S310 - loopback
