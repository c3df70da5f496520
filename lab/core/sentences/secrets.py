"""What nobody may read in a sentence, a log or a trace: tokens and keys, masked by their value. Opens no file."""

from __future__ import annotations

import os
import re
from urllib.parse import quote

_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN", "RUNPOD_API_KEY", "RUNPOD_AI_API_KEY")
"""Where tokens of a model hub and keys of Runpod stand in the environment."""
_SHORTEST = 6
"""A shorter one would mask half of every sentence, and protects nothing."""
_MASK = "***"
_BY_THEIR_LOOKS = re.compile(r"\b(?:hf_[A-Za-z0-9]{16,}|rpa_[A-Za-z0-9]{16,})")
"""Tokens of Hugging Face and keys of Runpod that nobody told of."""

_told: set[str] = set()


def keep_secret(value: str | None) -> None:
    """Mask this value from now on, as one that was read from a login file; nothing happens for None."""
    if value and len(value.strip()) >= _SHORTEST:
        _told.add(value.strip())


def masked(text: str) -> str:
    """The text with every secret that is known replaced by `***`, also where it stands in an address."""
    named = (os.environ.get(name, "").strip() for name in _VARIABLES)
    known = _told.union(value for value in named if len(value) >= _SHORTEST)
    for secret in sorted(known, key=len, reverse=True):  # one may be the beginning of another
        for form in {secret, quote(secret, safe="")}:
            text = text.replace(form, _MASK)
    return _BY_THEIR_LOOKS.sub(_MASK, text)


def without_secrets(error: BaseException) -> BaseException:
    """An error whose own words, and those of all errors behind it, have their secrets masked: a trace shows them."""
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind is not None and id(behind) not in seen:
        seen.add(id(behind))
        if isinstance(behind, OSError) and isinstance(behind.strerror, str):  # which is not among the others
            behind.strerror = masked(behind.strerror)
        behind.args = tuple(masked(said) if isinstance(said, str) else said for said in behind.args)
        behind = behind.__cause__ or behind.__context__
    return error
