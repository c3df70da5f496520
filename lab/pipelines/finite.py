"""What leaves the pipelines is made of numbers: NaN and infinity become a sentence here, never a black picture."""

from __future__ import annotations

from pathlib import Path

import torch

from lab.core.errors import NotFinite

_SHOWN = 60
"""The most letters of a model's name in the sentence; one of the user's own is called by the end of its path."""


def finite(made: torch.Tensor, what: str, by: str) -> torch.Tensor:
    """The tensor itself, every value of which is a number.

    Called at the end of each stage that works with weights, before anything is kept of it. Whoever tries a stage again
    in a larger dtype catches `NotFinite` around it.

    Args:
        made: floats of any shape and dtype, on any device.
        what: was made, for the sentence, such as "the picture".
        by: the model, by its name or its place.

    Raises:
        NotFinite: when a value is NaN or infinite.
    """
    if bool(torch.isfinite(made).all()):
        return made
    name, dtype = Path(by).name[-_SHOWN:], str(made.dtype).removeprefix("torch.")
    msg = (
        f"{name} made {what} of values that are no numbers (in {dtype}): its weights or a LoRA are broken; "
        "leave the LoRAs out, or fetch the model again"
    )
    raise NotFinite(msg)
