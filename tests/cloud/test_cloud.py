from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest

from lab import BadInput, Lab, Picture, Sketch
from lab.cloud import request_from_payload, request_to_payload, serverless_handler
from lab.gallery import recipe_of

SKETCH = Sketch().circle(256, 256, 100)


def test_a_request_travels_as_json_and_arrives_the_same(lab: Lab) -> None:
    request = lab.request("sketch_to_image", sketch=SKETCH, prompt="a red apple", seed=7)
    assert request_from_payload(json.loads(json.dumps(request_to_payload(request)))) == request


def test_a_model_of_ones_own_and_an_acceleration_travel_along(lab: Lab) -> None:
    own = lab.request("text_to_image", model="someone/fine-tune + taylorseer", family="sd15")
    recipe = request_from_payload(json.loads(json.dumps(request_to_payload(own)))).recipe
    assert (recipe.model, recipe.family, recipe.acceleration) == ("someone/fine-tune", "sd15", "taylorseer")


def test_an_event_that_an_earlier_version_sent_is_drawn_as_it_was_meant(lab: Lab, tmp_path: Path) -> None:
    sent = {"schema_version": 1, "model": "starter + taylorseer", "prompt": "a red apple"}
    answer = asyncio.run(_handled(lab, {"id": "1", "input": {"recipe": sent}}))
    file = tmp_path / "answer.png"
    file.write_bytes(base64.b64decode(answer["png"]))
    assert (recipe_of(file).model, recipe_of(file).acceleration) == ("starter", "taylorseer")


def test_a_serverless_event_becomes_a_picture_with_its_recipe(lab: Lab, tmp_path: Path) -> None:
    request = lab.request("sketch_to_image", sketch=SKETCH, prompt="a red apple")
    answer = asyncio.run(_handled(lab, {"id": "1", "input": request_to_payload(request)}))
    file = tmp_path / "answer.png"
    file.write_bytes(base64.b64decode(answer["png"]))
    assert recipe_of(file) == request.recipe
    assert json.dumps(answer)


def test_what_is_not_as_it_was_asked_travels_back_with_the_picture(lab: Lab) -> None:
    request = lab.request("text_to_image", prompt="a red apple", width=300, height=200)
    answer = asyncio.run(_handled(lab, {"id": "1", "input": request_to_payload(request)}))
    assert "300x200 was asked for" in answer["note"]


async def _handled(lab: Lab, event: dict[str, Any]) -> dict[str, Any]:
    async def submit(request: Any) -> Any:
        return await lab.submit(request)

    return await serverless_handler(submit)(event)


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (None, "a request is"),
        ({}, "a request is"),
        ({"recipe": {"stepz": 1}}, "no field 'stepz'"),
        ({"recipe": {}, "shell": "rm"}, "not shell"),
        ({"recipe": {}, "pictures": []}, "a table from hash"),
        ({"recipe": {}, "pictures": {"0" * 32: "%%"}}, "cannot be read"),
        ({"recipe": {}, "pictures": {"0" * 32: 7}}, "cannot be read"),
        ({"recipe": {}, "pictures": {"0" * 32: base64.b64encode(b"no picture").decode()}}, "cannot be read"),
        ({"recipe": {"image": "0" * 32}}, "needs the picture 0000"),
    ],
)
def test_a_malformed_event_is_one_sentence(lab: Lab, payload: Any, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        request_from_payload(payload)
    assert sentence in asyncio.run(_handled(lab, {"input": payload}))["error"]


def test_a_picture_that_is_not_the_one_named_is_refused(lab: Lab) -> None:
    payload = request_to_payload(lab.request("sketch_to_image", sketch=SKETCH))
    (name,) = payload["pictures"]
    payload["pictures"][name] = base64.b64encode(Picture.of(b"P6 1 1 255\n\0\0\0").to_png()).decode()
    with pytest.raises(BadInput, match="is another one"):
        request_from_payload(payload)


def test_pictures_too_large_to_travel_are_refused_here_and_not_there(lab: Lab) -> None:
    import numpy as np

    noise = np.random.default_rng(0).integers(0, 256, (2000, 2000, 3), np.uint8)
    with pytest.raises(BadInput, match="MB on the way"):
        request_to_payload(lab.request("sketch_to_image", sketch=noise))
