"""The starter model that ships with the lab: where its weights lie and how it likes to be run; loads nothing heavy."""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"
