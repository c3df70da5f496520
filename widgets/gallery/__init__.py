"""All pictures of a home, found, looked at and gone on with; and many pictures of one recipe, to choose from."""

from widgets.gallery.gallery_view import GalleryView
from widgets.gallery.grid_view import GridView
from widgets.gallery.seed_browser import SeedBrowser

__all__ = ["GalleryView", "GridView", "SeedBrowser"]
