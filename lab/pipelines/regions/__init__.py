"""Parts of a picture with words of their own: what they are, what each counts where, and how a family hears them."""

from lab.pipelines.regions.heard import Drawn, heard
from lab.pipelines.regions.shares import RegionWords, named_regions, with_pooled

__all__ = ["Drawn", "RegionWords", "heard", "named_regions", "with_pooled"]
