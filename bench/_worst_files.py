"""The most expensive files and texts that come in beside pictures and strokes, as `_worst_cases` has those."""

from __future__ import annotations

import io
import json
import struct
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

from lab.core import BadInput, Mask, Picture, Recipe, Request, region
from lab.core.image_files import MAX_PIXELS

Take = Callable[[], object]
_SIDE = int(MAX_PIXELS**0.5)
_WIDE = np.broadcast_to(np.arange(_SIDE, dtype=np.uint8), (_SIDE, _SIDE))


def _file(name: str, content: bytes = b"") -> Path:
    path = Path(tempfile.mkdtemp()) / name
    path.write_bytes(content)
    return path


def _grey() -> Path:
    path = _file("grey.png")
    Image.fromarray(np.array(_WIDE)).save(path, compress_level=1)
    return path


def _region() -> Take:
    path = _grey()
    return lambda: region(path, "a red apple")


def _many_regions() -> Take:
    """As many masks as a request may have, on a picture of a megapixel."""
    from lab.tasks import MOST_REGIONS, plan

    dice = np.random.default_rng(0)
    masks = [Mask(dice.integers(0, 256, (1024, 1024), np.uint8)) for _ in range(MOST_REGIONS)]
    guides = [region(mask, "an apple " * 400) for mask in masks]
    recipe = Recipe(prompt="a table", regions=tuple(guide.value for guide in guides), width=1024, height=1024)
    pictures = {guide.value.picture: guide.picture for guide in guides}
    return lambda: plan(Request(recipe, pictures))


def _compared() -> Take:
    from lab.retouch.comparing import pixel_difference

    first, second = (
        Picture(np.random.default_rng(seed).integers(0, 256, (_SIDE, _SIDE, 3), np.uint8)) for seed in (0, 1)
    )
    return lambda: pixel_difference(first, second)


def _graph() -> Take:
    """A graph of ComfyUI in which every node asks the next one."""
    from lab.gallery.foreign import read_text

    nodes = {
        str(number): {"class_type": "ConditioningCombine", "inputs": {"a": [str(number + 1), 0], "b": "x" * 40}}
        for number in range(30_000)
    }
    nodes["0"] = {"class_type": "KSampler", "inputs": {"positive": ["1", 0], "seed": 1, "steps": 4}}
    text = json.dumps(nodes)

    def take() -> None:
        with suppress(BadInput):
            read_text(text)

    return take


def _lora() -> Take:
    """A LoRA of a header that is nothing but names, as many as a large one may have."""
    from lab.pipelines.weights.lora_header import lora_header

    names = {
        f"lora_unet_{number:07}.lora_down.weight": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
        for number in range(200_000)
    }
    header = json.dumps(names).encode()
    path = _file("ink.safetensors", struct.pack("<Q", len(header)) + header)
    return lambda: lora_header(path)


def _models() -> Take:
    from lab.hub.model_folders import weights_in

    home = Path(tempfile.mkdtemp())
    (home / "models").mkdir()
    for number in range(5000):
        (home / "models" / f"{number}.safetensors").touch()
    return lambda: weights_in(home)


def _saved() -> Take:
    """A small file with as many pictures in it as one may have."""
    from PIL import PngImagePlugin

    from lab.gallery import pictures_in
    from lab.gallery.saved_file import _CHUNK

    large, chunks = Picture(np.zeros((_SIDE, _SIDE, 3), np.uint8)), io.BytesIO()
    body = large.hash.encode() + large.to_png()
    for _ in range(32):
        PngImagePlugin.putchunk(chunks, _CHUNK, body)
    small = Picture(np.zeros((8, 8, 3), np.uint8)).to_png()
    path = _file("out.png", small[:-12] + chunks.getvalue() + small[-12:])
    return lambda: pictures_in(path)


def _prompt() -> Take:
    from lab.prompts import expanded

    def take() -> None:
        with suppress(BadInput):
            expanded("{a|b}" * 100)

    return take


def _weighted() -> Take:
    from lab.prompts import weighed

    return lambda: weighed("(" * 2000 + ")" * 2000)


FILES: dict[str, tuple[str, Callable[[], Take]]] = {
    "a mask of 50 megapixels": ("region, --region", _region),
    "as many regions as there may be": ("lab.run, payloads", _many_regions),
    "two pictures of 50 megapixels, all pixels different": ("lab.compare", _compared),
    "a graph of 30,000 nodes in a row": ("lab.open, ComfyUI", _graph),
    "a header of 200,000 names": ("LoRA files", _lora),
    "5,000 files": ("folders of models", _models),
    "a file with 32 pictures of 50 megapixels": ("lab.open", _saved),
    "100 choices in a prompt": ("prompts", _prompt),
    "2,000 brackets in a prompt": ("prompts", _weighted),
}
"""By its name: the way in, and what makes the input."""
