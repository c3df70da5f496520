"""Files from a model hub to this machine's cache: with progress in bytes, to be cancelled and resumed at any byte."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from filelock import Timeout
from huggingface_hub import HfApi, constants, get_hf_file_metadata, hf_hub_download, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.file_download import http_get, repo_folder_name
from huggingface_hub.utils import WeakFileLock, build_hf_headers
from tqdm.auto import tqdm

from lab.core.errors import MissingWeights
from lab.core.model_card import on_hub, path_of
from lab.core.reporter import Reporter

_CHUNK_BYTES = 2**20
"""How much comes between two looks at whether the job was cancelled; the hub's own 10 MB take long on a slow line."""
_LOCK_WAIT_S = 0.5
_MB = 1_000_000
_HttpError: type[BaseException] = HfHubHTTPError.__mro__[1]
"""What the hub's library raises for a line that breaks, whichever HTTP library it is built on."""


def cached(repo: str, file: str, revision: str | None = None) -> Path | None:
    """The file of a repository when it is on this machine; reaches no network.

    Without a revision, of the commit that the lab has once used: a repository that moves on changes no lab. Whoever
    wants a newer one deletes `refs/sketchlab` in the repository's folder of the cache.
    """
    found = try_to_load_from_cache(repo, file, revision=revision or pinned(repo))
    if not isinstance(found, str):
        return None
    path = Path(found)
    if revision is None:
        _pin(repo, path.parents[file.count("/")].name)
    return path


def files_here(repo: str, ending: str) -> list[Path]:
    """The files of a repository, of the commit that the lab stays with, that are here and end so; by name."""
    commit = pinned(repo)
    folder = _folder(repo) / "snapshots" / commit if commit else None
    return sorted(folder.rglob(f"*{ending}")) if folder and folder.is_dir() else []


def here(place: str) -> Path | None:
    """The file or folder that a place names, or the file of `owner/repo:file`, when it is here; reaches no network."""
    path = path_of(place)
    if path is not None and path.exists():
        return path
    there = on_hub(place)
    return cached(*there) if there and there.file else None


def pinned(repo: str) -> str | None:
    """The commit of a repository that the lab stays with; None before its first use."""
    pin = _pin_file(repo)
    return pin.read_text().strip() if pin.is_file() else None


def _pin(repo: str, commit: str) -> None:
    """Stay with a commit; a cache that cannot be written is no reason to stop."""
    pin = _pin_file(repo)
    if not pin.is_file():
        with suppress(OSError):
            pin.parent.mkdir(parents=True, exist_ok=True)
            pin.write_text(commit)


def _pin_file(repo: str) -> Path:
    return _folder(repo) / "refs" / "sketchlab"


def _folder(repo: str) -> Path:
    """Where the cache keeps a repository."""
    return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type="model")


def fetch(
    repo: str,
    choose: Callable[[Sequence[str]], list[str]],
    reporter: Reporter,
    needed_for: str,
    revision: str | None = None,
    *,
    by_hand: str = "",
) -> Path:
    """The folder of a repository in the cache, with the files that were chosen; what is there already is not fetched.

    Args:
        repo: owner/name.
        choose: of all names in the repository, those to have.
        reporter: hear how many MB have come; may stop it, and the next try goes on from there.
        needed_for: the model, for sentences.
        revision: a commit, branch or tag; None for that which was fetched first, at first the newest.
        by_hand: what to add to `hf download owner/name` so that not all of a large repository comes, for sentences.

    Raises:
        MissingWeights: says why they could not be fetched and how to get them.
    """
    known = revision or pinned(repo)
    by_hand = f"--revision {known} {by_hand}" if known else by_hand
    with _explained(repo, needed_for, reporter, by_hand):
        info = HfApi().model_info(repo, revision=known, files_metadata=True)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or []}
        chosen = choose(list(sizes))
        commit = info.sha or known or "main"
        told = _Told(reporter, sum(sizes[name] for name in chosen))
        for name in chosen:
            path = _fetch_file(repo, name, commit, revision or commit, told)
        if not chosen:
            msg = f"{repo}, needed for {needed_for}, holds no weights that can be used"
            raise MissingWeights(msg)
        if revision is None:
            _pin(repo, commit)
        return Path(str(path)[: -len(name)])


