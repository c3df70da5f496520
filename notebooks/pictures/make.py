"""Makes the pictures of the notebooks from freely licensed sources: `python notebooks/pictures/make.py`.

The things come from Microsoft's Fluent emoji (MIT), the photographs from scikit-image's collection (both CC0); the
daubed house is drawn here.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw
from skimage import data

from lab.core.image_files import opened
from lab.starter.train import fetch
from lab.starter.train.__main__ import WORK

HERE = Path(__file__).parent
THINGS = {"shoe": "1f45f", "plant": "1fab4", "couch": "1f6cb-fe0f", "apple": "1f34e", "teapot": "1fad6"}
CARDS = {"teapot": [("#fad23c", "teapot-on-yellow")]}
"""Things on coloured paper besides."""
PHOTOGRAPHS = {"cat": "chelsea", "coffee": "coffee"}
SIDE_PX = 512


def main() -> None:
    """Write every picture beside this file."""
    art = fetch.art_folder(WORK)
    for name, code in THINGS.items():
        found = next(path for path in (art / f"{code}.webp", art / f"{code.partition('-')[0]}.webp") if path.is_file())
        with opened(found) as image:
            thing = image.convert("RGBA").resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
        for paper, file in (("white", name), *CARDS.get(name, ())):
            card = Image.new("RGBA", thing.size, paper)
            Image.alpha_composite(card, thing).convert("RGB").save(HERE / f"{file}.jpg", quality=92)
    for name, source in PHOTOGRAPHS.items():
        photograph = Image.fromarray(getattr(data, source)())
        photograph.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
        photograph.save(HERE / f"{name}.jpg", quality=90)
    daubed_house().save(HERE / "house.png", optimize=True)


def daubed_house() -> Image.Image:
    """A house of three shapes, as a start for a model to paint over."""
    house = Image.new("RGB", (SIDE_PX, SIDE_PX), "white")
    draw = ImageDraw.Draw(house)
    draw.rectangle((120, 240, 400, 450), fill="#ffd166")
    draw.polygon((80, 250, 440, 250, 260, 90), fill="#d62828")
    draw.rectangle((220, 340, 290, 450), fill="#7a4a20")
    return house


if __name__ == "__main__":
    main()
