"""Whether a folder is on a network's disk, where SQLite's write-ahead log, which wants shared memory, breaks."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_NETWORK = ("nfs", "cifs", "smb", "fuse", "ceph", "lustre", "9p", "gluster", "beegfs", "afs")
"""How the kinds of such file systems begin in /proc; "fuse" stands for many, a Runpod network volume among them."""


@lru_cache(maxsize=64)
def is_on_network(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether the folder's file system is one of a network; False where the system does not tell."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return False
    found = [line.split() for line in lines]
    places = {fields[1].replace("\\040", " "): fields[2] for fields in found if len(fields) > 2}
    whole = folder.absolute()
    kind = next((places[str(one)] for one in (whole, *whole.parents) if str(one) in places), "")
    return kind.startswith(_NETWORK)
