"""The one door for encoded pictures: which kinds of file are opened, and how large they may be; starts no program."""

from __future__ import annotations

import io
import mmap
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any

from PIL import Image, ImageFile, UnidentifiedImageError

from lab.core.errors import BadInput
from lab.core.geometry import Size

MAX_PIXELS = 50_000_000
"""The largest picture taken in, in pixels: 7000 x 7000, 200 MB as RGBA; decoding it takes up to a GB."""
MAX_SLOW_PIXELS = 40_000_000
"""The same of files that take longer, WebP and what has transparent parts; larger ones are not made, either."""

# What artists, cameras, phones, browsers and scanners write, where Pillow decodes it in this very process, knows it by
# its first bytes, and tells its size before it decodes. Left out on purpose: EPS, which starts Ghostscript; ICO, which
# is decoded before its size is known; TGA, which has no first bytes of its own, so that anything may pass for one; PSD,
# ICNS and JPEG 2000, which few have, and each of which is one more decoder to be trusted with a stranger's file.
# The usual ones first: at any behind PPM, Pillow loads all of its plugins, once.
_ENDINGS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg", ".jfif", ".mpo"),
    "GIF": (".gif",),
    "BMP": (".bmp",),
    "PPM": (".ppm", ".pgm", ".pbm"),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "AVIF": (".avif",),
}
ENDINGS = tuple(chain.from_iterable(_ENDINGS.values()))
"""How the names of files end that are opened, in small letters."""
_WITHIN_JPEG = "MPO"
"""What Pillow calls a JPEG that is followed by others, as many phones write it; the first of them is taken."""

