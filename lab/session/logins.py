"""The tokens and keys that other programs keep in this person's home: read to be masked, and for nothing else."""

from __future__ import annotations

import os
import re
from pathlib import Path

from lab.core.sentences.secrets import keep_secret

_LARGEST_BYTES = 100_000
_VALUE = re.compile(r"(?:token|key)\w*\s*[=:]\s*[\"']?([^\s\"']+)", re.IGNORECASE)
"""A line of a file of settings that holds one, as `hf_token = ...` and `apikey = "..."`."""


def keep_logins_secret() -> None:
    """Mask what the logins of hf and runpodctl wrote down, from now on; a file that cannot be read is passed over."""
    for file in _files():
        try:
            text = file.read_text(errors="replace") if file.stat().st_size < _LARGEST_BYTES else ""
        except OSError:
            continue
        if len(text.split()) == 1:
            keep_secret(text)
        for value in _VALUE.findall(text):
            keep_secret(value)


def _files() -> list[Path]:
    home = Path(os.environ.get("HOME") or "/")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    hub = Path(os.environ.get("HF_HOME") or cache / "huggingface")
    token = Path(os.environ.get("HF_TOKEN_PATH") or hub / "token")
    runpod = home / ".runpod"
    return [
        token,
        hub / "stored_tokens",
        home / ".huggingface" / "token",
        runpod / "config.toml",
        runpod / "config.yaml",
    ]
