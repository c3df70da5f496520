"""What was read in another tool's file: what a recipe could take, and in words what it could not. Opens nothing."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from lab.core.errors import BadInput
from lab.core.recipe import Recipe
from lab.core.sentences.wording import one_line, short

_MOST_SENTENCES = 100
"""More than this nobody reads; the last then says how many more there were."""
_MOST_LETTERS = 400
_MOST_NAMES = 100
_FALLS_BACK = ("prompt", "negative_prompt")
"""What is long in a file more often than wrong."""


@dataclass(frozen=True)
class Missing:
    """A file that the drawing was made with, and that is not in the file that was read.

    Args:
        kind: what it is.
        name: as the file names it, which is all that is known of it; nothing looks for it.
        hash: of its content, as the file gives it; tools hash in different ways.
    """

    kind: Literal["model", "lora", "vae", "control model", "picture", "upscaler", "embedding"]
    name: str
    hash: str = ""

    def __str__(self) -> str:
        known = f" ({self.hash})" if self.hash else ""
        return f"{self.kind} {self.name or 'without a name'}{known}"


@dataclass(frozen=True, repr=False)
class Imported:
    """A drawing of another tool, as far as the lab can draw it.

    Every field of the recipe is as the file says; whatever is not in the recipe is said in `unmapped`, and fields named
    there stand at their defaults.

    Args:
        recipe: what could be filled in.
        unmapped: what could not, or will differ, a sentence each.
        missing: the models and pictures that it was made with.
        tool: which program wrote the file, as far as it says so.
        outputs: the names of several drawings of one file, of which `read(..., output=...)` takes one; the recipe then
            holds what all of them share.
    """

    recipe: Recipe
    unmapped: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    tool: str = ""
    outputs: tuple[str, ...] = ()

    def lines(self) -> list[tuple[str, str]]:
        """What is said of it, as pairs of a heading and a line, each a line of plain text."""
        said = self.recipe.model_dump(exclude_defaults=True, exclude={"schema_version"})
        found = [("from", self.tool or "an unknown program")]
        found += [("filled in", f"{name}: {_in_words(value)}") for name, value in said.items()]
        found += [("not filled in", sentence) for sentence in self.unmapped]
        found += [("missing", str(one)) for one in self.missing]
        if self.outputs:
            found.append(("which of", ", ".join(self.outputs)))
        return [(heading, short(one_line(line), _MOST_LETTERS)) for heading, line in found]

    def __repr__(self) -> str:
        return "\n".join(f"{heading:>13}  {_printable(line)}" for heading, line in self.lines())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left;vertical-align:top'>{html.escape(heading)}</th>"
            f"<td style='text-align:left;white-space:normal'>{html.escape(line)}</td></tr>"
            for heading, line in self.lines()
        )
        return f"<table>{rows}</table>"


class Draft:
    """Collects what a reader finds, field by field, so that one that cannot be taken costs only itself."""

    def __init__(self, tool: str = "") -> None:
        self.tool = tool
        self.fields: dict[str, Any] = {}
        self.refused: set[str] = set()
        self.outputs: tuple[str, ...] = ()
        self.are_words_plain = False
        self._said: dict[str, None] = {}
        self._missing: dict[Missing, None] = {}

    def take(self, field: str, value: Any, said: str | None = None) -> bool:
        """Fill in a field of the recipe; where it does not fit, say that instead. Whether it was taken.

        Args:
            field: of the recipe.
            value: for it; None is passed over.
            said: what to call field and value in a sentence, when it is not what the field is called.
        """
        if value is None:
            return False
        try:
            Recipe(**{field: value})
        except BadInput as error:
            reason = str(error).partition("cannot be used: ")[2] or str(error)
            self.refused.add(field)
            called = said or field.replace("_", " ")
            self.say(f"{called}: the lab does not take it ({short(reason, 160)}); it stands at its default")
            return False
        self.fields[field] = value
        return True

    def say(self, sentence: str) -> None:
        """Say what is not filled in, once, in a line."""
        self._said[short(one_line(sentence), _MOST_LETTERS)] = None

    def say_all(self, sentences: Iterable[str]) -> None:
        """Say what could not be taken over, one sentence each."""
        for sentence in sentences:
            self.say(sentence)

    def lack(self, kind: Any, name: Any, known: Any = "") -> None:
        """Name a file that is missing."""
        self._missing[Missing(kind, short(one_line(str(name)), 200), short(one_line(str(known)), 100))] = None

    def done(self) -> Imported:
        """The recipe of all fields that are right together, and what could not be taken over."""
        said = list(self._said)
        try:
            recipe = Recipe(**self.fields)
        except BadInput as error:  # fields that are each right and not so together
            recipe = Recipe(**{name: self.fields[name] for name in _FALLS_BACK if name in self.fields})
            said.insert(0, f"only the words could be filled in: {error}")
        if len(said) > _MOST_SENTENCES:
            said[_MOST_SENTENCES - 1 :] = [f"and {len(said) - _MOST_SENTENCES + 1} more things"]
        missing = tuple(self._missing)[:_MOST_NAMES]
        return Imported(recipe, tuple(said), missing, self.tool, self.outputs)


def in_common(several: dict[str, Imported]) -> Imported:
    """What the drawings of one file share; which of them is meant is left as a question."""
    first, *rest = several.values()
    shared = {
        name: value
        for name, value in dict(first.recipe).items()
        if all(dict(other.recipe)[name] == value for other in rest)
    }
    differ = [name.replace("_", " ") for name in dict(first.recipe) if name not in shared]
    question = (
        f"the file holds {len(several)} drawings and does not say which of them it is: "
        f"read it with output={' or output='.join(repr(name) for name in several)}"
    )
    draft = Draft(first.tool)
    draft.say(question)
    if differ:
        draft.say(f"they differ in {', '.join(differ)}")
    for one in several.values():
        draft.say_all(one.unmapped)
        for lacking in one.missing:
            draft.lack(lacking.kind, lacking.name, lacking.hash)
    draft.fields = shared
    draft.outputs = tuple(several)
    return draft.done()


def _in_words(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _printable(line: str) -> str:
    """The line without what moves a terminal's cursor or turns its writing round."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)
