"""What is being fetched: how much has come, how fast, how long it takes, and a button that stops it. Knows no model."""

from __future__ import annotations

import time
from collections.abc import Callable

from lab.fetching import Fetching, FetchProgress, on_their_way
from widgets.base.bare import Button, FloatProgress, HBox, PostedLayout, VBox
from widgets.base.page_words import for_page
from widgets.base.thread_safe import ThreadSafe
from widgets.panel.fields import Said

_EVERY_S = 0.1
"""The page hears no more often."""
_GB = 1000
"""MB in one."""


class _Bar(ThreadSafe, FloatProgress):
    """Moved by the thread that fetches."""


class FetchRow(VBox):
    """Shows one download at a time, also one that another Studio of this kernel began; it outlives this row.

    Args:
        on_change: called with how much has come, in a word, while it does, and with "" at the end; on any thread.
    """

    def __init__(self, on_change: Callable[[str], None]) -> None:
        self._on_change = on_change
        self._fetching: Fetching | None = None
        self._told_at = 0.0
        self._end: Callable[[], None] = lambda: None
        self._bar = _Bar(0.0, min=0.0, max=1.0)
        self.said = Said()
        self.refused = Said("refused")
        self.cancel = Button(description="Cancel", icon="times", tooltip="Stop the download; what came stays")
        self.cancel.on_click(lambda _: self._cancel())
        self._shown = PostedLayout(display="none")
        line = HBox([self._bar, self.cancel], layout=self._shown)
        line.add_class("sketchlab-fetch")
        super().__init__([line, self.said, self.refused])
        self.add_class("sketchlab-fetching")
        for one in on_their_way()[:1]:
            self.follow(one)

    @property
    def is_busy(self) -> bool:
        """Whether something is being fetched."""
        return self._fetching is not None and not self._fetching.is_done

    def begin(self, name: str, family: str | None) -> None:
        """Fetch this model; nothing happens while another one comes. Errors as for `Fetching`."""
        if not self.is_busy:
            self.follow(Fetching([name], family=family))

    def follow(self, fetching: Fetching) -> None:
        """Show how much of this has come. Any thread."""
        self._end()
        self._fetching, self._told_at = fetching, 0.0
        self.refused.post(value="")
        self._shown.post(display=None)
        self._end = fetching.listen(lambda _: self._tell())
        self._tell()

    def close(self) -> None:
        """Look no more; what is fetched goes on."""
        self._end()
        super().close()

    def _cancel(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()

    def _tell(self) -> None:
        """On the thread that fetches, mostly: say how it is, a few times a second."""
        fetching = self._fetching
        if fetching is None:
            return
        progress, now = fetching.progress, time.monotonic()
        if fetching.is_done:
            self._shown.post(display="none")
            self.refused.post(value=for_page(fetching.error))
            self._on_change("")
            self.said.post(value=_ended(fetching))
        elif now - self._told_at >= _EVERY_S:
            self._told_at = now
            share = progress.mb / progress.of_mb if progress.of_mb else 0.0
            self._bar.post(value=share)
            self.said.post(value=in_words(fetching.names, progress))
            self._on_change(f"fetching {share:.0%}")


def in_words(names: tuple[str, ...], progress: FetchProgress) -> str:
    """How much of these has come, how fast, and how long the rest takes."""
    parts = [f"Fetching {', '.join(names)}: {_amount(progress.mb)}"]
    if progress.of_mb:
        parts[0] += f" of {_amount(progress.of_mb)}"
    if progress.mb_per_s:
        parts.append(f"{progress.mb_per_s:.1f} MB/s")
    if progress.left_s is not None:
        parts.append(f"{_time(progress.left_s)} left")
    return " · ".join(parts)


def _ended(fetching: Fetching) -> str:
    if fetching.error:
        return ""
    names = ", ".join(fetching.names)
    if fetching.is_cancelled:
        return f"Cancelled: {_amount(fetching.progress.mb)} of {names} stay, and the next try goes on from there."
    return f"{names} is here."


def _amount(mb: int) -> str:
    return f"{mb / _GB:.1f} GB" if mb >= _GB else f"{mb} MB"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
