"""What other tools call samplers, models and kinds of control, in the lab's own words."""

from __future__ import annotations

import re
from typing import NamedTuple

from lab.core.model_card import SCHEDULERS

_SAMPLERS = {
    "euler": "euler",
    "euler a": "euler a",
    "euler ancestral": "euler a",
    "dpm++ 2m": "dpm++ 2m",
    "dpmpp 2m": "dpm++ 2m",
    "dpm++ 2m sde": "dpm++ 2m sde",
    "dpmpp 2m sde": "dpm++ 2m sde",
    "dpmpp 2m sde gpu": "dpm++ 2m sde",
    "dpm++ 3m sde": "dpm++ 3m sde",
    "dpmpp 3m sde": "dpm++ 3m sde",
    "dpmpp 3m sde gpu": "dpm++ 3m sde",
    "dpm++ sde": "dpm++ sde",
    "dpmpp sde": "dpm++ sde",
    "dpmpp sde gpu": "dpm++ sde",
    "dpm++ 2s a": "dpm++ 2s a",
    "dpmpp 2s ancestral": "dpm++ 2s a",
    "dpm2": "dpm2",
    "dpm 2": "dpm2",
    "dpm2 a": "dpm2 a",
    "dpm 2 ancestral": "dpm2 a",
    "heun": "heun",
    "lms": "lms",
    "ddim": "ddim",
    "plms": "pndm",
    "pndm": "pndm",
    "ddpm": "ddpm",
    "deis": "deis",
    "lcm": "lcm",
    "unipc": "unipc",
    "uni pc": "unipc",
    "uni pc bh2": "unipc",
}
"""Whatever else it is called; not all of them are the lab's, whose own stand in `SCHEDULERS`."""
_USUAL = {"dpm++ 2m": "karras", "dpm++ sde": "karras", "dpm++ 2s a": "karras", "dpm2": "karras", "dpm2 a": "karras",
          "dpm++ 2m sde": "exponential", "dpm++ 3m sde": "exponential"}  # fmt: skip
"""The schedule of AUTOMATIC1111's samplers when it is "Automatic" (modules/sd_samplers_kdiffusion.py)."""
_SCHEDULES = {
    "": "",
    "normal": "",
    "default": "",
    "native": "",
    "none": "",
    "karras": "karras",
    "exponential": "exponential",
    "polyexponential": "polyexponential",
    "sgm uniform": "trailing",
    "simple": "trailing",
    "trailing": "trailing",
    "ddim uniform": "leading",
    "ddim": "leading",
    "beta": "beta",
    "ays": "ays",
    "align your steps": "ays",
    "kl optimal": "kl optimal",
    "linear quadratic": "linear quadratic",
    "turbo": "turbo",
    "uniform": "",
}
_ENDING = sorted((name for name in _SCHEDULES if name and name not in ("none", "default", "native", "ddim")), key=len)[
    ::-1
]
"""What stands behind a sampler's name where one name says both, the longest first."""

_MODELS: dict[str, tuple[str, tuple[str, ...]]] = {
    "v1-5-pruned-emaonly": ("sd15", ("6ce0161689", "cc6cb27103")),
    "v1-5-pruned-emaonly-fp16": ("sd15", ()),
    "v1-5-pruned": ("sd15", ("1a189f0be6", "e1441589a6")),
    "sd-v1-5": ("sd15", ()),
    "sd_v1.5_f16": ("sd15", ()),
    "sd-v1-5-inpainting": ("sd15-inpaint", ("c6bbc15e32",)),
    "instruct-pix2pix-00-22000": ("instruct-pix2pix", ()),
    "sd_xl_base_1.0_inpainting_0.1": ("sdxl-inpaint", ()),
    "sd_xl_base_1.0": ("sdxl", ("31e35c80fc",)),
    "sd_xl_base_1.0_0.9vae": ("sdxl", ("e6bb9ea85b",)),
    "sd_xl_turbo_1.0": ("sdxl-turbo", ()),
    "sd_xl_turbo_1.0_fp16": ("sdxl-turbo", ("e869ac7d69",)),
    "z_image_turbo_bf16": ("z-image", ()),
}
"""Files as their makers publish them, without their endings: the catalogue's model, and how its hashes begin in
AUTOMATIC1111; a file of that name with another hash is somebody's own."""
_WEIGHTS = re.compile(r"\.(safetensors|ckpt|pth?|bin|gguf|sft)$", re.IGNORECASE)

