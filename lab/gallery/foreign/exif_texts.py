"""Texts in EXIF: which tag holds one, and in which of the encodings that programs use for it."""

from __future__ import annotations

from lab.gallery.foreign.bounded_json import MAX_LETTERS

_ASCII, _UNDEFINED, _BYTE = 2, 7, 1
_SUB_IFD = 0x8769
_TAGS = {
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x9286: "UserComment",
    0x9C9C: "XPComment",
    0x010D: "DocumentName",
}
"""Where programs write what they know (EXIF 2.32, 4.6.4 and 4.6.5)."""
_MOST_ENTRIES = 1000


def exif_texts(tiff: bytes) -> dict[str, str]:
    """The texts in a TIFF structure, by the names of their tags.

    Read by hand, and only these tags: what stands in them is not as the standard wants it, and of the rest, which may
    be anything, nothing is touched.
    """
    order = {b"II": "little", b"MM": "big"}.get(tiff[:2])
    if order is None:
        return {}
    found: dict[str, str] = {}
    waiting, seen = [_number(tiff, 4, 4, order)], set[int]()
    while waiting:
        at = waiting.pop()
        if at in seen or not 8 <= at < len(tiff) - 1:
            continue
        seen.add(at)
        for number in range(min(_number(tiff, at, 2, order), _MOST_ENTRIES)):
            entry = at + 2 + 12 * number
            tag, kind, count = (_number(tiff, entry + o, size, order) for o, size in ((0, 2), (2, 2), (4, 4)))
            value = entry + 8 if count <= 4 else _number(tiff, entry + 8, 4, order)
            if tag == _SUB_IFD:
                waiting.append(_number(tiff, entry + 8, 4, order))
            elif tag in _TAGS and kind in (_ASCII, _UNDEFINED, _BYTE) and 0 < count <= 4 * MAX_LETTERS:
                found.setdefault(_TAGS[tag], _text(tiff[value : value + count]))
    return found


def _number(tiff: bytes, at: int, size: int, order: str) -> int:
    return int.from_bytes(tiff[at : at + size], "little" if order == "little" else "big")


def _text(raw: bytes) -> str:
    """The text in bytes that may begin with what they are encoded in, and may not be that."""
    head, body = raw[:8], raw[8:]
    if head == b"UNICODE\0":
        return _utf16(body)
    if head in (b"ASCII\0\0\0", b"\0\0\0\0\0\0\0\0", b"JIS\0\0\0\0\0"):
        raw = body
    try:
        return raw.decode().strip("\0")
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip("\0")


def _utf16(body: bytes) -> str:
    """UTF-16 in the order in which it is: the file's own order says nothing, since programs write either in either.

    Where most letters are of the first 256, every other byte is zero, and which tells; a mark at the front tells too.
    """
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", errors="replace").strip("\0")
    if body[:1] and body[1:2] and body[0] and body[1] and _is_utf8(body):
        return body.decode().strip("\0")
    high, low = body[0::2].count(0), body[1::2].count(0)
    return body.decode("utf-16-be" if high >= low else "utf-16-le", errors="replace").strip("\0")


def _is_utf8(body: bytes) -> bool:
    try:
        return "\0" not in body.decode().rstrip("\0")
    except UnicodeDecodeError:
        return False
