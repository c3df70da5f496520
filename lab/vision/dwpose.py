"""DWPose through onnxruntime: finds people, and 133 points of body, hands and face on each. Draws nothing itself.

controlnet_aux draws, and asks of what finds the points only what `WholeBody` does; its own way needs mmcv, mmdet and
mmpose, which cannot be installed beside a current torch. Sizes, means and thresholds are those of IDEA-Research's
DWPose, as the two networks were exported.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lab.core.geometry import Size

FILES = ("yolox_l.onnx", "dw-ll_ucoco_384.onnx")
"""Finds people; finds their points."""
Network = Callable[[np.ndarray], list[np.ndarray]]

_FRAME_PX = 640
_CELLS_PX = (8, 16, 32)
_PADDING = 114
_SURE = 0.3
_OVERLAP = 0.45
_PORTRAIT = Size(288, 384)
_MARGIN = 1.25
_BINS_PER_PX = 2
_MEAN = np.array([123.675, 116.28, 103.53], np.float32)
_SPREAD = np.array([58.395, 57.12, 57.375], np.float32)
_SHOULDERS = [5, 6]
_NECK = 17
_COCO = [17, 6, 8, 10, 7, 9, 12, 14, 16, 13, 15, 2, 1, 4, 3]
_OPENPOSE = [1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17]
"""The same points in the order of COCO, with the neck behind the body's 17, and in that of OpenPose."""


def read_detector(folder: Path) -> Any:
    """controlnet_aux's DWPose detector on the networks in a folder; `.to(device)` loads them."""
    kind = import_module("controlnet_aux").DWposeDetector
    detector = kind.__new__(kind)  # its own constructor wants mmpose
    detector.pose_estimation = WholeBody(lambda file, device: _session(folder / file, device))
    return detector


class WholeBody:
    """Points and their certainties, people x 134 x 2 and people x 134, in a BGR picture; in OpenPose's order."""

    def __init__(self, open_network: Callable[[str, str], Network]) -> None:
        self._open = open_network

    def to(self, device: str) -> WholeBody:
        """Load both networks, detector and poses, for a device such as "cuda"."""
        self._people, self._points = (self._open(file, device) for file in FILES)
        return self

    def __call__(self, bgr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find everybody."""
        boxes = found_people(bgr, self._people)
        both = [found_points(bgr, box, self._points) for box in boxes]
        points = np.array([points for points, _ in both]).reshape(-1, 133, 2)
        certain = np.array([certain for _, certain in both]).reshape(-1, 133)
        return _in_openposes_order(points, certain)


def found_people(bgr: np.ndarray, network: Network) -> np.ndarray:
    """The box around each person, people x (left, top, width, height), in pixels of the picture."""
    height, width = bgr.shape[:2]
    scale = min(_FRAME_PX / height, _FRAME_PX / width)
    small = cv2.resize(bgr, (max(1, int(width * scale)), max(1, int(height * scale))))
    frame = np.full((_FRAME_PX, _FRAME_PX, 3), _PADDING, np.uint8)
    frame[: small.shape[0], : small.shape[1]] = small
    found = network(frame.transpose(2, 0, 1)[None].astype(np.float32))[0][0]
    sides = [_FRAME_PX // cell for cell in _CELLS_PX]
    places = np.concatenate([np.indices((side, side))[::-1].reshape(2, -1).T for side in sides])
    cell = np.repeat(_CELLS_PX, [side * side for side in sides])[:, None]
    centre, size = (found[:, :2] + places) * cell, np.exp(found[:, 2:4]) * cell
    boxes = np.hstack([centre - size / 2, size]) / scale
    certain = found[:, 4] * found[:, 5]  # that there is something, and that it is a person
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), certain.tolist(), _SURE, _OVERLAP)
    return boxes[np.array(kept, int).reshape(-1)]


def found_points(bgr: np.ndarray, box: np.ndarray, network: Network) -> tuple[np.ndarray, np.ndarray]:
    """133 points in pixels of the picture, and how certain each is, of the person in a box."""
    left, top, width, height = box
    middle = np.array([left + width / 2, top + height / 2])
    scale = min(_PORTRAIT.width / width, _PORTRAIT.height / height) / _MARGIN
    shift = np.array(_PORTRAIT) / 2 - scale * middle
    portrait = cv2.warpAffine(bgr, np.array([[scale, 0, shift[0]], [0, scale, shift[1]]]), _PORTRAIT)
    rgb = (portrait[..., ::-1] - _MEAN) / _SPREAD
    across, down = network(rgb.transpose(2, 0, 1)[None].astype(np.float32))
    bins = np.stack([across[0].argmax(axis=1), down[0].argmax(axis=1)], axis=1)
    certain = np.minimum(across[0].max(axis=1), down[0].max(axis=1))
    return (bins / _BINS_PER_PX - shift) / scale, certain


def _in_openposes_order(points: np.ndarray, certain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """With a neck between the shoulders, which is as certain as both are."""
    neck = points[:, _SHOULDERS].mean(axis=1)
    both = (certain[:, _SHOULDERS] > _SURE).all(axis=1).astype(float)
    points, certain = np.insert(points, _NECK, neck, axis=1), np.insert(certain, _NECK, both, axis=1)
    for values in (points, certain):
        values[:, _OPENPOSE] = values[:, _COCO]
    return points, certain


def _session(file: Path, device: str) -> Network:
    """A network in a file, as a function."""
    runtime: Any = import_module("onnxruntime")
    wanted = ["CUDAExecutionProvider"] if device.startswith("cuda") else []
    here = [provider for provider in wanted if provider in runtime.get_available_providers()]
    session = runtime.InferenceSession(str(file), providers=[*here, "CPUExecutionProvider"])
    (taken,) = session.get_inputs()
    return lambda values: session.run(None, {taken.name: values})