_CONTROLS = (
    ("openpose", r"openpose|dwpose|\bpose\b|_pose"),
    ("lineart_anime", r"lineart_?anime|anime_?lineart|s2_lineart"),
    ("lineart", r"line_?art"),
    ("softedge", r"soft_?edge|\bhed\b|_hed|pidi"),
    ("scribble", r"scribble|sketch"),
    ("canny", r"canny"),
    ("depth", r"depth|zoe|midas|leres"),
    ("normal", r"normal"),
    ("mlsd", r"mlsd"),
    ("tile", r"tile"),
    ("inpaint", r"inpaint|repaint"),
)
"""The kind of control, by what the names of ControlNets have in them; the first that fits."""


class Sampler(NamedTuple):
    """The lab's sampler, or None; and what there is to say of it, or nothing."""

    name: str | None
    remark: str = ""


def sampler(text: str, schedule: str | None = None, *, is_flow: bool = False) -> Sampler:
    """The lab's sampler for what another tool writes, which may be one name for sampler and schedule.

    Args:
        text: such as "DPM++ 2M Karras", "euler_ancestral", "k_dpmpp_2m".
        schedule: where it stands apart, such as "Karras", "sgm_uniform" or "Automatic".
        is_flow: whether the model is one of flow matching, whose Euler sampler has a schedule of its own.
    """
    written = f"{text} with {schedule}" if schedule else text
    plain = re.sub(r"\s+", " ", text.lower().replace("_", " ")).strip().removeprefix("k ")[:60]
    plan = re.sub(r"\s+", " ", (schedule or "").lower().replace("_", " ")).strip()[:60]
    if plain not in _SAMPLERS:
        ending = next((name for name in _ENDING if plain.endswith(f" {name}")), "k" if plain.endswith(" k") else "")
        if ending and (not plan or plan in ("automatic", ending)):
            plain, plan = plain[: -len(ending) - 1], "karras" if ending == "k" else ending
    base = _SAMPLERS.get(plain)
    if plan == "automatic":
        plan = _USUAL.get(base or "", "")
    if base is None or plan not in _SCHEDULES:
        return Sampler(None, f"sampler {written}: the lab has none like it")
    spacing = _SCHEDULES[plan]
    if is_flow and base == "euler" and spacing in ("", "trailing"):
        return Sampler("euler")
    if (base, spacing) in (("ddim", "leading"), ("lcm", "trailing")):  # as these are anyway
        spacing = ""
    name = f"{base} {spacing}".strip()
    if name not in SCHEDULERS:
        return Sampler(None, f"sampler {written}: the lab has none like it")
    if spacing == "trailing" and plan != "trailing":
        return Sampler(name, f"sampler {written}: the lab's {name} is near it, not the same")
    if plain == "uni pc":
        return Sampler(name, f"sampler {written}: the lab's is the variant bh2")
    return Sampler(name)


def bare_name(place: str) -> str:
    """The last part of a place in another machine's folders, without an ending of weights: no path, no repository."""
    return re.sub(r"\s*:\s*", " ", _WEIGHTS.sub("", re.split(r"[/\\]", place.strip())[-1])).strip()


def catalogue_model(place: str, known: str | None = None) -> str | None:
    """The model of the catalogue that a file of weights is, by its name and, where there is one, its hash."""
    found = _MODELS.get(bare_name(place).lower())
    if found is None:
        return None
    model, hashes = found
    if known and not any(one.startswith(known.lower()[:10]) for one in hashes):
        return None
    return model


def control_kind(*names: str) -> str | None:
    """The kind of control that the names of a ControlNet or of its preprocessor tell; None when they tell none."""
    for name in names:
        for kind, pattern in _CONTROLS:
            if re.search(pattern, name[:200].lower()):
                return kind
    return None
