"""Says above a Studio when what is drawn there is not kept, and what can be done about it; draws nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab.session import Lab
from widgets.studio.inputs.task_inputs import TaskInput
from widgets.studio.notices import Notices

_ABOUT = "not kept"


class Keeping:
    """Looks at the sketches of one Studio.

    Args:
        lab: whose session keeps them.
        task: name of the Studio's task.
        sources: with the canvases whose sketches are kept.
        notices: where it is said.
        later: does something on the Studio's own thread, under a key.
    """

    def __init__(
        self,
        lab: Lab,
        task: str,
        sources: Sequence[TaskInput],
        notices: Notices,
        later: Callable[[str, Callable[[], None]], None],
    ) -> None:
        self._lab, self._notices, self._later = lab, notices, later
        names = [task, *(f"{task}.{source.name}" for source in sources[1:])]
        self._sketches = [(name, source.surfaces[0]) for name, source in zip(names, sources, strict=False)]
        self._said, self._has_looked = "", False

    def look(self) -> None:
        """Say what is the matter, or say no more that something is. Any thread."""
        reasons = [self._lab.autosave.not_kept(name) for name, _ in self._sketches]
        reason = next(filter(None, reasons), "")
        is_first, self._has_looked = not self._has_looked, True
        if reason == self._said or (reason and not is_first and "kernel" not in reason):
            return  # what cannot be written any more the canvas itself says, at the stroke
        self._said = reason
        if not reason:
            self._notices.take_back(_ABOUT)
        elif "kernel" in reason:
            actions = {
                "Take over": lambda: self._later("take over", self.take_over),
                "Copy to a new session": lambda: self._later("copy", self.copy),
            }
            self._notices.say(reason, actions, about=_ABOUT)
        else:
            self._notices.say(reason, about=_ABOUT)

    def take_over(self) -> None:
        """Let this kernel keep the sketches, whoever did; what was drawn here since stays on top."""
        for name, canvas in self._sketches:
            with canvas.guard:
                self._lab.autosave.take_over(name, by_force=True)
                canvas.refresh()
        self._said = ""
        self._notices.take_back(_ABOUT)
        self.look()

    def copy(self) -> None:
        """Keep what is here under another session, which a cell can open."""
        name = self._lab.autosave.copy()
        self._said = ""
        self._notices.say(f'A copy is kept: open_lab(session="{name}") goes on with it.', about=_ABOUT)
