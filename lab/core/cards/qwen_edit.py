"""The card of Qwen-Image-Edit, which edits a picture by an instruction, with others before its eyes."""

from __future__ import annotations

from lab.core.geometry import Size
from lab.core.model_card import LivePreset, ModelCard

_LIGHTNING = "lightx2v/Qwen-Image-Edit-2511-Lightning:Qwen-Image-Edit-2511-Lightning-4steps-V1.0-bf16.safetensors"

QWEN_EDIT = ModelCard(
    name="qwen-edit",
    family="qwen-edit",
    title="Qwen-Image-Edit-2511: edits by an instruction, sees references; wants a GPU of 24 GB in 8 bits",
    licence="Apache-2.0",
    native=Size(1024, 1024),
    multiple=16,
    steps=40,  # and a guidance of 4: its makers' own example
    live_steps=8,
    guidance_scale=4.0,
    scheduler="euler",
    controls={},
    repo="Qwen/Qwen-Image-Edit-2511",
    revision="6f3ccc0b56e431dc6a0c2b2039706d7d26f22cb9",
    schedulers=("euler", "euler shift 3"),
    pieces_read=None,
    edits=True,
    draws=False,
    sees_references=True,
    live_presets=(LivePreset(_LIGHTNING, scheduler="euler shift 3"),),
    # Of its networks' numbers of weights, which a test counts, and which come to what its listing says.
    download_gb=57.70,
    memory_gb=(57.70, 2.78),
)
