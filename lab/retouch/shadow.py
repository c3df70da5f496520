"""Believable shadows of a cut-out subject, from its alpha and the direction of the light; each a layer of its own.

The subject is taken to stand upright on a level floor that the camera looks down on, and to be about as deep as a part
of its width. Layers have the size of the picture that they were made from: place the subject first.

The numbers below that name no source are choices, not measurements; each says what more or less of it costs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.core.reporter import by_rows, check_wanted
from lab.retouch.ground_contact import Ground, ground_under
from lab.retouch.pull_push import spread

_WORKING_SIDE_PX = 768
"""Shadows are soft: they are made at this size at most, and enlarged. The time grows with its pixels."""
_DEPTH = 0.3
"""How deep a subject is, as a share of the smaller of its width and height, which its alpha does not tell: a sign has
none, a ball 1. More makes shadows fat, less makes the subject look cut out of paper."""
_SLICES = 5
"""A round body is built of so many flat ones: each is a row of filters, and with fewer the steps are seen."""
_SMALLEST_LIGHT, _LARGEST_LIGHT = 0.066, 0.506
"""Width of the light over its distance, at softness 0 and 1: 4 degrees, a spotlight, and 28, a softbox of 50 cm at 1 m.
The sun's half degree is left out: so hard an edge shows that the subject's depth is a guess."""
_SPREAD_OF_A_DISC = 0.25
"""Behind an edge, the light of a round lamp fades like a blur with a standard deviation of a quarter of the fade's
width: that of a disc's chords. The fade is as wide as the light over its distance, times the way past the edge."""
_SHARPEST = 0.004
"""Blur that a cast shadow has everywhere, as a share of the subject's height; less shows every notch of a cut-out."""
_LEAST_BLUR_PX = 0.6
"""A blur of less leaves the stairs of whole pixels."""
_BLURS = 6
"""A blur that changes from place to place is mixed from so many even ones, each a factor wider: every one costs a
filter, and with fewer a wide and a narrow edge are seen in one."""
_VISIBLE = 0.02
"""What is fainter than this holds no light back: 5 levels of 255, which nobody sees, and many pixels to project."""
_HEIGHT_BLUR = 0.035
"""The heights from which a shadow falls are evened out over this share of the subject's height, for rays that fall side
by side may come from a hand and from a foot: less tears the penumbra, more makes it the same everywhere."""
_WELL_KNOWN = 4
"""Where a quarter of a pixel's light is held back, its height is taken as known."""

_GAP = 0.025
"""A gap of this share of the subject's height over the floor takes the contact shadow down to a third (1 / e)."""
_LINE = 0.008
"""Half of the height of the line in which a subject touches the floor, as a share of its height."""
_GLOWS = ((0.65, 0.008), (0.45, 0.035))
"""The contact shadow, a tight line and a wider glow: how dark each is, and its blur as a share of the subject's width
in light of middling softness. Together they are more than 1, so that the line itself is wholly dark."""
_LEAST_GLOW_PX = (0.8, 0.6)
"""Across and down: less leaves stairs."""
_FLATTEST = 0.3
"""From beside the floor the glow would be a hair: it is at least this share as high as it is wide."""


