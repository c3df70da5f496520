"""Encodes the pool once, so that the diffusion training never touches a pixel of a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from lab.starter.train import autoencoder, checkpoints
from lab.starter.train.news import tell
from lab.starter.train.pool import open_pool
from lab.starter.train.tokens import ids_of, load_tokenizer


class Lessons(NamedTuple):
    """What the diffusion training reads, all in memory, one row a picture."""

    latents: torch.Tensor  # float16, (n, 12, 16, 16)
    tokens: torch.Tensor  # int64, (n, captions, positions)
    sketches: np.ndarray  # uint8 packed bits, (n, sketches, bytes)
    no_words: torch.Tensor  # int64, (positions,): the empty prompt
    ink: np.ndarray  # float64, (n,), sums to 1: how much of all the sketches' ink is on each picture's


@torch.inference_mode()
def encode_pool(work: Path, batch: int = 16) -> None:
    """Writes latents and token ids of every pool; skips what is there."""
    model = autoencoder.load_trained(work)
    tokenizer = load_tokenizer(work)
    for name in ("pool-held-out", "pool-portraits", "pool-bent", "pool"):
        target = work / name / "lessons.pt"
        if target.exists():
            continue
        pool = open_pool(work / name)
        parts = []
        for start in range(0, len(pool.pictures), batch):
            pictures = autoencoder.to_tensor(pool.pictures[start : start + batch])
            with torch.autocast("cpu", torch.bfloat16):
                parts.append(model.encode(pictures).latents.half())
            if start // batch % 100 == 0:
                tell(f"latents: {start} of {len(pool.pictures)}")
        turns = zip(*pool.captions, strict=True)
        ids = [ids_of(tokenizer, list(texts)) for texts in turns]
        latents = torch.cat(parts).contiguous()
        checkpoints.save(target, {"latents": latents, "tokens": torch.from_numpy(np.stack(ids, 1))})
        tell(f"latents: {name}: mean {latents.float().mean():.3f}, deviation {latents.float().std():.3f}")


def open_lessons(work: Path, name: str = "pool") -> Lessons:
    """The encoded pool."""
    found = checkpoints.load(work / name / "lessons.pt")
    if found is None:
        missing = f"{work / name / 'lessons.pt'} is missing: run the part 'latents' first"
        raise FileNotFoundError(missing)
    no_words = torch.from_numpy(ids_of(load_tokenizer(work), [""])[0])
    bits = np.load(work / name / "sketches.npy")
    ink = np.bitwise_count(bits).sum((1, 2), dtype=np.float64)
    return Lessons(found["latents"], found["tokens"], bits, no_words, ink / ink.sum())


def captions_of(work: Path, name: str = "pool") -> list[str]:
    """The first caption of every picture of a pool."""
    return [each[0] for each in json.loads((work / name / "words.json").read_text())["captions"]]
