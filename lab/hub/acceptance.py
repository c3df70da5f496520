"""Whose terms somebody has accepted: asked once, and remembered; on a pod said by an environment variable."""

from __future__ import annotations

import os
from pathlib import Path

from lab.core.errors import MissingWeights
from lab.hub.command import fetch_command
from lab.hub.home import home
from lab.hub.terms import Terms

ACCEPT = "SKETCHLAB_ACCEPT"
"""The environment variable that names the weights whose terms somebody has accepted, with commas between."""
_ALWAYS = "all"
"""Stands in that variable for every name."""


def is_accepted(name: str) -> bool:
    """Whether the terms of weights of that name were accepted, now or earlier."""
    said = {one.strip() for one in os.environ.get(ACCEPT, "").split(",")}
    return bool({name, _ALWAYS} & said) or name in _remembered()


def accept(name: str) -> None:
    """Remember that somebody has accepted the terms of weights of that name."""
    names = sorted({*_remembered(), name})
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{one}\n" for one in names))


def check_accepted(name: str, what: str, terms: Terms, fetched_as: str) -> None:
    """Refuse what nobody has agreed to, where its terms want that; says how to agree.

    Args:
        name: what it is called where terms are accepted.
        what: what it is, for the sentence.
        terms: of it.
        fetched_as: its name for `python -m lab fetch`.

    Raises:
        MissingWeights: when its terms are not accepted.
    """
    if terms.asks and not is_accepted(name):
        msg = (
            f"{what} ({terms.size}; {terms.licence}) is fetched when its terms are accepted: "
            f"`{fetch_command(fetched_as, '--accept')}`, or set the environment variable {ACCEPT}={name}"
        )
        raise MissingWeights(msg)


def _remembered() -> set[str]:
    file = _file()
    return set(file.read_text().split()) if file.is_file() else set()


def _file() -> Path:
    return home() / "accepted-terms.txt"
