"""Reads SwarmUI, which keeps its settings as JSON under `sui_image_params`, and graphs of ComfyUI beside them."""

from __future__ import annotations

from typing import Any

from lab.gallery.foreign.bounded_json import fraction
from lab.gallery.foreign.flat_table import Names, say_rest, take_table
from lab.gallery.foreign.imported import Draft
from lab.gallery.foreign.shared import say_control, take_loras

_NAMES = Names(
    negative_prompt=("negativeprompt",), guidance_scale=("cfgscale",), model=("model",), schedule=("scheduler",)
)
_SILENT = (
    "aspectratio", "sidelength", "swarm_version", "automaticvae", "images", "donotsave", "batchsize", "resolution",
    "personalnote", "rawresolution",
)  # fmt: skip
KEY = "sui_image_params"


def read_swarmui(table: dict[str, Any], draft: Draft) -> None:
    """Fill the draft in with what SwarmUI wrote, in JSON; what has no place here is said."""
    draft.tool = "SwarmUI"
    said = table.get(KEY)
    said = said if isinstance(said, dict) else {}
    hashes = _hashes(table)
    if version := said.get("swarm_version"):
        draft.tool = f"SwarmUI {str(version)[:20]}"
    draft.fields["task"] = "text_to_image"
    rest = take_table({**said, "model_hash": hashes.get("model", "")}, _NAMES, draft)
    names, weights = _listed(rest.pop("loras", None)), _listed(rest.pop("loraweights", None))
    if names:
        weighed = zip(names, [*map(fraction, weights), *([1.0] * len(names))], strict=False)
        take_loras(draft, [(name, weight, "") for name, weight in weighed])
    _take_start(rest, draft)
    _say_controls(rest, draft)
    refiner = {name: value for name, value in rest.items() if name.startswith("refiner")}
    if refiner:
        draft.say(f"refiner pass: {', '.join(f'{name} {value}' for name, value in refiner.items())}")
        if str(method := refiner.get("refinerupscalemethod", "")).startswith("model-"):
            draft.lack("upscaler", method.removeprefix("model-"))
    if vae := rest.pop("vae", None):
        draft.say(f"VAE {vae}")
        draft.lack("vae", vae)
    say_rest({name: value for name, value in rest.items() if name not in refiner}, draft, _SILENT)


def _hashes(table: dict[str, Any]) -> dict[str, str]:
    """The hash of each named model, by what it was for."""
    models = table.get("sui_models")
    listed = [one for one in models if isinstance(one, dict)] if isinstance(models, list) else []
    return {str(one.get("param")): str(one.get("hash", "")) for one in listed}


def _listed(value: Any) -> list[Any]:
    """A list, which may be written as one text with commas."""
    if isinstance(value, str):
        return [one.strip() for one in value.split(",")]
    return [one for one in value if isinstance(one, str | int | float)] if isinstance(value, list) else []


def _take_start(rest: dict[str, Any], draft: Draft) -> None:
    creativity = fraction(rest.pop("initimagecreativity", None))
    picture, mask = rest.pop("initimage", None), rest.pop("maskimage", None)
    if picture is None and creativity is None:
        return
    draft.fields["task"] = "inpaint" if mask is not None else "image_to_image"
    draft.take("strength", creativity)
    draft.say("the picture that it started from is not in the file")
    draft.lack("picture", "that it started from")
    if mask is not None:
        draft.lack("picture", "of the mask")


def _say_controls(rest: dict[str, Any], draft: Draft) -> None:
    """SwarmUI's three units: controlnetmodel, controlnettwomodel, controlnetthreemodel."""
    for unit in ("controlnet", "controlnettwo", "controlnetthree"):
        model = rest.pop(f"{unit}model", None)
        weight, start, end = (fraction(rest.pop(f"{unit}{name}", None)) for name in ("strength", "start", "end"))
        by = rest.pop(f"{unit}preprocessor", None)
        rest.pop(f"{unit}imageinput", None)
        if model:
            say_control(
                draft, model=str(model), preprocessor=str(by or "none"), weight=weight, start=start, end=end
            )  # fmt: skip
            if draft.fields["task"] == "text_to_image":
                draft.fields["task"] = "control_to_image"
