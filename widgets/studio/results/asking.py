"""Asking for pictures in their turn: one for each choice in the prompt, and for each of several seeds; shows none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.core.errors import BadInput
from lab.core.recipe import Request
from lab.gallery import PromptHistory
from lab.prompts import expanded, has_variants

LINES = "wildcards"
"""The folder of a home whose files of lines a prompt can name, as on the command line."""
_MOST = 400
_SEEDS = 2**64


def prompts_of(prompt: str, home: Path) -> tuple[str, ...]:
    """All prompts that one stands for: itself, or one for each choice in `{red|blue}` and `__file of lines__`.

    Raises:
        BadInput: when a bracket is not closed, a file is not there, or there are too many.
    """
    return expanded(prompt, home / LINES) if has_variants(prompt) else (prompt,)


class Asking:
    """What a person asks for by a button or a key. On the Studio's own thread.

    Args:
        home: where files of lines are, and what was asked for before.
        request: what would be drawn now, with these changes.
        prompt: the prompt as it is written.
        draw: asks for one picture.
        submit: asks for one of several.
    """

    def __init__(
        self,
        home: Path,
        request: Callable[..., Request],
        prompt: Callable[[], str],
        draw: Callable[[Request], None],
        submit: Callable[[Request], Any],
    ) -> None:
        self._home, self._history = home, PromptHistory(home)
        self._request, self._prompt, self._draw, self._submit = request, prompt, draw, submit

    def requests(self) -> tuple[Request, ...]:
        """All that Draw would draw now.

        Raises:
            BadInput: when the settings, or the choices in the prompt, cannot be used.
        """
        if not has_variants(self._prompt()):
            return (self._request(),)
        return tuple(self._request(prompt=prompt) for prompt in prompts_of(self._prompt(), self._home))

    @property
    def count(self) -> int:
        """How many these are; 1 while a bracket is open yet."""
        try:
            return len(prompts_of(self._prompt(), self._home))
        except BadInput:
            return 1

    def draw(self) -> None:
        """Ask for all of them.

        Raises:
            BadInput: as for `requests`.
        """
        first, *others = self.requests()
        self._remember(first)
        if not others:
            self._draw(first)
            return
        for request in (first, *others):
            self._submit(request)

    def seeds(self, count: int) -> None:
        """Ask for all of them with so many seeds: the one that is set, and those after it.

        Raises:
            BadInput: as for `requests`, and when these are too many.
        """
        wanted = self.requests()
        if count * len(wanted) > _MOST:
            msg = f"{count} seeds of {len(wanted)} prompts are {count * len(wanted)} pictures: ask for {_MOST} at most"
            raise BadInput(msg)
        self._remember(wanted[0])
        for request in wanted:
            seed = request.recipe.seed
            for turn in range(count):
                recipe = request.recipe.changed(seed=(seed + turn) % _SEEDS)
                self._submit(Request(recipe, request.pictures, sketch=request.sketch))

    def _remember(self, request: Request) -> None:
        """Keep the words as they are written, for Alt+Up."""
        self._history.keep(self._prompt() or request.recipe.prompt, request.recipe.negative_prompt)
