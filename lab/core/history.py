"""A sketch that can be changed and changed back; tells a recorder of every change, but knows no file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from lab.core.errors import BadInput
from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.core.sentences.checked_call import checked
from lab.core.sketch import Sketch, picture_from_text, picture_to_text
from lab.core.stroke import Stroke

Recorder = Callable[[dict[str, Any]], None]


@checked
class SketchHistory:
    """A sketch with undo: every change is one step, `depth` deep.

    Sketches share their strokes, so that a step costs a tuple and not a picture. Each change is told to `record` as one
    small JSON value; `replay` of all of them gives the same sketch with the same undo. Not locked: its owner is.

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

    @checked
    def latest(self, is_wanted: Callable[[Sketch], bool]) -> Sketch | None:
        """The latest of the sketches that undo can bring back for which `is_wanted` says so; None when none is."""
        return next((sketch for sketch in reversed(self._past) if is_wanted(sketch)), None)

    @checked
    def draw(self, stroke: Stroke) -> None:
        """Put one more stroke on top."""
        self._change(self.sketch + stroke)
        self._tell({"op": "draw", "stroke": stroke.to_dict()})

    @checked
    def replace(self, sketch: Sketch) -> None:
        """Put another sketch in this one's place, as one step of undo."""
        self._change(sketch)
        self._tell({"op": "replace", "sketch": sketch.to_dict()})

    @checked
    def redraw(self, *strokes: Stroke) -> None:
        """Put these strokes in the place of all, as one step of undo; paper and background stay."""
        self._change(self.sketch.with_strokes(strokes))
        self._tell({"op": "redraw", "strokes": [stroke.to_dict() for stroke in strokes]})

    @checked
    def lay(self, background: Picture | None, size: Size | None = None) -> None:
        """Put another picture under the strokes, or none, as one step of undo; `size` is the new paper's."""
        self._change(self.sketch.with_background(background, size))
        self._tell({"op": "lay", "background": picture_to_text(background), "size": list(self.sketch.size)})

    def clear(self) -> None:
        """Take all strokes away, as one step of undo."""
        self._change(self.sketch.cleared())
        self._tell({"op": "clear"})

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

    def undo(self) -> bool:
        """Take the last change back; False when there is none."""
        return self._step("undo", self._past, self._future)

    def redo(self) -> bool:
        """Bring the last change back; False when there is none."""
        return self._step("redo", self._future, self._past)

    def replay(self, changes: Iterable[dict[str, Any]]) -> None:
        """Make changes that were recorded before, without recording them again.

        Raises:
            BadInput: when a change is not one that `record` was told.
        """
        record, self.record = self.record, None
        try:
            for change in changes:
                self._replay(change)
        except KeyError as error:
            msg = f"a recorded change lacks its {error}"
            raise BadInput(msg) from error
        finally:
            self.record = record

    def _replay(self, change: dict[str, Any]) -> None:
        match change["op"]:
            case "draw":
                self.draw(Stroke.from_dict(change["stroke"]))
            case "replace":
                self.replace(Sketch.from_dict(change["sketch"]))
            case "redraw":
                self.redraw(*(Stroke.from_dict(stroke) for stroke in change["strokes"]))
            case "lay":
                self.lay(picture_from_text(change["background"]), Size(*change["size"]))
            case "clear":
                self.clear()
            case "resize":
                self._resize(Size(*change["size"]))
            case "undo":
                self.undo()
            case "redo":
                self.redo()
            case other:
                msg = f"there is no change {other!r} of a sketch"
                raise BadInput(msg)

    def _resize(self, size: Size) -> None:
        self.sketch = Sketch(size)
        self._tell({"op": "resize", "size": list(size)})

    def _change(self, sketch: Sketch) -> None:
        self._past = [*self._past[-self.depth + 1 :], self.sketch]
        self._future.clear()
        self.sketch = sketch

    def _step(self, op: str, source: list[Sketch], target: list[Sketch]) -> bool:
        if not source:
            return False
        target.append(self.sketch)
        self.sketch = source.pop()
        self._tell({"op": op})
        return True

    def _tell(self, change: dict[str, Any]) -> None:
        if self.record:
            self.record(change)
