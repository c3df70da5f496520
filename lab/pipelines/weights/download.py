"""Files from a model hub to this machine's cache: with progress in bytes, to be cancelled and resumed at any byte."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from huggingface_hub import HfApi, constants, hf_hub_download, try_to_load_from_cache
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.file_download import repo_folder_name

from lab.core.errors import MissingWeights
from lab.core.model_card import on_hub, path_of
from lab.core.reporter import Reporter
from lab.hub.acceptance import check_accepted
from lab.hub.command import fetch_command
from lab.hub.space import amount, check_space
from lab.hub.terms import Terms
from lab.pipelines.deep_patch import DeepPatch
from lab.pipelines.weights.pieces import begun_bytes

_MB = 1_000_000
_ON_ANOTHER_DISK = "set HF_HOME to a folder on another disk"
_HttpError: type[BaseException] = HfHubHTTPError.__mro__[1]
"""What the hub's library raises for a line that breaks, whichever HTTP library it is built on."""


class Wanted(NamedTuple):
    """What is to be fetched, as it is said before the first byte.

    Args:
        what: "sd15", "the IP-Adapter of sd15".
        terms: on which it may be used.
        fetched_by: what `python -m lab fetch` calls it, and options.
        memory: how much of it is wanted and there, in words; empty where that goes without saying.
    """

    what: str
    terms: Terms
    fetched_by: tuple[str, ...]
    memory: str = ""

    def said(self, count: int) -> str:
        """What is said while so many bytes come."""
        return f"Fetching {self.what}, {'; '.join(filter(None, (amount(count), self.terms.licence, self.memory)))}"


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
    wanted: Wanted,
    revision: str | None = None,
) -> Path:
    """The folder of a repository in the cache, with the files that were chosen; what is there already is not fetched.

    Args:
        repo: owner/name.
        choose: of all names in the repository, those to have.
        reporter: hear what comes, how large it is and on what terms, before its first byte, and then how many MB have
            come; may stop it, and the next try goes on from there.
        wanted: what it is.
        revision: a commit, branch or tag; None for that which was fetched first, at first the newest.

    Raises:
        MissingWeights: says why they could not be fetched and how to get them; or that its terms are to be accepted, or
            that the disk has no room for it.
    """
    name = wanted.fetched_by[0]
    check_accepted(name, wanted.what, wanted.terms, name)
    known = revision or pinned(repo)
    with _explained(repo, wanted, reporter):
        info = HfApi().model_info(repo, revision=known, files_metadata=True)
        listed = {file.rfilename: file for file in info.siblings or []}
        chosen = choose(list(listed))
        commit = info.sha or known or "main"
        total = sum(listed[name].size or 0 for name in chosen)
        missing = [listed[name] for name in chosen if cached(repo, name, commit) is None]
        to_come = sum(max(0, (file.size or 0) - _begun(repo, file)) for file in missing)
        check_space(_folder(repo), to_come, wanted.what, _ON_ANOTHER_DISK)
        # With a model's table of parts the rest is announced, as large as the catalogue says.
        said = wanted.said(max(total, round(1e9 * (wanted.terms.gb or 0))))
        if missing:
            reporter.progress(said, 0, max(1, total // _MB))
        fetched = _by_the_byte(repo, commit, revision or commit, Said(reporter, said, total))
        for name in chosen:
            path = fetched(name)
        if not chosen:
            msg = f"{repo}, needed for {wanted.what}, holds no weights that can be used"
            raise MissingWeights(msg)
        if revision is None:
            _pin(repo, commit)
        return Path(str(path)[: -len(name)])


def _begun(repo: str, file: Any) -> int:
    """How many bytes of a file of the hub's have come already, of a fetch that was stopped."""
    name = file.lfs.sha256 if file.lfs else file.blob_id
    return begun_bytes(_folder(repo) / "blobs" / f"{name}.part")


class Said(NamedTuple):
    """Who hears what while so many bytes come."""

    reporter: Reporter
    text: str
    total: int


def _by_the_byte(repo: str, commit: str, revision: str, said: Said) -> Callable[[str], Path]:
    """What brings one file of a repository into the cache."""
    if not BY_THE_BYTE.is_on:

        def fetch_whole(name: str) -> Path:
            said.reporter.progress(said.text)
            return Path(hf_hub_download(repo, name, revision=revision))

        return fetch_whole
    from lab.pipelines.weights import byte_download

    told = byte_download.Told(*said)

    def fetch_missing(name: str) -> Path:
        known = cached(repo, name, commit)
        if known is None:
            return byte_download.fetch_file(repo, name, commit, revision, told)
        told.came(known.stat().st_size)
        return known

    return fetch_missing


def _check() -> None:
    from lab.pipelines.weights import byte_download

    byte_download.check()


BY_THE_BYTE = DeepPatch(
    "downloads that show their progress, stop and go on at any byte",
    "a file that is fetched shows no progress, and begins again when the line breaks",
    _check,
)


@contextmanager
def _explained(repo: str, wanted: Wanted, reporter: Reporter) -> Iterator[None]:
    """Turn what the hub's library raises into one sentence; a token never comes into it."""
    reporter.check()
    needed = f"{repo}, needed for {wanted.what},"
    try:
        yield
    except GatedRepoError as error:
        msg = (
            f"{needed} wants its terms accepted: do so at {constants.ENDPOINT}/{repo}, "
            "and set HF_TOKEN to a token of yours"
        )
        raise MissingWeights(msg) from error
    except RepositoryNotFoundError as error:
        msg = (
            f"there is no repository {needed} or it is private: check the name, "
            "or set HF_TOKEN to a token that may read it"
        )
        raise MissingWeights(msg) from error
    except (OSError, _HttpError) as error:  # no network, a broken line, a full disk
        status = getattr(getattr(error, "response", None), "status_code", 0)
        msg = (
            f"{needed} is not on this machine and could not be fetched ({_STATUS.get(status) or _reason(error)}). "
            f"Where there is a network: `{fetch_command(*wanted.fetched_by)}`"
        )
        raise MissingWeights(msg) from error


_STATUS = {
    401: "the hub does not know this token: look at HF_TOKEN",
    403: "the hub does not let this token read it: look at HF_TOKEN",
    429: "the hub was asked too much and wants a pause: wait some minutes, or set HF_TOKEN to a token of yours",
}
"""What the hub answers by a number, in words."""


def _reason(error: BaseException) -> str:
    text = str(error).strip()
    first = text.splitlines()[0] if text else type(error).__name__
    token = os.environ.get("HF_TOKEN")
    return first.replace(token, "***") if token else first
