"""How a picture was made, beyond what its recipe says: when, where, by which libraries and weights. Knows no files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lab.core.events import Result
from lab.core.recipe import Plan

Kind = Literal["asked for", "live", "quick"]
"""How a picture came about; a quick one is one of the live slot's that is followed by another in more steps."""
PLANNED = ("steps", "steps_run", "guidance_scale", "image_guidance_scale", "strength", "scheduler", "size")
"""What of a plan is remembered: what model and task made of the recipe."""


class Made(BaseModel):
    """What a picture's file says besides its recipe. What is not known, as in files of earlier versions, is empty.

    What a newer version says on top is left out.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False, use_attribute_docstrings=True)

    summary: str = ""
    """What ran, in a few words."""
    seconds: float = 0.0
    """From the start of the job to the picture."""
    session: str = ""
    """Whose picture it is."""
    made_at: datetime | None = None
    """When, with its zone."""
    kind: Kind = "asked for"
    """How it came about."""
    parent: str = ""
    """The file of the gallery that holds the picture which this one was made of; empty where none does."""
    sketch: str = ""
    """The strokes that were drawn, by their hash."""
    device: str = ""
    """Where it was drawn."""
    dtype: str = ""
    """The numbers it was drawn in."""
    threads: int = 0
    """How many threads of the processor counted."""
    versions: Mapping[str, str] = Field(default_factory=dict)
    """Of the lab and its libraries."""
    weights: Mapping[str, str] = Field(default_factory=dict)
    """For each file or repository of weights its SHA-256, or the commit."""
    revision: str | None = None
    """Commit of the hub repository that the model is from."""
    planned: Mapping[str, Any] = Field(default_factory=dict)
    """What of the plan was read from model and task, such as the steps that ran; see `PLANNED`."""
    recipe: str = ""
    """The recipe's own hash, as it was when the picture was made."""
    pixels: str = ""
    """The hash of the picture itself."""

    @classmethod
    def of(cls, values: Any) -> Made:
        """What was written of it; nothing of what cannot be read."""
        try:
            return cls.model_validate(values)
        except ValidationError:
            return cls()

    def to_values(self) -> dict[str, Any]:
        """Every field that is known, as JSON values by name, from which `Made.of` makes the same."""
        return self.model_dump(mode="json", exclude_defaults=True)


def made_of(result: Result, **known: Any) -> Made:
    """What there is to remember of a result; `known` are the fields that only its gallery knows."""
    plan = result.plan
    return Made(
        summary=plan.summary,
        seconds=round(result.seconds, 3),
        device=plan.device,
        dtype=plan.dtype,
        threads=plan.threads,
        versions=plan.versions,
        weights=plan.weights,
        revision=plan.revision,
        planned=planned_values(plan),
        recipe=plan.recipe.hash,
        pixels=result.picture.hash,
        **known,
    )


def planned_values(plan: Plan) -> dict[str, Any]:
    """What of a plan is remembered, as JSON values."""
    values = {name: getattr(plan, name) for name in PLANNED}
    return {**values, "size": list(plan.size)}
