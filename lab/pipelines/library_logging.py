"""Keeps diffusers and transformers from writing into whatever cell happens to run: bars, advice, warnings."""

from __future__ import annotations

from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from lab.core.library_logging import QuietLibraries

_SECOND_LORA = "Already found a `peft_config`"
"""What peft says of a second LoRA on a model, which is what was asked for."""

quiet_libraries = QuietLibraries(diffusers_logging, transformers_logging, ignored=_SECOND_LORA)
"""`with quiet_libraries():` no progress bars and no messages below an error."""
