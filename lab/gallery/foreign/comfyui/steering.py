"""What steers a drawing of ComfyUI: model, LoRAs, words and controls, each along its links."""

from __future__ import annotations

import re

from lab.core.catalogue import CATALOGUE
from lab.core.errors import BadInput
from lab.core.recipe import Control
from lab.gallery.foreign.comfyui.graph import Graph, Link, Node
from lab.gallery.foreign.comfyui.sampling import Sampling
from lab.gallery.foreign.comfyui.start import Start
from lab.gallery.foreign.imported import Draft
from lab.gallery.foreign.names import control_kind
from lab.gallery.foreign.shared import OURS, say_control, take_loras, take_model

_MOST = 200
_NAMES_OF_MODELS = ("ckpt_name", "unet_name", "model_name", "base_ckpt_name")
_AS_USUAL = ("DifferentialDiffusion", "Reroute")
_UNION_KINDS = {
    "openpose": "openpose",
    "depth": "depth",
    "hed/pidi/scribble/ted": "scribble",
    "canny/lineart/anime_lineart/mlsd": "canny",
    "normal": "normal",
    "tile": "tile",
    "repaint": "inpaint",
}
"""The kinds of `SetUnionControlNetType` as the lab calls one of each."""
_ALIKE = {
    "scribble": ("lines", "softedge"),
    "canny": ("lineart", "lineart_anime", "mlsd"),
}
"""Kinds that the lab has beside one of those, and that one ControlNet may serve: the title of an export says which."""


def take_weights(graph: Graph, link: Link | None, draft: Draft) -> None:
    """Model and LoRAs, back along the model's links; the LoRA nearest to the model is the first."""
    loras: list[tuple[str, float | None, str]] = []
    for _ in range(_MOST):
        node = graph.at(link)
        if node is None:
            break
        name = next((graph.text(node.inputs[key]) for key in _NAMES_OF_MODELS if key in node.inputs), None)
        if name:
            take_model(draft, name)
            break
        if "lora_name" in node.inputs:
            loras.append(_lora(graph, node, draft))
        elif node.kind == "ComfySwitchNode":
            link = _switched(graph, node)
            continue
        elif node.kind not in _AS_USUAL:
            told = ", ".join(f"{key} {one}" for key, one in node.inputs.items() if not isinstance(one, Link))
            draft.say(f"the model goes through {node.kind}{': ' if told else ''}{told[:200]}")
        link = node.link("model")
    take_loras(draft, reversed(loras))


def _switched(graph: Graph, node: Node) -> Link | None:
    """The side that a switch is on; where both come from one place, that."""
    sides = {name: one for name, one in node.links.items() if name in ("on_true", "on_false")}
    if len(set(sides.values())) == 1:
        return next(iter(sides.values()))
    value = node.inputs.get("switch")
    if isinstance(value, Link):
        behind = graph.at(value)
        value = behind.inputs.get("value") if behind and behind.kind.startswith("Primitive") else None
    return sides.get("on_true" if value else "on_false") if isinstance(value, bool) else None


def _lora(graph: Graph, node: Node, draft: Draft) -> tuple[str, float | None, str]:
    name = graph.text(node.inputs["lora_name"]) or ""
    weight = graph.number(node.inputs.get("strength_model", 1.0))
    clip = graph.number(node.inputs.get("strength_clip"))
    if clip is not None and clip != weight:
        draft.say(f"LoRA {name}: weight {clip:g} for the words; the lab has one weight for both")
    return name, weight, ""


def say_decoder(graph: Graph, link: Link | None, draft: Draft) -> None:
    """Say which VAE decodes, where it is none of the model's own."""
    for node in graph.upstream(link):
        if name := graph.text(node.inputs.get("vae_name")):
            draft.say(f"VAE {name}")
            if draft.fields.get("model") not in CATALOGUE:
                draft.lack("vae", name)


def take_guides(graph: Graph, sampling: Sampling, start: Start, draft: Draft) -> None:
    """Put prompts, ControlNets and what else steers a sampler into the draft, which also says what is left out."""
    controls: list[Control] = []
    told = [
        _text_of(graph, sampling.positive, draft, controls),
        _text_of(graph, sampling.negative, draft, None),
    ]
    positive, negative = _plain(told, draft)
    draft.take("prompt", positive)
    draft.take("negative_prompt", negative)
    if controls:
        draft.take("controls", tuple(reversed(controls)))
    if start.picture is None and sampling.guidance is not None and sampling.guidance <= 1 and negative:
        draft.say(f"with guidance {sampling.guidance:g} the negative prompt does nothing")


def _text_of(graph: Graph, link: Link | None, draft: Draft, controls: list[Control] | None) -> str | None:
    """The words behind a link, and the controls on the way; those on the negative side are the same once more."""
    side = "negative prompt" if controls is None else "prompt"
    for _ in range(_MOST):
        node = graph.at(link)
        if node is None:
            break
        if node.kind == "ConditioningZeroOut" or {"text", "text_g", "prompt"} & {*node.inputs}:
            return _told(graph, node, draft, side)
        if "control_net" in node.inputs:
            if controls is not None:
                _take_control(graph, node, draft, controls)
        elif parts := _several(node):
            draft.say(f"{side}: made of {len(parts)} parts by {node.kind}: {_parts(graph, parts)}")
            return None
        elif node.kind not in _SILENT:
            draft.say(f"{side}: it goes through {node.kind}")
        link = node.link(_side_of(node, link), "conditioning")
    draft.say(f"{side}: made by nodes that are not known")
    return None


