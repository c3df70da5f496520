"""Trains text encoder, UNet and ControlNet together on the encoded pool."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from diffusers.models.attention_processor import AttnProcessor

from lab.starter.train import checkpoints, sketches
from lab.starter.train.latents import Lessons, open_lessons
from lab.starter.train.models import Artist, build_scheduler
from lab.starter.train.muon import Optimiser
from lab.starter.train.news import tell
from lab.starter.train.pool import SIZE_PX

CHECKPOINT = "diffusion.pt"
BATCH, AVERAGE = 48, 0.998
MATRIX_RATE, OTHER_RATE = 1.5e-3, 1e-3
DRAWN = 30  # of a batch, pictures that come with a sketch; the others learn words alone
PORTRAITS = 12  # of those others, objects as they are: words alone should give the thing itself, not any pose of it
BENT = 16  # of the drawn ones, objects in other shapes than their art's: a sketch decides the shape, words the colours
BLANK = 0.05  # share of those sketches that are left black, the canvas before the first stroke
WORDLESS = 0.1


class Batch(NamedTuple):
    """What one step learns from."""

    latents: torch.Tensor
    tokens: torch.Tensor
    sketches: torch.Tensor  # 0..1, three equal channels, for the first rows of the batch only


def _picked(lessons: Lessons, rows: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    turn = rng.integers(0, lessons.tokens.shape[1], len(rows))
    return lessons.latents[rows].float(), lessons.tokens[rows, turn]


def _told(lessons: Lessons, count: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents and tokens of pictures that come without their sketches, all alike often."""
    return _picked(lessons, rng.integers(0, len(lessons.latents), count), rng)


