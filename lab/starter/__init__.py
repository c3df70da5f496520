"""The starter model that ships with the lab: where its weights lie. Its settings stand in `lab.core.catalogue`."""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"
