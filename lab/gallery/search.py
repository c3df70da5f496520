"""Words that a person types to find pictures, as a condition on the rows of the index. Opens nothing."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from lab.core.errors import BadInput
from lab.core.recipe import Recipe

_OF_ROWS = {"session": "session", "starred": "is_starred", "live": "is_live != 0", "file": "file",
            "parent": "coalesce(json_extract(made, '$.parent'), '')"}  # fmt: skip
_TRUE, _FALSE = ("yes", "true", "1"), ("no", "false", "0")
_MOST_WORDS = 20


class Condition(NamedTuple):
    """What stands behind `where`, and its values."""

    sql: str
    values: tuple[str, ...]


def condition(query: str) -> Condition:
    """All that a query asks for: each word is in the prompt or the negative prompt; `field:value` is so in the recipe.

    `seed:7 model:sdxl "red apple"`; besides the fields of a recipe `session:`, `file:`, `parent:` (the file
    that it was made of), `tag:summer` (the whole tag), `starred:yes` and `live:no`.
    Capitals do not count; what is in quotes is one word.

    Raises:
        BadInput: when there is no such field, a quote is not closed, or there are too many words.
    """
    try:
        words = shlex.split(query)
    except ValueError:
        msg = f"a quote in {query!r:.80} is not closed"
        raise BadInput(msg) from None
    if len(words) > _MOST_WORDS:
        msg = f"a search has {_MOST_WORDS} words at most, not {len(words)}"
        raise BadInput(msg)
    parts = [_condition(word) for word in words]
    return Condition(
        " and ".join(f"({one.sql})" for one in parts) or "1", tuple(v for one in parts for v in one.values)
    )


def _condition(word: str) -> Condition:
    name, mark, value = word.partition(":")
    if not mark:
        prompts = ("prompt", "negative_prompt")
        return Condition(" or ".join(f"{_field(one)} like ? escape '\\'" for one in prompts), (_within(word),) * 2)
    if name in ("starred", "live"):
        if value not in (*_TRUE, *_FALSE):
            msg = f"{name}: is yes or no, not {value!r:.40}"
            raise BadInput(msg)
        return Condition(f"{'' if value in _TRUE else 'not '}({_OF_ROWS[name]})", ())
    if name in _OF_ROWS:
        return Condition(f"{_OF_ROWS[name]} like ? escape '\\'", (_within(value),))
    if name == "tag":
        like = "exists (select 1 from json_each(tags) where value like ? escape '\\')"
        return Condition(like, (_within(value)[1:-1],))
    return _of_recipe(name, value)


def _of_recipe(name: str, value: str) -> Condition:
    if name not in Recipe.model_fields:
        known = ", ".join([*_OF_ROWS, "tag", *Recipe.model_fields])
        msg = f"there is no field {name!r:.40} to search in: use one of {known}"
        raise BadInput(msg)
    if name in ("prompt", "negative_prompt", "model", "loras", "controls", "filters", "settings"):
        return Condition(f"{_field(name)} like ? escape '\\'", (_within(value),))
    if name == "seed":  # alone it would be rounded from 2**63 on; of several values SQLite gives the text as it stands
        return Condition("json_extract(recipe, '$.seed', '$.seed') = '[' || ? || ',' || ? || ']'", (value, value))
    return Condition(f"cast({_field(name)} as text) in (?, ? || '.0')", (value, value))


def _field(name: str) -> str:
    return f"coalesce(json_extract(recipe, '$.{name}'), '')"


def _within(word: str) -> str:
    """A pattern that matches whatever holds the word."""
    plain = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"
