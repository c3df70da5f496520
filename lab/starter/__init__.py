"""The starter model that ships with the lab: where its weights lie. How it likes to be run says `lab.core.catalogue`."""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"
