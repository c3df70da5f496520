"""What stays on disk: results with their recipes, sketches with their undo, settings. No torch, no widgets."""

from lab.gallery.autosave import Autosave
from lab.gallery.files import home_folder
from lab.gallery.gallery import Gallery, Kept
from lab.gallery.made import Made
from lab.gallery.metadata import made_in, png_with_recipe, recipe_in, recipe_of

__all__ = ["Autosave", "Gallery", "Kept", "Made", "home_folder", "made_in", "png_with_recipe", "recipe_in", "recipe_of"]
