"""Three hundred files by a seeded script: the pixels that Pillow and ImageCms make of them, or one sentence.

Formats x modes x profiles x orientations x damage. What is right is worked out from the file alone, in the plain way.
Neither what they hold nor what they only say that they hold takes long, or much memory.
"""

from __future__ import annotations

import io
import random
import re
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from lab.core import BadInput, Picture
from tests.files.icc import cmyk_profile, grey_profile, rgb_profile

MODES = {
    "PNG": ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"),
    "JPEG": ("RGB", "L", "CMYK"),
    "WEBP": ("RGB", "RGBA"),
    "TIFF": ("RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16", "I", "F"),
    "GIF": ("RGB", "L", "P"),
    "BMP": ("RGB", "L", "1", "P"),
    "PPM": ("RGB", "L", "1"),
    "AVIF": ("RGB", "RGBA"),
}
PROFILED = ("PNG", "JPEG", "WEBP", "TIFF", "AVIF")
PROFILES = {
    "RGB": [rgb_profile(space) for space in ("sRGB", "Adobe RGB", "Display P3", "ProPhoto")],
    "L": [grey_profile(1.0), grey_profile(1.8)],
    "CMYK": [cmyk_profile()],
}
DAMAGES = (
    "none",
    "none",
    "none",
    "none",
    "cut off",
    "head alone",
    "bytes changed",
    "zeros at the end",
    "says it is huge",
)
MOST_S, MOST_MB = 2.0, 500
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}|object at")


def drawn(mode: str, chance: random.Random) -> Image.Image:
    width, height = chance.randrange(1, 90), chance.randrange(1, 70)
    grains = np.random.default_rng(chance.randrange(2**31))
    corners = grains.integers(0, 256, (2, 2, 4), np.uint8)
    rgba = Image.fromarray(corners).resize((width, height), Image.Resampling.BILINEAR)
    if mode in ("RGBA", "LA"):
        return rgba.convert(mode)
    if mode in ("I;16", "I", "F"):
        levels = np.asarray(rgba.convert("L"))
        return Image.fromarray({"I;16": np.uint16(257), "I": np.int32(257), "F": np.float32(1 / 255)}[mode] * levels)
    return rgba.convert("RGB").convert(mode)


def file(number: int) -> tuple[str, bytes]:
    """The file of this number, and what it is in words."""
    chance = random.Random(f"files {number}")
    kind = chance.choice(list(MODES))
    mode = chance.choice(MODES[kind])
    image = drawn(mode, chance)
    colours = {"RGBA": "RGB", "P": "RGB", "LA": "L", "1": "L", "I;16": "L", "I": "L", "F": "L"}.get(mode, mode)
    settings: dict[str, object] = {}
    if kind in PROFILED and chance.random() < 0.7:
        settings["icc_profile"] = chance.choice(PROFILES[colours])
    if kind in ("JPEG", "PNG", "WEBP", "TIFF") and chance.random() < 0.5:
        turned = Image.Exif()
        turned[274] = chance.randrange(0, 10)
        settings["exif"] = turned
    if kind in ("WEBP", "AVIF", "JPEG"):
        settings["quality"] = chance.randrange(50, 100)
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    damage = chance.choice(DAMAGES)
    said = f"{number}: {kind} {mode} {image.size}, {', '.join(settings) or 'plain'}, damage: {damage}"
    return said, damaged(buffer.getvalue(), damage, chance)


def damaged(content: bytes, damage: str, chance: random.Random) -> bytes:
    if damage == "says it is huge":
        return said_to_be_huge(content, chance)
    if damage == "cut off":
        return content[: chance.randrange(1, len(content))]
    if damage == "head alone":
        return content[:24]
    if damage == "zeros at the end":
        keep = chance.randrange(len(content))
        return content[:keep] + bytes(len(content) - keep)
    if damage == "bytes changed":
        found = bytearray(content)
        for _ in range(8):
            found[chance.randrange(len(found))] = chance.randrange(256)
        return bytes(found)
    return content