_MOST_SCANS = 24
"""How often a JPEG may go over its picture: libjpeg's progressive ones do it ten times. The decoder goes as often as
the file says, a twentieth of a second each at 50 megapixels, and a few hundred kilobytes can say a hundred."""
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")
"""What begins a part of a JPEG, with a length after it; within the data of a scan it is not (ITU T.81, B.1.1)."""
_SCAN, _END = 0xDA, 0xD9
_HEAD_BYTES = 1024
_FOREIGN = (
    (0, b"%!", "EPS or PostScript"),
    (0, b"\xc5\xd0\xd3\xc6", "EPS or PostScript"),
    (0, b"%PDF", "PDF"),
    (0, b"SIMPLE", "FITS"),
    (0, b"\xd7\xcd\xc6\x9a", "WMF"),
    (40, b" EMF", "EMF"),
    (0, b"icns", "ICNS"),
    (0, b"8BPS", "PSD (Photoshop)"),
    (0, b"gimp xcf", "XCF (GIMP)"),
    (30, b"mimetypeapplication/x-krita", "KRA (Krita)"),
    (30, b"mimetypeimage/openraster", "OpenRaster"),
    (0, b"\0\0\1\0", "ICO"),
    (4, b"jP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (4, b"JXL ", "JPEG XL"),
    (0, b"\xff\x0a", "JPEG XL"),
    *((4, b"ftyp" + brand, "HEIC") for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")),
    (0, b"DDS ", "DDS"),
)
"""Where which bytes tell kinds that people try and that are not opened."""


@contextmanager
def opened(source: Image.Image | bytes | Path) -> Iterator[Image.Image]:
    """The picture in bytes, in a file or in a PIL image, its kind and its size checked, not decoded yet.

    Decode within the `with`, and do no more there: what goes wrong is said of the picture. A PIL image that is decoded
    already may be of any kind.

    Raises:
        BadInput: when there is no such file, it is of another kind, broken, empty or has more than `MAX_PIXELS`.
    """
    if isinstance(source, Path) and not os.path.isfile(source):  # noqa: PTH113 - False too where nobody may look
        msg = f"there is no picture file {source}"
        raise BadInput(msg)
    name = str(source) if isinstance(source, Path) else "the picture"
    with _said_of(name), ExitStack() as closing:
        if isinstance(source, Image.Image):
            image = source
            if _is_undecoded(image) and image.format not in (*_ENDINGS, _WITHIN_JPEG):
                raise _refusal(name, image.format or "no kind that is known")
        else:
            file = closing.enter_context(io.BytesIO(source) if isinstance(source, bytes) else source.open("rb"))
            image = closing.enter_context(_identified(file, name))
            if image.format in ("JPEG", _WITHIN_JPEG):
                _check_scans(file, name)
            _check_is_quick(image)
        check_size(Size(*image.size))
        yield image


def _check_is_quick(image: Image.Image) -> None:
    """Refuse what takes too long to decode, though others of its size do not."""
    is_slow = image.format == "WEBP" or "A" in image.getbands()
    if is_slow and Size(*image.size).pixels > MAX_SLOW_PIXELS:
        what = "a WebP" if image.format == "WEBP" else "a picture with transparent parts"
        most = MAX_SLOW_PIXELS // 1_000_000
        msg = f"{what} may have {most} megapixels, this one is {Size(*image.size)}: make it smaller"
        raise BadInput(msg)


def check_size(size: Size) -> None:
    """Refuse what is empty or too large.

    Raises:
        BadInput: with the size.
    """
    if min(size) < 1:
        msg = f"a picture needs at least one pixel, this one is {size}"
        raise BadInput(msg)
    if size.pixels > MAX_PIXELS:
        msg = f"the picture is {size}, more than {MAX_PIXELS // 1_000_000} megapixels: make it smaller first"
        raise BadInput(msg)


def _identified(file: IO[bytes], name: str) -> ImageFile.ImageFile:
    try:
        return Image.open(file, formats=tuple(_ENDINGS))
    except UnidentifiedImageError:
        file.seek(0)
        kind = _foreign_kind(file.read(_HEAD_BYTES))
        if kind:
            raise _refusal(name, kind) from None
        msg = f"it is none of {', '.join(_ENDINGS)}"
        raise ValueError(msg) from None


def _check_scans(file: IO[bytes], name: str) -> None:
    """Refuse a JPEG that goes over its picture more often than any program writes it.

    Raises:
        BadInput: says so.
    """
    with ExitStack() as closing:
        if isinstance(file, io.BytesIO):
            content: Any = file.getvalue()
        else:
            content = closing.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        at, scans = 0, 0
        while (found := _MARKER.search(content, at)) and (kind := found[0][1]) != _END:
            scans += kind == _SCAN
            at = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")
            if scans > _MOST_SCANS:
                msg = f"{name} is a JPEG of more than {_MOST_SCANS} scans, as no program writes it: save it as PNG"
                raise BadInput(msg)


def _foreign_kind(head: bytes) -> str:
    """The name of a kind that is not opened, by a file's first bytes; empty when they tell none."""
    if b"<svg" in head:
        return "SVG"
    return next((kind for at, mark, kind in _FOREIGN if head.startswith(mark, at)), "")


def _is_undecoded(image: Image.Image) -> bool:
    """Whether Pillow would read the image's file now; it keeps the parts to be read as tiles, some kinds none."""
    return isinstance(image, ImageFile.ImageFile) and bool(image.tile or image._im is None)  # noqa: SLF001 - `im` loads


def _refusal(name: str, kind: str) -> BadInput:
    return BadInput(f"{name} holds {kind}, which is not opened here: save it as PNG or JPEG")


@contextmanager
def _said_of(name: str) -> Iterator[None]:
    """Whatever Pillow's readers stumble over, which may be a KeyError as well as an OSError, in one sentence."""
    try:
        yield
    except BadInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        msg = f"{name} has more than {MAX_PIXELS // 1_000_000} megapixels: make it smaller first"
        raise BadInput(msg) from error
    except Exception as error:
        reason = str(error) or type(error).__name__
        msg = f"{name} cannot be read as a picture ({reason}): save it again as PNG or JPEG"
        raise BadInput(msg) from error
