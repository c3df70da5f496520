"""Pictures and masks as immutable values named by the hash of their pixels; knows no files but those it is given."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, NamedTuple, TypeAlias

import cv2
import numpy as np
from PIL import ExifTags, Image
from pydantic import SkipValidation

from lab.core.decoding.mask_reading import mask_levels
from lab.core.decoding.pixels import SHRINKING, floats_as_levels, rgb_pixels
from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.image_files import MAX_PIXELS, check_size, opened
from lab.core.sentences.checked_call import checked
from lab.core.sentences.paths import given_path

__all__ = ["MAX_PIXELS", "QUICK_PNG", "Mask", "Picture", "PictureLike"]

QUICK_PNG = {"compress_level": 1, "compress_type": 3}
"""How pictures are written as PNG: zlib's run lengths (Z_RLE). PNG's filters leave little else to find: of seven
photographs, five came out a quarter smaller than with plain level 1 and two up to 3 % larger, most in less time."""


@checked
@dataclass(frozen=True, eq=False)
class Picture:
    """A picture: `pixels` is a read-only uint8 array, height x width x 3 (RGB) or 4 (RGBA, straight alpha).

    Two pictures are equal when their pixels are. Make one with `Picture.of(anything)`.
    """

    pixels: np.ndarray

    def __post_init__(self) -> None:
        """Check shape and type; the pixels become memory that nobody else can change.

        Raises:
            BadInput: when the array is not a picture, is empty or has more than `MAX_PIXELS`.
        """
        array = self.pixels
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] not in (3, 4):
            msg = f"a picture is uint8, height x width x 3 or 4; this array is {array.dtype}, shape {array.shape}"
            raise BadInput(msg)
        check_size(Size(array.shape[1], array.shape[0]))
        object.__setattr__(self, "pixels", _unchanging(array))

    @classmethod
    @checked
    def of(cls, source: PictureLike) -> Picture:
        """The picture in a PIL image, an array, encoded bytes or a file; EXIF rotation and colour profile are applied.

        Raises:
            BadInput: when there is no such file, it is broken, too large, or of a kind that is not opened.
        """
        return _read(source).picture

    @property
    def size(self) -> Size:
        """Width and height in pixels."""
        return Size(self.pixels.shape[1], self.pixels.shape[0])

    @property
    def has_alpha(self) -> bool:
        """Whether there is an alpha channel."""
        return self.pixels.shape[2] == 4

    @cached_property
    def hash(self) -> str:
        """The name of the content: 32 hex digits of SHA-256 over shape and pixels."""
        return _name_of(self.pixels)

    def __eq__(self, other: object) -> bool:
        """Whether the other picture has the same pixels."""
        return isinstance(other, Picture) and self.hash == other.hash

    def __hash__(self) -> int:
        """The hash of the content."""
        return hash(self.hash)

    def __repr__(self) -> str:
        """Size and name; never the pixels."""
        return f"<Picture {self.size} {'RGBA' if self.has_alpha else 'RGB'} {self.hash[:8]}>"

    def _repr_png_(self) -> bytes:
        return self.to_png()

    def to_pil(self) -> Image.Image:
        """A PIL image of its own, free to be changed."""
        return Image.fromarray(self.pixels.copy())

    def to_png(self) -> bytes:
        """A PNG file, RGB or RGBA as the pixels are, without a recipe."""
        return _encoded(self, "PNG", **QUICK_PNG)

    def on_white(self) -> Picture:
        """The picture without alpha, composited on white paper."""
        if not self.has_alpha:
            return self
        alpha = self.pixels[..., 3:].astype(np.uint16)
        colour = self.pixels[..., :3].astype(np.uint16)
        return Picture(((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8))

    @checked
    def padded(self, size: Size) -> Picture:
        """The picture with its last column and row repeated up to a size that is at least as large.

        Raises:
            BadInput: when it is smaller, or no picture can be so large.
        """
        check_size(size)
        if size.width < self.size.width or size.height < self.size.height:
            msg = f"a picture of {self.size} cannot be padded to {size}: that is smaller"
            raise BadInput(msg)
        rest = ((0, size.height - self.size.height), (0, size.width - self.size.width), (0, 0))
        return Picture(np.pad(self.pixels, rest, mode="edge")) if rest != ((0, 0),) * 3 else self

    @checked
    def resized(self, size: Size) -> Picture:
        """The picture at another size (Lanczos); the same object when the size is the same.

        Raises:
            BadInput: when no picture can have it.
        """
        check_size(size)
        if size == self.size:
            return self
        return Picture(np.asarray(Image.fromarray(self.pixels).resize(size, Image.Resampling.LANCZOS)))


@checked
@dataclass(frozen=True, eq=False)
class Mask:
    """Where a picture may change: `pixels` is a read-only uint8 array, height x width; 255 = change, 0 = keep."""

    pixels: np.ndarray

    def __post_init__(self) -> None:
        """Check shape and type; the pixels become memory that nobody else can change.

        Raises:
            BadInput: when the array is not a mask.
        """
        array = self.pixels
        if array.dtype != np.uint8 or array.ndim != 2:
            msg = f"a mask is uint8, height x width; this array is {array.dtype}, shape {array.shape}"
            raise BadInput(msg)
        check_size(Size(array.shape[1], array.shape[0]))
        object.__setattr__(self, "pixels", _unchanging(array))

    @property
    def size(self) -> Size:
        """Width and height in pixels."""
        return Size(self.pixels.shape[1], self.pixels.shape[0])

    @classmethod
    @checked
    def from_alpha(cls, picture: Picture) -> Mask:
        """Where the picture is opaque; everywhere when it has no alpha."""
        if not picture.has_alpha:
            return cls(np.full(picture.pixels.shape[:2], 255, np.uint8))
        return cls(picture.pixels[..., 3])

    @cached_property
    def hash(self) -> str:
        """The name of the content: 32 hex digits of SHA-256 over shape and pixels."""
        return _name_of(self.pixels)

    def __eq__(self, other: object) -> bool:
        """Whether the other mask has the same pixels."""
        return isinstance(other, Mask) and self.hash == other.hash

    def __hash__(self) -> int:
        """The hash of the content."""
        return hash(self.hash)

    @classmethod
    @checked
    def of(cls, source: Annotated[Mask | PictureLike, SkipValidation]) -> Mask:
        """The mask in a picture that was made to be one, by whatever tool: see `lab.core.decoding.mask_reading`.

        Raises:
            BadInput: when it is no picture.
        """
        return source if isinstance(source, Mask) else cls(mask_levels(Picture.of(source).pixels))

    @classmethod
    @checked
    def from_grey(cls, picture: Picture) -> Mask:
        """The mask in a grey picture, level by level, as `to_picture` put it there."""
        return cls(np.asarray(picture.to_pil().convert("L")))

    def to_pil(self) -> Image.Image:
        """A grey PIL image of its own."""
        return Image.fromarray(self.pixels.copy())

    def to_picture(self) -> Picture:
        """The mask as a grey picture, the form in which a recipe refers to it."""
        return Picture(cv2.merge([self.pixels] * 3))


_TURNED = range(5, 9)
"""Values of EXIF's orientation in which width and height change places (EXIF 2.32, tag 274)."""
PictureLike: TypeAlias = Annotated[Picture | Image.Image | np.ndarray | str | os.PathLike[str] | bytes, SkipValidation]
"""Whatever a picture can be made of; `Picture.of` makes it, and says what is wrong with anything else."""


