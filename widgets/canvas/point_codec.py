"""Points as few bytes: how the browser's `ink/point_codec.js` sends a stroke, and how the kernel reads it.

The first byte says what a point is: 0 for (x, y) at full pressure, 1 for (x, y, pressure). Then come, point after
point, the differences from the point before (the first from zero): x and y in sixteenths of a pixel, pressure in
255ths. Each difference d is written as 2d, or -2d - 1 where it is negative, in groups of seven bits, lowest first; all
but the last group have 128 added. A point of a mouse takes two to four bytes.
"""

from __future__ import annotations

import numpy as np

from lab.core.errors import BadInput

GRID = 16
LEVELS = 255
_LONGEST = 5
"""Groups of a number; 35 bits are more than any sketch is wide."""


def read_points(message: bytes | memoryview) -> np.ndarray:
    """The points in a message: float32, n x 3.

    Raises:
        BadInput: when the bytes are not points.
    """
    data = np.frombuffer(message, np.uint8)
    if not data.size or data[0] > 1 or (data.size > 1 and data[-1] > 127):
        msg = "A stroke could not be read and was left out: its points are not complete"
        raise BadInput(msg)
    groups, wide = data[1:].astype(np.int64), 2 + int(data[0])
    ends = np.flatnonzero(groups < 128)
    starts = np.concatenate([[0], ends[:-1] + 1]) if ends.size else ends
    if ends.size % wide or (ends - starts >= _LONGEST).any():
        msg = f"A stroke could not be read and was left out: {ends.size} numbers are not points of {wide}"
        raise BadInput(msg)
    if not ends.size:
        return np.zeros((0, 3), np.float32)
    place = np.arange(groups.size) - np.repeat(starts, ends - starts + 1)
    values = np.add.reduceat((groups & 127) << (7 * place), starts)
    steps = np.where(values & 1, -(values + 1) // 2, values // 2).reshape(-1, wide).cumsum(axis=0)
    points = np.ones((len(steps), 3), np.float32)
    points[:, :2] = steps[:, :2] / GRID
    if wide == 3:
        points[:, 2] = steps[:, 2] / LEVELS
    return points
