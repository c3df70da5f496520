"""Writes texts into pictures the way other tools do, by hand, so that the tests say every byte."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

PIXELS = b"".join(b"\0" + bytes(8) for _ in range(8))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def text_chunk(name: str, text: str | bytes) -> bytes:
    """tEXt where the text is Latin-1 or given as bytes, else iTXt, as AUTOMATIC1111 writes it."""
    if isinstance(text, bytes):
        return chunk(b"tEXt", name.encode() + b"\0" + text)
    try:
        return chunk(b"tEXt", name.encode() + b"\0" + text.encode("latin-1"))
    except UnicodeEncodeError:
        return chunk(b"iTXt", name.encode() + b"\0\0\0\0\0" + text.encode())


def png(*before: bytes, after: tuple[bytes, ...] = ()) -> bytes:
    """A grey picture of 8 x 8 with these chunks before and after its pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(PIXELS))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(before) + pixels + b"".join(after) + chunk(b"IEND", b"")


def png_text(**texts: str | bytes) -> bytes:
    """A PNG with these texts."""
    return png(*(text_chunk(name, text) for name, text in texts.items()))


def exif(ifd0: dict[int, bytes], comment: bytes | None = None, *, order: str = "<") -> bytes:
    """A TIFF structure with these ASCII tags, and a UserComment in its Exif directory."""
    entries = dict.fromkeys(ifd0)
    count = len(entries) + (comment is not None)
    at = 8 + 2 + 12 * count + 4
    body, table = b"", b""
    for tag, value in sorted(ifd0.items()):
        table += struct.pack(order + "HHII", tag, 2, len(value), at + len(body))
        body += value + b"\0" * (len(value) % 2)
    if comment is not None:
        sub = at + len(body)
        table += struct.pack(order + "HHII", 0x8769, 4, 1, sub)
        body += struct.pack(order + "HHHII", 1, 0x9286, 7, len(comment), sub + 2 + 12 + 4) + bytes(4) + comment
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "IH", 8, count) + table + bytes(4) + body


def jpeg(tiff: bytes = b"", *segments: bytes) -> bytes:
    """A JPEG of 8 x 8 with this EXIF and these segments of marker and body."""
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "JPEG")
    made = [b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff] if tiff else []
    return buffer.getvalue()[:2] + b"".join(made) + b"".join(segments) + buffer.getvalue()[2:]


def webp(tiff: bytes) -> bytes:
    """A WebP of 8 x 8 with this EXIF."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "WEBP", exif=tiff)
    return buffer.getvalue()
