"""The cards of FLUX.2 klein, which draws, fills and edits with several pictures before its eyes."""

from __future__ import annotations

from dataclasses import replace

from lab.core.geometry import Size
from lab.core.model_card import ModelCard

_LINES = "Draw along the lines of the picture that is white lines on black."
_SHOWN = {
    **dict.fromkeys(("lines", "scribble", "lineart", "lineart_anime", "canny", "softedge", "mlsd"), _LINES),
    "depth": "Keep the depth of the picture that is a depth map: light is near, dark is far.",
    "normal": "Keep the surfaces of the picture that is a normal map.",
    "openpose": "Give people the pose of the coloured skeleton on black.",
}

KLEIN = ModelCard(
    name="klein",
    family="klein",
    title="FLUX.2 klein 4B: 4 steps to a picture, draws, fills and edits, sees references; wants a GPU of 16 GB, or 12",
    licence="Apache-2.0",
    native=Size(1024, 1024),
    multiple=16,
    steps=4,
    live_steps=4,
    live_side=512,
    guidance_scale=1.0,
    scheduler="euler",
    controls={},
    repo="black-forest-labs/FLUX.2-klein-4B",
    revision="e7b7dc27f91deacad38e78976d1f2b499d76a294",
    schedulers=("euler",),
    rounds_steps_up=True,
    pieces_read=512,
    edits=True,
    sees_references=True,
    shown_controls=_SHOWN,
    # Of its networks' numbers of weights, which a test counts; its listing is not known here. 28 of the 36 layers that
    # read words stay in memory.
    download_gb=15.96,
    memory_gb=(14.35, 1.34),
)
KLEIN_BASE = replace(
    KLEIN,
    name="klein-base",
    title="FLUX.2 klein base 4B: the same before it was distilled, 50 steps with guidance; wants a GPU of 16 GB, or 12",
    steps=50,
    live_steps=12,
    guidance_scale=4.0,
    repo="black-forest-labs/FLUX.2-klein-base-4B",
    revision="a3b4f4849157f664bdbc776fd7453c2783562f4d",
)
KLEIN_CARDS = (KLEIN, KLEIN_BASE)
