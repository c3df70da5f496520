"""A sketch that can be changed and changed back; tells a recorder of every change, but knows no file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from operator import is_
from typing import Any

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.core.sentences.checked_call import checked
from lab.core.sketch import Sketch, picture_from_text, picture_to_text
from lab.core.stroke import Stroke

Recorder = Callable[[dict[str, Any]], None]
UNDO_BYTES = 96 << 20
"""What undo may keep of pictures and strokes that are no longer on the paper: some twenty photographs as they are drawn
on. The last step can be taken back whatever it weighs."""


@checked
class SketchHistory:
    """A sketch with undo: every change is one step, `depth` deep, as long as `UNDO_BYTES` suffice.

    Sketches share their strokes, so that a step costs a tuple and not a picture. Each change is told to `record` as one
    JSON value; `replay` of all of them gives the same sketch with the same undo. Not locked: its owner is.

    Two things are here because they outlive the widgets that draw into it: `name`, the same whenever the same sketch is
    opened, empty for one that is not kept; and `heard`, the number of the last change that each browser sent.
    """

    depth = 1000

    def __init__(self, sketch: Sketch | None = None, record: Recorder | None = None) -> None:
        """Begin with a sketch, or with empty paper; `record` is called with each change from now on."""
        self.sketch = sketch or Sketch()
        self.record = record
        self.name = ""
        self.heard: dict[str, int] = {}
        self._past: list[Sketch] = []
        self._future: list[Sketch] = []
        self._replays = False
        self._left_bytes: list[int] = []  # of each step of the past, what is kept for it alone

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to bring back."""
        return bool(self._future)

    @property
    def steps(self) -> tuple[int, int]:
        """How many changes can be taken back, and how many brought back."""
        return len(self._past), len(self._future)

    @property
    def last_drawn(self) -> Sketch | None:
        """The latest sketch that undo can bring back with strokes, others than those now; None when none has any."""
        earlier = reversed(self._past)
        return next((one for one in earlier if one.strokes and one.strokes is not self.sketch.strokes), None)

    @property
    def timeline(self) -> tuple[list[Sketch], int]:
        """All sketches that undo and redo can show, the oldest first, and which of them is shown."""
        return [*self._past, self.sketch, *reversed(self._future)], len(self._past)

    def go_on_from(self, timeline: list[Sketch], at: int) -> None:
        """Be where another history was, by its `timeline`; is not recorded."""
        self._past, self.sketch, self._future = timeline[:at], timeline[at], timeline[:at:-1]
        self._left_bytes = [_left_behind(*pair) for pair in pairwise(timeline[: at + 1])]
        self._forget_the_heaviest()

    @checked
    def draw(self, stroke: Stroke) -> None:
        """Put one more stroke on top.

        Raises:
            BadInput: when it is no stroke; nothing is changed then.
        """
        self._change(self.sketch + stroke, lambda: {"op": "draw", "stroke": stroke.to_dict()})

    @checked
    def replace(self, sketch: Sketch) -> None:
        """Put another sketch in this one's place, as one step of undo; errors as for `draw`."""
        if not isinstance(sketch, Sketch):
            msg = f"a sketch is replaced by a sketch, not by a {type(sketch).__name__}"
            raise BadInput(msg)
        self._change(sketch, lambda: {"op": "replace", "sketch": sketch.to_dict()})

    @checked
    def redraw(self, *strokes: Stroke) -> None:
        """Put these strokes in the place of all, as one step of undo; paper and background stay. Raises as `draw`."""
        self._change(
            self.sketch.with_strokes(strokes),
            lambda: {"op": "redraw", "strokes": [stroke.to_dict() for stroke in strokes]},
        )

    @checked
    def lay(self, background: Picture | None, size: Size | None = None) -> None:
        """Put another picture under the strokes, or none, as one step of undo; `size` is the new paper's.

        Errors as for `draw`.
        """
        laid = self.sketch.with_background(background, size)
        self._change(laid, lambda: {"op": "lay", "background": picture_to_text(background), "size": list(laid.size)})

    def clear(self) -> None:
        """Take all strokes away, as one step of undo."""
        self._change(self.sketch.cleared(), lambda: {"op": "clear"})

    @checked
    def fit(self, size: Size) -> None:
        """Have paper of this size, and lose nothing: bare paper is resized, which is no step.

        Strokes on paper of another size are set aside. Where undo or redo brought them, by the way back; else as one
        step of undo.
        """
        if self.sketch.size == size:
            return
        if self.sketch.is_empty and self.sketch.background is None:
            self._resize(size)
        elif self._future and self._future[-1].size == size:
            self.redo()
        elif self._past and self._past[-1].size == size:
            self.undo()
        else:
            self.replace(Sketch(size))

    def replay(self, changes: Iterable[dict[str, Any]], *, leave_out: bool = False) -> int:
        """Make changes that were recorded before, without recording them again; how many had to be left out.

        Args:
            changes: in their order.
            leave_out: whether one that cannot be made becomes a step that changes nothing, so that later ones that take
                steps back still mean the same.

        Raises:
            BadInput: when a change is not one that `record` was told, unless it is left out.
        """
        record, self.record = self.record, None
        self._replays = True
        left_out = 0
        try:
            for change in changes:
                try:
                    self._replay(change)
                except Exception as error:  # whatever a damaged file may hold
                    if not leave_out:
                        msg = f"this change of a sketch cannot be made: {error}"
                        raise BadInput(msg) from error
                    left_out += 1
                    self._step_to(self.sketch)
        finally:
            self.record, self._replays = record, False
            self._forget_the_heaviest()
        return left_out

    def _replay(self, change: dict[str, Any]) -> None:
        match change["op"]:
            case "draw":
                self.draw(Stroke.from_dict(change["stroke"]))
            case "replace":
                self.replace(Sketch.from_dict(change["sketch"]))
            case "redraw":
                self.redraw(*(Stroke.from_dict(stroke) for stroke in change["strokes"]))
            case "lay":
                self.lay(picture_from_text(change["background"]), Size(*map(int, change["size"])))
            case "clear":
                self.clear()
            case "resize":
                self._resize(Size(*map(int, change["size"])))
            case "undo":
                self.undo()
            case "redo":
                self.redo()
            case other:
                msg = f"there is no change {other!r} of a sketch"
                raise BadInput(msg)

    def _resize(self, size: Size) -> None:
        self.sketch = Sketch(size)
        self._tell(lambda: {"op": "resize", "size": list(size)})

    def _change(self, sketch: Sketch, told: Callable[[], dict[str, Any]]) -> None:
        """Take one step; what cannot be put into words for the recorder is not done at all."""
        change = told() if self.record else None
        self._step_to(sketch)
        if not self._replays:  # where all steps count, since the next may be taken back
            self._forget_the_heaviest()
        if self.record and change is not None:
            self.record(change)

    def _step_to(self, sketch: Sketch) -> None:
        self._left_bytes = [*self._left_bytes[-self.depth + 1 :], _left_behind(self.sketch, sketch)]
        self._past = [*self._past[-self.depth + 1 :], self.sketch]
        self._future.clear()
        self.sketch = sketch

    def _forget_the_heaviest(self) -> None:
        """Forget the oldest steps until the rest is light enough."""
        spare, forgotten = sum(self._left_bytes) - UNDO_BYTES, 0
        while spare > 0 and forgotten < len(self._past) - 1:
            spare -= self._left_bytes[forgotten]
            forgotten += 1
        del self._past[:forgotten], self._left_bytes[:forgotten]

    def undo(self) -> bool:
        """Take the last change back; False when there is none."""
        if not self._past:
            return False
        self._future.append(self.sketch)
        self.sketch = self._past.pop()
        self._left_bytes.pop()
        self._tell(lambda: {"op": "undo"})
        return True

    def redo(self) -> bool:
        """Bring the last change back; False when there is none."""
        if not self._future:
            return False
        self._left_bytes.append(_left_behind(self.sketch, self._future[-1]))
        self._past.append(self.sketch)
        self.sketch = self._future.pop()
        self._tell(lambda: {"op": "redo"})
        return True

    def _tell(self, told: Callable[[], dict[str, Any]]) -> None:
        if self.record:
            self.record(told())


def _left_behind(before: Sketch, after: Sketch) -> int:
    """The bytes of a sketch that the one after it does without."""
    left = 0 if before.background is None or before.background is after.background else before.background.pixels.nbytes
    if _begins_with(after.strokes, before.strokes):
        return left
    stay = {id(stroke) for stroke in after.strokes}
    return left + sum(_bytes_of(stroke) for stroke in before.strokes if id(stroke) not in stay)


def _begins_with(strokes: tuple[Stroke, ...], first: tuple[Stroke, ...]) -> bool:
    return len(strokes) >= len(first) and all(map(is_, strokes, first))


def _bytes_of(stroke: Stroke) -> int:
    return stroke.points.nbytes + (0 if stroke.bitmap is None else stroke.bitmap.pixels.nbytes)
