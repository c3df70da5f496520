"""Prompts as text: weights in brackets, and one that stands for many. Knows no model."""

from lab.prompts.nudge import Nudged, nudged
from lab.prompts.variants import expanded, has_variants
from lab.prompts.weights import BREAK, Weighed, check_weights, weighed

__all__ = ["BREAK", "Nudged", "Weighed", "check_weights", "expanded", "has_variants", "nudged", "weighed"]
