"""All pictures of a home, found, looked at and gone on with."""

from widgets.gallery.gallery_view import GalleryView

__all__ = ["GalleryView"]
