"""Reads Draw Things, whose settings are JSON within XMP; the XMP is searched, not parsed, so no entity is resolved."""

from __future__ import annotations

import html
import re
from typing import Any

from lab.gallery.foreign.bounded_json import fraction, table
from lab.gallery.foreign.flat_table import Names, say_rest, take_table
from lab.gallery.foreign.imported import Draft
from lab.gallery.foreign.shared import say_control, take_loras, take_size

_NAMES = Names(
    prompt=("c",), negative_prompt=("uc",), guidance_scale=("scale",), schedule=(), model_hash=()
)  # fmt: skip
_MOST_LETTERS = 400_000
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})")
_SILENT = ("v2", "seed_mode", "profile", "strength")


def settings_in(xmp: str) -> dict[str, Any] | None:
    """The table in XMP, where it is Draw Things'."""
    comment = _within(xmp, "<exif:UserComment>", "</exif:UserComment>")
    item = _within(comment, "<rdf:li", "</rdf:li>").partition(">")[2]
    found = table(html.unescape(item or comment)) if comment else None
    return found if found and is_draw_things(found) else None


def _within(text: str, begin: str, end: str) -> str:
    """What stands between the first of one mark and the next of another, or nothing."""
    start = text.find(begin)
    stop = text.find(end, start) if start >= 0 else -1
    return text[start + len(begin) : stop] if 0 <= stop <= start + _MOST_LETTERS else ""


def is_draw_things(said: dict[str, Any]) -> bool:
    """Whether a table is Draw Things'."""
    return "c" in said and "scale" in said and "steps" in said


def read_draw_things(said: dict[str, Any], draft: Draft) -> None:
    """Fill the draft in with what Draw Things wrote, in JSON; what has no place here is said."""
    draft.tool = "Draw Things"
    draft.fields["task"] = "text_to_image"
    rest = take_table(said, _NAMES, draft)
    size = _SIZE.fullmatch(str(rest.pop("size", ""))[:20])
    if size:
        take_size(draft, int(size[1]), int(size[2]))
    strength = fraction(said.get("strength"))
    if strength is not None and strength < 1:
        draft.say(f"strength {strength:g}: no picture to start from is named")
    loras = rest.pop("lora", None)
    listed = [one for one in loras if isinstance(one, dict)] if isinstance(loras, list) else []
    take_loras(draft, [(str(one.get("model")), fraction(one.get("weight")), "") for one in listed])
    controls = rest.pop("control", None)
    for one in controls if isinstance(controls, list) else ():
        if isinstance(one, dict):
            start, end = fraction(one.get("guidanceStart")), fraction(one.get("guidanceEnd"))
            say_control(draft, model=str(one.get("file", "")), weight=fraction(one.get("weight")), start=start, end=end)
            draft.fields["task"] = "control_to_image"
    if said.get("seed_mode"):
        draft.say(f"the noise is of the kind {said['seed_mode']!r}: the same seed may give another picture here")
    say_rest(rest, draft, _SILENT)
