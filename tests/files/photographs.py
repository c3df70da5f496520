"""Six photographs that come with scikit-image and Matplotlib, and what their subject is, drawn by hand around it.

Eileen Collins and Grace Hopper are of NASA and of the US Navy, the rocket is of SpaceX, all in the public domain; cat,
coffee and motorcycle are as scikit-image's `skimage/data` says: CC0, CC0 and the Middlebury stereo set, for research.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import skimage

from lab.core import Picture

_SKIMAGE = Path(skimage.__file__).parent / "data"
_MATPLOTLIB = Path(mpl.__file__).parent / "mpl-data" / "sample_data"
_FILES = {
    "astronaut": _SKIMAGE / "astronaut.png",
    "cat": _SKIMAGE / "chelsea.png",
    "coffee": _SKIMAGE / "coffee.png",
    "hopper": _MATPLOTLIB / "grace_hopper.jpg",
    "motorcycle": _SKIMAGE / "motorcycle_left.png",
    "rocket": _SKIMAGE / "rocket.jpg",
}
# Corners, x and y in turn, in pixels of the file; good to some five of them.
_OUTLINES = {
    "astronaut": (
        "22 512 25 450 18 395 28 350 38 300 55 255 90 220 112 205 112 190 122 180 132 160 150 150 180 147 178 "
        "130 165 115 153 85 155 60 175 42 195 25 230 15 265 22 290 45 300 80 296 115 280 130 268 140 265 160 "
        "255 180 285 200 300 225 305 240 330 255 345 280 355 310 362 345 385 345 420 345 450 360 475 385 490 "
        "420 497 445 507 470 512 512"
    ),
    "cat": (
        "0 128 30 112 35 60 35 20 42 0 398 0 380 35 365 60 355 75 352 100 360 120 363 140 352 160 345 190 330 "
        "215 320 240 310 262 290 285 270 290 255 300 0 300"
    ),
    "coffee": (
        "78 205 90 150 120 105 160 75 178 70 190 50 215 30 250 20 290 18 330 22 365 35 390 60 400 68 418 68 "
        "425 80 418 105 440 130 465 175 478 220 475 260 455 300 425 335 385 365 330 385 270 388 210 375 160 "
        "345 120 305 95 265"
    ),
    "hopper": (
        "12 600 18 540 22 480 28 430 40 390 60 370 100 360 140 350 175 335 200 315 195 298 180 285 165 270 "
        "163 245 155 215 152 190 158 175 155 150 153 110 165 90 178 83 180 70 195 52 215 42 222 28 240 23 270 "
        "23 295 28 302 42 325 50 345 65 354 85 365 90 372 110 372 160 366 180 376 195 372 230 364 250 361 280 "
        "350 305 335 308 330 315 350 335 390 350 440 370 485 388 498 410 505 435 512 450 512 600"
    ),
    "motorcycle": (
        "95 240 108 222 90 215 98 198 150 195 140 160 155 148 165 160 240 168 290 195 355 192 390 160 340 140 "
        "375 110 400 125 430 120 470 135 480 115 500 110 495 80 510 85 530 100 555 125 580 120 580 138 560 "
        "150 555 180 555 215 575 260 620 275 645 305 660 330 680 380 680 420 650 450 610 445 570 420 545 380 "
        "520 340 505 330 505 310 530 275 500 250 480 225 480 290 475 330 450 365 400 380 345 370 340 425 325 "
        "435 325 375 280 365 270 385 220 400 180 395 140 370 122 320 125 290 140 265 160 245 110 250"
    ),
    "rocket": "312 140 317 132 322 127 328 132 333 140 334 178 335 250 335 330 332 407 312 407 311 330 310 250 312 178",
}
PHOTOGRAPHS = tuple(_FILES)


def photograph(name: str) -> Picture:
    """The photograph of that name."""
    return Picture.of(_FILES[name])


def subject_of(name: str) -> np.ndarray:
    """Where its subject is, as truths, height x width."""
    size = photograph(name).size
    corners = np.array(_OUTLINES[name].split(), int).reshape(-1, 2)
    mask = np.zeros((size.height, size.width), np.uint8)
    cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA)
    return mask > 127


def off_px(found: np.ndarray, wanted: np.ndarray) -> float:
    """How far the outline of what was found lies from the one that was drawn: of its pixels, the median."""
    edges = [cv2.morphologyEx(part.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3))) for part in (found, wanted)]
    away = cv2.distanceTransform(1 - edges[1], cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return float(np.median(away[edges[0] > 0]))
