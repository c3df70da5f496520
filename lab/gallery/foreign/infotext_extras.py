"""What stands in AUTOMATIC1111's line of settings beyond the drawing itself: hashes, other passes, extensions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from lab.gallery.foreign.bounded_json import fraction, parsed, whole
from lab.gallery.foreign.imported import Draft
from lab.gallery.foreign.infotext_pairs import pairs_in
from lab.gallery.foreign.shared import say_control

_READ = {
    "Steps", "Sampler", "Schedule type", "Sampler sigma", "CFG scale", "Guidance Scale", "Seed", "Size", "Model",
    "Model hash", "Denoising strength", "Operations", "Hashes", "Lora hashes", "Civitai resources",
}  # fmt: skip
"""What is read elsewhere."""
_OF_NO_ACCOUNT = {
    "Version", "App", "Pipeline", "Created Date", "Civitai metadata", "User", "Parser", "Time taken", "Batch size",
    "Batch pos", "Discard penultimate sigma", "Template", "Negative Template", "Wildcard prompt",
    "Downcast alphas_cumprod", "Backend", "Image CFG scale", "First pass size", "Conditional mask weight",
    "Diffusion in Low Bits", "Comment", "Template Generated Grid", "Lora weights",
}  # fmt: skip
"""What changes nothing in the picture, or says once more what stands elsewhere."""
_CONTROL = re.compile(r"ControlNet(?:[ -](\d+))?(?: (.+))?")


class Resources(NamedTuple):
    """What lists of hashes and resources name."""

    model: str | None
    model_hash: str | None
    loras: list[tuple[str, float]]
    hashes: dict[str, str]

    def lora_hash(self, name: str) -> str:
        """The hash of a LoRA, or nothing."""
        return self.hashes.get(name, "")


def resources(said: Mapping[str, str], draft: Draft) -> Resources:
    """The model and LoRAs that stand in `Hashes`, `Lora hashes` and Civitai's list."""
    model = model_hash = None
    loras: list[tuple[str, float]] = []
    hashes = pairs_in(said.get("Lora hashes", ""))
    listed = parsed(said.get("Hashes", ""))
    for name, value in listed.items() if isinstance(listed, dict) else ():
        if name == "model" and isinstance(value, str):
            model_hash = value
        elif name.lower().startswith("lora:"):
            hashes.setdefault(name[5:], str(value))
        elif name.lower().startswith("embed:"):
            draft.lack("embedding", name[6:], value)
    found = parsed(said.get("Civitai resources", ""))
    for one in found if isinstance(found, list) else ():
        if not isinstance(one, dict):
            continue
        kind, name = str(one.get("type", "")).lower(), str(one.get("modelName") or "")
        title = " ".join(filter(None, [name, str(one.get("modelVersionName") or "")]))
        if kind in ("checkpoint", "model") and title:
            model = title
            draft.say(f"Civitai's model version {one.get('modelVersionId')}")
        elif kind in ("lora", "lycoris", "locon", "dora") and title:
            loras.append((title, w if (w := fraction(one.get("weight", 1))) is not None else 1.0))
        elif kind:
            draft.say(f"Civitai resource {kind} {title or one.get('modelVersionId')}")
    return Resources(model, model_hash, loras, hashes)


def say_the_rest(said: Mapping[str, str], draft: Draft) -> None:
    """Say in words what no field of the recipe takes."""
    _say_passes(said, draft)
    _say_controls(said, draft)
    for name, value in said.items():
        if name in _READ | _OF_NO_ACCOUNT or name.startswith(("Hires", "ADetailer", "ControlNet")):
            continue
        _say_one(name, value, said, draft)
    if "RNG" not in said and re.match(r"AUTOMATIC1111|Forge|SD\.Next", draft.tool):
        draft.say("the noise of a GPU, which is the usual one there: the same seed gives another picture here")


def _say_one(name: str, value: str, said: Mapping[str, str], draft: Draft) -> None:
    if name == "Clip skip":
        if whole(value) != 1:
            draft.say(f"clip skip {value}")
    elif name == "RNG":
        other = f"RNG: the noise is from {value}, so that the same seed gives another picture here"
        draft.say("RNG: CPU" if value.upper() == "CPU" else other)
    elif name == "VAE":
        draft.say(f"VAE {value}")
        draft.lack("vae", value, said.get("VAE hash", ""))
    elif name == "TI hashes":
        for embedding, known in pairs_in(value).items():
            draft.lack("embedding", embedding, known)
        draft.say(f"embeddings (textual inversion): {', '.join(pairs_in(value))}")
    elif name != "VAE hash":
        draft.say(f"{name}: {value}")


def _say_passes(said: Mapping[str, str], draft: Draft) -> None:
    for prefix, called in (("Hires", "hires pass"), ("ADetailer", "ADetailer, which redraws parts of the picture")):
        of_it = {name: value for name, value in said.items() if name.startswith(prefix)}
        if not of_it:
            continue
        if "Denoising strength" in said and prefix == "Hires":
            of_it["Denoising strength"] = said["Denoising strength"]
        draft.say(f"{called}: {', '.join(f'{name} {value}' for name, value in of_it.items())}")
        if of_it.get("Hires upscaler") and of_it["Hires upscaler"] not in ("Latent", "None", "Lanczos", "Nearest"):
            draft.lack("upscaler", of_it["Hires upscaler"])


def _say_controls(said: Mapping[str, str], draft: Draft) -> None:
    """Every ControlNet in words: which picture it followed is nowhere in the text."""
    units: dict[str, dict[str, Any]] = {}
    for name, value in said.items():
        found = _CONTROL.fullmatch(name)
        if found and found[2]:
            units.setdefault(found[1] or "0", {})[found[2].lower()] = value
        elif found:
            units.setdefault(found[1] or "0", {}).update({key.lower(): one for key, one in pairs_in(value).items()})
    for unit in units.values():
        if unit.get("enabled", "True").lower() == "false":
            continue
        model = re.sub(r"\s*\[(\w+)\]$", "", str(unit.get("model", "")))
        known = re.search(r"\[(\w+)\]$", str(unit.get("model", "")))
        weight, start, end = (
            fraction(unit.get(name, unit.get(other)))
            for name, other in (
                ("weight", "strength"),
                ("guidance start", "starting step"),
                ("guidance end", "ending step"),
            )
        )
        if start is None and (
            both := re.search(r"\(\s*([\d.]+)\s*,\s*([\d.]+)\s*\)", str(unit.get("starting/ending", "")))
        ):
            start, end = fraction(both[1]), fraction(both[2])
        module = str(unit.get("module", unit.get("preprocessor", "none")))
        say_control(
            draft,
            model=model,
            preprocessor=module,
            weight=weight,
            start=start,
            end=end,
            known=known[1] if known else "",
        )
