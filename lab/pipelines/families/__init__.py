"""One file a family of models."""

from lab.pipelines.families._family import Embeddings, Family
from lab.pipelines.families.sd15 import SD15
from lab.pipelines.families.sdxl import SDXL
from lab.pipelines.families.starter import STARTER

FAMILIES: dict[str, Family] = {family.name: family for family in (STARTER, SD15, SDXL)}

__all__ = ["FAMILIES", "Embeddings", "Family"]
