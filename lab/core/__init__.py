"""The ground floor: values and nothing else. No threads, no files, no torch, no widgets."""

from lab.core.conditioning import control, reference, region
from lab.core.errors import (
    BadInput,
    JobFailed,
    MissingWeights,
    NotFinite,
    OutOfMemory,
    SketchlabError,
    Stopped,
    WouldBlock,
)
from lab.core.geometry import Box, Size
from lab.core.history import SketchHistory
from lab.core.picture import Mask, Picture, PictureLike
from lab.core.raster import rasterise
from lab.core.recipe import Control, Finish, Lora, Plan, Recipe, Reference, Region, Request
from lab.core.sketch import Sketch
from lab.core.stroke import Stroke

__all__ = [
    "BadInput",
    "Box",
    "Control",
    "Finish",
    "JobFailed",
    "Lora",
    "Mask",
    "MissingWeights",
    "NotFinite",
    "OutOfMemory",
    "Picture",
    "PictureLike",
    "Plan",
    "Recipe",
    "Reference",
    "Region",
    "Request",
    "Size",
    "Sketch",
    "SketchHistory",
    "SketchlabError",
    "Stopped",
    "Stroke",
    "WouldBlock",
    "control",
    "rasterise",
    "reference",
    "region",
]
