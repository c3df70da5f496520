"""The objects of the model's world: which emoji are in, what people call them, which are held out. No pictures are opened here."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

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
_CLOCK = re.compile(r"(o’clock|-thirty)$")

# what people type instead of the Unicode name
SYNONYMS: dict[str, tuple[str, ...]] = {
    "red apple": ("apple",), "automobile": ("car", "red car"), "running shoe": ("sneaker", "shoe", "trainer"),
    "man's shoe": ("leather shoe", "shoe"), "high-heeled shoe": ("high heel", "red shoe"), "hiking boot": ("boot",),
    "woman's boot": ("boot", "brown boot"), "flat shoe": ("ballet flat",), "woman's sandal": ("sandal",),
    "couch and lamp": ("couch", "sofa"), "potted plant": ("plant", "house plant"), "dog face": ("dog",),
    "cat face": ("cat",), "mouse face": ("mouse",), "rabbit face": ("rabbit", "bunny"), "cow face": ("cow",),
    "pig face": ("pig",), "tiger face": ("tiger",), "horse face": ("horse",), "monkey face": ("monkey",),
    "hatching chick": ("chick", "egg with a chick"), "baby chick": ("chick",), "hot beverage": ("coffee", "cup of coffee", "cup of tea"),
    "teacup without handle": ("tea", "green tea"), "wrapped gift": ("gift", "present"), "light bulb": ("lamp", "bulb"),
    "soccer ball": ("football", "ball"), "basketball": ("ball",), "shortcake": ("cake", "strawberry cake"),
    "birthday cake": ("cake",), "closed book": ("book", "red book"), "open book": ("book",), "alarm clock": ("clock",),
    "mantelpiece clock": ("clock",), "crescent moon": ("moon",), "full moon": ("moon",), "house": ("home",),
    "evergreen tree": ("tree", "fir tree", "pine tree"), "deciduous tree": ("tree",), "palm tree": ("palm",),
    "hibiscus": ("flower", "red flower"), "rose": ("red rose",), "sunflower": ("flower", "yellow flower"),
    "blossom": ("flower",), "cherry blossom": ("pink flower",), "wilted flower": ("wilted rose",), "butterfly": ("blue butterfly",),
    "honeybee": ("bee",), "lady beetle": ("ladybird", "ladybug"), "spouting whale": ("whale",), "tropical fish": ("fish",),
    "hamburger": ("burger",), "french fries": ("fries", "chips"), "soft ice cream": ("ice cream",), "doughnut": ("donut",),
    "clinking beer mugs": ("beers",), "beer mug": ("beer",), "wine glass": ("wine", "glass of wine"), "handbag": ("bag",),
    "purse": ("bag",), "backpack": ("rucksack",), "t-shirt": ("shirt",), "billed cap": ("cap",), "woman's hat": ("hat", "sun hat"),
    "glasses": ("spectacles",), "gem stone": ("diamond", "gem"), "mobile phone": ("phone", "smartphone"), "laptop": ("computer",),
    "desktop computer": ("computer", "screen"), "television": ("tv",), "red heart": ("heart",), "glowing star": ("shiny star",),
    "star": ("yellow star",), "sun": ("yellow sun",), "sun with face": ("sun",), "sailboat": ("boat", "sailing boat"),
    "airplane": ("plane", "aeroplane"), "bicycle": ("bike",), "motorcycle": ("motorbike",), "locomotive": ("steam train",),
    "delivery truck": ("truck", "lorry"), "pickup truck": ("truck",), "snow-capped mountain": ("mountain",), "grinning face": ("smiley", "happy face"),
    "slightly smiling face": ("smiley", "smile"), "crying face": ("sad face",), "robot": ("robot head",), "jack-o-lantern": ("pumpkin", "halloween pumpkin"),
    "pizza": ("slice of pizza",), "ear of corn": ("corn",), "leafy green": ("lettuce", "salad leaf"), "eggplant": ("aubergine",),
    "mushroom": ("red mushroom",), "carrot": ("orange carrot",), "frog": ("frog face", "green frog"), "teddy bear": ("teddy", "toy bear"),
    "wastebasket": ("bin",), "kitchen knife": ("knife",), "umbrella": ("purple umbrella",), "pot of food": ("pot",),
    "bottle with popping cork": ("champagne", "bottle"), "baby bottle": ("milk bottle",), "lotion bottle": ("bottle",), "amphora": ("vase", "jar"),
    "game die": ("dice",), "video game": ("game controller", "gamepad"), "headphone": ("headphones",), "cooking": ("fried egg",),
    "tangerine": ("orange", "mandarin"), "drum": ("snare drum",), "dress": ("blue dress",), "jeans": ("trousers", "pants"), "socks": ("sock",),
}  # fmt: skip

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
        return self.names[0]


def plain_name(name: str) -> str:
    """A name as one types it: lower case, straight quotes, no diacritics that a keyboard lacks."""
    return name.lower().replace("’", "'").replace("ñ", "n").replace("“", "").replace("”", "")


def is_kept(name: str, group: str) -> bool:
    """Whether an emoji belongs to the model's world."""
    if group == "Flags" or _CLOCK.search(name):
        return False
    if group == "Symbols":
        return name.endswith(_SHAPES) and not any(word in name for word in _UNSURE) or "triangle pointed" in name
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
