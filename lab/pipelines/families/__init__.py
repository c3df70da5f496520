"""One file a family of models."""

from lab.pipelines.families._family import Family
from lab.pipelines.families.starter import STARTER

FAMILIES: dict[str, Family] = {family.name: family for family in (STARTER,)}

__all__ = ["FAMILIES", "Family"]
