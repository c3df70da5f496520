"""The path that a person names, where it can be one; opens nothing."""

from __future__ import annotations

import os
from errno import EILSEQ, EINVAL, ENAMETOOLONG
from pathlib import Path

from lab.core.errors import BadInput
from lab.core.sentences.wording import shown

_OF_THE_NAME = {EILSEQ, EINVAL, ENAMETOOLONG}
"""What the system says of a name that no file can have; whatever else it says is of the file."""


def given_path(place: str | os.PathLike[str]) -> Path:
    """The place as a path, `~` opened up, there or not.

    Raises:
        BadInput: when no file can be called so, or it is the home of somebody who is not here.
    """
    try:
        path = Path(place).expanduser()
        path.lstat()
    except (OSError, RuntimeError, TypeError, ValueError) as error:  # too long, nobody's home, not text, a NUL in it
        if isinstance(error, OSError) and error.errno not in _OF_THE_NAME:
            return path
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        named = shown(str(place) if isinstance(place, Path) else place)
        msg = f"{named} cannot be a file here ({why}): name another"
        raise BadInput(msg) from None
    return path