class Fitted(NamedTuple):
    """A picture that was made no larger than there is room for, and the size that it came with."""

    picture: Picture
    given: Size


def picture_within(source: PictureLike, longest_px: int) -> Fitted:
    """As `Picture.of`, made smaller where a side is longer than that (`SHRINKING`): large files take less time so.

    Raises:
        BadInput: as `Picture.of` does.
    """
    picture, given = _read(source, longest_px)
    if max(picture.size) <= longest_px:
        return Fitted(picture, given)
    size = picture.size.fitted_into(Size(longest_px, longest_px))
    return Fitted(Picture(np.asarray(Image.fromarray(picture.pixels).resize(size, SHRINKING))), given)


def _read(source: PictureLike, longest_px: int | None = None) -> Fitted:
    """The picture, and its size before it was made smaller; a file is decoded once."""
    if isinstance(source, Picture):
        return Fitted(source, source.size)
    if isinstance(source, np.ndarray):
        picture = Picture(_array_as_rgb(np.asarray(source)))
        return Fitted(picture, picture.size)
    if isinstance(source, bytes | bytearray | memoryview):
        source = bytes(source)
    elif isinstance(source, str | os.PathLike):
        source = given_path(source)
    if isinstance(source, Image.Image | bytes | Path):
        with opened(source) as image:
            width, height = image.size
            picture = Picture(rgb_pixels(image, longest_px))
            # Pillow gives a TIFF's size as turned already; a PNG may say after its pixels how it is turned
            is_turned = image.format != "TIFF" and image.getexif().get(ExifTags.Base.Orientation) in _TURNED
            return Fitted(picture, Size(height, width) if is_turned else Size(width, height))
    msg = f"cannot make a picture of a {type(source).__name__}: give a PIL image, an array, bytes or a path"
    raise BadInput(msg)


def _name_of(pixels: np.ndarray) -> str:
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(pixels.data)
    return digest.hexdigest()[:32]


def _unchanging(array: np.ndarray) -> np.ndarray:
    """The array when it lies in `bytes`, as what Pillow gives does; else a read-only copy, a plain C-ordered array.

    A read-only flag says nothing: another view of the same memory, a file under it or its owner may still write there.
    """
    owner = array
    while type(owner) is np.ndarray:
        owner = owner.base
    if type(owner) is bytes and array.flags.c_contiguous:
        return array
    copy = np.array(array, order="C")
    copy.flags.writeable = False
    return copy


def _array_as_rgb(array: np.ndarray) -> np.ndarray:
    """uint8 as it is, or floats in 0..1; grey is repeated into RGB. The shape first: a broadcast array has any size."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        msg = f"a picture is an array of height x width, or height x width x 3 or 4; this one has shape {array.shape}"
        raise BadInput(msg)
    check_size(Size(array.shape[1], array.shape[0]))
    if np.issubdtype(array.dtype, np.floating):
        array = floats_as_levels(array)
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    return array


def _encoded(picture: Picture, kind: str, **settings: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture.pixels).save(buffer, kind, **settings)
    return buffer.getvalue()
