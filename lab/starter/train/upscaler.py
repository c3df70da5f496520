"""Trains the x4 upscaler in spandrel's Compact architecture, on the same pictures at a quarter of their size."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from safetensors.torch import save_file
from spandrel.architectures.Compact import Compact
from torch import nn

from lab.starter.train import checkpoints
from lab.starter.train.muon import Optimiser
from lab.starter.train.news import tell
from lab.starter.train.pool import Pool, open_pool

CHECKPOINT = "upscaler.pt"
FILE = Path("upscaler") / "x4-compact.safetensors"  # below the exported weights
SCALE, WIDTH, CONVOLUTIONS = 4, 32, 12
CROP_PX, BATCH = 128, 24
MATRIX_RATE, OTHER_RATE = 2e-3, 1e-3
AVERAGE = 0.995
SOFTENED = 0.5  # share of crops blurred before they are made small: what the autoencoder draws is soft, too
BLUR_PX = (0.3, 1.1)  # of the small picture
_WAYS = (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_CUBIC)


def build() -> Compact:
    """The untrained upscaler: pictures in 0..1 in, the same four times as wide and high out."""
    model = Compact(num_feat=WIDTH, num_conv=CONVOLUTIONS, upscale=SCALE)
    nn.init.zeros_(model.body[-1].weight)  # so it begins as plain enlarging
    nn.init.zeros_(model.body[-1].bias)
    return model


def shrunk(square: np.ndarray, blur_px: float, way: int = cv2.INTER_AREA) -> np.ndarray:
    """An 8 bit picture at a quarter of its size, softened by `blur_px` of its own small pixels (0: not at all)."""
    if blur_px > 0:
        square = cv2.GaussianBlur(square, (0, 0), blur_px * SCALE)
    elif way != cv2.INTER_AREA:
        square = cv2.GaussianBlur(square, (0, 0), SCALE / 4)  # the other ways do not average by themselves
    return cv2.resize(square, None, fx=1 / SCALE, fy=1 / SCALE, interpolation=way)


def _tensor(squares: list[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).float().div(255)


def pairs(pool: Pool, rng: np.random.Generator, count: int = BATCH) -> tuple[torch.Tensor, torch.Tensor]:
    """Small squares and what they should become, 0..1; of two random squares each, the one that has more on it."""
    small, large = [], []
    for row in rng.integers(0, len(pool.pictures), count):
        tries = []
        for _ in range(2):
            y, x = rng.integers(0, pool.pictures.shape[1] - CROP_PX + 1, 2)
            square = pool.pictures[row, y : y + CROP_PX, x : x + CROP_PX]
            tries.append((square[::4, ::4].std(), square))
        best = max(tries, key=lambda each: each[0])[1]
        if rng.random() < 0.5:
            best = best[..., rng.permutation(3)]
        best = np.ascontiguousarray(np.rot90(best, int(rng.integers(4))))
        blur_px = float(rng.uniform(*BLUR_PX)) if rng.random() < SOFTENED else 0.0
        small.append(shrunk(best, blur_px, int(rng.choice(_WAYS))))
        large.append(best)
    return _tensor(small), _tensor(large)


def load_trained(work: Path) -> Compact:
    """The averaged upscaler of the last checkpoint."""
    state = checkpoints.load(work / CHECKPOINT)
    if state is None:
        missing = f"{work / CHECKPOINT} is missing: run the part 'upscaler' first"
        raise FileNotFoundError(missing)
    model = build()
    model.load_state_dict(state["average"])
    return model.eval()


def export(work: Path, folder: Path) -> None:
    """Writes the upscaler below `folder` as fp16 safetensors that `spandrel.ModelLoader` reads."""
    (folder / FILE).parent.mkdir(parents=True, exist_ok=True)
    save_file({name: each.half().contiguous() for name, each in load_trained(work).state_dict().items()}, folder / FILE)
    (folder / FILE).chmod(0o644)


@torch.no_grad()
def compared_db(model: nn.Module, pictures: np.ndarray) -> tuple[float, float]:
    """Mean PSNR in dB of the upscaler and of bicubic enlarging, over 8 bit pictures shrunk by area."""
    found = []
    for picture in pictures:
        small = shrunk(picture, 0.0)
        wanted = _tensor([picture])
        bicubic = F.interpolate(_tensor([small]), scale_factor=SCALE, mode="bicubic", align_corners=False)
        tries = (model(_tensor([small])), bicubic)
        found.append([-10 * float((each.clamp(0, 1) - wanted).square().mean().log10()) for each in tries])
    ours, theirs = np.mean(found, 0)
    return float(ours), float(theirs)


def train(work: Path, minutes: float, seed: int = 5) -> None:
    """Trains for `minutes` in all, over as many sittings as it takes; a checkpoint every minute."""
    torch.manual_seed(seed)
    pool, unseen = open_pool(work / "pool"), open_pool(work / "pool-held-out").pictures[:48]
    model, average = build(), build()
    optimiser = Optimiser(model, MATRIX_RATE, OTHER_RATE)
    state = checkpoints.load(work / CHECKPOINT)
    step = 0
    if state is not None:
        model.load_state_dict(state["model"])
        if "optimiser" in state:  # adopted weights come without
            optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
    average.load_state_dict(model.state_dict() if state is None else state["average"])
    for each in (model, average):
        each.to(memory_format=torch.channels_last)
    clock = checkpoints.Clock(minutes * 60, state["spent_s"] if state is not None else 0.0)
    rng = np.random.default_rng(seed + step)
    saved_s, shown = clock.spent_s, 0.0

    def keep() -> None:
        found = {"model": model.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
        checkpoints.save(work / CHECKPOINT, {**found, "step": step, "spent_s": clock.spent_s})

    while not clock.is_over:
        small, wanted = pairs(pool, rng)
        with torch.autocast("cpu", torch.bfloat16):
            made = model(small.to(memory_format=torch.channels_last))
        difference = made.float() - wanted
        loss = (difference.square() + 1e-5).sqrt().mean()  # Charbonnier
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step(checkpoints.rate_share(step, clock.progress))
        step += 1
        with torch.no_grad():
            keep_share = min(AVERAGE, (1 + step) / (10 + step))
            torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - keep_share)
        shown = 0.98 * shown + 0.02 * loss.item() if shown else loss.item()
        if step % 50 == 0:
            tell(f"upscaler: step {step}, {clock.spent_s / 60:.1f} min, loss {shown:.4f}")
        if clock.spent_s - saved_s > 60:
            keep()
            saved_s = clock.spent_s
    keep()
    ours, bicubic = compared_db(average, unseen)
    tell(f"upscaler: {step} steps, held-out {ours:.2f} dB, bicubic {bicubic:.2f} dB")
