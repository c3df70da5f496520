"""Many pictures from one line: grids of a recipe, and batches of files."""

from lab.session.many.batch import Batch
from lab.session.many.many_pictures import ManyPictures
from lab.session.many.recipe_grid import Grid

__all__ = ["Batch", "Grid", "ManyPictures"]
