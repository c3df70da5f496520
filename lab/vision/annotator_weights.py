"""Which files a network needs, whether they are on this machine, and how to get them; loads nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lab.core.errors import MissingWeights
from lab.core.library_logging import quiet_thread
from lab.core.reporter import NullReporter, Reporter
from lab.hub.acceptance import check_accepted
from lab.hub.command import fetch_command, install_command
from lab.hub.space import check_space
from lab.hub.terms import Terms

ANNOTATORS = "lllyasviel/Annotators"
"""The hub repository with the weights of controlnet_aux's networks."""
_MB = 1_000_000
_log = logging.getLogger("lab.vision")


@dataclass(frozen=True)
class Weights:
    """The weights of one network.

    Args:
        network: the class of controlnet_aux that they are for.
        files: their names in the repository.
        licence: of the weights, and what it forbids, as far as that is known.
        asks: whether somebody must accept it first.
        repo: the hub repository.
        packages: which the network needs besides controlnet_aux's own.
        read: makes the network of a folder of files; as controlnet_aux does when None.
    """

    network: str
    files: tuple[str, ...]
    licence: str = ""
    asks: bool = False
    repo: str = ANNOTATORS
    packages: tuple[str, ...] = ()
    read: Callable[[Path], Any] | None = None

    @property
    def name(self) -> str:
        """What it is called where it is fetched by hand, and where its terms are accepted: "openpose"."""
        return self.network.lower().removesuffix("detector")

    @property
    def terms(self) -> Terms:
        """On what terms they may be used, or where that is said."""
        return Terms(self.licence or f"on the terms of its repository, {self.repo}", asks=self.asks)

    @property
    def missing(self) -> str:
        """What is not on this machine and how to get it, as a sentence; empty when all is here. Asks no network."""
        if sentence := missing_packages(*self.packages):
            return sentence
        absent = self._absent()
        if not absent:
            return ""
        said = " and ".join(filter(None, [", ".join(absent[:-1]), absent[-1]]))
        accepts = ("--accept",) if self.asks else ()
        command = fetch_command(f"annotator:{self.name}", *accepts)
        return (
            f"the weights {said} ({self.terms.licence}) are not on this machine: "
            f"where there is a network, get them with `{command}`"
        )

    def _absent(self) -> list[str]:
        from huggingface_hub import try_to_load_from_cache

        return [file for file in self.files if not isinstance(try_to_load_from_cache(self.repo, file), str)]

    def _check_space(self) -> None:
        """Look whether there is room for what is to come, whose size only the hub knows."""
        from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url

        sizes = [get_hf_file_metadata(hf_hub_url(self.repo, file)).size or 0 for file in self._absent()]
        otherwise = "set HF_HOME to a folder on another disk"
        check_space(Path(constants.HF_HUB_CACHE), sum(sizes), f"annotator:{self.name}", otherwise)

    def folder(self, reporter: Reporter | None = None) -> Path:
        """The folder in which all files are; fetched from the hub when they are not here, unless the hub is off.

        Args:
            reporter: hear of the network, the size and the terms before the first byte of each file, and how many MB
                have come; may stop it.

        Raises:
            MissingWeights: when they are not here and cannot be fetched, or the disk has no room for them.
            Stopped: from the reporter.
        """
        from huggingface_hub import hf_hub_download
        from huggingface_hub.constants import is_offline_mode
        from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

        missing = self.missing
        if missing and (is_offline_mode() or missing_packages(*self.packages)):
            raise MissingWeights(missing)
        if missing:
            check_accepted(self.name, self.network, self.terms, f"annotator:{self.name}")
        bar = self._bar(reporter or NullReporter())
        a_broken_line: Any = HfHubHTTPError.__mro__[1]  # the error of whichever library the hub calls
        try:
            if missing:
                self._check_space()
            with quiet_thread():
                paths = [
                    hf_hub_download(self.repo, file, local_files_only=not missing, tqdm_class=bar)
                    for file in self.files
                ]
        except (OSError, EntryNotFoundError, a_broken_line) as error:
            raise MissingWeights(missing or f"the files of {self.repo} cannot be read: {error}") from error
        if missing and reporter:
            reporter.check()  # where the hub sends through Xet, an error in a bar may be lost
        return Path(paths[0]).parent

    def _bar(self, reporter: Reporter) -> Any:
        """The class of a progress bar that tells the reporter and shows nothing; the hub makes one for each file."""
        from tqdm import tqdm

        network, terms = self.network, self.terms.licence

        class Bar(tqdm):
            def __init__(self, *_: Any, **kwargs: Any) -> None:
                super().__init__(disable=True)
                self._come, self._bytes = kwargs.get("initial") or 0, kwargs.get("total") or 0
                size = f"{max(1, round(self._bytes / _MB))} MB" if self._bytes else "size unknown"
                self._stage = f"Fetching {network}, {size}; {terms}"
                _log.warning("%s; %s", self._stage, kwargs.get("desc", ""))
                self._tell()

            def update(self, n: float | None = 1) -> bool | None:
                self._come += int(n or 0)
                self._tell()

            def _tell(self) -> None:
                whole = max(1, self._bytes // _MB)
                reporter.progress(self._stage, min(self._come // _MB, whole), whole)

        return Bar

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
    return f"{' and '.join(absent)} must be installed for this: `{install_command(*absent)}`"
