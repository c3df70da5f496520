"""The weights of the networks that cut out: where they are, what they weigh, on what terms, and their fetch.

What rembg does itself, with everything said before the first byte comes. Wakes no network and not rembg.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.core.errors import MissingWeights
from lab.core.library_logging import SharedState
from lab.core.reporter import Reporter
from lab.hub.acceptance import check_accepted
from lab.hub.command import fetch_command
from lab.hub.space import amount, check_space
from lab.hub.terms import Terms

_RELEASE = "https://github.com/danielgatis/rembg/releases/download/v0.0.0"
"""All files of rembg's networks; their names and checksums are those of its own sessions, which a test compares."""
_CHUNK_BYTES = 2**20
"""How much comes between two looks at whether the job was cancelled."""
_MB = 1_000_000
_CODE_ONLY = "its code is under Apache-2.0, no licence is stated for its weights"
"""github.com/danielgatis/rembg/issues/837, github.com/xuebinqin/DIS/issues/150: asked, and not answered."""
_BIREFNET = "MIT; some of the pictures that it learned from have stricter terms"
"""By its author, github.com/ZhengPeng7/BiRefNet/issues/306."""
_log = logging.getLogger("lab.vision")


@dataclass(frozen=True)
class CutoutNetwork:
    """One network of rembg.

    Args:
        name: as rembg calls it.
        file: of the release.
        bytes: its size.
        checksum: with the name of its algorithm before it.
        licence: of the weights, and what it forbids.
        asks: whether somebody must accept that first.
    """

    name: str
    file: str
    bytes: int
    checksum: str
    licence: str
    asks: bool = False

    @property
    def url(self) -> str:
        """The file's address in rembg's release."""
        return f"{_RELEASE}/{self.file}"

    @property
    def size(self) -> str:
        """What has to be fetched, for sentences."""
        return amount(self.bytes)

    @property
    def terms(self) -> Terms:
        """What is said before it is fetched."""
        return Terms(self.licence, self.bytes / 1e9, self.asks)

    @property
    def place(self) -> Path:
        """Where rembg looks for it, and where it is put."""
        return _home() / "models" / self.name / f"{self.name}.onnx"

    @property
    def here(self) -> Path | None:
        """Its file, where it is on this machine; also where earlier versions of rembg put it."""
        return next((file for file in (self.place, _old_home() / f"{self.name}.onnx") if file.exists()), None)

    @property
    def missing(self) -> str:
        """How to get it without fetching it now, as a sentence."""
        return (
            f"the weights of {self.name} ({self.size}; {self.licence}) are not on this machine: "
            f'remove_background with finder="{self.name}" fetches them, and so does '
            f"`{fetch_command(f'rembg:{self.name}', *(['--accept'] if self.asks else []))}`. {self.by_hand}"
        )

    @property
    def by_hand(self) -> str:
        """What a person can do where the lab has no network."""
        return f"By hand: save {self.url} as {self.place}"


CUTOUT_NETWORKS: dict[str, CutoutNetwork] = {
    network.name: network
    for network in (
        CutoutNetwork(
            "isnet-general-use", "isnet-general-use.onnx", 178_648_008, "md5:fc16ebd8b0c10d971d3513d564d01e29",
            f"{_CODE_ONLY}, and its training pictures, DIS5K, are not for commercial use",
        ),
        CutoutNetwork(
            "isnet-anime", "isnet-anime.onnx", 176_069_933, "md5:6f184e756bb3bd901c8849220a83e38e", "Apache-2.0"
        ),
        CutoutNetwork("u2net", "u2net.onnx", 175_997_641, "md5:60024c5c889badc19c04ad937298a77b", _CODE_ONLY),
        CutoutNetwork("u2netp", "u2netp.onnx", 4_574_861, "md5:8e83ca70e441ab06c318d82300c84806", _CODE_ONLY),
        CutoutNetwork(
            "u2net_human_seg", "u2net_human_seg.onnx", 175_997_641, "md5:c09ddc2e0104f800e3e1bb4652583d1f", _CODE_ONLY
        ),
        CutoutNetwork(
            "silueta", "silueta.onnx", 44_173_029, "md5:55e59e0d8062d2f5d013f4725ee84782",
            "a smaller U2-Net of another maker, who states no licence",
        ),
        CutoutNetwork(
            "birefnet-general", "BiRefNet-general-epoch_244.onnx", 972_666_916,
            "md5:7a35a0141cbbc80de11d9c9a28f52697", _BIREFNET,
        ),
        CutoutNetwork(
            "birefnet-general-lite", "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx", 224_005_088,
            "md5:4fab47adc4ff364be1713e97b7e66334", _BIREFNET,
        ),
        CutoutNetwork(
            "birefnet-portrait", "BiRefNet-portrait-epoch_150.onnx", 972_666_916,
            "md5:c3a64a6abf20250d090cd055f12a3b67", _BIREFNET,
        ),
        CutoutNetwork(
            "birefnet-hrsod", "BiRefNet-HRSOD_DHU-epoch_115.onnx", 972_666_916,
            "md5:c017ade5de8a50ff0fd74d790d268dda", _BIREFNET,
        ),
        CutoutNetwork(
            "bria-rmbg", "bria-rmbg-2.0.onnx", 1_024_331_469,
            "sha256:5b486f08200f513f460da46dd701db5fbb47d79b4be4b708a19444bcd4e79958",
            "CC BY-NC 4.0: no commercial use without a paid agreement with BRIA AI, huggingface.co/briaai/RMBG-2.0",
            asks=True,
        ),
    )
}  # fmt: skip
"""Those that find the subject of any picture and run on this machine, the most useful first."""


