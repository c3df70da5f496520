"""A drawing's settings in one text as other tools write and read them: AUTOMATIC1111's names, order and quoting."""

from __future__ import annotations

import json
from typing import Any

from lab.core.recipe import Plan
from lab.gallery.comfyui_export.names import model_file
from lab.gallery.foreign.names import bare_name

_SAMPLERS = {
    "ddim": "DDIM",
    "euler": "Euler",
    "euler a": "Euler a",
    "dpm++ 2m": "DPM++ 2M",
    "dpm++ 2m sde": "DPM++ 2M SDE",
    "unipc": "UniPC",
    "lcm": "LCM",
}
_SCHEDULES = {"karras": "Karras", "exponential": "Exponential", "trailing": "SGM Uniform"}
_NOT_AUTOMATIC = ("dpm++ 2m", "dpm++ 2m sde")
"""Samplers whose automatic schedule there is another than their plain one (modules/sd_samplers_kdiffusion.py)."""


def parameters_of(plan: Plan) -> str:
    """The text: prompt, negative prompt, and a line of `Name: value` pairs; no place of this machine is in it.

    The negative prompt has its line even when it is empty, since ComfyUI's reader wants it.
    """
    recipe = plan.recipe
    sampler, schedule = _sampler(plan.scheduler)
    settings: dict[str, Any] = {
        "Steps": plan.steps,
        "Sampler": sampler,
        "Schedule type": schedule,
        "CFG scale": f"{plan.guidance_scale:g}",
        "Seed": recipe.seed,
        "Size": str(plan.size),
        "Model": bare_name(model_file(plan.card)),
    }
    if recipe.image and plan.strength < 1:
        settings["Denoising strength"] = f"{plan.strength:.6g}"
    settings |= {"RNG": "CPU", "Version": "Sketchlab"}
    if recipe.acceleration:
        settings["Acceleration"] = recipe.acceleration
    if recipe.precision != "exact":
        settings["Precision"] = recipe.precision
    loras = "".join(f" <lora:{bare_name(lora.name)}:{lora.weight:g}>" for lora in recipe.loras)
    pairs = ", ".join(f"{name}: {_quoted(value)}" for name, value in settings.items())
    return f"{recipe.prompt}{loras}\nNegative prompt: {recipe.negative_prompt}\n{pairs}"


def _sampler(scheduler: str) -> tuple[str, str]:
    """Sampler and schedule in AUTOMATIC1111's words; as the lab calls it where it has none like it."""
    base = max((name for name in _SAMPLERS if f"{scheduler} ".startswith(f"{name} ")), key=len, default="")
    rest = scheduler.removeprefix(base).strip()
    plain = "Uniform" if base in _NOT_AUTOMATIC else "Automatic"
    if not base or (rest and rest not in _SCHEDULES):
        return scheduler, "Automatic"
    return _SAMPLERS[base], _SCHEDULES.get(rest, plain)


def _quoted(value: Any) -> str:
    """As `quote` of its infotext_utils.py writes it."""
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if {",", ":", "\n"} & {*text} else text
