"""On what terms weights may be used, and how large they are, by the place that they come from. Asks no network.

Of models the cards of the catalogue say it, of cut-out networks `lab.vision.cutout_weights`; this table is of all else
that the catalogue and the annotators name. Sizes are those of the networks' parameters, which a test counts.
"""

from __future__ import annotations

from typing import NamedTuple

from lab.core.catalogue import ModelCard
from lab.core.model_card import on_hub
from lab.hub.space import amount


class Terms(NamedTuple):
    """What is said before anything is fetched.

    Args:
        licence: of the weights, and what it forbids.
        gb: what is fetched, in GB; None where only the hub knows.
        asks: whether somebody must accept the licence first.
    """

    licence: str
    gb: float | None = None
    asks: bool = False

    @property
    def size(self) -> str:
        """How much is fetched, such as "4.3 GB"; a word for it where that is not known here."""
        return amount(round(self.gb * 1e9)) if self.gb else "size unknown"


_OF_SD15 = "as Stable Diffusion 1.5, of which it is made: CreativeML OpenRAIL-M, whose use restrictions go along"
_OF_SDXL = "as Stable Diffusion XL, of which it is made: CreativeML OpenRAIL++-M, whose use restrictions go along"
_IMAGE_ENCODER_GB = 2.53
_CONTROL, _SDXL_CONTROL = Terms(_OF_SD15, 0.723), Terms(_OF_SDXL, 2.5)
_CONTROLS_1_1 = (
    "p_sd15_scribble", "p_sd15_canny", "p_sd15_openpose", "f1p_sd15_depth", "p_sd15_normalbae", "p_sd15_lineart",
    "p_sd15s2_lineart_anime", "p_sd15_mlsd", "p_sd15_softedge", "p_sd15_inpaint",
)  # fmt: skip
TERMS: dict[str, Terms] = {
    **{f"lllyasviel/control_v11{name}": _CONTROL for name in _CONTROLS_1_1},
    "comfyanonymous/ControlNet-v1-1_fp16_safetensors": _CONTROL,
    "diffusers/controlnet-depth-sdxl-1.0": _SDXL_CONTROL,
    "diffusers/controlnet-canny-sdxl-1.0": _SDXL_CONTROL,
    "xinsir/controlnet-openpose-sdxl-1.0": Terms("Apache-2.0"),
    "brad-twinkl/controlnet-union-sdxl-1.0-promax": Terms("Apache-2.0", 2.51),
    "alibaba-pai/Z-Image-Turbo-Fun-Controlnet-Union-2.1": Terms("Apache-2.0", 6.71),
    "alibaba-pai/Z-Image-Fun-Controlnet-Union-2.1": Terms("Apache-2.0", 6.71),
    "h94/IP-Adapter": Terms("Apache-2.0", _IMAGE_ENCODER_GB),
    "ByteDance/Hyper-SD": Terms("its makers' own: see its repository"),
    "ByteDance/SDXL-Lightning": Terms(_OF_SDXL),
    "latent-consistency/lcm-lora-sdv1-5": Terms(_OF_SD15),
    "latent-consistency/lcm-lora-sdxl": Terms(_OF_SDXL),
    "lightx2v/Qwen-Image-Edit-2511-Lightning": Terms("Apache-2.0", 0.85),
    "madebyollin/taesd": Terms("MIT"),
    "madebyollin/taesdxl": Terms("MIT"),
    "madebyollin/taef1": Terms("MIT"),
    **{f"facebook/sam2.1-hiera-{size}": Terms("Apache-2.0") for size in ("large", "base-plus", "small", "tiny")},
}


def terms_of(place: str) -> Terms:
    """The terms of a hub repository, or of a file in one; what is in no table is on those of its repository."""
    there = on_hub(place)
    repo = there.repo if there else place
    return TERMS.get(repo) or Terms(f"on the terms of its repository, {repo}")


def terms_of_card(card: ModelCard) -> Terms:
    """What is said of a model's weights, by its card; of one of the user's own no size is known."""
    return Terms(card.licence, None if card.is_own else card.download_gb, card.asks)
