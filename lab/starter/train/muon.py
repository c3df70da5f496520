"""The optimiser: Muon (orthogonalised momentum) for the weight matrices, AdamW for everything small."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import torch
from torch import nn

_SMALLEST = 32  # matrices with a shorter side than this go to AdamW
_QUINTIC = (3.4445, -4.7750, 2.0315)  # Keller Jordan's coefficients for the Newton-Schulz steps


def orthogonalised(stack: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """The nearest half-orthogonal matrices of a stack (k, rows, columns), roughly, in bfloat16."""
    tall = stack.shape[-2] > stack.shape[-1]
    matrix = (stack.mT if tall else stack).bfloat16()
    matrix = matrix / (matrix.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    first, third, fifth = _QUINTIC
    for _ in range(steps):
        gram = matrix @ matrix.mT
        matrix = first * matrix + (third * gram + fifth * gram @ gram) @ matrix
    return (matrix.mT if tall else matrix).float()


class Muon(torch.optim.Optimizer):
    """Momentum whose every step is orthogonalised; steps are scaled so that AdamW's learning rates fit."""

    def __init__(self, params: list[nn.Parameter], lr: float, momentum: float = 0.95, decay: float = 0.01) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self) -> None:
        """One step with the gradients that lie on the weights."""
        for group in self.param_groups:
            alike: dict[tuple[int, int], list[nn.Parameter]] = defaultdict(list)
            for weight in group["params"]:
                if weight.grad is not None:
                    alike[weight.shape[0], weight[0].numel()].append(weight)
            for shape, weights in alike.items():
                pushes = []
                for weight in weights:
                    state = self.state[weight]
                    if "momentum" not in state:
                        state["momentum"] = torch.zeros_like(weight)
                    state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
                    pushes.append(weight.grad.lerp(state["momentum"], group["momentum"]).reshape(shape))
                turned = orthogonalised(torch.stack(pushes))
                for weight, push in zip(weights, turned, strict=True):
                    weight.mul_(1 - group["lr"] * group["decay"])
                    weight.add_(push.reshape(weight.shape), alpha=-0.2 * max(shape) ** 0.5 * group["lr"])


class Optimiser:
    """Muon and AdamW under one roof, each with its own peak learning rate."""

    def __init__(self, model: nn.Module, matrix_rate: float, other_rate: float) -> None:
        tables = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
        matrices, others = [], []
        for weight in model.parameters():
            is_matrix = weight.ndim >= 2 and id(weight) not in tables
            big = is_matrix and min(weight.shape[0], weight[0].numel()) >= _SMALLEST
            (matrices if big else others).append(weight)
        self._peaks = (matrix_rate, other_rate)
        self._parts = (
            Muon(matrices, matrix_rate),
            torch.optim.AdamW(others, other_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
        )

    def step(self, share: float) -> None:
        """One step at `share` (0 to 1) of the peak rates; the gradients are used up."""
        for part, peak in zip(self._parts, self._peaks, strict=True):
            for group in part.param_groups:
                group["lr"] = peak * share
            part.step()
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"matrices": self._parts[0].state_dict(), "others": self._parts[1].state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from what a checkpoint kept."""
        self._parts[0].load_state_dict(state["matrices"])
        self._parts[1].load_state_dict(state["others"])
