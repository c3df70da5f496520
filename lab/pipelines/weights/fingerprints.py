"""What the weights of a picture are, for its record: the SHA-256 of files on this machine, the commit of a hub's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, lru_cache
from pathlib import Path

from lab.core.model_card import on_hub, path_of
from lab.core.recipe import Plan
from lab.pipelines.weights import download
from lab.pipelines.weights.locate import control_source, revision_of
from lab.pipelines.weights.repo_layout import lora_in, stamped
from lab.starter import WEIGHTS


def begin(plan: Plan) -> None:
    """Read the files of a picture that is going to be drawn, beside the drawing: some GB take as many seconds."""
    for _, place in _weights(plan):
        if isinstance(place, Path):
            _hashes(place)


def fingerprints(plan: Plan) -> dict[str, str]:
    """By what they are for: "sha256:" and 64 hex digits, or "commit:" and 40; waits for what `begin` has begun.

    What cannot be read any more is left out.
    """
    return {name: said for name, place in _weights(plan) if (said := _said(place))}


def _weights(plan: Plan) -> Iterator[tuple[str, Path | str]]:
    """All weights of a plan: what they are for, and their place on this machine or their commit."""
    card, recipe = plan.card, plan.recipe
    yield "model", WEIGHTS if card.repo is None else path_of(card.repo) or revision_of(card) or ""
    for kind in dict.fromkeys(one.kind for one in recipe.controls if one.kind in card.controls):
        source = control_source(card, card.controls[kind].repo)
        yield f"controlnet:{kind}", source if isinstance(source, Path) else _commit(source)
    for lora in recipe.loras:
        path = path_of(lora.name)
        yield f"lora:{path.name if path else lora.name}", path or _commit(lora.name)
    if recipe.references and card.ip_adapter:
        yield "ip-adapter", path_of(card.ip_adapter.repo) or _commit(card.ip_adapter.repo)


def _commit(place: str) -> str:
    there = on_hub(place)
    return (download.pinned(there.repo) if there else None) or ""


def _said(place: Path | str) -> str:
    if isinstance(place, str):
        return f"commit:{place}" if place else ""
    try:
        hashes = {name: future.result() for name, future in _hashes(place).items()}
    except OSError:
        return ""
    if len(hashes) == 1:
        return f"sha256:{next(iter(hashes.values()))}"
    together = "".join(f"{name} {digest}\n" for name, digest in sorted(hashes.items()))
    return f"sha256:{hashlib.sha256(together.encode()).hexdigest()}" if hashes else ""


def _hashes(place: Path) -> dict[str, Future[str]]:
    """For the file, or for each file of weights in the folder, its SHA-256 in hex."""
    files = sorted([*place.glob("*.safetensors"), *place.glob("*/*.safetensors")]) if place.is_dir() else [place]
    if (lora := lora_in(place)) is not None:
        files = [lora]
    return {file.relative_to(place).as_posix(): _hash(file, stamped(str(file))) for file in files if file.is_file()}


@lru_cache(maxsize=256)
def _hash(file: Path, _: str) -> Future[str]:
    """Once for a file as it is now: its size and time are part of the second argument."""
    return _reader().submit(_read, file)


def _read(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@cache
def _reader() -> ThreadPoolExecutor:
    """One thread: disks read one file after the other faster than several at once."""
    return ThreadPoolExecutor(1, thread_name_prefix="sketchlab-weights")
