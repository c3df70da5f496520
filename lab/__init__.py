"""Sketchlab: sketch, paint and steer image diffusion inside JupyterLab.

Examples:
    >>> lab = open_lab()
    >>> result = await lab.run("sketch_to_image", sketch="apple.png", prompt="a red apple", seed=7)
"""

from lab.core import BadInput, Mask, Picture, Recipe, Request, Sketch, SketchlabError, Stroke
from lab.session import Lab, open_lab

__version__ = "0.1.0"

__all__ = [
    "BadInput",
    "Lab",
    "Mask",
    "Picture",
    "Recipe",
    "Request",
    "Sketch",
    "SketchlabError",
    "Stroke",
    "open_lab",
]
