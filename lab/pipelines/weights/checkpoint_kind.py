"""What a checkpoint in one file is, and how its network was trained: from the names and words in its header alone."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from diffusers.loaders.single_file_utils import infer_diffusers_model_type

from lab.core.errors import BadInput
from lab.pipelines.weights.repo_layout import shapes_in
from lab.pipelines.weights.safetensors_header import metadata_of

_OF = {
    "sd15": ("v1", "inpainting", "instruct-pix2pix"),
    "sdxl": ("v1", "xl_base", "xl_inpaint", "playground-v2-5"),
}
"""What diffusers calls the checkpoints of a family; "v1" is also what it says of one that it does not know."""
_NAMES = {
    "v2": "Stable Diffusion 2", "inpainting_v2": "Stable Diffusion 2", "xl_base": "Stable Diffusion XL",
    "xl_inpaint": "Stable Diffusion XL", "xl_refiner": "the refiner of Stable Diffusion XL",
    "playground-v2-5": "Playground 2.5", "upscale": "an upscaler of Stable Diffusion 2", "sd3": "Stable Diffusion 3",
    "sd35_large": "Stable Diffusion 3.5", "sd35_medium": "Stable Diffusion 3.5", "controlnet": "a ControlNet",
    "stable_cascade": "Stable Cascade", "animatediff": "AnimateDiff", "flux": "FLUX",
    "autoencoder-dc": "an autoencoder", "ltx-video": "LTX-Video",
    "auraflow": "AuraFlow", "hunyuan-video": "HunyuanVideo", "mochi": "Mochi", "wan": "Wan",
    "lumina2": "Lumina 2", "sana": "Sana", "z-image-turbo": "Z-Image", "chroma": "Chroma", "hidream": "HiDream",
    "cosmos": "Cosmos", "qwen": "Qwen-Image",
}  # fmt: skip
"""The kinds of checkpoints that diffusers tells apart, by how its name for them begins; the longest fits first."""
_SD15_WORDS, _SDXL_WORDS, _VAE = "cond_stage_model.", "conditioner.embedders.1.", "first_stage_model."
_V_PREDICTION = {"v", "v_prediction", "v-prediction"}


def check_architecture(file: Path, family: str) -> None:
    """Refuse a checkpoint of another architecture, by its name.

    Raises:
        BadInput: when it is one.
    """
    shapes = shapes_in(file)
    kind = _kind(shapes)
    found = "" if kind in _OF[family] else _named(kind)
    if family == "sdxl" and any(name.startswith(_SD15_WORDS) for name in shapes):
        found = found or "Stable Diffusion 1 or 2"
    if family == "sd15" and any(name.startswith(_SDXL_WORDS) for name in shapes):
        found = "Stable Diffusion XL"
    if found:
        other = {"Stable Diffusion XL": "sdxl", "Stable Diffusion 1 or 2": "sd15"}.get(found)
        what = f"open it with family={other!r}" if other else "the lab does not draw with it"
        msg = f"{file.name} is {found}, and not a model of the family {family}: {what}"
        raise BadInput(msg)


def kind_of(file: Path) -> str:
    """What a file is by its architecture, for people; empty where nothing tells."""
    kind = _kind(shapes_in(file))
    return "" if kind in _OF["sd15"] else _named(kind)


def lacks_autoencoder(file: Path) -> bool:
    """Whether a checkpoint comes without the autoencoder that most have baked in."""
    return not any(name.startswith(_VAE) for name in shapes_in(file))


def trained_with(file: Path) -> dict[str, Any]:
    """How the scheduler's config differs for a checkpoint: what it predicts, and whether its noise ends at no signal.

    By the convention of those who publish such models the file holds the empty weights `v_pred` and `ztsnr`; by that of
    sai_model_spec and kohya's trainer its metadata say it.
    """
    names, said = shapes_in(file).keys(), metadata_of(file)
    predicts_v = (
        "v_pred" in names
        or said.get("modelspec.prediction_type", "").lower() in _V_PREDICTION
        or said.get("ss_v_parameterization", "").lower() == "true"
    )
    ends_at_no_signal = "ztsnr" in names or said.get("ss_zero_terminal_snr", "").lower() == "true"
    changed: dict[str, Any] = {"prediction_type": "v_prediction"} if predicts_v else {}
    if ends_at_no_signal:  # arXiv 2305.08891: the steps must begin at the last of the training's, too
        changed |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    return changed


def _kind(shapes: dict[str, list[int]]) -> str:
    """What diffusers calls it."""
    return infer_diffusers_model_type({name: SimpleNamespace(shape=tuple(shape)) for name, shape in shapes.items()})


def _named(kind: str) -> str:
    fitting = sorted((one for one in _NAMES if kind.startswith(one)), key=len)
    return _NAMES[fitting[-1]] if fitting else f"a checkpoint of the kind {kind}"
