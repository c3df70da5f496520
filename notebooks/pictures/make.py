"""Makes the pictures of the notebooks from freely licensed sources: `python notebooks/pictures/make.py`.

The things come from Microsoft's Fluent emoji (MIT), the photographs from scikit-image's collection (both CC0).
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from skimage import data

from lab.starter.train import fetch
from lab.starter.train.__main__ import WORK

HERE = Path(__file__).parent
THINGS = {"shoe": "1f45f", "plant": "1fab4", "couch": "1f6cb-fe0f", "apple": "1f34e", "teapot": "1fad6"}
PHOTOGRAPHS = {"cat": "chelsea", "coffee": "coffee"}
SIDE_PX = 512


def main() -> None:
    """Write every picture beside this file."""
    art = fetch.art_folder(WORK)
    for name, code in THINGS.items():
        found = next(path for path in (art / f"{code}.webp", art / f"{code.partition('-')[0]}.webp") if path.is_file())
        thing = Image.open(found).convert("RGBA").resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
        white = Image.new("RGBA", thing.size, "white")
        Image.alpha_composite(white, thing).convert("RGB").save(HERE / f"{name}.jpg", quality=92)
    for name, source in PHOTOGRAPHS.items():
        photograph = Image.fromarray(getattr(data, source)())
        photograph.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
        photograph.save(HERE / f"{name}.jpg", quality=90)


if __name__ == "__main__":
    main()
