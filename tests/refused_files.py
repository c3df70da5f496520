"""Files of kinds that are not opened, each as small as Pillow takes for one; and how a sentence names them."""

from __future__ import annotations

import io
import struct

from PIL import Image

_POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"
_PREVIEWED = struct.pack("<4sIIIIIIIH", b"\xc5\xd0\xd3\xc6", 32, len(_POSTSCRIPT), 0, 0, 0, 0, 0, 0xFFFF)


def _saved(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(buffer, kind)
    return buffer.getvalue()


def _fits() -> bytes:
    cards = ("SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 2", "NAXIS1  = 9", "NAXIS2  = 9", "END")
    return "".join(f"{card:80}" for card in cards).ljust(2880).encode() + bytes(2880)


REFUSED = {
    "eps": (_POSTSCRIPT, "EPS"),
    "eps with a preview": (_PREVIEWED + _POSTSCRIPT, "EPS"),
    "ps": (b"%!PS\n0 0 moveto showpage\n", "PostScript"),
    "pdf": (_saved("PDF"), "PDF"),
    "svg": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\n', "SVG"),
    "fits": (_fits(), "FITS"),
    "wmf": (b"\xd7\xcd\xc6\x9a\0\0" + struct.pack("<4hHIH", 0, 0, 9, 9, 96, 0, 0) + b"\1\0\t\0" + bytes(40), "WMF"),
    "emf": (b"\1\0\0\0" + struct.pack("<9I", 108, 0, 0, 9, 9, 0, 0, 99, 99) + b" EMF" + bytes(60), "EMF"),
    "icns": (_saved("ICNS"), "ICNS"),
    "psd": (b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 9, 9, 8, 3) + bytes(300), "PSD"),
    "ico": (_saved("ICO"), "ICO"),
    "jpeg 2000": (_saved("JPEG2000"), "JPEG 2000"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64), "HEIC"),
    "xcf": (b"gimp xcf v011\0" + bytes(64), "XCF"),
    "tga": (_saved("TGA"), "none of PNG, JPEG"),
}
"""The content by kind, and the words that its refusal has."""
