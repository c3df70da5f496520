"""Reads a network whose files hold a weight for each of its layers, of the right shape: what does not fit is refused.

The shapes are compared before a weight is read. diffusers leaves a gap where there is no weight, and transformers fills
it with dice, which would be a picture of noise, another one each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from diffusers import ConfigMixin

from lab.pipelines.weights.config_check import check_config
from lab.pipelines.weights.repo_layout import shapes_in, variant_of


def read_network(kind: Any, folder: Path, files: Sequence[Path], dtype: torch.dtype, **config: Any) -> torch.nn.Module:
    """The network in a folder.

    Args:
        kind: its class, of diffusers or transformers.
        folder: with its config.
        files: of its weights, in that folder.
        dtype: of its weights in memory.
        config: what its config shall say instead, such as fewer layers.

    Raises:
        BadInput: when its config is that of no network.
        ValueError: when a weight is missing, or of another shape than its config says.
    """
    check_config(folder)
    check_shapes(kind, folder, files)
    variant = variant_of([file.name for file in files])
    net, found = kind.from_pretrained(
        folder, dtype=dtype, variant=variant, use_safetensors=True, output_loading_info=True, **config
    )
    return whole(net, found["missing_keys"])


def empty(kind: Any, folder: Path, **config: Any) -> Any:
    """A network of this class as the config in a folder has it, with these settings instead of its own."""
    with torch.device("meta"):
        if issubclass(kind, ConfigMixin):
            known: Any = kind.load_config(folder)
            return kind.from_config({**known, **config})
        return kind(kind.config_class.from_pretrained(folder, **config))


def check_shapes(kind: Any, folder: Path, files: Sequence[Path]) -> None:
    """Compare the shapes in files of weights with those of the network that the config beside them describes.

    Names that the network does not have are left to the library, which knows those of earlier versions.

    Raises:
        ValueError: names the first weight that does not fit.
    """
    wanted = _shapes(kind, folder, (folder / "config.json").read_bytes())
    for file in files:
        for name, shape in shapes_in(file).items():
            own = name if name in wanted else name.partition(".")[2]  # as `text_model.` before all names of CLIP
            if own in wanted and wanted[own] != shape:
                msg = f"{name} is {_times(shape)}, where its config wants {_times(wanted[own])}"
                raise ValueError(msg)


@lru_cache(maxsize=64)
def _shapes(kind: Any, folder: Path, _config: bytes) -> dict[str, list[int]]:
    """Of all weights that a config describes; it takes as long to build that network as to read a small one."""
    return {name: [*weight.shape] for name, weight in empty(kind, folder).named_parameters()}


def whole(net: torch.nn.Module, missing: Sequence[str] = ()) -> torch.nn.Module:
    """The network, when there was a weight for all of it.

    Args:
        net: as a library read it.
        missing: the names of the weights that the library did not find.

    Raises:
        ValueError: names the first that there was none for.
    """
    for name, weight in net.named_parameters():
        if weight.is_meta or name in missing:
            msg = f"it has no {name}"
            raise ValueError(msg)
    return net


def _times(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "one number"