def _told(graph: Graph, node: Node, draft: Draft, side: str) -> str | None:
    """What a node that encodes words is told."""
    if node.kind == "ConditioningZeroOut":
        if side == "prompt":
            draft.say("the prompt is switched off (ConditioningZeroOut)")
        return ""
    if "text_g" in node.inputs:
        return _both(graph, node, draft, side)
    return _words(graph, node, node.inputs.get("text", node.inputs.get("prompt")), draft, side)


def _several(node: Node) -> list[Link]:
    """What a node joins into one, where it does."""
    parts = [one for name, one in node.links.items() if name.startswith(("conditioning", "positive", "negative"))]
    return parts if len(parts) > 1 and not {"positive", "negative"} <= {*node.links} else []


_SILENT = {"InpaintModelConditioning", "InstructPixToPixConditioning", "FluxGuidance", "Reroute"}


def _side_of(node: Node, link: Link | None) -> str:
    """Which input an output with two sides continues: the first output is the positive one."""
    return "negative" if link and link.slot == 1 and "negative" in node.links else "positive"


def _words(graph: Graph, node: Node, value: object, draft: Draft, side: str) -> str | None:
    _say_clip(graph, node, draft)
    text = graph.text(value)
    if text is not None:
        return text
    makers = list(graph.upstream(value if isinstance(value, Link) else None))
    texts = [one for maker in makers for one in maker.inputs.values() if isinstance(one, str) and len(one) > 3]
    passing = ("ComfySwitchNode", "PreviewAny", "Primitive", "String")
    by = next((maker.kind for maker in makers if not maker.kind.startswith(passing)), "a node")
    user = _user_words(makers) or "; ".join(texts[:3])
    draft.say(f"{side}: written by {by} while it ran, out of the words: {user[:300]}")
    return None


def _plain(texts: list[str | None], draft: Draft) -> list[str | None]:
    """Words with brackets that stand for themselves as the lab writes them, where none in either prompt weigh."""
    draft.are_words_plain = not any(re.search(r"(?<!\\)[()]", text or "") for text in texts)
    if not draft.are_words_plain:
        return texts
    return [text if text is None else text.replace("\\(", "(").replace("\\)", ")") for text in texts]


def _user_words(makers: list[Node]) -> str:
    """Of the texts that a person typed the shortest: what a language model is told besides is longer."""
    typed = [
        str(one.inputs["value"]) for one in makers if "String" in one.kind and isinstance(one.inputs.get("value"), str)
    ]
    return min(typed, key=len, default="")


def _both(graph: Graph, node: Node, draft: Draft, side: str) -> str | None:
    _say_clip(graph, node, draft)
    large, small = (graph.text(node.inputs.get(name)) for name in ("text_g", "text_l"))
    if large == small:
        return large
    draft.say(f"{side}: SDXL's second text encoder was told other words: {small}")
    return large


def _parts(graph: Graph, links: list[Link]) -> str:
    texts = [graph.text(node.inputs.get("text")) for link in links if (node := graph.at(link))]
    return " | ".join(text[:100] for text in texts if text)


def _say_clip(graph: Graph, node: Node, draft: Draft) -> None:
    """Say how many of the text encoder's layers are left out."""
    for one in graph.upstream(node.link("clip")):
        layer = graph.whole(one.inputs.get("stop_at_clip_layer"))
        if layer is not None and layer < -1:
            draft.say(f"clip skip {-layer}")


def _take_control(graph: Graph, node: Node, draft: Draft, controls: list[Control]) -> None:
    loaders = list(graph.upstream(node.link("control_net")))
    model = (
        next((graph.text(one.inputs["control_net_name"]) for one in loaders if "control_net_name" in one.inputs), "")
        or ""
    )
    union = next((graph.text(one.inputs["type"]) for one in loaders if one.kind == "SetUnionControlNetType"), None)
    weight = graph.number(node.inputs.get("strength", 1.0))
    start, end = graph.number(node.inputs.get("start_percent", 0.0)), graph.number(node.inputs.get("end_percent", 1.0))
    picture, by = _control_picture(graph, node)
    kind = _UNION_KINDS.get(union or "") or control_kind(model)
    titled = node.title.removeprefix("Control: ")
    kind = titled if titled in _ALIKE.get(kind or "", ()) else kind
    ours = OURS.fullmatch(picture or "")
    if ours and by is None and kind is not None:
        try:
            controls.append(
                Control(kind=kind, picture=ours[1], preprocessor="none", weight=weight, start=start, end=end)  # pyright: ignore[reportArgumentType] - checked there
            )
        except BadInput as error:
            draft.say(str(error))
        draft.lack("picture", picture)
        draft.lack("control model", model)
        return
    say_control(draft, model=model, preprocessor=by or "none", weight=weight, start=start, end=end, picture=picture)


def _control_picture(graph: Graph, node: Node) -> tuple[str | None, str | None]:
    """The name of the picture that is followed, and the node that makes a map of it."""
    by = None
    for one in graph.upstream(node.link("image")):
        if one.kind in ("LoadImage", "LoadImageOutput"):
            return str(one.inputs.get("image", "")), by
        if one.kind not in ("ImageScale", "ImageScaleBy", "Reroute"):
            by = by or re.sub(r"Preprocessor$", "", one.kind)
    return None, by
