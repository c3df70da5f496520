"""What a sampler of ComfyUI started from: nothing, a picture, a masked picture, or one that grows."""

from __future__ import annotations

from typing import NamedTuple

from lab.gallery.foreign.comfyui.graph import Graph, Link, Node
from lab.gallery.foreign.imported import Draft

_MOST = 50
_UNNAMED = "that it started from"


class Start(NamedTuple):
    """Where a drawing began.

    Args:
        task: the lab's task for it.
        width: of an empty picture, or that the picture was brought to, in pixels.
        height: the same.
        picture: the name of the file to start from; None when there is none.
        mask: the name of the file with the mask; "" when it is the alpha of the picture.
        sides: pixels that were added left, above, right and below.
        settings: of the task.
        said: why there is no size.
    """

    task: str = "text_to_image"
    width: int | None = None
    height: int | None = None
    picture: str | None = None
    mask: str | None = None
    sides: tuple[int, int, int, int] | None = None
    settings: dict[str, float | int | str | bool] = {}  # noqa: RUF012 - never changed
    said: str = ""


def start_of(graph: Graph, link: Link | None, draft: Draft) -> Start:
    """Where the latents behind this link come from."""
    masks: list[Link] = []
    for _ in range(_MOST):
        node = graph.at(link)
        if node is None:
            return Start(said="size: not told")
        if node.kind == "SetLatentNoiseMask":
            masks += filter(None, [node.link("mask")])
            link = node.link("samples")
        elif pixels := node.link("pixels"):
            return _of_picture(graph, node, pixels, masks, draft)
        elif "width" in node.inputs and "height" in node.inputs:
            return _empty(graph, node)
        elif following := node.link("samples", "latent", "latent_image"):
            if node.kind not in ("RepeatLatentBatch", "LatentFromBatch", "Reroute"):
                draft.say(f"the node {node.kind} before the sampler")
            link = following
        else:
            draft.say(f"the node {node.kind} makes what the sampler starts from")
            return Start()
    return Start(said="size: the graph goes in a circle")


def _empty(graph: Graph, node: Node) -> Start:
    width, height = (graph.whole(node.inputs[name]) for name in ("width", "height"))
    if width is not None and height is not None:
        return Start(width=width, height=height)
    makers = [graph.at(one) for name, one in node.links.items() if name in ("width", "height")]
    told = {f"{one.kind} {', '.join(f'{k} {v}' for k, v in one.inputs.items())}".strip(): 1 for one in makers if one}
    return Start(said=f"size: made while it ran by {', '.join(told) or 'a node that is not there'}"[:300])


def _of_picture(graph: Graph, encoder: Node, pixels: Link, masks: list[Link], draft: Draft) -> Start:
    """A picture that is encoded, with what happens to it before."""
    if own := encoder.link("mask"):
        masks = [*masks, own]
    found = _loaded(graph, encoder, pixels, draft)
    if encoder.kind == "InstructPixToPixConditioning":
        return found._replace(task="edit")
    if found.sides is not None:
        return found._replace(task="outpaint")
    return _masked(graph, encoder, masks[0], found, draft) if masks else found._replace(task="image_to_image")


def _loaded(graph: Graph, encoder: Node, pixels: Link, draft: Draft) -> Start:
    """The picture behind the link, with the size that it is brought to and the sides that are added."""
    found = Start(picture=_UNNAMED)
    link: Link | None = pixels
    for _ in range(_MOST):
        node = graph.at(link)
        if node is None:
            break
        if node.kind.startswith("LoadImage") or not node.links:
            return found._replace(picture=str(node.inputs.get("image", _UNNAMED)))
        if node.kind == "ImagePadForOutpaint":
            found = found._replace(sides=_sides(graph, node, encoder, draft))
        elif node.kind == "ImageScale" and found.width is None:
            width, height = (graph.whole(node.inputs.get(side)) for side in ("width", "height"))
            found = found._replace(width=width, height=height)
        else:
            draft.say(f"the node {node.kind} on the picture to start from")
        link = node.link("image", "images", "pixels")
    return found


def _masked(graph: Graph, encoder: Node, mask: Link, found: Start, draft: Draft) -> Start:
    name, settings = _mask(graph, mask, draft)
    if grow := graph.whole(encoder.inputs.get("grow_mask_by")):
        settings["grow_px"] = grow
        draft.say(f"grow_mask_by {grow} grows the mask in the latents, at every eighth pixel")
    return found._replace(task="inpaint", mask=name, settings=settings)


def _sides(graph: Graph, node: Node, encoder: Node, draft: Draft) -> tuple[int, int, int, int] | None:
    said = [f"feathering {node.inputs.get('feathering')}"]
    if "grow_mask_by" in encoder.inputs:
        said.append(f"grow_mask_by {encoder.inputs['grow_mask_by']}")
    draft.say(f"how old and new meet: {', '.join(said)}; the lab has overlap_px for it")
    left, top, right, bottom = (graph.whole(node.inputs.get(side)) for side in ("left", "top", "right", "bottom"))
    if left is None or top is None or right is None or bottom is None:
        draft.say("by how much the picture grows: made while it ran")
        return None
    return left, top, right, bottom


def _mask(graph: Graph, link: Link, draft: Draft) -> tuple[str, dict[str, float | int | str | bool]]:
    """The name of the mask's file, and the settings that nodes on its way are for the lab."""
    settings: dict[str, float | int | str | bool] = {}
    for _ in range(_MOST):
        node = graph.at(link)
        if node is None:
            break
        if node.kind in ("LoadImageMask", "LoadImage"):
            name = str(node.inputs.get("image", ""))
            if node.kind == "LoadImage" and link.slot == 1:
                draft.say(f"the mask is what is transparent in {name}")
            return name, settings
        if node.kind == "GrowMask" and (grown := graph.whole(node.inputs.get("expand"))) is not None:
            if grown >= 0:
                settings["grow_px"] = grown
            draft.say(f"the mask is grown by {grown} pixels of the whole picture")
        elif node.kind not in ("ImageToMask", "MaskToImage"):
            draft.say(f"the node {node.kind} on the mask")
        following = node.link("mask", "image", "masks")
        if following is None:
            break
        link = following
    return "of the mask", settings
