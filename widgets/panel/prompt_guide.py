"""How far a model reads a prompt, beside it, and weights of words by keys; knows no picture and no job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from traitlets import Bool, Dict

from lab.core.catalogue import ModelCard
from lab.prompts import nudged
from lab.session.choices import WordCount, count_words
from widgets.base.background_queue import BackgroundQueue
from widgets.base.bare import AnyWidget
from widgets.base.thread_safe import ThreadSafe

_HERE = Path(__file__).parent
_STEP = 0.1
"""Of a weight, at one press: A1111's usual."""
Count = Callable[[str, ModelCard, bool], WordCount | None]


def _counted(prompt: str, card: ModelCard, is_weighted: bool) -> WordCount | None:  # noqa: FBT001 a value
    return count_words(prompt, card, weighted=is_weighted)


class PromptGuide(ThreadSafe, AnyWidget):
    """Stands among the words: counts the pieces of the prompt, greys what is not read, and hears Ctrl+Up and Ctrl+Down.

    Args:
        card: the model that reads.
        weigh: called with the prompt whose weights a person changed.
        count: tells how far a prompt is read; called beside the kernel's main thread, since it may take seconds.
    """

    _esm = _HERE / "prompt_guide.js"
    _css = _HERE / "prompt_guide.css"

    # written by Python: `{"prompt", "tokens", "limit", "cut", "chunks"}`, empty while nothing is known
    count = Dict().tag(sync=True)
    weighs = Bool(default_value=False).tag(sync=True)

    def __init__(self, card: ModelCard, weigh: Callable[[str], None], count: Count = _counted) -> None:
        self._card, self._weigh, self._count_words = card, weigh, count
        self._queue = BackgroundQueue("counting words")
        self._wanted, self._is_awake = ("", False), False
        super().__init__(weighs=card.weighs_words)
        self.on_msg(self._hear)

    def look_at(self, prompt: str, *, is_weighted: bool) -> None:
        """Count this prompt, once `wake` was called; returns at once."""
        self._wanted = (prompt, is_weighted)
        if not prompt:
            self.post(count={})
        elif self._is_awake:
            self._queue.run_next(lambda: self._look(prompt, is_weighted=is_weighted))

    def wake(self) -> None:
        """Begin to count, now that the engine is there: both wake large libraries, never at once."""
        if not self._is_awake:
            self._is_awake = True
            self.look_at(self._wanted[0], is_weighted=self._wanted[1])

    def close(self) -> None:
        """Count no more; a prompt that is being counted is not shown."""
        self._queue.close()
        super().close()

    def _look(self, prompt: str, *, is_weighted: bool) -> None:
        """On the queue."""
        found = self._count_words(prompt, self._card, is_weighted)
        self.post(count={} if found is None else {"prompt": prompt, **found._asdict()})

    def _hear(self, _guide: object, said: dict[str, Any], _buffers: object) -> None:
        """The keys: another weight on what is selected."""
        prompt, places = said.get("prompt"), (said.get("start"), said.get("end"))
        if said.get("kind") != "weigh" or not isinstance(prompt, str) or not all(type(one) is int for one in places):
            return
        if not self.weighs:
            return
        made = nudged(prompt, *places, _STEP if said.get("is_more") else -_STEP)  # pyright: ignore[reportArgumentType]
        self._weigh(made.prompt)
        self.send({"kind": "weighed", "prompt": made.prompt, "start": made.start, "end": made.end})
