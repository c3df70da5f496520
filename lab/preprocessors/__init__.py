"""From a picture to a control map, and from a finished picture to another; one file a family. Knows no task, no model.

`control_map("canny", picture, size, {"low_threshold": 50})` makes a map. `preprocessor_named("canny")` is its
declaration: what it suits, which kinds of ControlNet it feeds, its settings with bounds and help, the weights that it
needs. `@preprocessor` and `@filter` make any function one of them.
"""

from lab.preprocessors import (  # noqa: F401 they declare themselves
    edges,
    lines,
    networks,
    passthrough,
)
from lab.preprocessors.declared_tools import tools_of
from lab.preprocessors.filters import FILTERS, Filter, filter, filter_named, filtered  # noqa: A004 the users' word
from lab.preprocessors.maps import PREPROCESSORS, Preprocessor, control_map, preprocessor, preprocessor_named
from lab.preprocessors.tool import Tool
from lab.vision.annotator_weights import Weights
from lab.vision.annotators import Detector

__all__ = [
    "FILTERS",
    "PREPROCESSORS",
    "Detector",
    "Filter",
    "Preprocessor",
    "Tool",
    "Weights",
    "control_map",
    "filter",
    "filter_named",
    "filtered",
    "preprocessor",
    "preprocessor_named",
    "tools_of",
]
