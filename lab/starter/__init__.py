"""The starter model that ships with the lab: where its weights lie and how it likes to be run; loads nothing heavy."""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"

SIZE_PX = 256  # the side it was trained at; any multiple of 64 runs
STEPS = 12  # more change next to nothing
LIVE_STEPS = 4  # shapes and colours are there, a little flatter
GUIDANCE = 3.0  # without guidance (1) colours are pale, above 5 they glare
CONTROL_SCALE = 1.0
