"""Reads a drawing off a graph of ComfyUI, back from the node that saved it; runs no node."""

from __future__ import annotations

from lab.gallery.foreign.comfyui.graph import Graph, Link, Node
from lab.gallery.foreign.comfyui.sampling import Sampling, sampling_of
from lab.gallery.foreign.comfyui.start import Start, start_of
from lab.gallery.foreign.comfyui.steering import say_decoder, take_guides, take_weights
from lab.gallery.foreign.imported import Draft, Imported, in_common
from lab.gallery.foreign.names import bare_name, sampler
from lab.gallery.foreign.shared import OURS, finished, take_sampler, take_size

_SAVES = ("SaveImage", "SaveAnimatedWEBP", "SaveAnimatedPNG", "Image Save", "SaveImageWithMetaData", "SwarmSaveImageWS")
_SHOWS = ("PreviewImage", "SwarmSaveImage")
_MOST_PASSES = 20
_PICTURES = ("images", "image", "pixels", "source", "destination", "samples", "latent_image", "latent", "input")
"""Inputs that a picture or its latents come through, in the order in which they are followed."""


def outputs(graph: Graph) -> list[str]:
    """The ids of the nodes that give pictures out: those that save, or, where none does, those that show."""
    for kinds in (_SAVES, ("Save",), _SHOWS, ("Preview",)):
        found = [node.id for node in graph.values() if node.kind in kinds or _begins(node, kinds)]
        found = [name for name in found if graph[name].link("images", "image", "samples", "pixels")]
        if found:
            return found
    return [node.id for node in graph.values() if "latent_image" in node.inputs][-1:]


def read_graph(graph: Graph, tool: str = "ComfyUI", output: str | None = None) -> Imported:
    """The drawing that the graph saves; of several what they share, unless one of them is named."""
    ends = outputs(graph)
    if output is not None and output in ends:
        ends = [output]
    found: dict[str, Imported] = {}
    for end in ends[:_MOST_PASSES]:
        draft = Draft(tool)
        _read_back(graph, graph[end], draft)
        found[end] = finished(draft)
    if not found:
        draft = Draft(tool)
        draft.say("the graph has no node that saves or shows a picture")
        return finished(draft)
    first, *rest = found.values()
    return first if all(other == first for other in rest) else in_common(found)


def _begins(node: Node, kinds: tuple[str, ...]) -> bool:
    return kinds in (("Save",), ("Preview",)) and kinds[0] in node.kind


def _read_back(graph: Graph, end: Node, draft: Draft) -> None:
    passes, after, leaf = _passes(graph, end)
    if not passes:
        _without_drawing(graph, after, leaf, draft)
        return
    first = passes[-1]
    sampling = sampling_of(graph, first)
    start = start_of(graph, sampling.latent, draft)
    _take_sampling(sampling, start, draft)
    take_weights(graph, sampling.model, draft)
    take_guides(graph, sampling, start, draft)
    _take_start(start, sampling, draft)
    for later in passes[-2::-1]:
        _say_pass(graph, later, draft)
    for node in after:
        if node.kind.startswith("VAEDecode"):
            say_decoder(graph, node.link("vae"), draft)
        _say_after(graph, node, draft)


def _passes(graph: Graph, end: Node) -> tuple[list[Node], list[Node], Node | None]:
    """The samplers that the picture went through, the last first; what it went through behind them; where it began.

    Where there is no sampler, all that it went through.
    """
    passes, between, seen = list[Node](), list[Node](), set[str]()
    behind = 0
    node: Node | None = end
    while node and node.id not in seen and len(passes) < _MOST_PASSES:
        seen.add(node.id)
        if _is_sampler(node):
            passes.append(node)
            behind = len(between)
        elif node is not end:
            between.append(node)
        if node.kind == "ImageCompositeMasked":
            following = node.link("source")
        elif _is_sampler(node) and node.kind not in ("KSampler", "KSamplerAdvanced", "SamplerCustom"):
            following = node.link("latent_image", "latent", "samples")
        else:
            following = node.link(*_PICTURES)
        if following is None and not _is_sampler(node):
            pictures = [one for name, one in node.links.items() if name not in _NO_PICTURES]
            following = pictures[0] if len(pictures) == 1 else None
        if following is None:
            break
        node = graph.at(following)
    return passes, between[:behind] if passes else between, node


_NO_PICTURES = {"vae", "model", "clip", "positive", "negative", "mask", "upscale_model", "control_net"}


def _is_sampler(node: Node) -> bool:
    """Whether a node denoises: by its inputs, so that those of extensions are found too."""
    return "latent_image" in node.inputs and bool({"model", "guider"} & {*node.inputs})


def _take_sampling(sampling: Sampling, start: Start, draft: Draft) -> None:
    for field, value in (("seed", sampling.seed), ("steps", sampling.steps), ("guidance_scale", sampling.guidance)):
        if value is None:
            draft.say(f"{field.replace('_', ' ')}: the graph makes it while it runs")
        else:
            draft.take(field, value)
    if sampling.image_guidance is not None:
        draft.take("image_guidance_scale", sampling.image_guidance)
    draft.say_all(sampling.said)
    if sampling.sampler:
        take_sampler(draft, sampler(sampling.sampler, sampling.schedule, is_flow=sampling.is_flow), sampling.sampler)
    elif sampling.sampler is None:
        draft.say("sampler: the graph chooses it in a node that is not known")
    if sampling.denoise is not None and sampling.denoise < 1 and start.picture is None:
        draft.say(f"denoise {sampling.denoise:g} of an empty picture: the lab has nothing like it")


