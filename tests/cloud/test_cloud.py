"""The wire format, and a handler on an engine that follows a script; no server."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lab import BadInput, Lab, Picture, Recipe, Request, Sketch
from lab.__main__ import main
from lab.cloud import ServerlessHandler, request_from_payload, request_to_payload
from lab.cloud.answer import without_paths
from lab.cloud.budget import Bill
from lab.cloud.sdk import _WithoutWords
from lab.cloud.served import Served
from lab.cloud.volume import FolderFiles, Volume, volume_at
from lab.core.catalogue import chosen_model
from lab.gallery import recipe_of
from tests.fakes import ScriptedEngine

SKETCH = Sketch().circle(256, 256, 100)
STARTER = Served((chosen_model("starter"),))


def test_a_request_travels_as_json_and_arrives_the_same(lab: Lab) -> None:
    request = lab.request("sketch_to_image", sketch=SKETCH, prompt="a red apple", seed=7)
    assert request_from_payload(json.loads(json.dumps(request_to_payload(request)))) == request


def test_a_model_of_ones_own_and_an_acceleration_travel_along(lab: Lab) -> None:
    own = lab.request("text_to_image", model="someone/fine-tune + taylorseer", family="sd15")
    recipe = request_from_payload(json.loads(json.dumps(request_to_payload(own)))).recipe
    assert (recipe.model, recipe.family, recipe.acceleration) == ("someone/fine-tune", "sd15", "taylorseer")


def test_an_event_that_an_earlier_version_sent_is_drawn_as_it_was_meant(lab: Lab, tmp_path: Path) -> None:
    served = Served((chosen_model("starter + taylorseer"),))
    sent = {"schema_version": 1, "model": "starter + taylorseer", "prompt": "a red apple"}
    answer = asyncio.run(ServerlessHandler(lab.submit, served)({"id": "1", "input": {"recipe": sent}}))
    file = tmp_path / "answer.png"
    file.write_bytes(base64.b64decode(answer["png"]))
    assert (recipe_of(file).model, recipe_of(file).acceleration) == ("starter", "taylorseer")


def test_a_serverless_event_becomes_a_picture_with_its_recipe(lab: Lab, tmp_path: Path) -> None:
    request = lab.request("sketch_to_image", sketch=SKETCH, prompt="a red apple")
    answer = _handled(lab, request_to_payload(request))
    file = tmp_path / "answer.png"
    file.write_bytes(base64.b64decode(answer["png"]))
    assert recipe_of(file) == request.recipe
    assert json.dumps(answer)


def test_what_is_not_as_it_was_asked_travels_back_with_the_picture(lab: Lab) -> None:
    request = lab.request("text_to_image", prompt="a red apple", width=300, height=200)
    assert "300x200 was asked for" in _handled(lab, request_to_payload(request))["note"]


IMAGE = {"task": "image_to_image", "image": "0" * 32}


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (None, "a request is"),
        ({}, "a request is"),
        ({"recipe": {"stepz": 1}}, "no field 'stepz'"),
        ({"recipe": {"self": 1}}, "no field 'self'"),
        ({"recipe": {"controls": [{"self": 1}]}}, "no field 'self'"),
        ({"recipe": {}, "shell": "rm"}, "not shell"),
        ({"recipe": {}, "pictures": []}, "a table from hash"),
        ({"recipe": {}, "stored": 7}, "a list of the hashes"),
        ({"recipe": {}, "pictures": {"0" * 32: ""}}, "names no picture 0000"),
        ({"recipe": IMAGE, "pictures": {"0" * 32: "%%"}}, "cannot be read"),
        ({"recipe": IMAGE, "pictures": {"0" * 32: 7}}, "cannot be read"),
        ({"recipe": IMAGE, "pictures": {"0" * 32: base64.b64encode(b"no picture").decode()}}, "cannot be read"),
        ({"recipe": IMAGE, "stored": ["0" * 32]}, "not on the network volume"),
        ({"recipe": IMAGE}, "needs the picture 0000"),
        ({"recipe": {"settings": {"a": [[[[[[[1]]]]]]]}}}, "tables within tables"),
        ({"recipe": {"loras": [{}] * 3000}}, "over 2000 values"),
        ({"recipe": {"prompt": "x" * 5000}}, "at most 4000 characters"),
        ({"recipe": {"model": "sd15"}}, "serves starter, not sd15"),
        ({"recipe": {"model": "/etc/passwd", "family": "sd15"}}, "serves starter"),
        ({"recipe": {"revision": "a" * 40}}, "leave revision out"),
        ({"recipe": {"acceleration": "compile"}}, "does not draw with compile"),
        ({"recipe": {"loras": [{"name": "../secret"}]}}, "no LoRA ../secret"),
        ({"recipe": {"filters": [{"name": "sharpen"}] * 9}}, "at most 8 filters"),
        ({"recipe": {"task": "upscale", "settings": {"upscaler": "/etc/passwd"}}}, "leave upscaler out"),
        ({"recipe": {"width": 4096, "height": 4096}}, "8.5 megapixels at most"),
        ({"recipe": {"steps": 151}}, "at most 150"),
    ],
)
def test_a_request_from_anybody_is_refused_in_one_sentence(lab: Lab, payload: Any, sentence: str) -> None:
    answer = _handled(lab, payload)
    assert sentence in answer["error"]
    assert answer["kind"] == "bad_input"
    assert "\n" not in answer["error"]


def test_an_endless_nest_is_refused_without_walking_into_it(lab: Lab) -> None:
    nest: dict[str, Any] = {}
    for _ in range(100_000):
        nest = {"settings": nest}
    assert "tables within tables" in _handled(lab, {"recipe": nest})["error"]


def test_a_picture_that_is_not_the_one_named_is_refused(lab: Lab) -> None:
    payload = request_to_payload(lab.request("sketch_to_image", sketch=SKETCH))
    (name,) = payload["pictures"]
    payload["pictures"][name] = base64.b64encode(Picture.of(b"P6 1 1 255\n\0\0\0").to_png()).decode()
    with pytest.raises(BadInput, match="is another one"):
        request_from_payload(payload)


def test_pictures_too_large_to_travel_are_refused_here_and_not_there(lab: Lab) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (2000, 2000, 3), np.uint8)
    with pytest.raises(BadInput, match="MB on the way"):
        request_to_payload(lab.request("sketch_to_image", sketch=noise))


def test_an_owners_lora_is_drawn_with_and_the_recipe_keeps_its_plain_name(
    lab: Lab, engine: ScriptedEngine, tmp_path: Path
) -> None:
    (tmp_path / "loras").mkdir()
    (tmp_path / "loras" / "ink.safetensors").write_bytes(b"")
    served = Served((chosen_model("sd15"),), tmp_path / "loras")
    recipe = Recipe(model="sd15", loras=[{"name": "ink"}])
    drawn = served.with_files(Request(recipe))
    assert drawn.recipe.loras[0].name == str(tmp_path / "loras" / "ink.safetensors")
    answer = asyncio.run(ServerlessHandler(lab.submit, served)({"input": request_to_payload(Request(recipe))}))
    file = tmp_path / "answer.png"
    file.write_bytes(base64.b64decode(answer["png"]))
    assert recipe_of(file) == recipe
    assert str(tmp_path) not in json.dumps(answer)


def test_the_same_request_is_answered_from_the_volume_and_not_drawn_again(
    lab: Lab, engine: ScriptedEngine, tmp_path: Path
) -> None:
    handler = ServerlessHandler(lab.submit, STARTER, volume=Volume(FolderFiles(tmp_path / "volume")))
    event = {"input": request_to_payload(lab.request("text_to_image", prompt="a cat"))}
    first, second = asyncio.run(handler(event)), asyncio.run(handler(event))
    assert len(engine.runs) == 1
    assert second["was_there"] is True
    assert second["png"] == first["png"], "a lab without the volume sees no picture"
    assert (tmp_path / "volume" / "sketchlab" / second["stored"]).read_bytes() == base64.b64decode(first["png"])


def test_what_is_not_asked_for_any_more_leaves_the_volume(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path)
    files.write("answers/old.png", b"x")
    assert files.forget_old() == 0
    assert files.forget_old(now=(tmp_path / "sketchlab/answers/old.png").stat().st_mtime + 8 * 24 * 3600) == 1
    assert files.read("answers/old.png") is None


def test_a_volume_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no folder"):
        volume_at(str(tmp_path / "none"))
    with pytest.raises(BadInput, match=r"s3://VOLUME_ID\?region="):
        volume_at("s3://abc")


def test_paths_leave_a_sentence_but_for_their_last_part() -> None:
    assert without_paths("cannot read /srv/models/a b/x.safetensors: gone") == "cannot read x.safetensors: gone"
    assert without_paths("ratio 3/4 and owner/name") == "ratio 3/4 and owner/name"


def test_words_of_requests_are_in_no_line_of_the_log(lab: Lab, engine: ScriptedEngine) -> None:
    words = 'it\'s a "secret"\nshoe'
    engine.fails_with = ValueError(f"cannot draw {words}")
    handler, lines = ServerlessHandler(lab.submit, STARTER), []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(formatter.format(record))

    formatter, listening = _WithoutWords(handler.hidden), Listening()
    logging.getLogger("lab").addHandler(listening)
    try:
        answer = asyncio.run(handler({"input": request_to_payload(Request(Recipe(prompt=words)))}))
        asyncio.run(handler({"input": {"recipe": {"prompt": ["secret"] * 9}}}))
    finally:
        logging.getLogger("lab").removeHandler(listening)
    assert answer["kind"] == "defect"
    assert any("failed" in line and "..." in line for line in lines)
    assert "secret" not in "".join(lines)
    assert not handler.hidden


def test_only_rented_gpus_have_a_cost(lab: Lab) -> None:
    with pytest.raises(BadInput, match="max_cost counts what a rented GPU costs"):
        lab.batch("text_to_image", 2, max_cost=1)
    assert lab.bill == Bill()


def test_serving_without_the_sdk_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lab.cloud.sdk.find_spec", lambda _: None)
    assert main(["serve", "--rp_log_level", "ERROR"]) == 2
    assert "-m pip install runpod" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["models", "--rp_log_level", "ERROR"])  # other commands pass nothing on


def _handled(lab: Lab, payload: Any) -> dict[str, Any]:
    return asyncio.run(ServerlessHandler(lab.submit, STARTER)({"id": "1", "input": payload}))
