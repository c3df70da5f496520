"""Every way by which an encoded picture comes into the house, and the kinds that none of them lets in."""

from __future__ import annotations

import base64
import io
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import comm
import pytest
from PIL import EpsImagePlugin, Image, PsdImagePlugin

from lab import BadInput, Mask, Picture, Sketch
from lab.__main__ import main
from lab.cloud import request_from_payload
from lab.core import Stroke, control, reference, region
from lab.gallery import recipe_of
from tests.refused_files import REFUSED
from tests.widgets.canvas.playing_browser import Browser, RecordingComm
from widgets import MaskPainter, SketchCanvas

_NAMED = {"task": "image_to_image", "image": "0" * 32}
DOORS: dict[str, Callable[[bytes, Path], object]] = {
    "bytes": lambda content, _: Picture.of(content),
    "a file": lambda _, path: Picture.of(path),
    "the name of a file": lambda _, path: Picture.of(str(path)),
    "a mask": lambda _, path: Mask.of(path),
    "a control": lambda _, path: control(path),
    "a reference": lambda _, path: reference(path),
    "a region's mask": lambda _, path: region(path, "an apple"),
    "a recipe's file": lambda _, path: recipe_of(path),
    "a stroke's bitmap": lambda content, _: Stroke.from_dict({**_STROKE, "bitmap": _text(content)}),
    "a sketch's background": lambda content, _: Sketch.from_dict({**_SKETCH, "background": _text(content)}),
    "a cloud request": lambda content, _: request_from_payload(
        {"recipe": _NAMED, "pictures": {"0" * 32: _text(content)}}
    ),
    "a drop on the canvas": lambda content, _: _dropped("picture", content),
    "a drop on a mask": lambda content, _: _dropped("load", content),
    "the command line": lambda _, path: _commanded(path),
}


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


_STROKE = {**Stroke.of_mask(Mask.of(Picture.of(b"P6 1 1 255\n\0\0\0"))).to_dict()}
_SKETCH = Sketch().to_dict()


def _dropped(op: str, content: bytes) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(comm, "create_comm", RecordingComm)
        canvas = SketchCanvas() if op == "picture" else MaskPainter()
    try:
        browser = Browser(canvas)
        browser.send(op, content=content, name="drop.png")
        raise BadInput(browser.acks[-1]["refused"])
    finally:
        canvas.close()


def _commanded(path: Path) -> None:
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stderr", said)
        patched.setenv("SKETCHLAB_HOME", str(path.parent / "home"))
        assert main(["remove-background", str(path), "-o", str(path.parent / "out.png")]) == 2
    raise BadInput(said.getvalue())


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The programs that were to be started since; none of them is."""
    found: list[object] = []

    def refuse(*given: object, **_: object) -> None:
        found.append(given)
        msg = "no program is started here"
        raise OSError(msg)

    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)  # or else Pillow remembers that there is no Ghostscript
    monkeypatch.setattr(subprocess, "Popen", refuse)
    for name in ("system", "popen", "posix_spawn", "posix_spawnp", "spawnv", "spawnve", "fork"):
        monkeypatch.setattr(os, name, refuse)
    return found


@pytest.mark.parametrize("door", DOORS)
def test_what_is_not_on_the_list_is_refused_by_name_and_starts_no_program(
    door: str, tmp_path: Path, started: list[object]
) -> None:
    path = tmp_path / "harmless.png"
    for kind, (content, named) in REFUSED.items():
        path.write_bytes(content)
        with pytest.raises(BadInput) as refused:
            DOORS[door](content, path)
        assert started == [], f"{kind} came through {door}"
        assert named in str(refused.value)
        assert "as PNG or JPEG" in str(refused.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF"])
def test_what_artists_have_is_opened(kind: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (48, 32), (200, 40, 40)).save(buffer, kind)
    picture = Picture.of(buffer.getvalue())
    assert picture.size == (48, 32)
    assert abs(int(picture.pixels[16, 24, 0]) - 200) < 8


def test_of_a_phones_several_pictures_in_one_jpeg_the_first_is_taken() -> None:
    buffer = io.BytesIO()
    first, second = Image.new("RGB", (48, 32), "red"), Image.new("RGB", (24, 16), "blue")
    first.save(buffer, "MPO", save_all=True, append_images=[second])
    for given in (buffer.getvalue(), Image.open(io.BytesIO(buffer.getvalue()))):
        picture = Picture.of(given)
        assert picture.size == (48, 32)
        assert picture.pixels[16, 24, 0] > 200


def test_a_phones_jpeg_whose_list_of_pictures_is_broken_is_one_sentence() -> None:
    buffer = io.BytesIO()
    image = Image.new("RGB", (48, 32), "red")
    image.save(buffer, "MPO", save_all=True, append_images=[image])
    broken = buffer.getvalue().replace(b"\x02\xb0", b"\x09\xb0")  # the tag of the list of pictures
    assert broken != buffer.getvalue()
    with pytest.raises(BadInput, match="cannot be read as a picture"):
        Picture.of(broken)


def test_an_image_that_pillow_has_not_decoded_yet_is_let_in_by_the_same_list(started: list[object]) -> None:
    eps = EpsImagePlugin.EpsImageFile(io.BytesIO(REFUSED["eps"][0]))
    psd = PsdImagePlugin.PsdImageFile(io.BytesIO(REFUSED["psd"][0]))
    for image in (eps, psd):
        with pytest.raises(BadInput, match=f"{image.format}.*save it as PNG or JPEG"):
            Picture.of(image)
    assert started == []
    tga = Image.open(io.BytesIO(REFUSED["tga"][0]), formats=["TGA"])
    with pytest.raises(BadInput, match="TGA"):
        Picture.of(tga)
    tga.load()
    assert Picture.of(tga).pixels[0, 0].tolist() == [255, 0, 0], "decoded pixels are pixels, wherever they are from"


def test_an_undecoded_image_is_measured_first_and_a_broken_one_is_one_sentence() -> None:
    buffer = io.BytesIO()
    Image.new("1", (9000, 9000)).save(buffer, "PNG")
    huge = Image.open(io.BytesIO(buffer.getvalue()))
    with pytest.raises(BadInput, match="9000x9000, more than 50 megapixels"):
        Picture.of(huge)
    assert huge.tile, "nothing was decoded"
    with pytest.raises(BadInput, match="cannot be read as a picture"):
        Picture.of(Image.open(io.BytesIO(Picture.of(Image.new("RGB", (64, 64))).to_png()[:60])))


@pytest.mark.parametrize(
    ("kind", "mode", "said"), [("WEBP", "RGB", "a WebP"), ("PNG", "RGBA", "a picture with transparent parts")]
)
def test_what_decodes_slowly_may_be_smaller_only(kind: str, mode: str, said: str) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (7000, 6000)).save(buffer, kind)
    with pytest.raises(BadInput, match=f"{said} may have 40 megapixels, this one is 7000x6000: make it smaller"):
        Picture.of(buffer.getvalue())


def test_only_one_file_of_the_house_opens_encoded_pictures() -> None:
    root = Path(__file__).parent.parent
    files = [path for folder in ("lab", "widgets", "notebooks", "bench") for path in (root / folder).rglob("*.py")]
    ways = ("Image.open", "imread", "imdecode", "ImageFile.Parser", "load_image(")
    found = {path.relative_to(root).as_posix() for path in files if any(way in path.read_text() for way in ways)}
    assert found == {"lab/core/image_files.py"}
