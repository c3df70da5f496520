"""Keeps diffusers and transformers from writing into whatever cell happens to run: bars, advice, warnings."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

_SECOND_LORA = "Already found a `peft_config`"
"""What peft says of a second LoRA on a model, which is what was asked for."""


@contextmanager
def quietly() -> Iterator[None]:
    """No progress bars and no messages below an error; as it was before when the block ends."""
    before = [
        (library, library.get_verbosity(), library.is_progress_bar_enabled())
        for library in (diffusers_logging, transformers_logging)
    ]
    for library, _, _ in before:
        library.set_verbosity_error()
        library.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=_SECOND_LORA)
            yield
    finally:
        for library, level, has_bars in before:
            library.set_verbosity(level)
            if has_bars:
                library.enable_progress_bar()
