"""The most expensive input that each way in accepts, as far as anybody found: made here, taken in elsewhere."""

from __future__ import annotations

import base64
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lab.core import Mask, Picture, Size, Sketch, Stroke, rasterise
from lab.core.image_files import MAX_PIXELS, MAX_SLOW_PIXELS
from lab.core.sketch import MAX_SIDE_PX
from lab.core.stroke import MAX_POINTS

Take = Callable[[], object]
"""Takes the input in; this alone is measured."""
_PAPER = Size(MAX_SIDE_PX, MAX_SIDE_PX)
_SIDE = int(MAX_PIXELS**0.5)
_SLOW_SIDE = int(MAX_SLOW_PIXELS**0.5)
_SENT_SIDE = int(32_000_000**0.5)
"""Of the largest picture that a serverless worker takes in."""
_DICE = np.random.default_rng(0)


def _drawn(points: np.ndarray, paper: Size = _PAPER, size: Size | None = None, **pen: Any) -> Take:
    sketch = Sketch(paper, (Stroke(points, **pen),))
    return lambda: rasterise(sketch, size)


def _scattered(reach: float, count: int = MAX_POINTS) -> np.ndarray:
    return _DICE.uniform(-reach, reach + 1, (count, 2)).clip(-1e5, 1e5)


def _on_paper(count: int = MAX_POINTS) -> np.ndarray:
    return _DICE.uniform(0, MAX_SIDE_PX, (count, 2))


