"""A text in the lowest bits of a picture's alpha, where NovelAI writes what it knows once more. Looks at pixels alone.

It is there still when a site has taken all texts out of the file. The bits go from top to bottom, then from left to
right: fifteen letters that say what it is, the length in bits, and the text, packed by gzip or plain.
"""

from __future__ import annotations

import zlib

import numpy as np

from lab.core.errors import BadInput
from lab.core.image_files import opened
from lab.gallery.foreign.bounded_json import MAX_LETTERS

_PACKED, _PLAIN = b"stealth_pngcomp", b"stealth_pnginfo"
_HEAD_BYTES = len(_PACKED) + 4
_MOST_PIXELS = 8_000_000
"""More than NovelAI draws; a larger picture would take long to look into."""
_GZIP = 31
"""What zlib takes for gzip's own head (zlib.h, inflateInit2)."""


def hidden_text(content: bytes) -> str | None:
    """The text in the alpha of a picture; None where there is none, or it is no picture with an alpha."""
    try:
        with opened(content) as image:
            if image.mode not in ("RGBA", "LA") or image.width * image.height > _MOST_PIXELS:
                return None
            alpha = np.asarray(image.getchannel("A"))
    except (BadInput, OSError, ValueError):
        return None
    height, width = alpha.shape
    columns = -(-8 * _HEAD_BYTES // height)
    head = np.packbits(alpha[:, : min(columns, width)].T.ravel() & 1).tobytes()
    mark, bits = head[: len(_PACKED)], int.from_bytes(head[len(_PACKED) : _HEAD_BYTES], "big")
    if mark not in (_PACKED, _PLAIN) or not 0 < bits <= min(alpha.size, 32 * MAX_LETTERS):
        return None
    columns = -(-(8 * _HEAD_BYTES + bits) // height)
    body = np.packbits(alpha[:, :columns].T.ravel() & 1).tobytes()[_HEAD_BYTES : _HEAD_BYTES + -(-bits // 8)]
    if mark == _PACKED:
        try:
            body = zlib.decompressobj(_GZIP).decompress(body, 4 * MAX_LETTERS)
        except zlib.error:
            return None
    return body.decode(errors="replace")
