"""One file a family of models."""

from lab.pipelines.families._family import USUAL, Embeddings, Family, Latents, Steered, Way
from lab.pipelines.families._parts import check_parts
from lab.pipelines.families._reading import Read, read_by
from lab.pipelines.families.instruct import INSTRUCT
from lab.pipelines.families.klein import KLEIN
from lab.pipelines.families.qwen_edit import QWEN_EDIT
from lab.pipelines.families.sd15 import SD15
from lab.pipelines.families.sdxl import SDXL
from lab.pipelines.families.starter import STARTER
from lab.pipelines.families.z_image import Z_IMAGE

FAMILIES: dict[str, Family] = {
    family.name: family for family in (STARTER, SD15, SDXL, Z_IMAGE, KLEIN, QWEN_EDIT, INSTRUCT)
}

__all__ = ["FAMILIES", "USUAL", "Embeddings", "Family", "Latents", "Read", "Steered", "Way", "check_parts", "read_by"]