def _encoded(kind: str, mode: str = "RGB", side: int = _SIDE, **settings: Any) -> Take:
    grain = _DICE.integers(0, 256, (side // 8, side // 8, 3), np.uint8)  # neither flat nor noise: some MB as a file
    buffer = io.BytesIO()
    Image.fromarray(grain).convert(mode).resize((side, side)).save(buffer, kind, **settings)
    return lambda: Picture.of(buffer.getvalue()).hash


def _many_scans() -> Take:
    buffer = io.BytesIO()
    Image.new("RGB", (_SIDE, _SIDE)).save(buffer, "JPEG", progressive=True)
    content = buffer.getvalue()
    last = content[content.rindex(b"\xff\xda") : -2]
    content = content[:-2] + last * (24 - content.count(b"\xff\xda")) + content[-2:]
    return lambda: Picture.of(content).hash


def _canvas(method: str, *args: Any, paper: Size = _PAPER, **pen: Any) -> Take:
    from widgets import SketchCanvas

    canvas = SketchCanvas(Sketch(paper))
    return lambda: getattr(canvas, method)(*args, **pen)


def _message(points: np.ndarray, **pen: Any) -> Take:
    from widgets import SketchCanvas

    canvas = SketchCanvas(Sketch(_PAPER))
    steps = np.diff(np.rint(points * 16).astype(np.int64), axis=0, prepend=np.zeros((1, 2), np.int64)).ravel()
    content = {"kind": "op", "client": "page", "seq": 1, "op": "draw", **pen}
    data = b"\0" + b"".join(_groups(2 * step if step >= 0 else -2 * step - 1) for step in steps.tolist())
    return lambda: canvas.ink._hear(None, content, [data])  # noqa: SLF001 - as a message comes in


def _groups(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _dropped(kind: str) -> Take:
    from widgets import SketchCanvas

    canvas = SketchCanvas(Sketch(_PAPER))
    buffer = io.BytesIO()
    Image.fromarray(_DICE.integers(0, 256, (1000, 1000, 3), np.uint8)).resize((_SIDE, _SIDE)).save(buffer, kind)

    def take() -> None:
        canvas.background = buffer.getvalue()

    return take


def _poured() -> Take:
    from widgets import SketchCanvas

    canvas = SketchCanvas(Sketch(_PAPER))
    content = {"x": 5, "y": 5, "tolerance": 60.0, "colour": "#ff0000"}
    canvas.background = Picture(_DICE.integers(0, 256, (MAX_SIDE_PX, MAX_SIDE_PX, 3), np.uint8))

    def take() -> None:
        from contextlib import ExitStack, suppress

        from lab.core.errors import BadInput
        from widgets.canvas.ink_layer import Change

        with suppress(BadInput), ExitStack() as holding:
            canvas._change(Change("bucket", None, content), holding)  # noqa: SLF001 - as a message comes in

    return take


def _mask_edit(edit: str, px: int) -> Take:
    from widgets import MaskPainter

    painter = MaskPainter(Picture(np.zeros((MAX_SIDE_PX, MAX_SIDE_PX, 3), np.uint8)))
    painter.mask = Mask(np.where(_DICE.random((MAX_SIDE_PX, MAX_SIDE_PX)) < 1e-4, np.uint8(255), np.uint8(0)))
    return lambda: getattr(painter, edit)(px)


def _reopened(steps: int) -> Take:
    from lab.gallery import Autosave

    folder = Path(tempfile.mkdtemp())
    with Autosave(folder) as session:
        history = session.history("canvas", Size(1024, 1024))
        for _ in range(steps):
            history.lay(Picture(_DICE.integers(0, 256, (1024, 1536, 3), np.uint8)), Size(1536, 1024))
    return lambda: Autosave(folder).history("canvas")


def _strokes_of_words() -> Take:
    stroke = Stroke(_on_paper(1000), size_px=6.0).to_dict()
    values = json.loads(json.dumps({"size": [4096, 4096], "strokes": [stroke] * 1000}))
    return lambda: Sketch.from_dict(values)


def _payload() -> Take:
    from lab.cloud.payload import request_from_payload

    buffer = io.BytesIO()
    Image.new("RGB", (_SENT_SIDE, _SENT_SIDE)).save(buffer, "PNG")
    named = Picture(np.zeros((_SENT_SIDE, _SENT_SIDE, 3), np.uint8)).hash
    payload = {"recipe": {"task": "image_to_image", "image": named}}
    payload["pictures"] = {named: base64.b64encode(buffer.getvalue()).decode()}
    return lambda: request_from_payload(payload)


CASES: dict[str, tuple[str, Callable[[], Take]]] = {
    "line, 150 points far outside": (
        "canvas.draw", lambda: _drawn(np.where(np.arange(300).reshape(150, 2) % 4 < 2, -99_999, 99_999), Size(512, 512))
    ),
    "line, 50,000 points, thin": ("canvas.draw", lambda: _drawn(_on_paper(), size_px=6.0)),
    "line, 50,000 points, as broad as can be": ("canvas.draw", lambda: _drawn(_on_paper(), size_px=2048.0)),
    "line, 50,000 points far outside, soft, mirrored": (
        "canvas.draw", lambda: _drawn(_scattered(1e5), size_px=2048.0, hardness=0.0, mirror="xy"),
    ),
    "line, 50,000 points, large pen on paper of 16 px, drawn at 512": (
        "canvas.draw", lambda: _drawn(_scattered(16), Size(16, 16), Size(512, 512), size_px=2048.0, hardness=0.0),
    ),
    "area, 50,000 points": ("canvas.draw", lambda: _drawn(_on_paper(), shape="area")),
    "area, 50,000 points far outside, soft, mirrored": (
        "canvas.draw", lambda: _drawn(_scattered(1e5), shape="area", size_px=2048.0, hardness=0.0, mirror="xy"),
    ),
    "50,000 points in a message of the page": ("canvas, from the page", lambda: _message(_on_paper(), size_px=2048.0)),
    "circle(0, 0, 1e5)": ("canvas.circle", lambda: _canvas("circle", 0, 0, 1e5)),
    "text of 8 letters, 1,024 px high": ("canvas.text", lambda: _canvas("text", "W" * 8, 0, 2000, 1024)),
    "text of 2,000 letters, 30 px high": ("canvas.text", lambda: _canvas("text", ("Wij" * 33 + "\n") * 20, 0, 99, 30)),
    "bucket on noise, 4096 x 4096": ("canvas, from the page", _poured),
    "mask of specks grown by 1,024 px": ("painter.grow", lambda: _mask_edit("grow", 1024)),
    "mask of specks feathered by 1,024 px": ("painter.feather", lambda: _mask_edit("feather", 1024)),
    "JPEG of 50 megapixels, dropped": ("canvas.background", lambda: _dropped("JPEG")),
    "PNG of 50 megapixels, dropped": ("canvas.background", lambda: _dropped("PNG")),
    "PNG of 50 megapixels": ("Picture.of, command line", lambda: _encoded("PNG", compress_level=1)),
    "PNG of 40 megapixels, RGBA": (
        "Picture.of, command line", lambda: _encoded("PNG", "RGBA", _SLOW_SIDE, compress_level=1),
    ),
    "JPEG of 50 megapixels": ("Picture.of, command line", lambda: _encoded("JPEG")),
    "JPEG of 50 megapixels, progressive": ("Picture.of, command line", lambda: _encoded("JPEG", progressive=True)),
    "JPEG of 50 megapixels, gone over 24 times": ("Picture.of, command line", _many_scans),
    "AVIF of 50 megapixels": ("Picture.of, command line", lambda: _encoded("AVIF", speed=10, quality=60)),
    "WebP of 40 megapixels": (
        "Picture.of, command line", lambda: _encoded("WEBP", "RGB", _SLOW_SIDE, lossless=True, quality=0, method=0),
    ),
    "GIF of 50 megapixels": ("Picture.of, command line", lambda: _encoded("GIF", "P")),
    "TIFF of 50 megapixels": ("Picture.of, command line", lambda: _encoded("TIFF", compression="tiff_lzw")),
    "BMP of 50 megapixels": ("Picture.of, command line", lambda: _encoded("BMP")),
    "an array of floats of 50 megapixels": (
        "Picture.of", lambda: lambda: Picture.of(np.broadcast_to(np.float32(0.5), (_SIDE, _SIDE, 3)))
    ),
    "a sketch of 1,000 strokes of 1,000 points": ("Sketch.from_dict", _strokes_of_words),
    "a journal of 40 pictures of 1536 x 1024": ("open_lab", lambda: _reopened(40)),
    "a payload with a picture of 32 megapixels": ("serverless", _payload),
}  # fmt: skip
"""By its name: the way in, and what makes the input."""
