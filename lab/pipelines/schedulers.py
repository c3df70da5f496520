"""Samplers by the names that people know them by, as diffusers schedulers."""

from __future__ import annotations

import math
from typing import Any

import diffusers
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    UniPCMultistepScheduler,
)


class LCMScheduler(diffusers.LCMScheduler):
    """diffusers' own, by its name too; which refuses more steps than the 50 that it chooses among.

    For more it chooses among the next number that divides those of the training, so that they begin at pure noise too.
    """

    def set_timesteps(
        self,
        num_inference_steps: int | None = None,
        device: str | torch.device | None = None,
        original_inference_steps: int | None = None,
        timesteps: list[int] | None = None,
        strength: float = 1.0,
    ) -> None:
        """As that does."""
        trained, among = self.config["num_train_timesteps"], self.config["original_inference_steps"]
        if original_inference_steps is None and num_inference_steps is not None and num_inference_steps > among:
            longer = range(num_inference_steps, trained)
            original_inference_steps = next((count for count in longer if trained % count == 0), trained)
        super().set_timesteps(num_inference_steps, device, original_inference_steps, timesteps, strength)


_SCHEDULERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "ddim": (DDIMScheduler, {}),
    "ddim trailing": (DDIMScheduler, {"timestep_spacing": "trailing"}),
    "euler": (EulerDiscreteScheduler, {}),
    "euler trailing": (EulerDiscreteScheduler, {"timestep_spacing": "trailing"}),
    "euler a": (EulerAncestralDiscreteScheduler, {}),
    "dpm++ 2m": (DPMSolverMultistepScheduler, {}),
    "dpm++ 2m karras": (DPMSolverMultistepScheduler, {"use_karras_sigmas": True}),
    "dpm++ 2m sde": (DPMSolverMultistepScheduler, {"algorithm_type": "sde-dpmsolver++"}),
    "dpm++ 2m sde karras": (
        DPMSolverMultistepScheduler,
        {"algorithm_type": "sde-dpmsolver++", "use_karras_sigmas": True},
    ),
    "unipc": (UniPCMultistepScheduler, {}),
    "lcm": (LCMScheduler, {}),
}
_SHIFT = math.log(3)
_OF_FLOW: dict[str, dict[str, Any]] = {
    "euler": {},
    # Qwen's Lightning LoRAs were distilled so: generate_with_diffusers.py of github.com/ModelTC/Qwen-Image-Lightning
    "euler shift 3": {"base_shift": _SHIFT, "max_shift": _SHIFT, "shift_terminal": None},
}
"""What an Euler sampler of flow matching is told beside what a model says of its own."""


def scheduler_named(name: str, own: Any) -> Any:
    """A scheduler on the noise schedule of a model's own one, or that one itself; the names are those of the catalogue.

    Models of flow matching have an Euler sampler of their own, and at most another shift of its steps.
    """
    if isinstance(own, FlowMatchEulerDiscreteScheduler):
        shift = _OF_FLOW[name]
        return FlowMatchEulerDiscreteScheduler.from_config(own.config, **shift) if shift else own
    kind, kwargs = _SCHEDULERS[name]
    if type(own) is kind and all(own.config.get(setting) == value for setting, value in kwargs.items()):
        return own
    return kind.from_config(own.config, **kwargs)
