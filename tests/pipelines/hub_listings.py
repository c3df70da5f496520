"""What the hub lists for every repository that the lab names: the names of the files, and their sizes.

Sizes follow from the number of weights of each network, which a test counts anew on the meta device; they agree with
what public listings say of each (2.13 GB for Stable Diffusion 1.5 in halves, 6.94 for XL, 24.62, 8.05 and 0.17 for
Z-Image's parts, 0.72 and 1.45 for a ControlNet, 2.5 and 5 for one of XL). Where no listing is known, as for LoRAs, tiny
decoders and annotators, a size stands here that only says "some": none of the lab's figures is made of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import lab.pipelines.weights

SOME = 123_456_789
"""The size of a file whose listing is not known."""
_CONFIGS = Path(lab.pipelines.weights.__file__).parent / "configs"
_SETTINGS_BYTES = 1000
WEIGHTS = {
    "sd15 unet": 859_520_964, "sd15 text_encoder": 123_060_480, "sd15 vae": 83_653_863,
    "sdxl unet": 2_567_463_684, "sdxl text_encoder": 123_060_480, "sdxl text_encoder_2": 694_659_840,
    "sdxl vae": 83_653_863, "z-image transformer": 6_154_908_736, "z-image text_encoder": 4_022_468_096,
    "z-image vae": 83_819_683, "sd15 control": 361_279_120, "sdxl control": 1_251_014_160,
    "klein transformer": 3_875_544_576, "klein text_encoder": 4_022_468_096, "klein vae": 84_046_115,
    "qwen-edit transformer": 20_430_401_088, "qwen-edit text_encoder": 8_292_166_656, "qwen-edit vae": 126_892_531,
    "sdxl union": 1_257_943_280, "z-image control": 3_356_225_792, "image encoder": 632_076_800,
}  # fmt: skip
"""How many weights each network has."""
IN_MEMORY = {"klein text_encoder": 3_215_021_568}
"""The same where some of them are not read: 8 of 36 layers."""
_KINDS = {
    "unet": "UNet2DConditionModel", "vae": "AutoencoderKL", "text_encoder": "CLIPTextModel",
    "text_encoder_2": "CLIPTextModelWithProjection", "transformer": "ZImageTransformer2DModel",
}  # fmt: skip


class Listing(NamedTuple):
    """A repository.

    Args:
        sizes: of its files, in bytes.
        wanted: those that the lab has any use for.
        texts: the content of those that are read to know what else there is.
    """

    sizes: Mapping[str, int]
    wanted: frozenset[str]
    texts: Mapping[str, str] = {}

    @property
    def wanted_bytes(self) -> int:
        """How many bytes come."""
        return sum(self.sizes[name] for name in self.wanted)


def _network(folder: str, weights: int, *, halves: bool, plain: bool = True) -> tuple[dict[str, int], set[str]]:
    """The files of one network in all the ways in which people publish it, and those to fetch."""
    stem = f"{folder}/" + ("model" if "text_encoder" in folder else "diffusion_pytorch_model")
    pickle = stem.replace("/model", "/pytorch_model")
    sizes = {f"{folder}/config.json": _SETTINGS_BYTES, f"{pickle}.bin": 4 * weights, f"{pickle}.fp16.bin": 2 * weights}
    sizes |= {f"{folder}/flax_model.msgpack": 4 * weights, f"{folder}/model.onnx": 4 * weights}
    sizes |= {f"{folder}/model.onnx_data": 4 * weights, f"{folder}/openvino_model.bin": 4 * weights}
    if plain:
        sizes |= {f"{stem}.safetensors": 4 * weights, f"{stem}.non_ema.safetensors": 4 * weights}
    if halves:
        sizes[f"{stem}.fp16.safetensors"] = 2 * weights
    wanted = f"{stem}.fp16.safetensors" if halves else f"{stem}.safetensors"
    return sizes, {f"{folder}/config.json", wanted}


def _model(family: str, *, tokenizers: Iterable[str], plain: bool = True) -> Listing:
    """A model of the Stable Diffusion kind, with the parts that nobody needs."""
    parts = [name.partition(" ")[2] for name in WEIGHTS if name.startswith(f"{family} ")]
    networks = [part for part in parts if part in _KINDS]
    sizes = {"README.md": 5000, "model_index.json": 541, "v1.ckpt": 4 * SOME, "v1.safetensors": 4 * SOME}
    sizes |= {"safety_checker/config.json": 4723, "safety_checker/model.safetensors": 1_216_061_799}
    sizes |= {"safety_checker/model.fp16.safetensors": 608_018_440, "safety_checker/pytorch_model.bin": 1_216_061_799}
    settings = ["scheduler/scheduler_config.json"]
    if family == "sd15":
        settings.append("feature_extractor/preprocessor_config.json")
    for tokenizer in tokenizers:
        settings += [f"{tokenizer}/{name}" for name in ("vocab.json", "merges.txt", "tokenizer_config.json")]
    wanted = {"model_index.json", *settings}
    sizes |= dict.fromkeys(settings, _SETTINGS_BYTES)
    for part in networks:
        files, needed = _network(part, WEIGHTS[f"{family} {part}"], halves=True, plain=plain)
        sizes |= files
        wanted |= needed
    index = json.loads((_CONFIGS / family / "model_index.json").read_text())
    if family == "sd15":
        index["feature_extractor"] = ["transformers", "CLIPFeatureExtractor"]
    index |= {"safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"]}
    return Listing(sizes, frozenset(wanted), {"model_index.json": json.dumps(index)})


def _z_image(*, bytes_a_weight: int, shards: int) -> Listing:
    """Its transformer in so many files, in float32 or in halves; the words' network in halves, in three files."""
    sizes = {"README.md": 5000, "model_index.json": 467, "assets/showcase.jpg": 9_000_000}
    settings = [f"tokenizer/{name}" for name in ("vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json")]
    settings += ["scheduler/scheduler_config.json", "transformer/config.json", "text_encoder/config.json"]
    settings += ["vae/config.json", "transformer/diffusion_pytorch_model.safetensors.index.json"]
    settings += ["text_encoder/model.safetensors.index.json", "text_encoder/generation_config.json"]
    weights = {"vae/diffusion_pytorch_model.safetensors": 2 * WEIGHTS["z-image vae"]}
    for stem, count, files in (
        ("transformer/diffusion_pytorch_model", bytes_a_weight * WEIGHTS["z-image transformer"], shards),
        ("text_encoder/model", 2 * WEIGHTS["z-image text_encoder"], 3),
    ):
        weights |= {f"{stem}-{one + 1:05}-of-{files:05}.safetensors": count // files for one in range(files)}
    sizes |= dict.fromkeys(settings, _SETTINGS_BYTES) | weights
    parts = {"transformer": "ZImageTransformer2DModel", "vae": "AutoencoderKL"}
    parts |= {"scheduler": "FlowMatchEulerDiscreteScheduler"}
    words = {"text_encoder": "Qwen3Model", "tokenizer": "Qwen2Tokenizer"}
    index = {name: ["diffusers", kind] for name, kind in parts.items()}
    index |= {name: ["transformers", kind] for name, kind in words.items()}
    wanted = {"model_index.json", *settings, *weights}
    return Listing(sizes, frozenset(wanted), {"model_index.json": json.dumps(index)})


def _klein() -> Listing:
    """All in halves; beside the folders the denoiser once more as one file, of 7,751,105,712 bytes.

    How many files the words' network comes in is not known here, and nothing is made of it.
    """
    sizes = {"README.md": 5000, "model_index.json": 467, "flux-2-klein-4b.safetensors": 7_751_105_712}
    settings = [f"tokenizer/{name}" for name in ("vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json")]
    settings += ["tokenizer/chat_template.jinja", "scheduler/scheduler_config.json", "transformer/config.json"]
    settings += ["text_encoder/config.json", "text_encoder/generation_config.json", "vae/config.json"]
    settings += ["text_encoder/model.safetensors.index.json"]
    weights = {
        "vae/diffusion_pytorch_model.safetensors": 2 * WEIGHTS["klein vae"],
        "transformer/diffusion_pytorch_model.safetensors": 2 * WEIGHTS["klein transformer"],
        **{f"text_encoder/model-{one:05}-of-00002.safetensors": WEIGHTS["klein text_encoder"] for one in (1, 2)},
    }
    sizes |= dict.fromkeys(settings, _SETTINGS_BYTES) | weights
    parts = {"transformer": "Flux2Transformer2DModel", "vae": "AutoencoderKLFlux2"}
    parts |= {"scheduler": "FlowMatchEulerDiscreteScheduler"}
    words = {"text_encoder": "Qwen3ForCausalLM", "tokenizer": "Qwen2TokenizerFast"}
    index: dict[str, Any] = {name: ["diffusers", kind] for name, kind in parts.items()}
    index |= {name: ["transformers", kind] for name, kind in words.items()}
    index["is_distilled"] = True
    wanted = {"model_index.json", *settings, *weights}
    return Listing(sizes, frozenset(wanted), {"model_index.json": json.dumps(index)})


def _qwen_edit() -> Listing:
    """All in halves: 57.72 GB in 33 files, as its repository says; the denoiser in five of them."""
    sizes = {"README.md": 7180, "model_index.json": 516}
    settings = [
        f"tokenizer/{name}" for name in ("vocab.json", "merges.txt", "added_tokens.json", "chat_template.jinja")
    ]
    settings += ["tokenizer/tokenizer_config.json", "tokenizer/special_tokens_map.json", "vae/config.json"]
    settings += [f"processor/{name}" for name in ("preprocessor_config.json", "tokenizer_config.json", "vocab.json")]
    settings += ["scheduler/scheduler_config.json", "transformer/config.json", "text_encoder/config.json"]
    settings += ["transformer/diffusion_pytorch_model.safetensors.index.json"]
    settings += ["text_encoder/model.safetensors.index.json", "text_encoder/generation_config.json"]
    weights = {"vae/diffusion_pytorch_model.safetensors": 2 * WEIGHTS["qwen-edit vae"]}
    for stem, part, files in (
        ("transformer/diffusion_pytorch_model", "transformer", 5), ("text_encoder/model", "text_encoder", 4),
    ):  # fmt: skip
        count = 2 * WEIGHTS[f"qwen-edit {part}"]
        weights |= {f"{stem}-{one + 1:05}-of-{files:05}.safetensors": count // files for one in range(files)}
    sizes |= dict.fromkeys(settings, _SETTINGS_BYTES) | weights
    parts = {"transformer": "QwenImageTransformer2DModel", "vae": "AutoencoderKLQwenImage"}
    parts |= {"scheduler": "FlowMatchEulerDiscreteScheduler"}
    words = {"text_encoder": "Qwen2_5_VLForConditionalGeneration", "tokenizer": "Qwen2Tokenizer"}
    words |= {"processor": "Qwen2VLProcessor"}
    index = {name: ["diffusers", kind] for name, kind in parts.items()}
    index |= {name: ["transformers", kind] for name, kind in words.items()}
    wanted = {"model_index.json", *settings, *weights}
    return Listing(sizes, frozenset(wanted), {"model_index.json": json.dumps(index)})


def _control(weights: int, *, halves: bool = True) -> Listing:
    sizes, wanted = _network("net", weights, halves=halves)
    bare = {name.removeprefix("net/"): size for name, size in sizes.items()} | {"README.md": 5000, "images/a.png": 9000}
    return Listing(bare, frozenset(name.removeprefix("net/") for name in wanted))


def _file(name: str, size: int = SOME) -> Listing:
    """One file among others like it."""
    beside = {f"another-{name}": size, name.replace(".safetensors", ".pth"): size, "README.md": 5000}
    return Listing({name: size, **beside}, frozenset({name}))


def _ip_adapter() -> Listing:
    encoder, half = "models/image_encoder", 2 * WEIGHTS["image encoder"]
    whole = {f"{encoder}/model.safetensors": 2 * half, f"{encoder}/config.json": _SETTINGS_BYTES}
    sizes = {"models/ip-adapter_sd15.safetensors": 44_642_768, "models/ip-adapter_sd15.bin": 44_642_825, **whole}
    sizes |= {f"{encoder}/pytorch_model.bin": 2 * half, "sdxl_models/ip-adapter_sdxl_vit-h.safetensors": 698_390_793}
    sizes |= {"models/ip-adapter-plus_sd15.safetensors": SOME, "sdxl_models/image_encoder/model.safetensors": 3 * half}
    return Listing(sizes, frozenset({"models/ip-adapter_sd15.safetensors", *whole}))


def _sam() -> Listing:
    wanted = {"config.json": _SETTINGS_BYTES, "preprocessor_config.json": 500, "model.safetensors": SOME}
    return Listing({**wanted, "sam2.1_hiera.pt": SOME, "sam2.1_hiera.yaml": 900}, frozenset(wanted))


_XL = _model("sdxl", tokenizers=("tokenizer", "tokenizer_2"))
_SD15 = _model("sd15", tokenizers=("tokenizer",))
_TINY = Listing({**_control(600_000, halves=False).sizes, "taesd_decoder.safetensors": SOME},
                _control(600_000, halves=False).wanted)  # fmt: skip
_SD15_CONTROLS = (
    "p_sd15_scribble", "p_sd15_canny", "p_sd15_openpose", "f1p_sd15_depth", "p_sd15_normalbae", "p_sd15_lineart",
    "p_sd15s2_lineart_anime", "p_sd15_mlsd", "p_sd15_softedge", "p_sd15_inpaint",
)  # fmt: skip
LISTINGS: dict[str, Listing] = {
    "stable-diffusion-v1-5/stable-diffusion-v1-5": _SD15,
    "stable-diffusion-v1-5/stable-diffusion-inpainting": _model("sd15", tokenizers=("tokenizer",), plain=False),
    "timbrooks/instruct-pix2pix": _SD15,
    "stabilityai/stable-diffusion-xl-base-1.0": _XL,
    "diffusers/stable-diffusion-xl-1.0-inpainting-0.1": _XL,
    "stabilityai/sdxl-turbo": _XL,
    "Tongyi-MAI/Z-Image-Turbo": _z_image(bytes_a_weight=4, shards=3),
    "Tongyi-MAI/Z-Image": _z_image(bytes_a_weight=2, shards=2),
    **{f"black-forest-labs/FLUX.2-klein-{kind}": _klein() for kind in ("4B", "base-4B")},
    "Qwen/Qwen-Image-Edit-2511": _qwen_edit(),
    **{f"lllyasviel/control_v11{name}": _control(WEIGHTS["sd15 control"]) for name in _SD15_CONTROLS},
    "comfyanonymous/ControlNet-v1-1_fp16_safetensors": _file(
        "control_v11f1e_sd15_tile_fp16.safetensors", 2 * WEIGHTS["sd15 control"]
    ),
    "diffusers/controlnet-depth-sdxl-1.0": _control(WEIGHTS["sdxl control"]),
    "diffusers/controlnet-canny-sdxl-1.0": _control(WEIGHTS["sdxl control"]),
    "xinsir/controlnet-openpose-sdxl-1.0": _control(WEIGHTS["sdxl control"], halves=False),
    "xinsir/controlnet-scribble-sdxl-1.0": _control(WEIGHTS["sdxl control"], halves=False),
    "brad-twinkl/controlnet-union-sdxl-1.0-promax": Listing(
        {"config.json": _SETTINGS_BYTES, "diffusion_pytorch_model.safetensors": 2 * WEIGHTS["sdxl union"]},
        frozenset({"config.json", "diffusion_pytorch_model.safetensors"}),
    ),
    "alibaba-pai/Z-Image-Turbo-Fun-Controlnet-Union-2.1": _file(
        "Z-Image-Turbo-Fun-Controlnet-Union-2.1-8steps.safetensors", 2 * WEIGHTS["z-image control"]
    ),
    "alibaba-pai/Z-Image-Fun-Controlnet-Union-2.1": _file(
        "Z-Image-Fun-Controlnet-Union-2.1.safetensors", 2 * WEIGHTS["z-image control"]
    ),
    "h94/IP-Adapter": _ip_adapter(),
    "ByteDance/Hyper-SD": _file("Hyper-SD15-4steps-lora.safetensors"),
    "lightx2v/Qwen-Image-Edit-2511-Lightning": _file(
        "Qwen-Image-Edit-2511-Lightning-4steps-V1.0-bf16.safetensors", 849_608_296
    ),
    "ByteDance/SDXL-Lightning": _file("sdxl_lightning_4step_lora.safetensors"),
    **dict.fromkeys(("madebyollin/taesd", "madebyollin/taesdxl", "madebyollin/taef1"), _TINY),
    **{f"facebook/sam2.1-hiera-{size}": _sam() for size in ("large", "base-plus", "small", "tiny")},
}
