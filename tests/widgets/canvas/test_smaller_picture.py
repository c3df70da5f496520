"""What is on a paper has the pixels of the file that was brought, in one piece or many; or a sentence says how many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import ImageFile

from lab.core.picture import Picture
from tests.widgets.canvas.playing_browser import Browser
from widgets import MaskPainter, SketchCanvas
from widgets.canvas import file_pieces

WIDE = Picture(np.zeros((24, 5000, 3), np.uint8))
SMALL = Picture(np.full((24, 50, 3), 9, np.uint8))


PART = "The picture came in part only: bring it again"


class Page(Browser):
    """Sends changes to a canvas, each with the next number; answers with the kernel's refusals."""

    def send(self, op: str, content: bytes, **values: Any) -> str:
        super().send(op, content=content, **values)
        return self.acks[-1].get("refused", "")

    def bring(self, file: bytes, piece: int, upload: str = "1") -> str:
        at = 0
        while len(file) - at > piece:
            assert not self.send("piece", file[at : at + piece], upload=upload, at=at)
            at += piece
        return self.send("picture", file[at:], name="shoe.png", upload=upload, at=at)


@pytest.mark.parametrize("kind", [MaskPainter, SketchCanvas])
def test_a_picture_that_no_paper_can_hold_says_how_it_lies_there(kind: type[MaskPainter | SketchCanvas]) -> None:
    canvas = kind()
    canvas.background = WIDE
    assert canvas.background is not None
    size = canvas.background.size
    assert size.width == 4096
    words = f"The picture has 5000x24 pixels, and a paper 4096 a side at most: it lies here with {size}."
    assert canvas.ink.said["text"].startswith(words)
    canvas.background = SMALL
    assert canvas.ink.said == {}
    Page(canvas).send("picture", WIDE.to_png(), name="wide.png")
    assert canvas.ink.said["text"].startswith(words)
    canvas.close()


def test_a_file_in_pieces_is_the_same_picture() -> None:
    canvas = MaskPainter()
    noise = Picture(np.random.default_rng(0).integers(0, 256, (60, 80, 4), np.uint8))
    assert Page(canvas).bring(noise.to_png(), piece=1000) == ""
    assert canvas.background == noise
    canvas.close()


def test_a_file_of_which_a_piece_is_missing_is_refused_in_a_sentence() -> None:
    canvas, file = SketchCanvas(), SMALL.to_png()
    page = Page(canvas)
    assert page.send("picture", file[40:], upload="1", at=40) == PART
    assert page.send("piece", file[:40], upload="2", at=0) == ""
    assert page.send("piece", file[40:], upload="2", at=41) == PART
    assert page.send("picture", file[40:], upload="2", at=40) == PART, "what came of it is not kept"
    assert page.send("piece", file[:9], upload="3", at=None) == PART
    assert canvas.background is None
    assert page.bring(file, piece=50, upload="4") == ""
    assert canvas.background == SMALL
    canvas.close()


def test_no_page_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_pieces, "LARGEST_BYTES", 1000)
    canvas = SketchCanvas()
    page = Page(canvas)
    for number in range(5):
        assert page.send("piece", bytes(1000), upload=str(number), at=0) == ""
    said = [page.send("piece", b"x", upload=str(number), at=1000) for number in range(5)]
    assert said[:3] == 3 * [PART]
    assert all("files of 0 MB at most" in one for one in said[3:])
    canvas.close()


@pytest.mark.parametrize("is_dropped", [False, True])
def test_a_file_is_decoded_once(monkeypatch: pytest.MonkeyPatch, is_dropped: bool) -> None:
    """Also a PNG, which may say after its pixels how it is turned."""
    decoded: list[tuple[int, int]] = []
    prepare = ImageFile.ImageFile.load_prepare
    monkeypatch.setattr(ImageFile.ImageFile, "load_prepare", lambda file: (decoded.append(file.size), prepare(file))[1])
    canvas = SketchCanvas()
    if is_dropped:
        Page(canvas).bring(SMALL.to_png(), piece=50)
    else:
        canvas.background = SMALL.to_png()
    assert canvas.background == SMALL
    canvas.close()
    assert decoded == [SMALL.size]
