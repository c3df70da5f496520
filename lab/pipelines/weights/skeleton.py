"""The networks of a model without their weights, on torch's meta device, for those who ask how large they would be."""

from __future__ import annotations

from pathlib import Path

import torch

from lab.core.catalogue import ModelCard
from lab.pipelines.memory.oom_fallbacks import refusing
from lab.pipelines.weights.config_check import check_config, part_class
from lab.pipelines.weights.denoiser_file import DENOISERS
from lab.pipelines.weights.locate import rest_of
from lab.pipelines.weights.repo_layout import index_of, parts_of
from lab.pipelines.weights.single_file import config_folder
from lab.pipelines.weights.whole_network import empty

_WORDS = "text_encoder"


def skeletons(
    card: ModelCard, path: Path, dtype: torch.dtype, text_layers: int | None = None
) -> dict[str, torch.nn.Module]:
    """The networks of a model by their names, as its configs describe them.

    Args:
        card: of the model.
        path: what `find_model` gave; of a single file the family's own configs are taken.
        dtype: of the weights.
        text_layers: so many layers of the text encoder, the first ones; all when None.

    Raises:
        BadInput: when a config is broken.
    """
    folder = path
    if path.is_file():
        folder = rest_of(card) if card.family in DENOISERS else config_folder(card.family)
    found = {}
    for name, (library, kind) in parts_of(index_of(folder)).items():
        network = part_class(library, kind)
        if not issubclass(network, torch.nn.Module):
            continue
        check_config(folder / name)
        fewer = {"num_hidden_layers": text_layers} if text_layers and name == _WORDS else {}
        with refusing(lambda why, at=folder / name: f"{at} cannot be read ({why}): fetch it again"):
            found[name] = empty(network, folder / name, **fewer).to(dtype)
    return found
