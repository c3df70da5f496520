"""Lets the networks of a family hear the words of regions where these are, in the way that the family declares."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

from lab.core.geometry import Size
from lab.pipelines.families import Embeddings, Family
from lab.pipelines.regions.in_flux2 import heard_in_flux2
from lab.pipelines.regions.in_unets import heard_in_unets
from lab.pipelines.regions.shares import RegionWords


class Drawn(NamedTuple):
    """The picture that the networks draw.

    Args:
        size: in pixels.
        pixels_a_latent: how many of its side stand behind one latent.
        guided: whether the first half of a batch of a U-Net is for the negative prompt.
    """

    size: Size
    pixels_a_latent: int
    guided: bool


def heard(
    family: Family, networks: Sequence[Any], words: Embeddings, regions: Sequence[RegionWords], drawn: Drawn
) -> AbstractContextManager[None]:
    """While this lasts, the networks hear the words of the regions where these are; nothing changes without regions.

    Args:
        family: says how its denoiser hears words.
        networks: the denoiser and the ControlNets; None is passed over.
        words: those of the whole picture.
        regions: in order.
        drawn: what they draw.
    """
    if not regions:
        return nullcontext()
    side_px = family.token_px or drawn.pixels_a_latent
    shape = drawn.size.height // side_px, drawn.size.width // side_px
    match family.hears:
        case "cross-attention":
            return heard_in_unets(networks, regions, shape, guided=drawn.guided)
        case "text first":
            return heard_in_flux2(networks, words, regions, shape)
        case "text last":
            from lab.pipelines.regions.in_z_image import heard_in_z_image  # with its pipelines, which only it needs

            return heard_in_z_image(networks, words, regions, shape)
