"""Files of other tools, read: what a recipe can take of them, and in words what it cannot. Opens nothing they name."""

from lab.gallery.foreign.imported import Imported, Missing
from lab.gallery.foreign.reader import read, read_text

__all__ = ["Imported", "Missing", "read", "read_text"]
