"""Copies of networks in the numbers that they are used in, of weights that a hub has in wider ones.

Z-Image's transformer is published in float32 and used in bfloat16: half of 24.6 GB would be read for nothing each time.
A copy is written when it is read for the first time, into the lab's own folder, where there is room, and is read from
then on. The hub's files stay as they are. `python -m bench.narrow_copy` says what that wins.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from filelock import Timeout
from huggingface_hub.utils import WeakFileLock

from lab.core.catalogue import ModelCard
from lab.core.errors import MissingWeights
from lab.core.model_card import on_hub
from lab.core.reporter import Reporter
from lab.hub.home import home
from lab.hub.space import check_space
from lab.pipelines.memory.oom_fallbacks import is_out_of_memory
from lab.pipelines.weights.repo_layout import memory_bytes
from lab.pipelines.weights.whole_network import read_network

_log = logging.getLogger("lab.pipelines")
_FOLDER = "narrow-copies"
_WIDER = 1.2
"""Files by so much larger than their weights in memory are worth a copy."""
_SPARE_BYTES = 5_000_000_000
"""What stays free on the disk for pictures: no copy is worth a full one."""
_SHARD = "2GB"
"""Of files this large: between two of them a cancelled job stops."""


def narrow_copy(card: ModelCard, path: Path, part: str, dtype: torch.dtype) -> Path | None:
    """Where the copy of a model's part is, or would be: named by the commit of its weights. None where it gets none.

    Args:
        card: of the model.
        path: what `find_model` gave; only the hub's cache, which calls it by its commit, is copied from.
        part: by its name in the model's pipeline.
        dtype: of the copy.
    """
    there = on_hub(card.repo or "")
    if there is None or path.parent.name != "snapshots":
        return None
    try:
        top = home()
    except RuntimeError:
        return None
    return top / _FOLDER / there.repo.replace("/", "--") / f"{part}-{_short(dtype)}" / path.name


def read_narrow(
    kind: Any,
    folder: Path,
    files: Sequence[Path],
    dtype: torch.dtype,
    *,
    copy: Path | None,
    reporter: Reporter,
    **config: Any,
) -> torch.nn.Module:
    """The network in a folder, by its copy where that is worth it; to the last bit the same. As `read_network`.

    Args:
        kind: its class, of diffusers or transformers.
        folder: with its config.
        files: of its weights, in that folder.
        dtype: of its weights in memory.
        copy: where one is, or would be; None for none.
        reporter: hears when one is written, and may stop it.
        config: see `read_network`.
    """
    is_wider = copy is not None and sum(file.stat().st_size for file in files) > _WIDER * memory_bytes(files, dtype)
    if copy is None or not is_wider:
        return read_network(kind, folder, files, dtype, **config)
    known = _read(kind, copy, dtype)
    if known is not None:
        return known
    net = read_network(kind, folder, files, dtype)
    try:
        _write(net, copy, dtype, reporter)
    except (OSError, MissingWeights, Timeout) as error:  # read-only, no room, another kernel does it
        _log.info("no copy of %s in %s was kept: %s", folder, dtype, error)
    return net


def _read(kind: Any, copy: Path, dtype: torch.dtype) -> torch.nn.Module | None:
    """The network by its copy; None where there is none, or a broken one, which is thrown away."""
    if not copy.is_dir():
        return None
    try:
        return read_network(kind, copy, sorted(copy.glob("*.safetensors")), dtype)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        _log.warning("the copy %s cannot be read, and is written anew", copy, exc_info=True)
        shutil.rmtree(copy, ignore_errors=True)
        return None


def _write(net: Any, copy: Path, dtype: torch.dtype, reporter: Reporter) -> None:
    """Write a copy, whole or not at all; what was there of other commits, or of a killed process, goes."""
    count = sum(weight.nbytes for weight in net.state_dict().values())
    check_space(copy.parent, count + _SPARE_BYTES, "a copy of weights", "have none")
    reporter.progress(f"keeping a copy in {_short(dtype)}")
    copy.parent.mkdir(parents=True, exist_ok=True)
    lock = copy.parent.parent / f"{copy.parent.name}.lock"
    with WeakFileLock(lock, timeout=0.1):
        if copy.is_dir():  # of another kernel, meanwhile
            return
        for other in copy.parent.iterdir():
            shutil.rmtree(other, ignore_errors=True)
        with TemporaryDirectory(dir=copy.parent) as begun:
            made = Path(begun) / "made"
            net.save_pretrained(made, max_shard_size=_SHARD)
            for file in made.iterdir():
                with file.open("rb") as opened:
                    os.fsync(opened.fileno())  # a copy that is there is whole, also after a power cut
            made.rename(copy)


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
