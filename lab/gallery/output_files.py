"""Where a command puts its pictures: each into a file of its own, and over no file that was not made here."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

from lab.core.errors import BadInput
from lab.gallery.metadata import is_made_here

_LONGEST = 120
_LONGEST_BYTES = 200
"""File systems take names of 255 bytes; ending, digest and what a half-written file is called need the rest."""
_RESERVED = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE | re.DOTALL)
"""Names that Windows keeps for its devices, with any ending."""


def output_files(folder: Path, names: Collection[str], sources: Collection[Path]) -> dict[str, Path]:
    """A file in that folder for each of these names; the same names have the same files again.

    Args:
        folder: may be there already.
        names: of the pictures, in any words.
        sources: the files that the pictures are made of, and the folders that hold nothing but such.

    Raises:
        BadInput: when the folder is a file or a source, or a picture would replace a source or a
            file that was not made here.
    """
    if folder.exists() and not folder.is_dir():
        msg = f"{folder} is a file: several pictures are made, so name a folder"
        raise BadInput(msg)
    if folder.is_dir() and any(source.is_dir() and source.samefile(folder) for source in sources):
        msg = f"{folder} is where the pictures come from: name another folder, such as {folder / 'made'}"
        raise BadInput(msg)
    files = {name: folder / f"{file}.png" for name, file in file_names(names).items()}
    for file in files.values():
        check_output(file, sources)
    return files


def check_output(file: Path, sources: Iterable[Path]) -> None:
    """Refuse to write there when that would take something away; what was made here may be made anew.

    Raises:
        BadInput: when the file is a source or a folder, or is there already and carries no recipe of the lab.
    """
    if not file.exists():
        return
    if file.is_dir():
        msg = f"{file} is a folder: name a PNG file in it"
        raise BadInput(msg)
    if any(source.exists() and source.samefile(file) for source in sources):
        msg = f"{file} is what the picture is made of: name another file"
        raise BadInput(msg)
    if file.stat().st_size and not is_made_here(file):
        msg = f"{file} is there already and was not made here: name another file, or move it away"
        raise BadInput(msg)


def file_names(names: Collection[str]) -> dict[str, str]:
    """For each of these names the name of a file, without its ending, on any system.

    Names whose files would be one on some system, such as two that differ in an emoji or in capitals, have a digest of
    their own words behind them: whatever stands beside them in another command, no other words get their file.
    """
    files = {name: _file_name(name) for name in names}
    times = Counter(map(_as_some_see_it, files.values()))
    return {
        name: file if times[_as_some_see_it(file)] == 1 else f"{file} {hashlib.sha256(_bytes(name)).hexdigest()[:8]}"
        for name, file in files.items()
    }


def _file_name(words: str) -> str:
    plain = re.sub(r"[^\w ,.-]+", "_", unicodedata.normalize("NFC", words)).replace(", ", " - ")[:_LONGEST]
    plain = _bytes(plain)[:_LONGEST_BYTES].decode(errors="ignore").strip(" .") or "picture"
    return f"_{plain}" if _RESERVED.fullmatch(plain) else plain


def _as_some_see_it(file: str) -> str:
    """The name without what some file systems do not tell apart: capitals, and accents apart from their letters."""
    return unicodedata.normalize("NFC", file.casefold())


def _bytes(words: str) -> bytes:
    return words.encode(errors="surrogatepass")  # a shell may hand over bytes that are no text
