"""Selecting on a picture beside the kernel's main thread, so that the pen never waits for it; knows no canvas."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from lab.core.errors import SketchlabError
from lab.core.geometry import Box
from lab.core.picture import Mask, Picture
from lab.vision.selector import Selector
from widgets.base.background_queue import BackgroundQueue

_log = logging.getLogger("lab.widgets")
_NUMBERS = count()


@dataclass(frozen=True)
class Pick:
    """What a person clicked on, or drew a box around: exactly one of them, in pixels of the picture."""

    point: tuple[float, float] | None = None
    box: Box | None = None
    tolerance: float = 12.0


class AsyncSelection:
    """One selector after the other, each for its picture; all of it on a thread that ends when nothing is to do.

    Args:
        selector_of: makes the selector of a picture; may take its time.
        say: tells the person something; an empty sentence takes the last one back.
        refuse: tells the person what was wrong.
        means: hears what selects, and why, whenever that is found out.
    """

    def __init__(
        self,
        selector_of: Callable[[Picture], Selector],
        say: Callable[[str], None],
        refuse: Callable[[str], None],
        means: Callable[[Selector], None],
    ) -> None:
        self._selector_of, self._say, self._refuse, self._means = selector_of, say, refuse, means
        self._selector: Selector | None = None
        self._making = threading.Lock()
        self._queue = BackgroundQueue("selecting")

    def look(self, picture: Picture) -> None:
        """Get ready for this picture, so that the first click is answered soon; returns at once."""
        self._queue.add("look", lambda: self._ready(picture))

    def ask(self, picture: Picture, pick: Pick, answer: Callable[[Mask], None]) -> None:
        """Select, and call `answer` with what was found, on another thread; returns at once. In turn."""
        self._queue.add(next(_NUMBERS), lambda: self._answer(picture, pick, answer))

    def now(self, picture: Picture, pick: Pick) -> Mask:
        """What is selected; takes as long as it takes.

        Raises:
            BadInput: when there is nothing, or the pick lies outside the picture.
        """
        points = [] if pick.point is None else [pick.point]
        return self._selector_for(picture).mask(points, pick.box, tolerance=pick.tolerance)

    def close(self) -> None:
        """Forget picks that wait, and take no more; one that is being looked for tells nobody."""
        self._queue.close()

    def _answer(self, picture: Picture, pick: Pick, answer: Callable[[Mask], None]) -> None:
        try:
            self._say("")
            self._ready(picture)
            answer(self.now(picture, pick))
        except SketchlabError as error:
            self._refuse(str(error))
        except Exception as error:
            _log.exception("nothing could be selected on %s", picture)
            self._refuse(f"selecting failed: {error}")

    def _ready(self, picture: Picture) -> None:
        selector = self._selector_for(picture)
        if not selector.is_ready:
            self._say(f"{selector.means} looks at the picture first; that takes some seconds.")
            selector.prepare()
            self._say("")

    def _selector_for(self, picture: Picture) -> Selector:
        with self._making:
            selector = self._selector
            if selector is not None and selector.picture == picture:
                return selector
            selector = self._selector = self._selector_of(picture)
        self._means(selector)
        return selector
