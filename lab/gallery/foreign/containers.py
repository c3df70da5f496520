"""The texts in a file: PNG's chunks before and after the pixels, EXIF and XMP, or the file itself; decodes no pixel."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field

from lab.core.errors import BadInput
from lab.gallery.foreign.bounded_json import MAX_LETTERS
from lab.gallery.foreign.exif_texts import exif_texts

MAX_BYTES = 512_000_000
"""The largest file that is looked into; no picture of `MAX_PIXELS` is larger in any way of writing it."""
_MOST_TEXTS = 64
_MOST_PARTS = 100_000
"""Of a file, such as the chunks of a PNG."""
_PNG = b"\x89PNG\r\n\x1a\n"
_NAMED = re.compile(r"(prompt|workflow|sketchlab)\s*:\s*(?=\{)", re.IGNORECASE)
"""How ComfyUI's nodes put several texts under names of EXIF that say something else."""
_XMP_IN_PNG, _XMP_IN_JPEG = "XML:com.adobe.xmp", b"http://ns.adobe.com/xap/1.0/\0"
XMP = "xmp"
"""What texts of XMP are called here, whatever the container calls them."""


@dataclass
class Texts:
    """The texts of a file by what they are called, and what was wrong with them.

    A name that comes twice with other words keeps its first text, which is what is said then.
    """

    by_name: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def add(self, name: str, text: str) -> None:
        """Keep a text under its name; one too many, too long, or a second of the name is said and left out."""
        if len(text) > MAX_LETTERS:
            self.said.append(f"the text {name[:40]!r} has {len(text)} letters, more than are read")
        elif name in self.by_name:
            if self.by_name[name] != text:
                self.said.append(f"the file holds the text {name[:40]!r} twice, with other words: the first was read")
        elif len(self.by_name) < _MOST_TEXTS:
            self.by_name[name] = text

    def get(self, *names: str) -> str | None:
        """The first of these that is there."""
        return next((self.by_name[name] for name in names if name in self.by_name), None)


def texts_in(content: bytes) -> Texts:
    """The texts of a PNG, JPEG or WebP file, or of a file that is a text itself, which is called "text" then.

    What is cut or damaged ends the search; what was found before stays.

    Raises:
        BadInput: when it is too large, or neither a picture of these kinds nor text.
    """
    if len(content) > MAX_BYTES:
        msg = f"the file has {len(content) // 1_000_000} MB, more than {MAX_BYTES // 1_000_000}: it is not looked into"
        raise BadInput(msg)
    texts = Texts()
    if content.startswith(_PNG):
        _read_png(content, texts)
    elif content.startswith(b"\xff\xd8\xff"):
        _read_jpeg(content, texts)
    elif content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        _read_webp(content, texts)
    else:
        texts.add("text", _plain_text(content))
    return texts


def _read_png(content: bytes, texts: Texts) -> None:
    at = len(_PNG)
    for _ in range(_MOST_PARTS):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        body = content[at + 8 : at + 8 + length] if kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf") else b""
        if kind == b"eXIf":
            _add_exif(body, texts)
        elif body:
            _add_png_text(kind, body, texts)
        at += 12 + length
        if kind == b"IEND" or at >= len(content):
            return


def _add_png_text(kind: bytes, body: bytes, texts: Texts) -> None:
    keyword, _, rest = body.partition(b"\0")
    name = keyword[:80].decode("latin-1")
    if kind == b"tEXt":
        text = _latin_or_utf8(rest)
    elif kind == b"zTXt":
        text = _latin_or_utf8(_inflated(rest[1:]))
    else:
        packed, rest = rest[:1] == b"\1", rest[2:]
        raw = rest.partition(b"\0")[2].partition(b"\0")[2]  # behind the language and the translated keyword
        text = (_inflated(raw) if packed else raw).decode(errors="replace")
    texts.add(XMP if name == _XMP_IN_PNG else name, text)


def _inflated(packed: bytes) -> bytes:
    """As far as it can be, and no farther than is read of any text."""
    try:
        return zlib.decompressobj().decompress(packed, 4 * MAX_LETTERS)
    except zlib.error:
        return b""


def _latin_or_utf8(raw: bytes) -> str:
    """The text of a tEXt chunk: Latin-1 by the standard, UTF-8 as some programs write it all the same."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _read_jpeg(content: bytes, texts: Texts) -> None:
    at = 2
    for _ in range(_MOST_PARTS):
        if content[at : at + 1] != b"\xff" or at + 4 > len(content):
            return
        kind, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if kind in (0xD9, 0xDA):  # the picture itself
            return
        body = content[at + 4 : at + 2 + length]
        if kind == 0xE1 and body.startswith(b"Exif\0\0"):
            _add_exif(body[6:], texts)
        elif kind == 0xE1 and body.startswith(_XMP_IN_JPEG):
            texts.add(XMP, body.removeprefix(_XMP_IN_JPEG).decode(errors="replace"))
        elif kind == 0xFE:
            texts.add("comment", _latin_or_utf8(body))
        at += 2 + max(2, length)


def _read_webp(content: bytes, texts: Texts) -> None:
    at = 12
    for _ in range(_MOST_PARTS):
        kind, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if kind == b"EXIF":
            _add_exif(content[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0"), texts)
        elif kind == b"XMP ":
            texts.add(XMP, content[at + 8 : at + 8 + length].decode(errors="replace"))
        at += 8 + length + length % 2
        if at + 8 > len(content):
            return


def _add_exif(tiff: bytes, texts: Texts) -> None:
    for name, text in exif_texts(tiff).items():
        named = _NAMED.match(text)
        texts.add(named[1].lower() if named else name, text[named.end() :] if named else text)


def _plain_text(content: bytes) -> str:
    if len(content) > 4 * MAX_LETTERS:
        msg = f"the file has {len(content) // 1_000_000} MB and is no picture that is known: it is not looked into"
        raise BadInput(msg)
    bom = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}.get(content[:2], "utf-8-sig")
    try:
        text = content.decode(bom)
    except UnicodeDecodeError:
        text = ""
    if not text or "\0" in text.rstrip("\0"):
        msg = "it is neither a PNG, JPEG or WebP picture nor a text, so no drawing can be read from it"
        raise BadInput(msg)
    return text.rstrip("\0")