class _Told:
    """How much of all files has come."""

    def __init__(self, reporter: Reporter, total: int) -> None:
        self._reporter = reporter
        self._total = total
        self._come = 0
        self.resumed = False

    def came(self, count: int) -> None:
        """Count bytes; raises `Stopped` when nobody wants them any more."""
        self._come += count
        self._reporter.progress("downloading", self._come // _MB, max(1, self._total // _MB))

    def bar(self) -> Any:
        """The class of a progress bar that counts here and shows nothing."""
        came = self.came

        class Bar(tqdm):
            def __init__(self, *_: Any, **settings: Any) -> None:
                super().__init__(disable=True)
                came(settings.get("initial") or 0)

            def update(self, n: float | None = 1) -> bool | None:
                came(int(n or 0))
                return None

        return Bar


def _fetch_file(repo: str, name: str, commit: str, revision: str, told: _Told) -> Path:
    """One file into the cache. Its beginning stays beside it when the line breaks, and is gone on from."""
    known = cached(repo, name, commit)
    if known is not None:
        told.came(known.stat().st_size)
        return known
    url = hf_hub_url(repo, name, revision=commit)
    about = get_hf_file_metadata(url)
    if about.etag and about.size:
        blobs = _folder(repo) / "blobs"
        blob, part = blobs / about.etag, blobs / f"{about.etag}.part"
        blobs.mkdir(parents=True, exist_ok=True)
        with _alone(blobs / f"{about.etag}.lock", told):
            if not blob.exists():
                same_host = urlparse(about.location).netloc == urlparse(url).netloc
                _fetch_blob(about.location, part, about.size, told, with_token=same_host)
                if told.resumed and re.fullmatch(r"[0-9a-f]{64}", about.etag) and _sha256(part) != about.etag:
                    part.unlink()
                    msg = "a resumed file did not become what it should be; it was thrown away, try again"
                    raise OSError(msg)
                part.replace(blob)
    # With the blob in place this only writes down which name and revision it belongs to.
    return Path(hf_hub_download(repo, name, revision=revision))


@contextmanager
def _alone(lock: Path, told: _Told) -> Iterator[None]:
    """While this lasts, no other kernel of this machine fetches the same file; a cancelled job need not wait."""
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(WeakFileLock(lock, timeout=_LOCK_WAIT_S))
                break
            except Timeout:
                told.came(0)
        yield


def _fetch_blob(location: str, part: Path, size: int, told: _Told, *, with_token: bool) -> None:
    """The rest of a file; the token is for the hub alone, not for wherever it sends us."""
    headers = build_hf_headers(token=None if with_token else False)
    headers["Accept-Encoding"] = "identity"
    if part.exists() and part.stat().st_size > size:
        part.unlink()
    come = part.stat().st_size if part.exists() else 0
    told.resumed = come > 0
    with part.open("ab") as opened, _small_chunks():
        http_get(location, opened, resume_size=come, headers=headers, expected_size=size, tqdm_class=told.bar())


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


@contextmanager
def _explained(repo: str, needed_for: str, reporter: Reporter, by_hand: str) -> Iterator[None]:
    """Turn what the hub's library raises into one sentence; a token never comes into it."""
    reporter.check()
    try:
        yield
    except GatedRepoError as error:
        msg = (
            f"{repo}, needed for {needed_for}, wants its terms accepted: do so at {constants.ENDPOINT}/{repo}, "
            "and set HF_TOKEN to a token of yours"
        )
        raise MissingWeights(msg) from error
    except RepositoryNotFoundError as error:
        msg = (
            f"there is no repository {repo}, needed for {needed_for}, or it is private: check the name, "
            "or set HF_TOKEN to a token that may read it"
        )
        raise MissingWeights(msg) from error
    except (OSError, _HttpError) as error:  # no network, a broken line, a full disk
        msg = (
            f"{repo}, needed for {needed_for}, is not on this machine and could not be fetched "
            f"({_reason(error)}). Where there is a network: `{f'hf download {repo} {by_hand}'.strip()}`"
        )
        raise MissingWeights(msg) from error


def _reason(error: BaseException) -> str:
    text = str(error).strip()
    first = text.splitlines()[0] if text else type(error).__name__
    token = os.environ.get("HF_TOKEN")
    return first.replace(token, "***") if token else first
