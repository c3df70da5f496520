"""A sheet of pictures: what the browser gets of each, what is saved, and where a picture goes that is used."""

from __future__ import annotations

import io
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab import Lab, Picture
from lab.gallery import recipe_of
from tests.widgets.controls import page_sends
from tests.widgets.studio.following import finished
from widgets import ImageGrid, Studio
from widgets.views.picture_takers import hand_over

RED = Picture(np.full((60, 90, 3), (200, 30, 30), np.uint8))


def test_it_shows_every_picture_in_order_with_its_words_and_its_own_size() -> None:
    sheet = ImageGrid({"<b>red</b>": RED, "black": np.zeros((600, 1200, 3), np.uint8)})
    assert [(cell["words"], cell["size"]) for cell in sheet.cells] == [("<b>red</b>", "90x60"), ("black", "1200x600")]
    assert Image.open(io.BytesIO(sheet.cells[1]["thumb"])).size == (512, 256), "no more than is seen"


def test_all_are_saved_whole_by_their_words_and_results_with_their_recipes(tmp_path: Path) -> None:
    result = finished(1).result
    packed = zipfile.ZipFile(io.BytesIO(ImageGrid({"a/b: red": RED, "made": result}).zipped()))
    assert packed.namelist() == ["01 a_b_ red.png", "02 made.png"]
    assert Image.open(packed.open("01 a_b_ red.png")).size == (90, 60)
    assert recipe_of(Path(packed.extract("02 made.png", tmp_path))) == result.request.recipe


def test_a_picture_that_is_used_goes_to_the_studio_that_was_opened_last(lab: Lab) -> None:
    assert hand_over(RED) == ""
    older, newer = Studio(lab, "inpaint"), Studio(lab, "image_to_image")
    assert hand_over(RED) == "image_to_image"
    assert newer.image == RED
    newer.close()
    assert hand_over(RED) == "inpaint"
    assert older.image == RED
    older.close()
    assert hand_over(RED) == ""


@pytest.mark.parametrize("kind", ["enlarge", "save"])
def test_the_browser_is_answered_with_the_picture_itself(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet, sent, came = ImageGrid({"red": RED}), [], threading.Event()

    def send(content: dict, buffers: list) -> None:
        sent.append((content["kind"], buffers))
        came.set()

    monkeypatch.setattr(sheet, "send", send)
    page_sends(sheet, {"kind": kind, "number": 0})
    assert came.wait(10)
    ((answer, (content,)),) = sent
    assert answer == {"enlarge": "large", "save": "zip"}[kind]
    assert content == (RED.to_png() if kind == "enlarge" else sheet.zipped())
