"""One file of a model hub, byte by byte: with progress, to be cancelled, and resumed where it was left.

A large one comes in several pieces at once, since one connection is seldom as fast as the line. The hub's own library
does the same for itself, and hands none of it out: what is used here are parts that it does not document. `check` says
whether they are as they were; where they are not, that library fetches, by Xet where `hf_xet` is installed.

Not by Xet here, although it sends nothing twice that two files share: a beginning of a file that came so is thrown away
when the job is cancelled or killed, and nothing has been measured that says it is faster than eight pieces.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from inspect import signature
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlparse

from filelock import Timeout
from huggingface_hub import constants, get_hf_file_metadata, hf_hub_download, hf_hub_url
from huggingface_hub.file_download import http_get, repo_folder_name
from huggingface_hub.utils import WeakFileLock, build_hf_headers
from tqdm.auto import tqdm

from lab.core.reporter import Reporter
from lab.pipelines.weights.pieces import Piece, begun, forget, keep

_CHUNK_BYTES = 2**20
"""How much comes between two looks at whether the job was cancelled; the hub's own 10 MB take long on a slow line."""
_LOCK_WAIT_S = 0.5
_LOOK_S = 0.1
"""How often it is looked whether a job was cancelled while several pieces come."""
_NOTED_EACH_S = 1.0
"""So much of what came may come again when the process is killed."""
_MB = 1_000_000


def check() -> None:
    """Raises TypeError or AttributeError when the hub's library has changed what this stands on."""
    signature(http_get).bind("url", None, resume_size=0, headers={}, expected_size=0, tqdm_class=tqdm)
    _ = constants.DOWNLOAD_CHUNK_SIZE


class Told:
    """How much of all files has come; `said` is what is shown meanwhile."""

    def __init__(self, reporter: Reporter, said: str, total: int) -> None:
        self._reporter = reporter
        self._said = said
        self._total = total
        self._come = 0
        self.resumed = False

    def came(self, count: int) -> None:
        """Count bytes; raises `Stopped` when nobody wants them any more."""
        self._come += count
        self._reporter.progress(self._said, self._come // _MB, max(1, self._total // _MB))

    def bar(self) -> Any:
        """The class of a progress bar that counts here and shows nothing."""
        return _bar(self.came)


def _bar(came: Callable[[int], None]) -> Any:
    """The class of a progress bar that hands its counts on and shows nothing."""

    class Bar(tqdm):
        def __init__(self, *_: Any, **kwargs: Any) -> None:
            super().__init__(disable=True)
            came(kwargs.get("initial") or 0)

        def update(self, n: float | None = 1) -> bool | None:
            came(int(n or 0))
            return None

    return Bar


def fetch_file(repo: str, name: str, commit: str, revision: str, told: Told) -> Path:
    """One file into the cache. Its beginning stays beside it when the line breaks, and is gone on from."""
    url = hf_hub_url(repo, name, revision=commit)
    about = get_hf_file_metadata(url)
    if about.etag and about.size:
        blobs = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type="model") / "blobs"
        blob, part = blobs / about.etag, blobs / f"{about.etag}.part"
        blobs.mkdir(parents=True, exist_ok=True)
        with _alone(blobs / f"{about.etag}.lock", told):
            if not blob.exists():
                same_host = urlparse(about.location).netloc == urlparse(url).netloc
                _fetch_blob(about.location, part, about.size, told, with_token=same_host)
                if told.resumed and re.fullmatch(r"[0-9a-f]{64}", about.etag) and _sha256(part) != about.etag:
                    part.unlink()
                    forget(part)
                    msg = "a resumed file did not become what it should be; it was thrown away, try again"
                    raise OSError(msg)
                part.replace(blob)
                forget(part)
    # With the blob in place this only writes down which name and revision it belongs to.
    return Path(hf_hub_download(repo, name, revision=revision))


@contextmanager
def _alone(lock: Path, told: Told) -> Iterator[None]:
    """While this lasts, no other kernel of this machine fetches the same file; a cancelled job need not wait."""
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(WeakFileLock(lock, timeout=_LOCK_WAIT_S))
                break
            except Timeout:
                told.came(0)
        yield


