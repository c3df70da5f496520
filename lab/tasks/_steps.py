"""How many steps a strength comes to."""

from __future__ import annotations

from lab.core.catalogue import ModelCard

_ROUNDING = 1e-3
"""A slider's notches and a saved file's digits come back this near to whole steps."""
_LEAST = 1 / 150
"""A smaller strength than this keeps the picture: it is less than one step of the longest schedule."""


def on_its_notch(steps: int, strength: float) -> float:
    """The strength; one that misses a whole number of steps by a rounding error, such as 0.58333 of 12, hits it."""
    whole = round(steps * strength)
    if abs(steps * strength - whole) > _ROUNDING or int(steps * strength) == whole:
        return strength
    return min(1.0, (whole + _ROUNDING / 100) / steps)


def steps_run(steps: int, strength: float, card: ModelCard) -> tuple[int, int]:
    """The length of the schedule, and how many of its last steps run, by the rule of diffusers' own pipelines.

    Where that rule leaves none (and diffusers stops with an error), the schedule is refined until one is left, so that
    the picture starts from as much noise as was asked for.
    """
    if strength < _LEAST:
        return steps, 0
    if card.rounds_steps_up:
        return steps, steps - int(max(0.0, steps - min(steps * strength, steps)))
    while int(steps * strength) < 1:
        steps += 1
    return steps, int(steps * strength)
