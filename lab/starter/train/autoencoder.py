"""Trains the picture autoencoder: 256 px pictures to 16 x 16 latents of 12 channels and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from diffusers import AutoencoderTiny

from lab.starter.train import checkpoints
from lab.starter.train.muon import Optimiser
from lab.starter.train.news import tell
from lab.starter.train.pool import Pool, open_pool

LATENT_CHANNELS = 12
CHECKPOINT = "autoencoder.pt"
CROP_PX, BATCH = 128, 8
MATRIX_RATE, OTHER_RATE = 1.5e-3, 1e-3
NOISE = 0.06  # most noise the decoder must stand on unit-variance latents
SMALLER_SHARE = 0.1  # steps that also decode 2x smaller latents, so that latents scale like pictures
SWAPPED = 0.5  # share of crops whose colour channels change places
_WIDTH = 48


def build() -> AutoencoderTiny:
    """The untrained autoencoder: five stages, so 16 px to the latent; most blocks sit where they are cheap."""
    return AutoencoderTiny(
        encoder_block_out_channels=(_WIDTH,) * 5,
        decoder_block_out_channels=(_WIDTH,) * 5,
        num_encoder_blocks=(0, 1, 2, 4, 5),
        num_decoder_blocks=(5, 5, 4, 2, 0),
        latent_channels=LATENT_CHANNELS,
    )


def load_trained(work: Path) -> AutoencoderTiny:
    """The autoencoder as its last checkpoint left it."""
    state = checkpoints.load(work / CHECKPOINT)
    if state is None:
        missing = f"{work / CHECKPOINT} is missing: run the part 'autoencoder' first"
        raise FileNotFoundError(missing)
    model = build()
    model.load_state_dict(state["model"])
    return model.eval().to(memory_format=torch.channels_last)


def to_tensor(pictures: np.ndarray) -> torch.Tensor:
    """8 bit pictures (n, h, w, 3) as -1..1 tensors (n, 3, h, w), channels last in memory."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float().div(127.5).sub(1)


def crops(pool: Pool, rng: np.random.Generator, count: int = BATCH) -> torch.Tensor:
    """Random squares of random pictures; of two tries each, the one that has more on it."""
    chosen = []
    for row in rng.integers(0, len(pool.pictures), count):
        tries = []
        for _ in range(2):
            y, x = rng.integers(0, pool.pictures.shape[1] - CROP_PX + 1, 2)
            square = pool.pictures[row, y : y + CROP_PX, x : x + CROP_PX]
            tries.append((square[::4, ::4].std(), square))
        best = max(tries, key=lambda each: each[0])[1]
        # swapped colour channels: the art has little green, and a rare colour would never be learned
        chosen.append(best[..., rng.permutation(3)] if rng.random() < SWAPPED else best)
    return to_tensor(np.stack(chosen))


def laplacian_loss(made: torch.Tensor, wanted: torch.Tensor, levels: int = 3) -> torch.Tensor:
    """L1 between the detail bands of two pictures: edges count as much as areas."""
    difference = made - wanted
    total = difference.new_zeros(())
    for _ in range(levels):
        small = F.avg_pool2d(difference, 2)
        total = total + (difference - F.interpolate(small, scale_factor=2.0)).abs().mean()
        difference = small
    return total + difference.abs().mean()


def similarity(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Mean SSIM over 8 x 8 windows of pictures in -1..1; 1 means equal."""

    def mean(values: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(values, 8, 2)

    first, second = mean(made), mean(wanted)
    spread = mean(made * made) - first**2, mean(wanted * wanted) - second**2
    both = mean(made * wanted) - first * second
    light, detail = 2e-3, 8e-3
    top = (2 * first * second + light) * (2 * both + detail)
    return (top / ((first**2 + second**2 + light) * (spread[0] + spread[1] + detail))).mean()


def picture_loss(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """How wrong decoded pictures are; the root of each picture's squared error is what PSNR counts."""
    difference = made.float() - wanted
    root = difference.square().mean((1, 2, 3)).add(1e-5).sqrt().mean()
    colour = F.avg_pool2d(difference, 4).square().mean()
    lines = 0.5 * laplacian_loss(made.float(), wanted) + 0.1 * (1 - similarity(made.float(), wanted))
    return difference.abs().mean() + 1.5 * root + colour + lines


def latent_loss(latents: torch.Tensor) -> torch.Tensor:
    """How far the channels are from zero mean and unit variance; keeps the scaling factor at 1."""
    flat = latents.float().transpose(0, 1).flatten(1)
    return flat.mean(1).square().mean() + (flat.std(1) - 1).square().mean()


def train(work: Path, minutes: float, seed: int = 3) -> None:
    """Trains for `minutes` in all, over as many sittings as it takes; a checkpoint every minute."""
    torch.manual_seed(seed)
    pool = open_pool(work / "pool")
    model = build().to(memory_format=torch.channels_last)
    optimiser = Optimiser(model, MATRIX_RATE, OTHER_RATE)
    state = checkpoints.load(work / CHECKPOINT)
    step = 0
    if state is not None:
        model.load_state_dict(state["model"])
        if "optimiser" in state:  # adopted weights come without
            optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
    clock = checkpoints.Clock(minutes * 60, state["spent_s"] if state is not None else 0.0)
    rng = np.random.default_rng(seed + step)
    saved_s, shown = clock.spent_s, 0.0

    def keep() -> None:
        found = {"model": model.state_dict(), "optimiser": optimiser.state_dict()}
        checkpoints.save(work / CHECKPOINT, {**found, "step": step, "spent_s": clock.spent_s})

    while not clock.is_over:
        wanted = crops(pool, rng)
        with torch.autocast("cpu", torch.bfloat16):
            latents = model.encode(wanted).latents
            noise = torch.randn_like(latents) * torch.rand(len(latents), 1, 1, 1) * NOISE
            loss = picture_loss(model.decode(latents + noise).sample, wanted)
            if rng.random() < SMALLER_SHARE:
                smaller = model.decode(F.avg_pool2d(latents, 2)).sample
                loss = loss + 0.5 * picture_loss(smaller, F.avg_pool2d(wanted, 2))
        loss = loss + 0.05 * latent_loss(latents)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step(checkpoints.rate_share(step, clock.progress))
        step += 1
        shown = 0.98 * shown + 0.02 * loss.item() if shown else loss.item()
        if step % 50 == 0:
            tell(f"autoencoder: step {step}, {clock.spent_s / 60:.1f} min, loss {shown:.4f}")
        if clock.spent_s - saved_s > 60:
            keep()
            saved_s = clock.spent_s
    keep()
    tell(f"autoencoder: {step} steps, PSNR on held-out pictures {psnr(model, work):.2f} dB")


@torch.no_grad()
def psnr(model: AutoencoderTiny, work: Path, count: int = 64) -> float:
    """Mean PSNR in dB over 256 px pictures of objects that training never saw."""
    pictures = open_pool(work / "pool-held-out").pictures[:count]
    wanted = to_tensor(pictures).add(1).div(2)
    made = torch.cat([model.decode(model.encode(part * 2 - 1).latents).sample for part in wanted.split(8)])
    error = (made.add(1).div(2).clamp(0, 1) - wanted).square().mean((1, 2, 3))
    return float((-10 * error.log10()).mean())
