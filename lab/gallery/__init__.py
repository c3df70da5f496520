"""What stays on disk: results with their recipes, sketches with their undo, settings. No torch, no widgets."""

from lab.core.events import Result
from lab.core.recipe import Recipe
from lab.gallery.autosave import Autosave
from lab.gallery.comfyui_export import ExportedGraph, to_comfyui
from lab.gallery.files import home_folder
from lab.gallery.gallery import Gallery, Kept
from lab.gallery.made import Made
from lab.gallery.metadata import made_in, png_with_recipe, recipe_in, recipe_of
from lab.gallery.prompt_history import PromptHistory, Said
from lab.gallery.saved_file import pictures_in, save, webp_with_recipe
from lab.gallery.styles import Style, Styles

Recipe.to_comfyui = to_comfyui
Result.save = save

__all__ = [
    "Autosave",
    "ExportedGraph",
    "Gallery",
    "Kept",
    "Made",
    "PromptHistory",
    "Said",
    "Style",
    "Styles",
    "home_folder",
    "made_in",
    "pictures_in",
    "png_with_recipe",
    "recipe_in",
    "recipe_of",
    "to_comfyui",
    "webp_with_recipe",
]