def fetched(network: CutoutNetwork, reporter: Reporter) -> Path:
    """The file of a network, fetched now; `reporter` hear of size and licence before the first byte, and may stop it.

    Nothing is left of a file that did not come whole.

    Raises:
        MissingWeights: says why it could not be fetched, and what to do.
        Stopped: from the reporter.
    """
    _check_may_be_fetched(network)
    stage = f"Fetching {network.name}, {network.size}; {network.licence}"
    _log.warning("%s; from %s to %s", stage, network.url, network.place)
    reporter.progress(stage, 0, network.bytes // _MB)
    import pooch  # what rembg fetches with

    watching: Any = _Watching(reporter, stage, network)
    downloader: Any = pooch.HTTPDownloader(progressbar=watching, chunk_size=_CHUNK_BYTES)
    place = network.place
    try:
        with _POOCH_QUIET.wanted(), _no_empty_folder(place.parent):
            pooch.retrieve(network.url, network.checksum, place.name, place.parent, downloader=downloader)
    except OSError as error:  # no network, a broken line, a full disk
        msg = f"{network.name} ({network.size}) could not be fetched ({_reason(error)}). {network.by_hand}"
        raise MissingWeights(msg) from error
    except ValueError as error:
        msg = (
            f"what came for {network.name} is not what it should be ({network.checksum}) and was thrown away: "
            f"try again. {network.by_hand}"
        )
        raise MissingWeights(msg) from error
    return place


def _check_may_be_fetched(network: CutoutNetwork) -> None:
    """Refuse what is known to fail, and what nobody has agreed to."""
    from huggingface_hub.constants import is_offline_mode

    about = f"{network.name} ({network.size}; {network.licence})"
    check_accepted(network.name, network.name, network.terms, f"rembg:{network.name}")
    if is_offline_mode():
        msg = f"{about} is not on this machine, and HF_HUB_OFFLINE says to fetch nothing. {network.by_hand}"
        raise MissingWeights(msg)
    _check_room(network, network.bytes)


def _check_room(network: CutoutNetwork, count: int) -> None:
    check_space(network.place.parent, count, network.name, "set REMBG_HOME to a folder on another disk")


class _Watching:
    """What pooch takes for a progress bar: it reports, stops a cancelled job, and shows nothing itself."""

    def __init__(self, reporter: Reporter, stage: str, network: CutoutNetwork) -> None:
        self._reporter, self._stage, self._network = reporter, stage, network
        self._come = 0

    @property
    def total(self) -> int:
        """How many bytes there are."""
        return self._network.bytes

    @total.setter
    def total(self, count: int) -> None:
        """What the server says, before it sends anything."""
        _check_room(self._network, count)

    def update(self, count: int) -> None:
        """So many bytes more."""
        self._come += count
        self._reporter.progress(self._stage, min(self._come, self.total) // _MB, max(1, self.total // _MB))

    def reset(self) -> None:
        """From the start, at the end: pooch counts whole chunks and then once more."""
        self._come = 0

    def close(self) -> None:
        """Nothing is open."""


def _quieten_pooch() -> Callable[[], None]:
    """Begins to keep pooch from writing of each file into whatever cell runs, and gives what ends it."""
    import pooch

    log = pooch.get_logger()
    before = log.level
    log.setLevel(logging.ERROR)
    return lambda: log.setLevel(before)


_POOCH_QUIET = SharedState(_quieten_pooch)
"""Shared, since two fetches may overlap, and either may end first."""


@contextmanager
def _no_empty_folder(folder: Path) -> Iterator[None]:
    """Whatever happens, a folder in which there is nothing does not stay."""
    try:
        yield
    finally:
        with suppress(OSError):
            folder.rmdir()


def _reason(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _home() -> Path:
    """Rembg's folder, by the environment variables that it reads."""
    if os.environ.get("U2NET_HOME"):
        return _old_home()
    shared = os.environ.get("XDG_DATA_HOME")
    return Path(os.environ.get("REMBG_HOME", f"{shared}/rembg" if shared else "~/.rembg")).expanduser()


def _old_home() -> Path:
    """The one folder of all files in earlier versions of rembg."""
    shared = os.environ.get("XDG_DATA_HOME", "~")
    return Path(os.environ.get("U2NET_HOME", f"{shared}/.u2net")).expanduser()
