"""How many bytes the results of stages hold, for the cache that keeps them."""

from __future__ import annotations

from typing import Any

import torch

from lab.core.picture import Picture


def tensor_bytes(tensor: torch.Tensor) -> int:
    """Of latents."""
    return tensor.nbytes


def encoding_bytes(encoded: Any) -> int:
    """Of an encoder's answer: latents, or all that their distribution holds."""
    held = vars(getattr(encoded, "latent_dist", encoded)).values()
    return sum({id(one): one.nbytes for one in held if isinstance(one, torch.Tensor)}.values())


def picture_bytes(picture: Picture) -> int:
    """Of its pixels."""
    return picture.pixels.nbytes
