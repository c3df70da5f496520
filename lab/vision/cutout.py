"""A subject without its background: by a network of rembg, or by colour on plain backgrounds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from lab.core.errors import BadInput, MissingWeights
from lab.core.picture import Mask, Picture
from lab.core.reporter import Reporter
from lab.core.resident_models import Resident
from lab.retouch.colours import to_lab
from lab.retouch.grabcut import difference_from, grabcut
from lab.retouch.masks import mask_of
from lab.retouch.matting import decontaminated, matted, trimap_around
from lab.vision.cutout_weights import CUTOUT_NETWORKS, CutoutNetwork, fetched

PLAIN = "plain"
"""Needs no weights: whatever differs from the colours at the picture's border."""
CUSTOM = "dis_custom"
"""An ISNet of the user's own, as an ONNX file in rembg's folder of models."""
NETWORKS = tuple(CUTOUT_NETWORKS)
"""The networks of rembg that find the subject of any picture and run on this machine."""

_SURELY_NOT, _SURELY = 0.04, 0.92
"""Networks are seldom quite sure: beyond these levels they are taken to be, so that a subject is not a little clear."""
_WORKING_SIDE = 448
"""GrabCut works at this size: its time grows with the pixels, and the edge is found again by matting."""
_BORDER = 0.02
"""The share of the shorter side that counts as the picture's border."""
_LEAST_DIFFERENCE = 6.0
"""What differs from the background by less, in CIELAB, is background."""
_SHARP_PX = 3
"""The edge of a thing, at the working size, is not wider than this; that of a soft shadow is."""
_SPECK = 0.005
"""Islands smaller than this share of the subject are dropped; so are holes smaller than this share."""


def cut_out(
    picture: Picture,
    *,
    model: str = PLAIN,
    trimap: Mask | None = None,
    matting: str = "quick",
    weights: str | os.PathLike[str] | None = None,
    reporter: Reporter | None = None,
) -> Picture:
    """The subject as RGBA: opaque pixels are the picture's own, edges are freed of the background's colour.

    A picture that is transparent somewhere is a cut-out already and comes back as it is, unless a trimap is given.

    Args:
        picture: any picture.
        model: `PLAIN`, one of `NETWORKS`, or `CUSTOM`.
        trimap: 255 is subject, 0 is background, anything between is to be found out; replaces the model.
        matting: how edges between subject and background are told apart, one of `MATTINGS`; for `PLAIN` and trimaps.
        weights: the ONNX file of a `CUSTOM` model; the only one in its folder when None.
        reporter: hear how a network is fetched at its first use; nothing is fetched without them.

    Raises:
        BadInput: when there is no such model, or nothing that stands out from the background.
        MissingWeights: when the network's weights are not on this machine and could not be fetched.
    """
    if trimap is not None:
        return decontaminated(picture, matted(picture, trimap, matting))
    if picture.has_alpha and picture.pixels[..., 3].min() < 255:
        return picture
    return decontaminated(
        picture, subject_mask(picture, model=model, matting=matting, weights=weights, reporter=reporter)
    )


def subject_mask(
    picture: Picture,
    *,
    model: str = PLAIN,
    matting: str = "quick",
    weights: str | os.PathLike[str] | None = None,
    reporter: Reporter | None = None,
) -> Mask:
    """How opaque the subject is at each pixel; arguments and errors as for `cut_out`."""
    if model == PLAIN:
        return _standing_out(picture, matting)
    path = str(weights) if weights else None
    found = _loaded(model, path, reporter).session.predict(picture.on_white().to_pil())
    levels = np.max([np.asarray(part.convert("L")) for part in found], axis=0) / 255
    return mask_of((levels - _SURELY_NOT) / (_SURELY - _SURELY_NOT))


def residents() -> list[Resident]:
    """The network in memory, with its bytes. Any thread."""
    return [
        Resident("cut-out", loaded.file.stem, loaded.file.stat().st_size, loaded.device, "cuts out")
        for loaded in tuple(_LOADED.values())
        if loaded.file.is_file()
    ]


def release() -> int:
    """Let the network go; it is read again when it is needed. Returns the bytes that are free by that."""
    freed = sum(one.bytes for one in residents())
    _LOADED.clear()
    return freed


class _Loaded(NamedTuple):
    """A network in memory, made of a file."""

    session: Any
    file: Path

    @property
    def device(self) -> str:
        """Where it runs."""
        return "cuda" if "CUDAExecutionProvider" in self.session.inner_session.get_providers() else "cpu"


_LOADED: dict[tuple[str, str | None], _Loaded] = {}
"""The network used last."""


def _loaded(model: str, path: str | None, reporter: Reporter | None) -> _Loaded:
    """The network, read once; the one used last is kept; errors as for `_read`."""
    found = _LOADED.get((model, path))
    if found is None:
        found = _read(model, path, reporter)
        _LOADED.clear()
        _LOADED[model, path] = found
    return found


