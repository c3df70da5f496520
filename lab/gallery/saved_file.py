"""A result as a file of its own, PNG or WebP: with its recipe and the pictures that it names, or with nothing."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from PIL import Image, PngImagePlugin

from lab.core.errors import BadInput
from lab.core.events import Result
from lab.core.image_files import MAX_PIXELS, MAX_SLOW_PIXELS, opened
from lab.core.picture import Picture
from lab.core.recipes.shareable import shareable
from lab.core.sentences.checked_call import checked
from lab.core.sentences.paths import given_path
from lab.gallery.files import write_whole

_CHUNK = b"skPc"
"""A PNG chunk that other programs pass over, private and safe to copy (PNG 1.2, 3.3); the same four letters in WebP.

It holds the hash of a picture, 32 letters, and the picture as PNG."""
_HASH_LETTERS = 32
_LONGEST_WEBP = 16_383
"""Pixels of a side, which WebP has 14 bits for."""
_MOST_CHUNKS = 100_000
_MOST_PICTURES = 32
USER_COMMENT, DESCRIPTION, EXIF_IFD = 0x9286, 0x010E, 0x8769


@checked
def save(result: Result, path: str | Path, *, pictures: bool = True, recipe: bool = True) -> Path:
    """Write the picture, and say with it what is wanted; the path.

    Args:
        result: what was drawn.
        path: ends in .png or .webp, which is written without loss.
        pictures: whether the pictures that the recipe names are put into the file, so that it is drawn again anywhere.
        recipe: whether the recipe, how it was made and what other tools read stand in it; False leaves only pixels,
            and no picture beside them.

    Raises:
        BadInput: when it ends otherwise or cannot be written.
    """
    place = given_path(path)
    if place.suffix.lower() not in (".png", ".webp"):
        better = place.with_suffix(".png") if place.name else "out.png"
        msg = f"a result is saved as PNG or WebP, which carry its recipe: name it {better}"
        raise BadInput(msg)
    is_png = place.suffix.lower() == ".png"
    texts = _texts(result) if recipe else {}
    content = _png(result.picture, texts) if is_png else _webp(result.picture, texts)
    if pictures and recipe:
        content = _with_pictures(content, result.request.pictures, is_png=is_png)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, content)
    except OSError as error:
        msg = f"{place} cannot be written: {error.strerror or error}"
        raise BadInput(msg) from None
    return place


def webp_with_recipe(content: bytes) -> bytes:
    """The file of a picture as WebP, without loss, with all that it says of how it was made.

    Raises:
        BadInput: when it is no picture, or too large for WebP.
    """
    return _webp(Picture.of(content), _texts_in(content))


def pictures_in(source: Path | bytes) -> dict[str, Picture]:
    """The pictures that `save` put into a file, by their hashes; what is damaged, or is not what it says, is left out.

    So is what has more pixels than the largest picture, all together: a few kB may stand for each of them.

    Raises:
        BadInput: when there is no such file, or it is no picture.
    """
    with opened(source) as image:
        kind = image.format
    content = source if isinstance(source, bytes) else source.read_bytes()
    found: dict[str, Picture] = {}
    left = MAX_PIXELS
    for body in _bodies(content, is_png=kind == "PNG"):
        name, within = body[:_HASH_LETTERS].decode("latin-1"), body[_HASH_LETTERS:]
        try:
            with opened(within) as image:
                left -= image.width * image.height
            if left < 0:
                break
            picture = Picture.of(within)
        except BadInput:
            continue
        if picture.hash == name and len(found) < _MOST_PICTURES:
            found[name] = picture
    return found


def _texts(result: Result) -> dict[str, str]:
    """The texts of the gallery's own file, which knows most of how it was made; else those that it would have."""
    from lab.gallery.metadata import png_with_recipe, recipe_in

    content = b""
    if result.path is not None:
        with suppress(OSError):
            content = result.path.read_bytes()
    if not content or recipe_in(content) != shareable(result.plan.recipe):
        content = png_with_recipe(result)
    return _texts_in(content)


def _texts_in(content: bytes) -> dict[str, str]:
    with opened(content) as image:
        return {str(name): str(text) for name, text in image.info.items() if isinstance(text, str)}


def _png(picture: Picture, texts: Mapping[str, str]) -> bytes:
    chunk, buffer = PngImagePlugin.PngInfo(), io.BytesIO()
    for name, text in texts.items():
        chunk.add_text(name, text)
    picture.to_pil().save(buffer, "PNG", pnginfo=chunk)
    return buffer.getvalue()


def _webp(picture: Picture, texts: Mapping[str, str]) -> bytes:
    """Without loss; the lab's own text as description, what other tools read as comment, as they write it."""
    if max(picture.size) > _LONGEST_WEBP:
        msg = f"WebP holds sides of {_LONGEST_WEBP} pixels at most, this picture is {picture.size}: save it as PNG"
        raise BadInput(msg)
    if picture.size.pixels > MAX_SLOW_PIXELS:
        most = MAX_SLOW_PIXELS // 1_000_000
        msg = f"a WebP is opened up to {most} megapixels, this picture is {picture.size}: save it as PNG"
        raise BadInput(msg)
    exif, buffer = Image.Exif(), io.BytesIO()
    for name, text in texts.items():
        if name == "parameters":
            exif.get_ifd(EXIF_IFD)[USER_COMMENT] = b"UNICODE\0" + text.encode("utf-16-be", "replace")
        else:
            exif[DESCRIPTION] = f"{name}:{text}"
    picture.to_pil().save(buffer, "WEBP", lossless=True, exact=True, exif=exif if texts else b"")
    return buffer.getvalue()


def _with_pictures(content: bytes, pictures: Mapping[str, Picture], *, is_png: bool) -> bytes:
    bodies = [name.encode() + picture.to_png() for name, picture in pictures.items()]
    if is_png:
        buffer = io.BytesIO()
        for body in bodies:
            PngImagePlugin.putchunk(buffer, _CHUNK, body)
        return content[:-12] + buffer.getvalue() + content[-12:]  # before the end, which has 12 bytes
    parts = b"".join(_CHUNK + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2) for body in bodies)
    return b"RIFF" + (len(content) - 8 + len(parts)).to_bytes(4, "little") + content[8:] + parts


def _bodies(content: bytes, *, is_png: bool) -> list[bytes]:
    """What stands in the lab's chunks of pictures."""
    found, at = list[bytes](), 8 if is_png else 12
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(content):
            break
        if is_png:
            length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        else:
            kind, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if kind == _CHUNK:
            found.append(content[at + 8 : at + 8 + length])
        at += 12 + length if is_png else 8 + length + length % 2
    return found