def _fetch_blob(location: str, part: Path, size: int, told: Told, *, with_token: bool) -> None:
    """The rest of a file; the token is for the hub alone, not for wherever it sends us."""
    headers = build_hf_headers(token=None if with_token else False)
    headers["Accept-Encoding"] = "identity"
    if part.exists() and part.stat().st_size > size:
        part.unlink()
    pieces = begun(part, size)
    told.resumed = any(piece.come for piece in pieces)
    with _small_chunks():
        if len(pieces) > 1:
            try:
                _fetch_pieces(location, part, pieces, told, headers)
            except _NoPieces:
                told.resumed = False
                part.unlink()
                forget(part)
            else:
                return
        come = part.stat().st_size if part.exists() else 0
        with part.open("ab") as opened:
            http_get(location, opened, resume_size=come, headers=headers, expected_size=size, tqdm_class=told.bar())


def _fetch_pieces(location: str, part: Path, pieces: list[Piece], told: Told, headers: dict[str, str]) -> None:
    """What is missing of each piece, all at once, each on a thread of its own; the job's own counts, and may stop them.

    A thread that waits for a line which is stuck is not waited for: what it still writes is in its place.
    """
    keep(part, pieces)
    with part.open("ab") as opened:
        opened.truncate(pieces[-1].end)
    over, errors = threading.Event(), list[BaseException]()

    def bring(piece: Piece) -> None:
        try:
            with part.open("r+b") as opened:
                http_get(
                    location,
                    _Window(opened, piece, over),  # pyright: ignore[reportArgumentType] - writes, as it does
                    resume_size=piece.come,
                    headers={**headers, "Range": f"bytes={piece.start}-{piece.end - 1}"},
                    expected_size=piece.end - piece.start,
                    tqdm_class=_bar(lambda _: None),
                )
        except BaseException as error:  # a thread has nobody else who hears of it
            errors.append(error)

    missing = [piece for piece in pieces if not piece.is_whole]
    threads = [threading.Thread(target=bring, args=(piece,), name="lab-fetch-piece", daemon=True) for piece in missing]
    said, noted_at = 0, time.monotonic()
    try:
        for thread in threads:
            thread.start()
        while True:
            waited_for = next((thread for thread in threads if thread.is_alive()), None)
            if waited_for is not None and not errors:
                waited_for.join(_LOOK_S)
            come = sum(piece.come for piece in pieces)
            told.came(come - said)
            said = come
            if waited_for is None or errors:
                break
            if time.monotonic() - noted_at > _NOTED_EACH_S:
                keep(part, pieces)
                noted_at = time.monotonic()
    finally:
        over.set()
        keep(part, pieces)
    if errors:
        told.came(-said if isinstance(errors[0], _NoPieces) else 0)
        raise errors[0]


class _NoPieces(Exception):
    """Whoever was asked for a piece of a file sends all of it."""


class _Over(Exception):
    """Nobody wants the piece any more."""


class _Window:
    """The place of one piece in a file, as the hub's library writes into it."""

    def __init__(self, file: BinaryIO, piece: Piece, over: threading.Event) -> None:
        self._file = file
        self._piece = piece
        self._over = over
        file.seek(piece.start + piece.come)

    def write(self, chunk: bytes) -> None:
        """Write where it belongs, and count it."""
        if self._over.is_set():
            raise _Over
        if self._piece.start + self._piece.come + len(chunk) > self._piece.end:
            raise _NoPieces
        self._file.write(chunk)
        self._file.flush()  # before it is counted: what is counted must survive a kill
        self._piece.come += len(chunk)

    def tell(self) -> int:
        """The library wants to begin anew, at the beginning of the file."""
        raise _NoPieces

    seek = truncate = tell


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@contextmanager
def _small_chunks() -> Iterator[None]:
    usual = constants.DOWNLOAD_CHUNK_SIZE
    constants.DOWNLOAD_CHUNK_SIZE = _CHUNK_BYTES
    try:
        yield
    finally:
        constants.DOWNLOAD_CHUNK_SIZE = usual