def _read(model: str, path: str | None, reporter: Reporter | None) -> _Loaded:
    """The network.

    Raises:
        BadInput: when there is no such model.
        MissingWeights: when its weights are not on this machine and could not be fetched, or cannot be read.
    """
    if model not in (*NETWORKS, CUSTOM):
        msg = f"there is no model {model!r} to cut out with: use one of {', '.join((PLAIN, *NETWORKS, CUSTOM))}"
        raise BadInput(msg)
    if model != CUSTOM:
        return _read_of_rembg(CUTOUT_NETWORKS[model], reporter)
    import rembg
    from rembg.sessions import sessions

    folder = sessions[CUSTOM].model_dir()
    if path is None:
        own = sorted(Path(folder).glob("*.onnx"))
        if len(own) != 1:
            msg = f"{CUSTOM} reads the one ONNX file in {folder}, in which there are {len(own)}: put one there"
            raise MissingWeights(msg)
        path = str(own[0])
    if not Path(path).is_file():
        msg = f"there is no file {path} with the weights of {CUSTOM}: put an ONNX file into {folder} and name it"
        raise MissingWeights(msg)
    try:
        return _Loaded(rembg.new_session(CUSTOM, model_path=path), Path(path))
    except ValueError as error:
        msg = f"rembg reads weights from its own folder only: put {path} into {folder}"
        raise BadInput(msg) from error


def _read_of_rembg(network: CutoutNetwork, reporter: Reporter | None) -> _Loaded:
    """One of rembg's own; fetched where it is not here and somebody hears of it."""
    file = network.here
    if file is None:
        if reporter is None:
            raise MissingWeights(network.missing)
        file = fetched(network, reporter)
        reporter.progress("cut-out")
    import rembg

    try:
        return _Loaded(rembg.new_session(network.name), file)
    except Exception as error:  # onnxruntime has an error of its own for each way in which a file is broken
        size = file.stat().st_size
        if size == network.bytes:
            raise
        msg = f"{file} is not {network.name}: it has {size} bytes instead of {network.bytes}. Delete it, and try again"
        raise MissingWeights(msg) from error


def _standing_out(picture: Picture, matting: str) -> Mask:
    """The subject on a plain background: what differs from the border, refined by GrabCut, its edge by matting.

    Raises:
        BadInput: when nothing differs from the border.
    """
    height, width = picture.pixels.shape[:2]
    scale = min(1.0, _WORKING_SIDE / max(height, width))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    colours = cv2.resize(picture.pixels[..., :3], small, interpolation=cv2.INTER_AREA)
    difference = _difference(colours)
    hard = _without_specks(_with_sharp_parts(_grabbed(colours, difference), difference))
    if not hard.any() or hard.all():
        msg = "nothing stands out from the background: mark the subject with a trimap, or use a network"
        raise BadInput(msg)
    full = cv2.resize(hard.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    reach = max(2, round(2.5 / scale))
    return matted(picture, trimap_around(mask_of(full), reach), matting)


def _difference(colours: np.ndarray) -> np.ndarray:
    """How much each pixel differs from the background, taken to go on smoothly from the picture's border."""
    lab = to_lab(colours)
    height, width = lab.shape[:2]
    edge = max(1, round(_BORDER * min(height, width)))
    border = np.ones((height, width), np.float32)
    border[edge:-edge, edge:-edge] = 0
    usual = np.median(lab[border > 0], axis=0)
    odd = np.linalg.norm(lab - usual, axis=-1)
    # A subject may be cut off by the border: colours unlike most of the border are not background.
    border *= odd <= max(2 * np.median(odd[border > 0]), 2 * _LEAST_DIFFERENCE)
    return difference_from(colours, border)


def _grabbed(colours: np.ndarray, difference: np.ndarray) -> np.ndarray:
    levels = np.clip(difference * 4, 0, 255).astype(np.uint8)
    otsu, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    threshold = max(_LEAST_DIFFERENCE, otsu / 4 * 0.6)
    guess = np.where(difference > threshold, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    guess[difference > 2 * threshold] = cv2.GC_FGD
    guess[difference < min(threshold / 2, _LEAST_DIFFERENCE / 2)] = cv2.GC_BGD
    return grabcut(colours, guess, rounds=3)


def _with_sharp_parts(hard: np.ndarray, difference: np.ndarray) -> np.ndarray:
    """The mask with whatever else ends sharply against the background: grey and thin parts, which look like shadows.

    A shadow fades into the background; a thing is gone within a few pixels.
    """
    left = ((difference > 2 * _LEAST_DIFFERENCE) & ~hard).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(left, connectivity=8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _SHARP_PX + 1, 2 * _SHARP_PX + 1))
    taken = cv2.dilate((hard | (left > 0)).astype(np.uint8), disc)
    least = _SPECK * hard.sum()
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_AREA] < least:
            continue
        part = labels == label
        outside = cv2.dilate(part.astype(np.uint8), disc)
        just_beyond = (cv2.dilate(outside, np.ones((3, 3), np.uint8)) > 0) & (taken == 0)
        if just_beyond.any() and np.median(difference[just_beyond]) < _LEAST_DIFFERENCE / 2:
            hard = hard | part
    return hard


def _without_specks(hard: np.ndarray) -> np.ndarray:
    """The mask without tiny islands and without tiny holes."""
    least = _SPECK * hard.sum()
    for wanted in (True, False):
        count, labels, stats, _ = cv2.connectedComponentsWithStats((hard == wanted).astype(np.uint8), connectivity=4)
        for label in range(1, count):
            if stats[label, cv2.CC_STAT_AREA] < least:
                hard = np.where(labels == label, not wanted, hard)
    return hard
