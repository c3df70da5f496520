"""Two pictures against each other, pixel by pixel."""

from lab.retouch.comparing.pixel_difference import PixelDifference, pixel_difference, shrunk_map

__all__ = ["PixelDifference", "pixel_difference", "shrunk_map"]
