"""A subject without its background: by a network of rembg, or by colour on plain backgrounds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lab.core.errors import BadInput, MissingWeights
from lab.core.picture import Mask, Picture
from lab.core.reporter import Reporter
from lab.retouch import plain_background
from lab.retouch.masks import intersection, mask_of
from lab.retouch.matting import bled, decontaminated, matted
from lab.vision.cutout_weights import CUTOUT_NETWORKS, CutoutNetwork, fetched
from lab.vision.model_shelf import ModelShelf
from lab.vision.stoppable import stoppable

PLAIN = "plain"
"""Needs no weights: whatever differs from the colours at the picture's border."""
CUSTOM = "dis_custom"
"""An ISNet of the user's own, as an ONNX file in rembg's folder of models."""
NETWORKS = tuple(CUTOUT_NETWORKS)
"""The networks of rembg that find the subject of any picture and run on this machine."""

_CLEAR, _LEAST_CLEAR = 128, 0.08
"""An alpha below which a pixel is transparent, and the share of such pixels from which a picture is a cut-out: corners
rounded by 30 % of the side take that much, and hardly a subject leaves less of its picture free."""
_SURELY_NOT, _SURELY = 0.04, 0.92
"""Networks are seldom quite sure: beyond these levels they are taken to be, so that a subject is not a little clear. A
choice, not a measurement: closer together they harden hair, farther apart they leave a veil of the background."""


def cut_out(
    picture: Picture,
    *,
    model: str = PLAIN,
    trimap: Mask | None = None,
    matting: str = "quick",
    weights: str | os.PathLike[str] | None = None,
    reporter: Reporter | None = None,
) -> Picture:
    """The subject as RGBA, straight alpha: opaque pixels are the picture's own, edges freed of the background's colour.

    A picture that is a cut-out already comes back as it is, unless a trimap is given; of one with a few transparent
    pixels, such as round corners, those stay so.

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
    if is_cut_out(picture):
        return picture
    whole = bled(picture)
    found = subject_mask(whole, model=model, matting=matting, weights=weights, reporter=reporter)
    if picture.has_alpha:
        found = intersection(found, Mask.from_alpha(picture))
    return decontaminated(whole, found)


def is_cut_out(picture: Picture) -> bool:
    """Whether so much of a picture is transparent that it is a cut-out already, and not one with round corners."""
    return picture.has_alpha and float((picture.pixels[..., 3] < _CLEAR).mean()) >= _LEAST_CLEAR


def subject_mask(
    picture: Picture,
    *,
    model: str = PLAIN,
    matting: str = "quick",
    weights: str | os.PathLike[str] | None = None,
    reporter: Reporter | None = None,
) -> Mask:
    """How opaque the subject is at each pixel, a mask of the picture's size; arguments and errors as for `cut_out`."""
    if model == PLAIN:
        return plain_background.subject_mask(picture, matting)
    path = str(weights) if weights else None
    with _SHELF.using((model, path), lambda: _found(model, path, reporter), lambda file: _read(model, file)) as network:
        found = network.session.predict(picture.on_white().to_pil())
    levels = np.max([np.asarray(part.convert("L")) for part in found], axis=0) / 255
    return mask_of((levels - _SURELY_NOT) / (_SURELY - _SURELY_NOT))


class _Loaded(NamedTuple):
    """A network in memory, made of a file of so many bytes."""

    session: Any
    what: str
    bytes: int

    @property
    def device(self) -> str:
        """Where it runs."""
        return "cuda" if "CUDAExecutionProvider" in self.session.inner_session.get_providers() else "cpu"


_SHELF: ModelShelf[tuple[str, str | None], _Loaded] = ModelShelf("cut-out", "cuts out", keeps=1)
residents, release = _SHELF.residents, _SHELF.release


def _found(model: str, path: str | None, reporter: Reporter | None) -> Path:
    """The file of a network; fetched where it is not here and somebody hears of it.

    Raises:
        BadInput: when there is no such model.
        MissingWeights: when its weights are not on this machine and could not be fetched.
    """
    if model not in (*NETWORKS, CUSTOM):
        msg = f"there is no model {model!r} to cut out with: use one of {', '.join((PLAIN, *NETWORKS, CUSTOM))}"
        raise BadInput(msg)
    if model == CUSTOM:
        return _own_file(path)
    network = CUTOUT_NETWORKS[model]
    file = network.here
    if file is None:
        if reporter is None:
            raise MissingWeights(network.missing)
        file = fetched(network, reporter)
        reporter.progress("cut-out")
    return file


def _own_file(path: str | None) -> Path:
    """The user's own file; the only one in its folder when it is not named.

    Raises:
        MissingWeights: when it is not there, or there are several.
    """
    folder = _own_folder()
    if path is None:
        own = sorted(Path(folder).glob("*.onnx"))
        if len(own) != 1:
            msg = f"{CUSTOM} reads the one ONNX file in {folder}, in which there are {len(own)}: put one there"
            raise MissingWeights(msg)
        return own[0]
    if not Path(path).is_file():
        msg = f"there is no file {path} with the weights of {CUSTOM}: put an ONNX file into {folder} and name it"
        raise MissingWeights(msg)
    return Path(path)


def _own_folder() -> str:
    """The only folder from which rembg reads files of the user's own."""
    from rembg.sessions import sessions

    return str(sessions[CUSTOM].model_dir())


def _read(model: str, file: Path) -> _Loaded:
    """The network of a file.

    Raises:
        BadInput: when it is the user's own and lies elsewhere than rembg wants.
        MissingWeights: when it is one of rembg's and broken.
    """
    import rembg

    size = file.stat().st_size
    if model == CUSTOM:
        try:
            return _Loaded(stoppable(rembg.new_session(CUSTOM, model_path=str(file))), file.stem, size)
        except ValueError as error:
            msg = f"rembg reads weights from its own folder only: put {file} into {_own_folder()}"
            raise BadInput(msg) from error
    network: CutoutNetwork = CUTOUT_NETWORKS[model]
    try:
        return _Loaded(stoppable(rembg.new_session(network.name)), file.stem, size)
    except Exception as error:  # onnxruntime has an error of its own for each way in which a file is broken
        if size == network.bytes:
            raise
        msg = f"{file} is not {network.name}: it has {size} bytes instead of {network.bytes}. Delete it, and try again"
        raise MissingWeights(msg) from error
