"""The starter model that ships with the lab: where its weights lie and how it likes to be run; loads nothing heavy."""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"

SIZE_PX = 256
STEPS = 12
LIVE_STEPS = 4
GUIDANCE = 3.0
CONTROL_SCALE = 1.0
