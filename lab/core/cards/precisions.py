"""In how many bits a model's weights are held: what a recipe's `precision` may say, and what that needs here."""

from __future__ import annotations

from importlib.util import find_spec

from lab.core.errors import BadInput, named

PRECISIONS = {
    "exact": "as published; on a GPU that is too small for it, layers come to it as they are needed",
    "8bit": "in 8 bits (float8) but for what is sensitive: half the memory, and not quite the same picture",
    "auto": "exact where that fits into free memory, else in 8 bits where that does; each picture says in which",
    "4bit": "the denoiser of a .gguf file of yours as it is in there, by the package gguf",
}
"""What may be said; a recipe of a finished picture says what was used."""


def check_precision(precision: str, model: str) -> None:
    """Refuse a precision that there is not, or that this machine cannot read.

    Raises:
        BadInput: says what is missing.
    """
    named(precision, PRECISIONS, "precision")
    if precision != "4bit":
        return
    if find_spec("gguf") is None:
        msg = (
            "4 bits are read from a GGUF file by the package gguf, which is not installed here: "
            "use precision='8bit', or pip install 'sketchlab[gguf]'"
        )
        raise BadInput(msg)
    if not model.endswith(".gguf"):
        msg = (
            f"{model} has no GGUF file that the lab knows of: use precision='8bit', or open a .gguf file of yours "
            f"with family='klein'"
        )
        raise BadInput(msg)
