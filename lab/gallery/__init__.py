"""What stays on disk: results with their recipes, sketches with their undo, settings. No torch, no widgets."""

from lab.gallery.autosave import Autosave
from lab.gallery.files import home_folder
from lab.gallery.gallery import Gallery, Kept
from lab.gallery.metadata import png_with_recipe, recipe_in, recipe_of
from lab.gallery.prompt_history import PromptHistory, Said
from lab.gallery.styles import Style, Styles

__all__ = [
    "Autosave",
    "Gallery",
    "Kept",
    "PromptHistory",
    "Said",
    "Style",
    "Styles",
    "home_folder",
    "png_with_recipe",
    "recipe_in",
    "recipe_of",
]
