"""Samplers by the names that people know them by, as diffusers schedulers."""

from __future__ import annotations

from typing import Any

from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    LCMScheduler,
    UniPCMultistepScheduler,
)

_SCHEDULERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "ddim": (DDIMScheduler, {}),
    "ddim trailing": (DDIMScheduler, {"timestep_spacing": "trailing"}),
    "euler": (EulerDiscreteScheduler, {}),
    "euler trailing": (EulerDiscreteScheduler, {"timestep_spacing": "trailing"}),
    "euler a": (EulerAncestralDiscreteScheduler, {}),
    "dpm++ 2m": (DPMSolverMultistepScheduler, {}),
    "dpm++ 2m karras": (DPMSolverMultistepScheduler, {"use_karras_sigmas": True}),
    "unipc": (UniPCMultistepScheduler, {}),
    "lcm": (LCMScheduler, {}),
}


def scheduler_named(name: str, own: Any) -> Any:
    """A scheduler on the noise schedule of a model's own one, or that one itself; the names are those of the catalogue.

    Models of flow matching have an Euler sampler of their own, and no other.
    """
    if isinstance(own, FlowMatchEulerDiscreteScheduler):
        return own
    kind, settings = _SCHEDULERS[name]
    if type(own) is kind and all(own.config.get(setting) == value for setting, value in settings.items()):
        return own
    return kind.from_config(own.config, **settings)
