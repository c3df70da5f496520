"""Masks as other tools write them have one reading: by Python, by the Studio's painter and by the command line."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import comm
import cv2
import numpy as np
import pytest
from PIL import Image

from lab import BadInput, Lab, Mask, Picture
from lab.core import Box, Size
from lab.core.catalogue import chosen_model
from lab.retouch.stitch import inpaint_area
from lab.session.requests import requested
from lab.tasks import plan
from tests.widgets.canvas.playing_browser import Browser, RecordingComm
from widgets import MaskPainter

SIDE = 256
SPOT = np.zeros((SIDE, SIDE), np.uint8)
cv2.circle(SPOT, (150, 90), 40, 255, -1, cv2.LINE_AA)
PHOTO = np.random.default_rng(2).integers(0, 256, (4, 4, 3), np.uint8).repeat(SIDE // 4, 0).repeat(SIDE // 4, 1)


def flat(*colour: int) -> np.ndarray:
    return np.broadcast_to(np.array(colour, np.uint8), (SIDE, SIDE, len(colour)))


def mixed(paint: tuple[int, ...], ground: tuple[int, ...]) -> Image.Image:
    share = SPOT[..., None] / 255
    return Image.fromarray(np.rint(share * paint + (1 - share) * np.array(ground)).astype(np.uint8))


def with_alpha(colours: np.ndarray, alpha: np.ndarray) -> Image.Image:
    return Image.fromarray(np.dstack([colours, alpha]))


def palette(paint: tuple[int, int, int]) -> Image.Image:
    image = Image.fromarray((SPOT > 127).astype(np.uint8), "P")
    image.putpalette([0, 0, 0, *paint])
    return image


MASKS: dict[str, tuple[Image.Image, str]] = {
    "white on black": (Image.fromarray(SPOT), "PNG"),
    "white on black, in colour": (mixed((255, 255, 255), (0, 0, 0)), "PNG"),
    "1 bit": (Image.fromarray(SPOT).convert("1", dither=Image.Dither.NONE), "PNG"),
    "values 0 and 1": (Image.fromarray((SPOT > 127).astype(np.uint8)), "PNG"),
    "values 0 and 1, in colour": (Image.fromarray((SPOT > 127).astype(np.uint8)).convert("RGB"), "PNG"),
    "16 bit": (Image.fromarray(SPOT.astype(np.uint16) * 257), "PNG"),
    "16 bit, values to 255": (Image.fromarray((SPOT > 127).astype(np.uint16) * 255), "TIFF"),
    "32 bit": (Image.fromarray(SPOT.astype(np.int32) * 257), "TIFF"),
    "floats": (Image.fromarray(SPOT.astype(np.float32) / 255), "TIFF"),
    "palette, black and white": (palette((255, 255, 255)), "PNG"),
    "palette, as of class labels": (palette((128, 0, 0)), "PNG"),
    "jpeg": (Image.fromarray(SPOT), "JPEG"),
    "levels of video": (mixed((235, 235, 235), (16, 16, 16)), "PNG"),
    "black that is not quite": (mixed((255, 255, 255), (5, 5, 5)), "JPEG"),
    "red paint on black": (mixed((255, 0, 0), (0, 0, 0)), "PNG"),
    "red paint on white": (mixed((255, 0, 0), (255, 255, 255)), "PNG"),
    "green paint on grey": (mixed((0, 200, 0), (128, 128, 128)), "PNG"),
    "black paint on transparency": (with_alpha(flat(0, 0, 0), SPOT), "PNG"),
    "white paint on transparency": (with_alpha(flat(255, 255, 255), SPOT), "PNG"),
    "red paint on transparency": (with_alpha(flat(255, 0, 0), SPOT), "PNG"),
    "red paint, transparent parts black": (with_alpha(SPOT[..., None] * flat(1, 0, 0), SPOT), "PNG"),
    "blue paint on transparency, webp": (with_alpha(flat(0, 0, 255), SPOT), "WEBP"),
    "paint of two colours": (with_alpha(np.vstack([flat(255, 0, 0)[:90], flat(0, 0, 255)[90:]]), SPOT), "PNG"),
    "holes in a photograph": (with_alpha(PHOTO, 255 - SPOT), "PNG"),
    "holes in black": (with_alpha(flat(0, 0, 0), 255 - SPOT), "PNG"),
    "white on black, opaque": (with_alpha(np.repeat(SPOT[..., None], 3, 2), np.full_like(SPOT, 255)), "PNG"),
    "white on black, alpha 254": (with_alpha(np.repeat(SPOT[..., None], 3, 2), np.full_like(SPOT, 254)), "PNG"),
    "white on black with clear corners": (
        with_alpha(np.repeat(SPOT[..., None], 3, 2), cv2.circle(np.zeros_like(SPOT), (128, 128), 150, 255, -1)), "PNG"
    ),
}  # fmt: skip


def content(name: str) -> bytes:
    image, kind = MASKS[name]
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return buffer.getvalue()


def opened_by_painter(encoded: bytes) -> np.ndarray:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(comm, "create_comm", RecordingComm)
        painter = MaskPainter(Picture(np.ascontiguousarray(PHOTO)))
    try:
        Browser(painter).send("load", content=encoded, name="mask.png")
        return painter.mask.pixels
    finally:
        painter.close()


DOORS: dict[str, Callable[[bytes], np.ndarray]] = {
    "Mask.of": lambda encoded: Mask.of(encoded).pixels,
    "a mask dropped on the painter": opened_by_painter,
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", MASKS)
def test_a_mask_of_any_tool_has_the_same_reading(name: str, door: str) -> None:
    found = DOORS[door](content(name)).astype(int)
    assert found.max() >= 250
    assert np.abs(found[SPOT == 255] - 255).mean() < 4, "what is painted is painted"
    assert found[cv2.dilate(SPOT, np.ones((21, 21))) == 0].max() <= 8, "and what is not changes nothing that is seen"


def test_soft_greys_keep_their_levels() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (8, 1))
    assert (Mask.of(Image.fromarray(ramp)).pixels == ramp).all()
    trimap = np.full((64, 64), 128, np.uint8)
    trimap[:20], trimap[44:] = 0, 255
    assert (Mask.of(Image.fromarray(trimap)).pixels == trimap).all()


def test_a_mask_in_a_recipe_is_read_level_by_level() -> None:
    faint = Mask(SPOT // 200)
    assert Mask.from_grey(faint.to_picture()) == faint


def test_levels_that_nobody_sees_decide_nothing(photo: Picture) -> None:
    """One stray level made the whole picture the context box."""
    mask = np.zeros((1024, 1024), np.uint8)
    mask[124:196, 704:776] = 255
    clean = inpaint_area(Mask(mask), native=Size(256, 256), multiple=64, grow_px=6, feather_px=8)
    assert clean.box == Box(612, 32, 868, 288)
    mask[1020, 3] = mask[5, 9] = 3
    assert inpaint_area(Mask(mask), native=Size(256, 256), multiple=64, grow_px=6, feather_px=8) == clean
    buffer = io.BytesIO()
    Image.fromarray(clean.user.pixels).save(buffer, "JPEG", quality=60)
    noisy = inpaint_area(Mask.of(buffer.getvalue()), native=Size(256, 256), multiple=64, grow_px=6, feather_px=8)
    assert noisy.box == clean.box


def test_a_mask_in_which_nothing_is_seen_is_one_sentence(lab: Lab) -> None:
    for levels in (np.zeros((64, 64), np.uint8), np.full((64, 64), 3, np.uint8)):
        with pytest.raises(BadInput, match="the mask is empty: paint over what shall change"):
            lab.run("inpaint", image=np.zeros((64, 64, 3), np.uint8), mask=levels)


@pytest.mark.parametrize(("apart", "said"), [(True, True), (False, False)])
def test_islands_far_apart_are_said_to_be_drawn_coarsely(apart: bool, said: bool) -> None:
    mask = np.zeros((1024, 1024), np.uint8)
    mask[60:120, 60:120] = 255
    mask[900:960, 900:960] = 255 if apart else 0
    settings = {"image": np.zeros((1024, 1024, 3), np.uint8), "mask": mask}
    note = plan(requested(chosen_model("starter"), "inpaint", **settings)).plan.note
    assert ("2 parts far apart" in note and "4 times" in note) is said, note


def test_the_command_line_reads_them_as_python_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lab.__main__ import main
    from tests.fakes import ScriptedEngine

    engine, seen = ScriptedEngine(steps=1), []
    run = engine.run
    monkeypatch.setattr(engine, "run", lambda planned, reporter: seen.append(planned) or run(planned, reporter))
    monkeypatch.setattr("lab.session.lab.shared_engine", lambda: engine)
    monkeypatch.setenv("SKETCHLAB_HOME", str(tmp_path / "home"))
    Image.fromarray(PHOTO).save(tmp_path / "photo.png")
    for name in ("red paint on transparency", "values 0 and 1"):
        (tmp_path / "mask.png").write_bytes(content(name))
        out = tmp_path / f"{name}.png"
        assert main(["inpaint", str(tmp_path / "photo.png"), str(tmp_path / "mask.png"), "-o", str(out)]) == 0
        recipe = seen[-1].request.recipe
        assert Mask.from_grey(seen[-1].request.pictures[recipe.mask]) == Mask.of(content(name))
