"""What a sampler of ComfyUI was set to, whichever of its nodes it is."""

from __future__ import annotations

from typing import NamedTuple

from lab.gallery.foreign.comfyui.graph import Graph, Link, Node

_FLOW = ("ModelSamplingAuraFlow", "ModelSamplingSD3", "ModelSamplingFlux", "UNETLoader", "EmptySD3LatentImage")
"""Nodes of models of flow matching."""


class Sampling(NamedTuple):
    """The settings of one pass; None for what the graph makes while it runs.

    `denoise` is the share of the schedule that runs, 0..1; `counts_steps` whether it is a share of the steps, as in the
    lab, or a longer schedule of which the last steps run.
    """

    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    image_guidance: float | None = None
    sampler: str | None = None
    schedule: str | None = None
    denoise: float | None = None
    counts_steps: bool = False
    model: Link | None = None
    positive: Link | None = None
    negative: Link | None = None
    latent: Link | None = None
    is_flow: bool = False
    is_controlled: bool = False
    said: tuple[str, ...] = ()


def sampling_of(graph: Graph, node: Node) -> Sampling:
    """Steps, guidance, seed and sampler of a KSampler, or of a custom sampler's parts, and what its inputs are."""
    found = _with_guider(graph, node) if "guider" in node.inputs else _plain(graph, node)
    behind = {one.kind for link in (found.model, found.latent) for one in graph.upstream(link)}
    steering = {one.kind for link in (found.positive, found.negative) for one in graph.upstream(link)}
    said = list(found.said)
    if found.positive and (guide := _flux_guidance(graph, found.positive)) is not None:
        said.append(f"guidance {guide:g} that is told to the model (FluxGuidance)")
    return found._replace(
        is_flow=bool(behind & {*_FLOW}),
        is_controlled=any(kind.startswith("ControlNetApply") for kind in steering),
        said=tuple(said),
    )


def _plain(graph: Graph, node: Node) -> Sampling:
    inputs = node.inputs
    found = Sampling(
        seed=graph.whole(inputs.get("seed", inputs.get("noise_seed"))),
        steps=graph.whole(inputs.get("steps")),
        guidance=graph.number(inputs.get("cfg")),
        sampler=graph.text(inputs.get("sampler_name")),
        schedule=graph.text(inputs.get("scheduler")),
        denoise=graph.number(inputs.get("denoise")),
        model=node.link("model"),
        positive=node.link("positive"),
        negative=node.link("negative"),
        latent=node.link("latent_image"),
    )
    if "start_at_step" in inputs:
        found = _of_steps(graph, node, found)
    if node.link("sampler"):
        found = _with_parts(graph, node, found)
    return found


def _of_steps(graph: Graph, node: Node, found: Sampling) -> Sampling:
    """`KSamplerAdvanced`, which says which of the steps run."""
    start, end = (graph.whole(node.inputs.get(name)) for name in ("start_at_step", "end_at_step"))
    said = list(found.said)
    if found.steps and start is not None:
        found = found._replace(denoise=round(max(0, found.steps - start) / found.steps, 6), counts_steps=True)
    if found.steps and end is not None and end < found.steps:
        said.append(f"it ends at step {end} of {found.steps}; another pass goes on from there")
    if node.inputs.get("add_noise") == "disable":
        said.append("no noise is added at its beginning")
    return found._replace(said=tuple(said))


def _with_guider(graph: Graph, node: Node) -> Sampling:
    """`SamplerCustomAdvanced`: noise, guider, sampler and sigmas are nodes of their own."""
    guider, noise = graph.at(node.link("guider")), graph.at(node.link("noise"))
    found = Sampling(latent=node.link("latent_image"))
    if noise:
        found = found._replace(seed=graph.whole(noise.inputs.get("noise_seed")))
    if guider:
        found = found._replace(
            guidance=graph.number(guider.inputs.get("cfg", guider.inputs.get("cfg_conds"))),
            image_guidance=graph.number(guider.inputs.get("cfg_cond2_negative")),
            model=guider.link("model"),
            positive=guider.link("positive", "cond1", "conditioning"),
            negative=guider.link("negative"),
        )
        if guider.kind == "BasicGuider":
            found = found._replace(guidance=1.0)
    return _with_parts(graph, node, found)


def _with_parts(graph: Graph, node: Node, found: Sampling) -> Sampling:
    """The sampler and the sigmas, where they are nodes."""
    chosen, sigmas = graph.at(node.link("sampler")), graph.at(node.link("sigmas"))
    if chosen:
        found = found._replace(sampler=graph.text(chosen.inputs.get("sampler_name")))
    if sigmas and sigmas.kind == "SplitSigmas":
        found = found._replace(
            said=(*found.said, f"only some of the steps (SplitSigmas at {sigmas.inputs.get('step')})")
        )
        sigmas = graph.at(sigmas.link("sigmas"))
    if sigmas:
        found = found._replace(
            steps=graph.whole(sigmas.inputs.get("steps")),
            schedule=graph.text(sigmas.inputs.get("scheduler")) or _schedule_of(sigmas.kind),
            denoise=graph.number(sigmas.inputs.get("denoise")),
            model=found.model or sigmas.link("model"),
        )
    return found


def _schedule_of(kind: str) -> str:
    """The schedule that a node makes, by its own name."""
    return {"KarrasScheduler": "karras", "ExponentialScheduler": "exponential", "SDTurboScheduler": "turbo"}.get(
        kind, kind
    )


def _flux_guidance(graph: Graph, link: Link) -> float | None:
    node = graph.at(link)
    return graph.number(node.inputs.get("guidance")) if node and node.kind == "FluxGuidance" else None
