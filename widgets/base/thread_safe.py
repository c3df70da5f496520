"""The one lock of a widget, and the thread rules of all our widgets; knows no particular widget.

Messages from the browser are handled on the main thread or on a subshell thread, and which one changes from message to
message; workers have threads of their own. ipywidgets applies a browser's update by swapping methods and flags on the
widget itself: whoever writes a trait meanwhile is not sent, not validated, and may be rolled back. Hence:

1. A callback reads, submits and returns within some 10 ms. It never waits, never prints, never touches torch, and
   assumes neither a thread nor an event loop.
2. Work is done by the job queue's worker, never in a callback, never by `asyncio.create_task` in one.
3. A worker never assigns a trait: it calls `post`. `post`, `send` and the browser's updates hold the same lock. It is
   an `RLock`, shared by all parts of one widget; nobody waits for a job, or for another widget, while holding it.
4. Every trait has one writer, browser or Python, said in a comment beside it.
5. Cells `await job`; a blocking wait inside a running event loop is refused.
6. No `print`, `Output` or tqdm in workers. An error becomes a sentence that a widget shows, and a trace in the log.
7. Handlers never raise into ipywidgets, where an exception ends unseen in the browser's log.
8. Progress is merged to at most ten posts a second before it is posted.
"""

from __future__ import annotations

import threading
from typing import Any

from widgets.base.awaiting_cells import keep_fields_alive


class ThreadSafe:
    """Put before an ipywidgets class, as in `class InkLayer(ThreadSafe, AnyWidget)`: lock, `post`, safe `send`."""

    def __init__(self, *args: Any, guard: threading.RLock | None = None, **kwargs: Any) -> None:  # pyright: ignore[reportInvalidTypeForm]
        """Share `guard` with the widget's other parts, or have a lock of its own."""
        keep_fields_alive()
        self.guard = guard or threading.RLock()
        super().__init__(*args, **kwargs)

    def post(self, **traits: Any) -> None:
        """Assign traits from any thread, as one message to the browser.

        Raises:
            AttributeError: when the widget has no such trait.
        """
        unknown = [name for name in traits if not self.has_trait(name)]  # pyright: ignore[reportAttributeAccessIssue]
        if unknown:
            msg = f"{type(self).__name__} has no trait {', '.join(unknown)}"
            raise AttributeError(msg)
        with self.guard, self.hold_sync():  # pyright: ignore[reportAttributeAccessIssue]
            for name, value in traits.items():
                setattr(self, name, value)

    def send(self, content: Any, buffers: list[Any] | None = None) -> None:
        """Send one custom message, from any thread."""
        with self.guard:
            super().send(content, buffers=buffers)  # pyright: ignore[reportAttributeAccessIssue]

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Apply an update of the browser; no `post` comes between its parts."""
        with self.guard:
            super().set_state(sync_data)  # pyright: ignore[reportAttributeAccessIssue]
