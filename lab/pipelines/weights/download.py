"""Files from a model hub to this machine's cache: with progress in bytes, to be cancelled and resumed at any byte."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from huggingface_hub import HfApi, constants, hf_hub_download, try_to_load_from_cache
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.file_download import repo_folder_name

from lab.core.errors import MissingWeights
from lab.core.model_card import on_hub, path_of
from lab.core.reporter import Reporter
from lab.pipelines.deep_patch import DeepPatch

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
        fetched = _by_the_byte(repo, commit, revision or commit, reporter, sum(sizes[name] for name in chosen))
        for name in chosen:
            path = fetched(name)
        if not chosen:
            msg = f"{repo}, needed for {needed_for}, holds no weights that can be used"
            raise MissingWeights(msg)
        if revision is None:
            _pin(repo, commit)
        return Path(str(path)[: -len(name)])


def _by_the_byte(repo: str, commit: str, revision: str, reporter: Reporter, total: int) -> Callable[[str], Path]:
    """What brings one file of a repository into the cache."""
    if not BY_THE_BYTE.is_on:

        def fetch_whole(name: str) -> Path:
            reporter.progress("downloading")
            return Path(hf_hub_download(repo, name, revision=revision))

        return fetch_whole
    from lab.pipelines.weights import byte_download

    told = byte_download.Told(reporter, total)

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