def _sketched(
    lessons: Lessons, count: int, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Latents, tokens and one sketch each: a picture comes the more often the more lines it has."""
    rows = rng.choice(len(lessons.latents), count, p=lessons.ink)
    latents, tokens = _picked(lessons, rows, rng)
    bits = lessons.sketches[rows, rng.integers(0, lessons.sketches.shape[1], count)]
    return latents, tokens, torch.from_numpy(sketches.unpacked(bits, SIZE_PX)).float()[:, None]


def batch_of(
    lessons: Lessons,
    rng: np.random.Generator,
    portraits: Lessons | None = None,
    bent: Lessons | None = None,
    *,
    size: int = BATCH,
    drawn: int = DRAWN,
) -> Batch:
    """A random batch: some words left out, some sketches black, half of the lines softened like a browser's.

    A picture comes with its sketch the more often the more lines that has: people draw more lines than our art shows.

    Args:
        lessons: what all other rows are taken from.
        rng: decides everything.
        portraits: what the last `PORTRAITS` rows are taken from; None for a batch without any.
        bent: what `BENT` of the rows with a sketch are taken from; None for a batch without any.
        size: rows in all.
        drawn: the first rows, which have a sketch.
    """
    shaped = BENT if bent is not None else 0
    posing = PORTRAITS if portraits is not None else 0
    drawn_rows = [_sketched(lessons, drawn - shaped, rng)]
    told_rows = [_told(lessons, size - posing - drawn, rng)]
    if bent is not None:
        drawn_rows.append(_sketched(bent, shaped, rng))
    if portraits is not None:
        told_rows.append(_told(portraits, posing, rng))
    latents, tokens = (torch.cat([rows[part] for rows in (*drawn_rows, *told_rows)]) for part in (0, 1))
    tokens = torch.where(torch.from_numpy(rng.random(size) < WORDLESS)[:, None], lessons.no_words, tokens)
    lines = torch.cat([rows[2] for rows in drawn_rows])
    lines[torch.from_numpy(rng.random(drawn) < BLANK)] = 0
    soft = torch.from_numpy(rng.permutation(drawn)[: drawn // 2])
    lines[soft] = F.avg_pool2d(lines[soft], 3, 1, 1).mul(1.4).clamp(max=1)
    lines = lines.expand(-1, 3, -1, -1)
    return Batch(latents, tokens, lines.contiguous(memory_format=torch.channels_last))


def velocity_loss(artist: torch.nn.Module, batch: Batch, alphas: torch.Tensor, seed: torch.Generator) -> torch.Tensor:
    """Squared error of the predicted velocity at timesteps spread evenly over the rows that have a sketch.

    Words alone matter most where little else is to be seen, so the other rows are noisier.

    Args:
        artist: called as `Artist` is.
        batch: what to learn from.
        alphas: the schedule's cumulated alphas, one a timestep.
        seed: decides noise and timesteps.
    """
    count = len(batch.latents)
    drawn = len(batch.sketches)
    parts = [
        (torch.randperm(size, generator=seed) + torch.rand(size, generator=seed)) / max(1, size)
        for size in (drawn, count - drawn)
    ]
    spread = torch.cat([parts[0], parts[1].sqrt()])
    timesteps = (spread * len(alphas)).long().clamp(max=len(alphas) - 1)
    signal = alphas[timesteps].sqrt()[:, None, None, None]
    dirt = (1 - alphas[timesteps]).sqrt()[:, None, None, None]
    noise = torch.randn(batch.latents.shape, generator=seed)
    noisy = signal * batch.latents + dirt * noise
    velocity = signal * noise - dirt * batch.latents
    with torch.autocast("cpu", torch.bfloat16):
        guess = artist(noisy, timesteps, batch.tokens, batch.sketches)
    return (guess.float() - velocity).square().mean()


@torch.no_grad()
def follow(average: Artist, artist: Artist, step: int) -> None:
    """Moves the running average towards the artist; quickly at first, then slowly."""
    keep = min(AVERAGE, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(average.parameters()), list(artist.parameters()), 1 - keep)


@torch.no_grad()
def held_out_loss(artist: Artist, lessons: Lessons, alphas: torch.Tensor) -> float:
    """The loss on objects that training never saw, always with the same noise."""
    rng, seed = np.random.default_rng(0), torch.Generator().manual_seed(0)
    losses = [velocity_loss(artist, batch_of(lessons, rng), alphas, seed) for _ in range(3)]
    return float(torch.stack(losses).mean())


def load_trained(work: Path) -> Artist:
    """The averaged artist of the last checkpoint."""
    state = checkpoints.load(work / CHECKPOINT)
    if state is None:
        missing = f"{work / CHECKPOINT} is missing: run the part 'diffusion' first"
        raise FileNotFoundError(missing)
    artist = Artist()
    artist.load_state_dict(state["average"])
    return artist.eval()


def train(work: Path, minutes: float, seed: int = 4, *, compiled: bool = False) -> None:
    """Trains for `minutes` in all, over as many sittings as it takes; a checkpoint every two minutes.

    Args:
        work: the working folder.
        minutes: training time over all sittings; the learning rate falls towards its end.
        seed: decides everything but the timing.
        compiled: let torch compile the step first; on two CPU cores that came out slower than not to.
    """
    torch.manual_seed(seed)
    lessons, unseen = open_lessons(work), open_lessons(work, "pool-held-out")
    portraits, bent = open_lessons(work, "pool-portraits"), open_lessons(work, "pool-bent")
    alphas = build_scheduler().alphas_cumprod
    artist, average = Artist(), Artist()
    state = checkpoints.load(work / CHECKPOINT)
    average.load_state_dict(artist.state_dict())
    optimiser = Optimiser(artist, MATRIX_RATE, OTHER_RATE)
    step = 0
    if state is not None:
        artist.load_state_dict(state["artist"])
        average.load_state_dict(state["average"])
        if "optimiser" in state:  # adopted weights come without
            optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
    for model in (artist, average):
        model.unet.set_attn_processor(AttnProcessor())  # on a CPU the fused one is slow backwards at 64 latents
        model.unet.to(memory_format=torch.channels_last)
        model.controlnet.to(memory_format=torch.channels_last)
    quick = torch.compile(artist, dynamic=False) if compiled else artist
    rng, noise_seed = np.random.default_rng(seed + step), torch.Generator().manual_seed(seed + step)
    clock = checkpoints.Clock(minutes * 60, state["spent_s"] if state is not None else 0.0)
    saved_s, shown = clock.spent_s, 0.0

    def keep() -> None:
        found = {"artist": artist.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
        checkpoints.save(work / CHECKPOINT, {**found, "step": step, "spent_s": clock.spent_s})

    while not clock.is_over:
        loss = velocity_loss(quick, batch_of(lessons, rng, portraits, bent), alphas, noise_seed)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(artist.parameters(), 1.0)
        optimiser.step(checkpoints.rate_share(step, clock.progress))
        step += 1
        follow(average, artist, step)
        shown = 0.98 * shown + 0.02 * loss.item() if shown else loss.item()
        if step % 50 == 0:
            tell(f"diffusion: step {step}, {clock.spent_s / 60:.1f} min, loss {shown:.4f}")
        if step % 500 == 0:
            tell(f"diffusion: held-out loss {held_out_loss(average, unseen, alphas):.4f}")
        if clock.spent_s - saved_s > 120:
            keep()
            saved_s = clock.spent_s
    keep()
    tell(f"diffusion: {step} steps, held-out loss {held_out_loss(average, unseen, alphas):.4f}")