@dataclass(frozen=True)
class Light:
    """Where the light comes from, and what its shadows look like.

    Args:
        direction: degrees, clockwise from above: 0 is behind the subject (its shadow comes towards the viewer), 90 is
            to the right (the shadow falls to the left), 180 is beside the viewer, 270 to the left.
        elevation: degrees above the floor, 10..85: a low light makes long shadows.
        view: degrees by which the camera looks down on the floor, 5..85: how far the floor rises in the picture.
        softness: 0 is a spotlight, 1 a softbox half as wide as it is far. Shadows get softer the farther they fall.
        opacity: of the cast shadow where it begins, 0..1.
        fade: how much of that is lost where the shadow of the subject's top falls, 0..1.
        contact: opacity of the contact shadow, right where the subject touches the floor, 0..1.
        colour: of the shadow; nearly black, a little of the floor's or the sky's colour looks warmer or cooler.
    """

    direction: float = 315.0
    elevation: float = 50.0
    view: float = 25.0
    softness: float = 0.5
    opacity: float = 0.5
    fade: float = 0.6
    contact: float = 0.6
    colour: tuple[int, int, int] = (18, 16, 22)

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            BadInput: names the first field that is out of range, its value and what it may be.
        """
        shares = dict.fromkeys(("softness", "opacity", "fade", "contact"), (0, 1))
        bounds = {"direction": (-360, 360), "elevation": (10, 85), "view": (5, 85), **shares}
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                msg = f"the {name} of a light is between {low} and {high}, not {getattr(self, name)!r}"
                raise BadInput(msg)
        if len(self.colour) != 3 or not all(0 <= level <= 255 for level in self.colour):
            msg = f"the colour of a shadow is three levels between 0 and 255, not {self.colour!r}"
            raise BadInput(msg)


def shadow(subject: Picture, light: Light | None = None) -> Picture:
    """Cast and contact shadow together, as an RGBA layer to be put under the subject; raises as `cast_shadow`."""
    return _layer(subject, light or Light(), _cast, _contact)


def cast_shadow(subject: Picture, light: Light | None = None) -> Picture:
    """What the subject keeps of the light from the floor, as an RGBA layer; empty when the subject is transparent.

    The layer has the subject's size, one colour, `light.colour`, and straight alpha.

    Raises:
        BadInput: when the subject has no alpha: then nothing tells it from its background.
    """
    return _layer(subject, light or Light(), _cast)


def contact_shadow(subject: Picture, light: Light | None = None) -> Picture:
    """The narrow dark line where the subject touches the floor, as an RGBA layer; raises as `cast_shadow`."""
    return _layer(subject, light or Light(), _contact)


def composed(background: Picture, *layers: Picture) -> Picture:
    """The layers on the background, the first one lowest; where a layer is opaque its pixels are taken bit by bit.

    The result is RGB, on white where the background is transparent.

    Raises:
        BadInput: when a layer has another size than the background.
    """
    result = background.on_white().pixels
    for layer in layers:
        check_wanted()
        if layer.size != background.size:
            msg = f"a layer is {layer.size} and the background is {background.size}: place it first"
            raise BadInput(msg)
        if not layer.has_alpha:
            result = layer.pixels
            continue
        result = by_rows(_over, layer.pixels, result)
    return Picture(result)


def _over(layer: np.ndarray, below: np.ndarray) -> np.ndarray:
    share = layer[..., 3:].astype(np.float32) / 255
    return np.rint(below + share * (layer[..., :3].astype(np.float32) - below)).astype(np.uint8)


def _layer(subject: Picture, light: Light, *parts: Callable[[np.ndarray, Ground, Light], np.ndarray]) -> Picture:
    if not subject.has_alpha:
        msg = "a picture without transparency has no outline to cast a shadow: cut it out first"
        raise BadInput(msg)
    small = _working_size(subject.size)
    alpha = cv2.resize(subject.pixels[..., 3].astype(np.float32) / 255, small, interpolation=cv2.INTER_AREA)
    ground = ground_under(alpha)
    darkness = np.zeros(alpha.shape, np.float32)
    if ground is not None:
        for part in parts:
            check_wanted()
            darkness = 1 - (1 - darkness) * (1 - part(alpha, ground, light))
    check_wanted()
    darkness = cv2.resize(darkness, subject.size, interpolation=cv2.INTER_CUBIC)

    def coloured(darkness: np.ndarray) -> np.ndarray:
        pixels = np.empty((*darkness.shape, 4), np.uint8)
        pixels[..., :3] = light.colour
        pixels[..., 3] = np.rint(np.clip(darkness, 0, 1) * 255)
        return pixels

    return Picture(by_rows(coloured, darkness))


def _working_size(size: Size) -> Size:
    return size if max(size) <= _WORKING_SIDE_PX else size.fitted_into(Size(_WORKING_SIDE_PX, _WORKING_SIDE_PX))


def _cast(alpha: np.ndarray, ground: Ground, light: Light) -> np.ndarray:
    """How dark the floor is, 0..1: every point of the subject projected along the light."""
    fallen, heights = _projected(alpha, ground, light)
    deep = _with_depth(fallen, _DEPTH * min(ground.width, ground.height), np.sin(np.radians(light.view)))
    travelled = heights / np.sin(np.radians(light.elevation))
    lamp = _SMALLEST_LIGHT + light.softness * (_LARGEST_LIGHT - _SMALLEST_LIGHT)
    blur = _SHARPEST * ground.height + _SPREAD_OF_A_DISC * lamp * travelled
    soft = _blurred_by(deep, np.maximum(blur, _LEAST_BLUR_PX))
    return soft * light.opacity * (1 - light.fade * np.clip(heights / ground.height, 0, 1))


def _with_depth(fallen: np.ndarray, depth: float, rise: float) -> np.ndarray:
    """The shadow of a flat outline as that of a round body behind it; what is thin is not deep either.

    The floor's line is the front of the subject's foot, so that the body reaches up the picture, not down.
    """
    deep = fallen
    for share in np.arange(1, _SLICES + 1) / _SLICES:
        narrower = round(depth * (1 - np.sqrt(1 - share**2)))
        slim = cv2.erode(fallen, np.ones((1, 2 * narrower + 1), np.uint8))
        behind = np.ones((round(share * depth * rise) + 1, 1), np.uint8)
        deep = np.maximum(deep, cv2.dilate(slim, behind, anchor=(0, 0)))
    return deep


def _projected(alpha: np.ndarray, ground: Ground, light: Light) -> tuple[np.ndarray, np.ndarray]:
    """How much light is kept from each point of the floor, 0..1, and from what height above it, smoothly."""
    reach = 1 / np.tan(np.radians(light.elevation))
    turn = np.radians(light.direction)
    across = -np.sin(turn) * reach
    down = np.cos(turn) * reach * np.sin(np.radians(light.view))
    height, width = alpha.shape
    finer = np.ceil(max(1.0, abs(across), abs(down)))
    above, columns = np.meshgrid(np.arange(0.5 / finer, ground.height, 1 / finer), np.arange(width), indexing="ij")
    above, columns, line = above.astype(np.float32), columns.astype(np.float32), ground.line.astype(np.float32)
    # The subject set upright on a level line: then neighbouring columns fall side by side, without gaps.
    upright = cv2.remap(alpha, columns, line - 0.5 - above, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    x = np.rint(columns + across * above).astype(int)
    y = np.rint(line + down * above).astype(int)
    falls = (upright > _VISIBLE) & (x >= 0) & (x < width) & (y >= 0) & (y < height)
    place, weights = (y * width + x)[falls], upright[falls]
    kept = np.bincount(place, weights, alpha.size).reshape(alpha.shape).astype(np.float32)
    heights = np.bincount(place, weights * above[falls], alpha.size).reshape(alpha.shape).astype(np.float32)
    even = max(1.0, _HEIGHT_BLUR * ground.height)
    near = cv2.GaussianBlur(kept, (0, 0), even)
    heights = cv2.GaussianBlur(heights, (0, 0), even) / np.maximum(near, 1e-6)
    return np.clip(kept, 0, 1), spread(heights[..., None], np.clip(_WELL_KNOWN * near, 0, 1))[..., 0]


def _contact(alpha: np.ndarray, ground: Ground, light: Light) -> np.ndarray:
    """How dark the floor is where the subject touches it: a tight line and a wider glow, less where there is a gap."""
    gap = ground.line - ground.lowest
    nearness = np.where(ground.lowest >= 0, np.exp(-gap / (_GAP * ground.height + 1)), 0)
    rows = np.arange(alpha.shape[0])[:, None]
    line = (np.abs(rows - ground.line) <= max(1.0, _LINE * ground.height)) * nearness
    darkness = np.zeros(alpha.shape, np.float32)
    for share, blur in _GLOWS:
        check_wanted()
        across = max(_LEAST_GLOW_PX[0], blur * (0.5 + light.softness) * ground.width)
        down = max(_LEAST_GLOW_PX[1], across * max(_FLATTEST, np.sin(np.radians(light.view))))
        glow = cv2.GaussianBlur(line.astype(np.float32), (0, 0), sigmaX=across, sigmaY=down)
        darkness += share * glow / max(float(glow.max()), 1e-6)
    return np.clip(darkness, 0, 1) * light.contact


def _blurred_by(picture: np.ndarray, blur: np.ndarray) -> np.ndarray:
    """A blur of another width at each pixel: a mixture of the two nearest of a few even ones."""
    low, high = float(blur.min()), float(blur.max())
    steps = np.geomspace(low, max(high, low * 1.01), _BLURS)
    place = np.clip(np.interp(np.log(blur), np.log(steps), np.arange(_BLURS)), 0, _BLURS - 1)
    mixed = np.zeros_like(picture)
    for number, sigma in enumerate(steps):
        check_wanted()
        share = np.maximum(0, 1 - np.abs(place - number)).astype(np.float32)
        mixed += share * cv2.GaussianBlur(picture, (0, 0), float(sigma))
    return mixed
