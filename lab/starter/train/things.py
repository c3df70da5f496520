"""The objects of the model's world: which emoji are in, which are held out. No pictures are opened here."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from lab.starter.train.synonyms import SYNONYMS

HELD_OUT_COUNT = 64

_SHAPES = (
    "circle", "square", "diamond", "triangle pointed", "check mark", "cross mark", "recycling symbol", "plus",
    "warning", "no entry", "up arrow", "right arrow", "sparkle", "peace symbol", "red question mark",
)  # fmt: skip
_UNSURE = ("small square", "medium", "with a dot", "button", "hollow")
_PEOPLE_KEPT = {
    "baby", "child", "boy", "girl", "person", "man", "woman", "old man", "old woman", "Santa Claus", "princess",
    "prince", "ninja", "superhero", "mermaid", "mage", "fairy", "vampire", "zombie", "troll", "genie", "elf",
    "guard", "astronaut", "cook", "farmer", "student", "artist", "pilot", "firefighter", "detective",
}  # fmt: skip
_BODY = ("hand", "finger", "thumb", "fist", "ear", "eye", "foot", "leg", "nose", "mouth", "tongue", "tooth", "bone",
         "brain", "lung", "heart", "biceps", "footprint", "palm", "speaking head", "bust", "fingerprint")  # fmt: skip
_PERSON = re.compile(r"\b(man|woman|men|women|person|people|family|couple|kiss)\b")
_CLOCK = re.compile("(o\u2019clock|-thirty)$")

# things a first visitor asks for; never held out
_FLAGSHIPS = {
    "red apple", "frog", "star", "chair", "key", "crescent moon", "hammer", "high-heeled shoe", "running shoe",
    "potted plant", "couch and lamp", "automobile", "house", "dog face", "cat face", "cat", "dog", "fish", "mug",
    "hot beverage", "banana", "strawberry", "red heart", "sun", "evergreen tree", "hibiscus", "rose", "tulip",
    "umbrella", "guitar", "bicycle", "rocket", "airplane", "sailboat", "backpack", "handbag", "t-shirt", "lemon",
    "hamburger", "pizza", "doughnut", "cupcake", "birthday cake", "ice cream", "mushroom", "balloon", "crown",
    "light bulb", "butterfly", "owl", "penguin", "bear", "rabbit face", "elephant", "turtle", "teapot", "watch",
    "camera", "television", "laptop", "mobile phone", "bed", "pear", "grapes", "cherries", "carrot", "ghost",
    "green apple", "cactus", "sunflower", "glowing star", "teddy bear", "wrapped gift", "soccer ball", "alarm clock",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thing:
    """One object: its picture's file name without ending, its names (the Unicode one first), its group."""

    code: str
    names: tuple[str, ...]
    group: str

    @property
    def name(self) -> str:
        """The Unicode name, as one types it."""
        return self.names[0]


def plain_name(name: str) -> str:
    """A name as one types it: lower case, straight quotes, no diacritics that a keyboard lacks."""
    return name.lower().replace("\u2019", "'").replace("ñ", "n").replace("“", "").replace("”", "")


def is_kept(name: str, group: str) -> bool:
    """Whether an emoji belongs to the model's world."""
    if group == "Flags" or _CLOCK.search(name):
        return False
    if group == "Symbols":
        sure = name.endswith(_SHAPES) and not any(word in name for word in _UNSURE)
        return sure or "triangle pointed" in name
    if group == "People & Body":
        return name in _PEOPLE_KEPT or (any(word in name for word in _BODY) and not _PERSON.search(name))
    return True


def all_things(names_json: Path, art: Path) -> list[Thing]:
    """Every kept object that has a picture, in code order."""
    found = []
    for emoji, facts in json.loads(names_json.read_text()).items():
        if not is_kept(facts["name"], facts["group"]):
            continue
        full = "-".join(f"{ord(char):x}" for char in emoji)
        code = next((c for c in (full, full.replace("-fe0f", "")) if (art / f"{c}.webp").exists()), None)
        if code is None:
            continue
        name = plain_name(facts["name"])
        found.append(Thing(code, (name, *SYNONYMS.get(name, ())), facts["group"]))
    return sorted(found, key=lambda thing: thing.code)


def split(things: list[Thing]) -> tuple[list[Thing], list[Thing]]:
    """Objects to learn from, and the held-out ones: a fixed choice by hash, the same on every machine."""
    open_to_choice = [thing for thing in things if thing.name not in _FLAGSHIPS and len(thing.names) == 1]
    open_to_choice.sort(key=lambda thing: hashlib.sha256(thing.code.encode()).hexdigest())
    held_out = {thing.code for thing in open_to_choice[:HELD_OUT_COUNT]}
    return [t for t in things if t.code not in held_out], [t for t in things if t.code in held_out]