def said_to_be_huge(content: bytes, chance: random.Random) -> bytes:
    """The file with sides of thousands of pixels where its head says them, as a bomb has it."""
    with Image.open(io.BytesIO(content)) as image:
        sides = image.size
    found = content
    for form in (">I", "<I", ">H", "<H", "<h"):
        pair = b"".join(struct.pack(form, side) for side in sides)
        turned = b"".join(struct.pack(form, side) for side in sides[::-1])
        huge = b"".join(struct.pack(form, chance.choice((7000, 12_000, 30_000))) for _ in sides)
        for there in (pair, turned):
            place = found[:512].find(there)
            if place >= 0:
                found = found[:place] + huge + found[place + len(there) :]
    return found


def peak_mb() -> float:
    """The most memory that this process had since `forget_peak`; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    return int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0]) / 1000 if status.exists() else 0


def forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


@contextmanager
def within_limits(said: str) -> Iterator[None]:
    forget_peak()
    before_mb, began = peak_mb(), time.process_time()
    yield
    took_s, took_mb = time.process_time() - began, peak_mb() - before_mb
    assert took_s <= MOST_S, f"{said}: {took_s:.1f} s"
    assert took_mb <= MOST_MB, f"{said}: {took_mb:.0f} MB"


def right_pixels(content: bytes) -> np.ndarray | None:
    """RGBA, or None where Pillow or Little CMS cannot."""
    try:
        image = Image.open(io.BytesIO(content))
        image.load()
        turned = ImageOps.exif_transpose(image)
        alpha = turned.convert("RGBA").getchannel("A") if "A" in turned.mode or "transparency" in turned.info else None
        profile, numbers = turned.info.get("icc_profile"), np.asarray(turned)
        if turned.mode in ("I;16", "I"):
            by = 257 if numbers.max() > 255 or turned.mode == "I;16" else 1
            turned = Image.fromarray(np.rint(numbers / by).astype(np.uint8))
        elif turned.mode == "F":
            turned = Image.fromarray(np.rint(numbers * 255).astype(np.uint8))
        plain = {"LA": "L", "1": "L", "L": "L", "CMYK": "CMYK"}.get(turned.mode, "RGB")
        colours = turned.convert("RGBA").convert("RGB") if plain == "RGB" else turned.convert(plain)
        if profile:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if source.profile.xcolor_space.strip() == {"L": "GRAY"}.get(plain, plain):
                srgb = ImageCms.createProfile("sRGB")
                colours = ImageCms.profileToProfile(colours, source, srgb, outputMode="RGB")
        assert colours is not None
        found = colours.convert("RGBA")
        if alpha is not None:
            found.putalpha(alpha)
        return np.asarray(found).astype(int)
    except Exception:
        return None


@pytest.mark.parametrize("block", range(6))
def test_a_generated_file_is_right_within_a_level_or_one_sentence(block: int) -> None:
    read = 0
    for number in range(50 * block, 50 * block + 50):
        said, content = file(number)
        try:
            with within_limits(said):
                picture = Picture.of(content)
        except BadInput as refused:
            assert "damage: none" not in said, f"{said}: {refused}"
            sentence = str(refused)
            assert "\n" not in sentence
            assert len(sentence) < 200
            assert not _ADDRESS.search(sentence), f"{said}: {sentence}"
            continue
        read += 1
        right = right_pixels(content)
        if right is None:
            continue
        found = np.asarray(picture.to_pil().convert("RGBA")).astype(int)
        assert found.shape == right.shape, said
        seen = right[..., 3] > 0
        off = np.abs(found - right)
        assert off[..., 3].max() == 0, f"{said}: another alpha"
        assert not seen.any() or off[seen].max() <= 1, f"{said}: {off.max()} levels off"
    assert read > 20


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_photograph_of_twelve_megapixels_in_a_profile_is_within_the_limits_too(kind: str) -> None:
    coarse = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    photo = Image.fromarray(coarse).resize((4000, 3000), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    fast: dict[str, object] = {"PNG": {"compress_level": 1}, "WEBP": {"method": 0}, "AVIF": {"speed": 10}}.get(kind, {})
    photo.save(buffer, kind, icc_profile=PROFILES["RGB"][3], **fast)
    with within_limits(kind):
        assert Picture.of(buffer.getvalue()).size == (4000, 3000)
