"""How a drawn picture is judged: edges against a sketch, hue against a word, looks against known objects. No models."""

from __future__ import annotations

import cv2
import numpy as np

from lab.starter.train import colours

TOLERANCE = 0.02  # of the picture's side
_WHITE = np.array([255, 255, 255], np.float32)


def edges_of(picture: np.ndarray) -> np.ndarray:
    """The edges one sees in a picture, boolean: Canny on each colour channel, slightly blurred."""
    soft = cv2.GaussianBlur(picture, (0, 0), 1.4)
    return np.any([cv2.Canny(np.ascontiguousarray(soft[..., turn]), 30, 80) > 0 for turn in range(3)], axis=0)


def share_near(some: np.ndarray, others: np.ndarray) -> float:
    """The share (0..1) of the pixels of `some` that have one of `others` within the tolerance."""
    if not some.any():
        return 1.0
    if not others.any():
        return 0.0
    distance = cv2.distanceTransform((~others).astype(np.uint8), cv2.DIST_L2, 5)
    return float((distance[some] <= TOLERANCE * some.shape[0]).mean())


def edge_scores(picture: np.ndarray, sketch: np.ndarray) -> tuple[float, float]:
    """Recall (lines of the sketch that are edges in the picture) and precision (edges that lie on the sketch)."""
    edges = edges_of(picture)
    return share_near(sketch, edges), share_near(edges, sketch)


def object_mask(picture: np.ndarray) -> np.ndarray:
    """Where the object is: what differs from the colour of the picture's rim, 0 or 255."""
    rim = np.concatenate([picture[:6].reshape(-1, 3), picture[-6:].reshape(-1, 3)])
    ground = np.median(rim, axis=0)
    far = np.abs(picture.astype(np.float32) - ground).max(-1) > 28
    return cv2.morphologyEx(far.astype(np.uint8) * 255, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))


def hue_error(picture: np.ndarray, word: str) -> float:
    """How far, in degrees, the object's main hue is from the word's; 180 when it has no hue."""
    hue, share = colours.main_hue(picture, object_mask(picture))
    return float(colours.hue_distance(hue, colours.HUES[word])) if share > 0 else 180.0


def ground_named(picture: np.ndarray, named: dict[str, tuple[int, int, int]]) -> str:
    """The name of the plain colour that is nearest to the picture's corners."""
    corners = [picture[:20, :20], picture[:20, -20:], picture[-20:, :20], picture[-20:, -20:]]
    colour = np.median(np.concatenate([corner.reshape(-1, 3) for corner in corners]), axis=0)
    choices = {**named, "white": tuple(_WHITE)}

    def lab(rgb: tuple[int, ...] | np.ndarray) -> np.ndarray:
        return cv2.cvtColor(np.float32([[rgb]]) / 255, cv2.COLOR_RGB2LAB)[0, 0]

    return min(choices, key=lambda name: float(np.linalg.norm(lab(choices[name]) - lab(colour))))


def looks(picture: np.ndarray, side: int = 12) -> np.ndarray:
    """Simple colour and shape features of an object on white, cut to its box: 12 x 12 Lab and silhouette."""
    mask = object_mask(picture)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if len(rows) < 8 or len(columns) < 8:
        return np.zeros(side * side * 4, np.float32)
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    wide = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    square = np.full((wide, wide, 4), (255, 255, 255, 0), np.uint8)
    cut = np.dstack([picture[box], mask[box]])
    top, left = (wide - cut.shape[0]) // 2, (wide - cut.shape[1]) // 2
    square[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
    small = cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    lab = cv2.cvtColor(np.ascontiguousarray(small[..., :3]), cv2.COLOR_RGB2LAB) / 100
    return np.concatenate([lab.reshape(-1), small[..., 3].reshape(-1)])


def place_among(found: np.ndarray, known: np.ndarray, right: int) -> int:
    """The place (0 is first) of the right object when all known ones are sorted by nearness to the found features."""
    distance = np.linalg.norm(known - found, axis=1)
    return int((distance < distance[right]).sum())
