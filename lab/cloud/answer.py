"""What comes back from a serverless GPU: the picture with what really ran, or one sentence and its kind."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from lab.cloud.payload import MAX_BYTES
from lab.core.errors import BadInput, EndpointFailed, JobFailed, MissingWeights, OutOfMemory, SketchlabError
from lab.core.events import Result
from lab.core.picture import Picture
from lab.core.recipe import Plan, Recipe
from lab.gallery import Made, made_in, png_with_recipe

_KINDS: dict[str, type[SketchlabError]] = {
    "bad_input": BadInput,
    "missing_weights": MissingWeights,
    "out_of_memory": OutOfMemory,
    "defect": JobFailed,
}
"""What an answer's `kind` says, and the error that it is here. The other kinds are troubles of that one worker."""
BROKEN_WORKER = "broken_worker"
"""The kind of whatever another worker may do better: its GPU is out of order, or it is about to end."""
_PATH = re.compile(r"(?<![\w/])(?:~|[A-Za-z]:)?(?:[/\\][\w.@ +-]+)+[/\\]([\w.@+-]+)")


@dataclass(frozen=True)
class Drawn:
    """A picture that was drawn elsewhere: its pixels, what ran there, and the seconds it took.

    `was_there` says that it had been drawn before, so that it costs nothing now; `made` is what its file says.
    """

    picture: Picture
    note: str
    device: str
    dtype: str
    revision: str | None
    seconds: float
    precision: str = ""
    was_there: bool = False
    made: Made = field(default_factory=Made)

    def plan(self, planned: Plan) -> Plan:
        """What was planned here, as it ran there."""
        recipe = planned.recipe.changed(precision=self.precision or planned.recipe.precision)
        return replace(
            planned, recipe=recipe, note=self.note, device=self.device, dtype=self.dtype, revision=self.revision,
            threads=self.made.threads, versions=self.made.versions, weights=self.made.weights,
        )  # fmt: skip


def answer_of(result: Result, asked: Recipe, *, store: Callable[[bytes], str] | None = None) -> dict[str, Any]:
    """A result as JSON values: `{"png": base64}`, or `{"stored": name}` where it is too large, with what ran.

    Args:
        result: the picture.
        asked: its recipe as it came; that of the result may name files of the worker.
        store: keeps bytes where both sides see them, and gives their name.

    Raises:
        BadInput: when the picture is too large to travel, and there is no such place.
    """
    plan = replace(result.plan, recipe=asked.changed(precision=result.plan.recipe.precision))
    png = png_with_recipe(replace(result, plan=plan))
    ran: dict[str, Any] = {
        "summary": plan.summary,
        "note": plan.note,
        "seconds": round(result.seconds, 3),
        "device": plan.device,
        "dtype": plan.dtype,
        "precision": plan.recipe.precision,
        "revision": plan.revision,
    }
    name = store(png) if store is not None else ""
    text = base64.b64encode(png).decode()
    if len(text) <= MAX_BYTES:
        return {"png": text, **ran}
    if not name:
        msg = (
            f"the picture weighs {len(text) / 1e6:.1f} MB on the way back, more than {MAX_BYTES / 1e6:.0f}: ask for a "
            "smaller one, or give endpoint and lab one network volume"
        )
        raise BadInput(msg)
    return {"stored": name, **ran}


def drawn_in(answer: Any, stored: Callable[[str], bytes | None]) -> Drawn:
    """The picture in an answer.

    Raises:
        EndpointFailed: when the answer is none of ours.
    """
    try:
        png = base64.b64decode(answer["png"], validate=True) if "png" in answer else stored(str(answer["stored"]))
        if png is None:
            msg = "the picture is on the endpoint's network volume, which is not the lab's: name it by ?volume="
            raise EndpointFailed(msg)
        return Drawn(
            Picture.of(png),
            note=str(answer.get("note", "")),
            device=str(answer.get("device", "")),
            dtype=str(answer.get("dtype", "")),
            precision=str(answer.get("precision", "")),
            revision=answer.get("revision"),
            seconds=float(answer.get("seconds", 0.0)),
            was_there=answer.get("was_there") is True,
            made=made_in(png),
        )
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        msg = "the endpoint answers with something else than a picture: does it run `python -m lab serve`?"
        raise EndpointFailed(msg) from error


def refusal(error: BaseException) -> dict[str, Any]:
    """An error as JSON values, `{"error": sentence, "kind": ...}`, without the paths of the worker."""
    kind = next((kind for kind, of in _KINDS.items() if isinstance(error, of)), "defect")
    return {"error": without_paths(str(error)) or type(error).__name__, "kind": kind}


def error_in(sentence: str, kind: str) -> SketchlabError | None:
    """The error that an answer speaks of; None for a trouble of that one worker."""
    found = _KINDS.get(kind)
    return found(sentence) if found else None


def without_paths(sentence: str) -> str:
    """A sentence in which of every path the last part is left."""
    return _PATH.sub(r"\1", sentence)
