"""What a picture of the pool is called: names, articles, colour words, backgrounds. Words only."""

from __future__ import annotations

import random
import re

from lab.starter.train.colours import ALL_COLOURS

# colour name -> RGB of the plain backgrounds
PLAIN: dict[str, tuple[int, int, int]] = {
    "red": (214, 52, 52), "orange": (246, 146, 50), "yellow": (250, 214, 70), "green": (86, 176, 92),
    "turquoise": (70, 196, 190), "blue": (66, 122, 220), "purple": (138, 86, 196), "pink": (246, 158, 192),
    "brown": (134, 92, 62), "gray": (150, 152, 156), "black": (22, 22, 26), "light blue": (178, 214, 246),
}  # fmt: skip

PLACES: dict[str, tuple[str, ...]] = {
    "wood": ("on a wooden table", "on wood", "on the wooden table"),
    "grass": ("on grass", "on the grass", "on a lawn"),
    "sand": ("on sand", "on the sand", "on the beach"),
    "marble": ("on marble", "on a marble table"),
    "night": ("in front of the night sky", "at night", "in the night sky"),
}

_COLOUR_WORD = re.compile(rf"\b({'|'.join(ALL_COLOURS)})\b ?")
_PLURAL = ("s", "dice", "teeth")


def without_colour(name: str) -> str:
    """A name less its colour words: "red apple" is an apple."""
    bare = _COLOUR_WORD.sub("", name).strip()
    return bare or name


def with_article(name: str, chance: random.Random) -> str:
    """A name as people type it: bare, or with a fitting article."""
    pick = chance.random()
    if pick < 0.42:
        return name
    if pick < 0.52:
        return f"the {name}"
    if name.endswith(_PLURAL) and not name.endswith("ss"):
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def background_words(plain: str | None, place: str | None, chance: random.Random) -> str:
    """The end of a caption: " on blue background", " on the grass", or nothing for white."""
    if place is not None:
        return " " + chance.choice(PLACES[place])
    if plain is not None:
        return " " + chance.choice((f"on {plain} background", f"on a {plain} background", f"on {plain}"))
    return chance.choice(("", "", "", "", "", "", "", " on white background", " on white"))


def caption(names: tuple[str, ...], colour: str | None, ending: str, chance: random.Random) -> str:
    """One caption of an object.

    Args:
        names: the object's names, the Unicode one first.
        colour: a colour word that must be said, or None to keep the name as it is.
        ending: what `background_words` gave.
        chance: decides between the wordings.
    """
    name = names[0] if chance.random() < 0.5 else chance.choice(names)
    if colour is not None:
        name = f"{colour} {without_colour(name)}"
    return with_article(name, chance) + ending


def styled(words: str, style: str, chance: random.Random) -> str:
    """A caption in a drawing style: "flat drawing of a red apple" and the like."""
    return chance.choice((f"{style} of {words}", f"a {style} of {words}", f"{style}, {words}", f"{words}, {style}"))