def _take_start(start: Start, sampling: Sampling, draft: Draft) -> None:
    """Task, pictures and strength, by what the sampler started from."""
    has_controls = any("control" in one for one in draft.fields) or draft.fields.get("controls")
    if start.picture is None:
        draft.fields["task"] = "control_to_image" if has_controls or sampling.is_controlled else "text_to_image"
        if start.width and start.height:
            take_size(draft, start.width, start.height)
        elif start.said:
            draft.say(start.said)
        return
    draft.fields["task"] = start.task
    if start.sides is not None:
        draft.take("settings", dict(zip(("left", "top", "right", "bottom"), start.sides, strict=True)), "sides")
    elif start.settings:
        draft.take("settings", start.settings)
    _take_picture(start.picture, "image", draft)
    if start.task == "inpaint":
        _take_picture(start.mask or "of the mask", "mask", draft)
    if start.task in ("image_to_image", "edit") and start.width and start.height:
        take_size(draft, start.width, start.height)
    strength = 1.0 if sampling.denoise is None else sampling.denoise
    if start.task != "edit":
        draft.take("strength", strength)
        if strength < 1 and sampling.steps and not sampling.counts_steps:
            runs = int(sampling.steps * strength)
            draft.say(f"denoise {strength:g}: ComfyUI runs all {sampling.steps} steps, the lab the last {runs} of them")


def _take_picture(name: str, field: str, draft: Draft) -> None:
    """A picture by its hash, where the lab named it; else a name that is missing."""
    ours = OURS.fullmatch(name)
    if ours:
        draft.take(field, ours[1])
    else:
        draft.say(f"the {field if field == 'mask' else 'picture'} {name} is not in the file")
    draft.lack("picture", name)


def _say_pass(graph: Graph, node: Node, draft: Draft) -> None:
    later = sampling_of(graph, node)
    said = {"steps": later.steps, "seed": later.seed, "denoise": later.denoise, "guidance": later.guidance}
    told = ", ".join(f"{name} {value:g}" for name, value in said.items() if value is not None and name != "seed")
    draft.say(f"a second pass over the picture (hires or refiner): {told}, seed {later.seed}")


def _say_after(graph: Graph, node: Node, draft: Draft) -> None:
    """Say what a picture goes through besides sampler and decoder."""
    if node.kind == "ImageUpscaleWithModel":
        loader = graph.at(node.link("upscale_model"))
        name = str(loader.inputs.get("model_name", "")) if loader else ""
        draft.say(f"upscale by the network {name}")
        draft.lack("upscaler", name)
    elif node.kind not in _USUAL:
        told = ", ".join(f"{name} {value}" for name, value in node.inputs.items() if not isinstance(value, Link))
        draft.say(f"the node {node.kind} on the way{': ' if told else ''}{told[:200]}")


_USUAL = {
    "VAEDecode", "VAEDecodeTiled", "VAEEncode", "VAEEncodeForInpaint", "EmptyLatentImage", "EmptySD3LatentImage",
    "LoadImage", "SetLatentNoiseMask", "InpaintModelConditioning", "InstructPixToPixConditioning", "Reroute",
    "ImageCompositeMasked", "ImagePadForOutpaint", "LoadImageMask", "PreviewImage",
}  # fmt: skip
"""What has no setting of its own, or is read elsewhere."""


def _without_drawing(graph: Graph, after: list[Node], leaf: Node | None, draft: Draft) -> None:
    """A picture that no model drew: at most it was made larger."""
    enlarged = [node for node in after if node.kind == "ImageUpscaleWithModel"]
    if not enlarged or leaf is None or leaf.kind != "LoadImage":
        draft.say("the graph draws nothing: no sampler stands before the node that saves")
        for node in after:
            _say_after(graph, node, draft)
        return
    draft.fields["task"] = "upscale"
    draft.take("model", "starter")
    draft.take("seed", 0)
    draft.take("strength", 0.0)
    _take_picture(str(leaf.inputs.get("image", "")), "image", draft)
    loader = graph.at(enlarged[0].link("upscale_model"))
    name = str(loader.inputs.get("model_name", "")) if loader else ""
    draft.lack("upscaler", name)
    settings: dict[str, float | int | str | bool] = {}
    if bare_name(name):
        settings["upscaler"] = bare_name(name)
    factor = next((graph.whole(n.inputs.get("scale_by")) for n in after if n.kind == "ImageScaleBy"), None)
    by_name = next((int(digit) for digit in "234" if f"x{digit}" in name.lower() or f"{digit}x" in name.lower()), None)
    if factor is None and by_name:
        settings["factor"] = by_name
    elif factor is None:
        draft.say(f"how many times larger: the network {name} does not say")
    draft.take("settings", settings)
    for node in after:
        if node not in enlarged:
            _say_after(graph, node, draft)
