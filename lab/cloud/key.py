"""The key of a Runpod account: from the environment or typed in, held in memory, and shown nowhere."""

from __future__ import annotations

import getpass
import os
import re
import sys

from pydantic import SecretStr

from lab.core.errors import BadInput

VARIABLE = "SKETCHLAB_RUNPOD_KEY"
_HOW = f"set {VARIABLE} to a key of your account that may use this endpoint (console: Settings, API Keys, Restricted)"
_typed: list[SecretStr] = []


def runpod_key() -> SecretStr:
    """The key; asked for once in a process where the environment has none and somebody can type.

    Raises:
        BadInput: when there is none, or it is none.
    """
    key = os.environ.get(VARIABLE, "").strip()
    if not key and _typed:
        return _typed[0]
    if not key:
        key = _asked()
    if not re.fullmatch(r"[\x21-\x7e]{1,512}", key):  # any other would be shown by whoever refuses it as a header
        msg = f"the Runpod key has characters that no key has: {_HOW}"
        raise BadInput(msg)
    _typed[:] = [SecretStr(key)]
    return _typed[0]


def _asked() -> str:
    hint = ""
    if os.environ.get("RUNPOD_API_KEY"):
        hint = " (RUNPOD_API_KEY is this pod's own, which opens no endpoint)"
    if "ipykernel" not in sys.modules and not sys.stdin.isatty():
        msg = f"a Runpod endpoint needs a key{hint}: {_HOW}"
        raise BadInput(msg)
    try:
        key = getpass.getpass(f"Runpod API key{hint}: ").strip()
    except (EOFError, OSError, RuntimeError) as error:  # no terminal; a notebook that runs without a person
        msg = f"a Runpod endpoint needs a key{hint}: {_HOW}"
        raise BadInput(msg) from error
    if not key:
        msg = f"a Runpod endpoint needs a key{hint}: {_HOW}"
        raise BadInput(msg)
    return key
