"""Which files a network needs, whether they are on this machine, and how to get them; loads nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lab.core.errors import MissingWeights
from lab.core.library_logging import quiet_thread

ANNOTATORS = "lllyasviel/Annotators"
"""The hub repository with the weights of controlnet_aux's networks."""


@dataclass(frozen=True)
class Weights:
    """The weights of one network.

    Args:
        network: the class of controlnet_aux that they are for.
        files: their names in the repository.
        licence: of the weights, where it forbids something.
        repo: the hub repository.
        packages: which the network needs besides controlnet_aux's own.
        read: makes the network of a folder of files; as controlnet_aux does when None.
    """

    network: str
    files: tuple[str, ...]
    licence: str = ""
    repo: str = ANNOTATORS
    packages: tuple[str, ...] = ()
    read: Callable[[Path], Any] | None = None

    @property
    def missing(self) -> str:
        """What is not on this machine and how to get it, as a sentence; empty when all is here. Asks no network."""
        from huggingface_hub import try_to_load_from_cache

        if sentence := missing_packages(*self.packages):
            return sentence
        absent = [file for file in self.files if not isinstance(try_to_load_from_cache(self.repo, file), str)]
        if not absent:
            return ""
        said = " and ".join(filter(None, [", ".join(absent[:-1]), absent[-1]]))
        command = f"hf download {self.repo} {' '.join(absent)}"
        return f"the weights {said} are not on this machine: where there is a network, get them with `{command}`"

    def folder(self) -> Path:
        """The folder in which all files are; fetched from the hub when they are not here, unless the hub is off.

        Raises:
            MissingWeights: when they are not here and cannot be fetched.
        """
        from huggingface_hub import hf_hub_download
        from huggingface_hub.constants import is_offline_mode
        from huggingface_hub.errors import EntryNotFoundError

        missing = self.missing
        if missing and (is_offline_mode() or missing_packages(*self.packages)):
            raise MissingWeights(missing)
        try:
            with quiet_thread():
                paths = [hf_hub_download(self.repo, file, local_files_only=not missing) for file in self.files]
        except (OSError, EntryNotFoundError) as error:
            raise MissingWeights(missing or f"the files of {self.repo} cannot be read: {error}") from error
        return Path(paths[0]).parent

    def network_in(self, folder: Path) -> Any:
        """The network, made of the files in a folder."""
        if self.read is not None:
            return self.read(folder)
        return getattr(import_module("controlnet_aux"), self.network).from_pretrained(str(folder))


def missing_packages(*names: str) -> str:
    """Which packages are not installed and how to get them, as a sentence; empty when all are."""
    absent = [name for name in names if find_spec(name) is None]
    if not absent:
        return ""
    return f"{' and '.join(absent)} must be installed for this: `pip install {' '.join(absent)}`"
