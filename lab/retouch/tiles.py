"""Work on a picture too large for a network: in overlapping tiles, blended so that no seam is left.

In the middle of an overlap two tiles are mixed; its outer quarters, where a network lacks context, are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from lab.core.errors import BadInput, OutOfMemory
from lab.core.geometry import Size
from lab.core.picture import MAX_PIXELS, Picture
from lab.core.reporter import check_wanted

_SMALLEST_TILE = 64


class Span(NamedTuple):
    """A tile along one axis, and where its part of the result fades: in, up to `full`, and out, from `fades`."""

    start: int
    end: int
    appears: int
    full: int
    fades: int
    gone: int


def spans(length: int, tile: int, overlap: int) -> tuple[Span, ...]:
    """Tiles of `tile` pixels along an axis, evenly laid, each overlapping the next by at least `overlap`.

    Raises:
        BadInput: when the overlap is negative or more than half of a tile.
    """
    if tile < 1 or not 0 <= overlap <= tile / 2:
        msg = f"tiles overlap by 0 to half of their size; tiles of {tile} pixels cannot overlap by {overlap}"
        raise BadInput(msg)
    if length <= tile:
        return (Span(0, length, 0, 0, length, length),)
    count = -(-(length - overlap) // (tile - overlap))
    starts = [round(number * (length - tile) / (count - 1)) for number in range(count)]
    apart = (length - tile) // (count - 1)
    found = []
    for number, start in enumerate(starts):
        appears, full = (0, 0) if number == 0 else _mixed(start, starts[number - 1] + tile, apart)
        fades, gone = (length, length) if number == count - 1 else _mixed(starts[number + 1], start + tile, apart)
        found.append(Span(start, start + tile, appears, full, fades, gone))
    return tuple(found)


def tiled(
    picture: Picture,
    work: Callable[[Picture], Picture],
    *,
    tile: int = 256,
    overlap: int = 32,
    scale: int = 1,
) -> Picture:
    """What `work` makes of the picture, tile by tile.

    A `work` that looks no farther than a quarter of the overlap gives the same as it would on the whole picture. When
    a tile is too large for the device, all is begun again with tiles half as large.

    Args:
        picture: any picture; a transparent one is put on white.
        work: from a tile to its result, RGB, `scale` times as large. It may raise `Stopped` between tiles.
        tile: width and height of a tile in pixels of the picture; tiles at a small picture are as small as it.
        overlap: by how many pixels neighbours overlap at least.
        scale: how many times larger the result is.

    Raises:
        BadInput: when a number is out of range, or `work` gives another size.
        OutOfMemory: when even tiles of 64 pixels are too large.
    """
    whole = Size(picture.size.width * scale, picture.size.height * scale)
    if scale < 1 or whole.pixels > MAX_PIXELS:
        msg = (
            f"{picture.size} made {scale} times larger is {whole}: it must be 1 to {MAX_PIXELS // 1_000_000} megapixels"
        )
        raise BadInput(msg)
    source = picture.on_white().pixels
    while True:
        try:
            return Picture(_blended(source, work, tile, overlap, scale))
        except OutOfMemory:
            tile = min(tile, max(picture.size)) // 2
            overlap = min(overlap, tile // 2)
            if tile < _SMALLEST_TILE:
                raise


def _blended(source: np.ndarray, work: Callable[[Picture], Picture], tile: int, overlap: int, scale: int) -> np.ndarray:
    height, width = source.shape[:2]
    result = np.empty((height * scale, width * scale, 3), np.uint8)
    above = np.zeros((0, width * scale, 3), np.float32)
    for row in spans(height, tile, overlap):
        band = _band(source[row.start : row.end], work, spans(width, tile, overlap), scale)
        band = band[(row.appears - row.start) * scale : (row.gone - row.start) * scale]
        share = _rise((row.full - row.appears) * scale)[:, None, None]
        mixed = len(share)
        band[:mixed] = band[:mixed] * share + above * (1 - share)
        done = (row.fades - row.appears) * scale
        result[row.appears * scale : row.fades * scale] = np.rint(band[:done])
        above = band[done:]
    return result


def _band(source: np.ndarray, work: Callable[[Picture], Picture], columns: tuple[Span, ...], scale: int) -> np.ndarray:
    """A row of tiles, blended from left to right, as floats."""
    band = np.zeros((source.shape[0] * scale, source.shape[1] * scale, 3), np.float32)
    for column, made in _worked(source, work, columns, scale):
        part = made[:, (column.appears - column.start) * scale : (column.gone - column.start) * scale]
        share = np.ones(part.shape[1], np.float32)
        rise, fall = _rise((column.full - column.appears) * scale), _rise((column.gone - column.fades) * scale)
        share[: len(rise)] = rise
        share[len(share) - len(fall) :] = 1 - fall
        band[:, column.appears * scale : column.gone * scale] += part * share[:, None]
    return band


def _worked(
    source: np.ndarray, work: Callable[[Picture], Picture], columns: tuple[Span, ...], scale: int
) -> Iterator[tuple[Span, np.ndarray]]:
    for column in columns:
        check_wanted()
        given = Picture(source[:, column.start : column.end])
        made = work(given)
        wanted = Size(given.size.width * scale, given.size.height * scale)
        if made.size != wanted:
            msg = f"a tile of {given.size} should have become {wanted}, and became {made.size}"
            raise BadInput(msg)
        yield column, made.on_white().pixels.astype(np.float32)


def _mixed(start: int, end: int, apart: int) -> tuple[int, int]:
    """The middle half of the overlap between the start of one tile and the end of the one before it.

    Less of it where tiles lie closer together than that, so that no three of them mix.
    """
    overlap = end - start
    left_out = min(max(-(-overlap // 4), -(-(overlap - apart) // 2)), overlap // 2)
    return start + left_out, end - left_out


def _rise(length: int) -> np.ndarray:
    """From near 0 to near 1 in `length` equal steps."""
    return ((np.arange(length) + 0.5) / max(length, 1)).astype(np.float32)
