"""ICC profiles, written byte by byte (ICC.1:2001-04), so that no test needs somebody's file.

Numbers from the standards: sRGB IEC 61966-2-1, Adobe RGB (1998), Display P3 (SMPTE EG 432-1 with sRGB's curve) and
ROMM RGB ISO 22028-2.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence

import numpy as np

D50 = np.array([0.9642, 1.0, 0.8249])
_D65 = np.array([0.95047, 1.0, 1.08883])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
SPACES: dict[str, tuple[list[tuple[float, float]], np.ndarray]] = {
    "sRGB": ([(0.64, 0.33), (0.30, 0.60), (0.15, 0.06)], _D65),
    "Adobe RGB": ([(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)], _D65),
    "Display P3": ([(0.68, 0.32), (0.265, 0.69), (0.15, 0.06)], _D65),
    "ProPhoto": ([(0.734699, 0.265301), (0.159597, 0.840403), (0.036598, 0.000105)], D50),
}
"""Chromaticities of red, green and blue, and the white."""
GAMMA = {"Adobe RGB": 563 / 256, "ProPhoto": 1.8}
"""Of those whose curve is a power; the others have sRGB's."""


def to_xyz(space: str) -> np.ndarray:
    """From linear RGB to XYZ as ICC profiles have it, adapted to D50; 3 x 3."""
    primaries, white = SPACES[space]
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    own = columns * np.linalg.solve(columns, white)
    cones = np.diag((_BRADFORD @ D50) / (_BRADFORD @ white))
    return np.linalg.inv(_BRADFORD) @ cones @ _BRADFORD @ own


def linear(space: str, shares: np.ndarray) -> np.ndarray:
    """Light of encoded values, both 0..1."""
    if space in GAMMA:
        return shares ** GAMMA[space]
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def encoded(space: str, light: np.ndarray) -> np.ndarray:
    light = np.clip(light, 0, 1)
    if space in GAMMA:
        return light ** (1 / GAMMA[space])
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def rgb_profile(space: str) -> bytes:
    """A display profile by matrix and curves."""
    matrix = to_xyz(space)
    curve = _gamma(GAMMA[space]) if space in GAMMA else _curve(linear(space, np.linspace(0, 1, 1024)))
    tags = [(f"{name}XYZ".encode(), _xyz(column)) for name, column in zip("rgb", matrix.T, strict=True)]
    tags += [(f"{name}TRC".encode(), curve) for name in "rgb"]
    return _profile(b"mntr", b"RGB ", b"XYZ ", space, tags)


def grey_profile(gamma: float) -> bytes:
    return _profile(b"mntr", b"GRAY", b"XYZ ", f"grey {gamma}", [(b"kTRC", _gamma(gamma))])


CMYK_LEVELS = (0, 64, 128, 191, 255)
"""The levels of each ink at which the table of `cmyk_profile` stands."""


def cmyk_profile() -> bytes:
    """A printer of ideal inks, whose table says exactly what `cmyk_in_lab` says at `CMYK_LEVELS`."""
    grid = list(itertools.product(CMYK_LEVELS, repeat=4))
    values = np.array([cmyk_in_lab(inks) for inks in grid])
    table = np.stack([values[:, 0] / 100 * 65280, (values[:, 1] + 128) * 256, (values[:, 2] + 128) * 256], axis=-1)
    unit = np.eye(3).ravel()
    body = b"mft2" + bytes(4) + struct.pack(">BBBx", 4, 3, len(CMYK_LEVELS)) + b"".join(map(_fixed, unit))
    body += struct.pack(">HH", 2, 2) + struct.pack(">2H", 0, 65535) * 4
    body += np.rint(np.clip(table, 0, 65535)).astype(">u2").tobytes() + struct.pack(">2H", 0, 65535) * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", "ideal inks", [(b"A2B0", body)])


def cmyk_in_lab(inks: Sequence[int]) -> np.ndarray:
    """CIELAB (D50) of four inks, 0..255, which take light away as ideal filters would, on white paper."""
    *colours, black = 1 - np.array(inks) / 255
    return lab_of(to_xyz("sRGB") @ (np.array(colours) * black))


def lab_of(xyz: np.ndarray) -> np.ndarray:
    """CIELAB of XYZ, both by D50."""
    share = xyz / D50
    bent = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    x, y, z = np.moveaxis(bent, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _profile(kind: bytes, space: bytes, between: bytes, name: str, tags: list[tuple[bytes, bytes]]) -> bytes:
    described = b"desc" + bytes(4) + struct.pack(">I", len(name) + 1) + name.encode() + b"\0" + bytes(78)
    tags = [(b"desc", described), (b"cprt", b"text" + bytes(4) + b"none\0"), (b"wtpt", _xyz(D50)), *tags]
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for tag, content in tags:
        table += tag + struct.pack(">II", at + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"lcms", 0x02400000, kind, space, between)
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + b"".join(map(_fixed, D50))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(map(_fixed, values))


def _gamma(power: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(power * 256))


def _curve(values: np.ndarray) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">I", len(values)) + np.rint(values * 65535).astype(">u2").tobytes()
