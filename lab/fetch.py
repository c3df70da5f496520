"""Fetches weights by name ahead of their first use: `python -m lab fetch sdxl controlnet:openpose annotator:midas`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self, TextIO

from lab.core.catalogue import ModelCard, model_card
from lab.core.errors import BadInput, named
from lab.core.reporter import NullReporter, Reporter
from lab.hub.acceptance import accept, is_accepted
from lab.hub.command import fetch_command
from lab.hub.terms import Terms, terms_of, terms_of_card
from lab.preprocessors import PREPROCESSORS, preprocessor_named
from lab.vision import sam2
from lab.vision.annotator_weights import Weights
from lab.vision.cutout_weights import CUTOUT_NETWORKS, fetched

BESIDE = ("controlnet:KIND", "ip-adapter", "preview", "live")
"""What belongs to a model, and is fetched for those that are named in the same command."""


@dataclass(frozen=True)
class Item:
    """One thing to fetch.

    Args:
        name: as it was asked for, with its model.
        terms: said before it is fetched.
        accepted_as: what it is called where its terms are accepted.
        get: fetches it; gives where it is.
        note: what else is to be known of it.
    """

    name: str
    terms: Terms
    accepted_as: str
    get: Callable[[Reporter], Any]
    note: str = ""

    @property
    def said(self) -> str:
        """Name, size to fetch, licence, and what else to know, in a line."""
        asks = self.terms.asks and not is_accepted(self.accepted_as)
        wants = "its terms must be accepted: --accept" if asks else ""
        return f"{self.name}: {'; '.join(filter(None, (self.terms.size, self.terms.licence, self.note, wants)))}"


def items(names: Sequence[str], *, family: str | None = None, revision: str | None = None) -> list[Item]:
    """What these names stand for.

    Args:
        names: models of the catalogue; with a family the places of others; what belongs to these, see `BESIDE`;
            `annotator:NAME`, `rembg:NAME`, `sam2:SIZE`, `lora:owner/name:file`.
        family: of models that are not in the catalogue.
        revision: the commit of the models' repositories.

    Raises:
        BadInput: when a name stands for nothing.
    """
    cards = [model_card(name, revision, family) for name in names if not _is_beside(name) and not _is_apart(name)]
    found = [_model(card) for card in cards]
    for name in names:
        kind, _, what = name.partition(":")
        if _is_apart(name):
            found.append(_APART[kind](what))
        elif _is_beside(name):
            if not cards:
                msg = f"{name} belongs to a model: name that too, such as in `{fetch_command('sd15', name)}`"
                raise BadInput(msg)
            found += [_BESIDE[kind](card, what) for card in cards]
    return found


def fetch(wanted: Sequence[Item], *, accepts: bool, dry_run: bool, out: TextIO = sys.stdout) -> None:
    """Say of each what it is, how large and on what terms; then fetch it, with its progress, unless that is all.

    Args:
        wanted: what `items` gave.
        accepts: whether the terms of those that ask are accepted, now and later.
        dry_run: fetch nothing.
        out: where it is said.

    Raises:
        MissingWeights: when something cannot be fetched.
    """
    for item in wanted:
        print(item.said, file=out)
    if dry_run:
        return
    for item in wanted:
        if item.terms.asks and (accepts or (not is_accepted(item.accepted_as) and _agrees(item))):
            accept(item.accepted_as)
        with _Line(out) as line:
            place = item.get(line)
        print(f"{item.name}: {'there is none' if place is None else place}", file=out)


def _agrees(item: Item) -> bool:
    """Whether the person at the terminal accepts the terms; False where there is none."""
    return sys.stdin.isatty() and input(f"Accept the terms of {item.accepted_as}? [y/N] ").strip().lower() == "y"


class _Line(NullReporter):
    """One line for each thing that is said, and every tenth of it; on a terminal the line counts."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._said: tuple[str, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._said and self._out.isatty():
            print(file=self._out)

    def progress(self, stage: str, step: int = 0, steps: int = 0) -> None:
        """As `Reporter` says."""
        tenths = 10 * step // steps if steps else 0
        if self._out.isatty():
            print(f"\r{stage}: {step} of {steps} MB", end="", flush=True, file=self._out)
        elif self._said != (stage, tenths):
            print(f"{stage}: {step} of {steps} MB", flush=True, file=self._out)
        self._said = stage, tenths


def _model(card: ModelCard) -> Item:
    def get(reporter: Reporter) -> Any:
        from lab.pipelines.weights.locate import find_model

        return find_model(card, reporter)

    whole, streamed = card.memory_gb
    memory = (
        f"wants {whole:.1f} GB of GPU memory, {streamed:.1f} layer by layer" if card.repo and not card.is_own else ""
    )
    return Item(card.name, terms_of_card(card), card.name.partition("@")[0], get, memory)


def _controlnet(card: ModelCard, kind: str) -> Item:
    source = named(kind, card.controls, f"ControlNet of {card.name}")

    def get(reporter: Reporter) -> Any:
        from lab.pipelines.weights.locate import find_control

        return find_control(card, source.repo, reporter)

    terms = terms_of(source.repo) if card.repo else terms_of_card(card)
    return Item(f"{card.name} controlnet:{kind}", terms, source.repo, get)


def _ip_adapter(card: ModelCard, _: str) -> Item:
    def get(reporter: Reporter) -> Any:
        from lab.pipelines.weights.locate import find_ip_adapter

        return find_ip_adapter(card, reporter)[0]

    place = card.ip_adapter.repo if card.ip_adapter else ""
    return Item(f"{card.name} ip-adapter", terms_of(place), place, get)


def _preview(card: ModelCard, _: str) -> Item:
    def get(reporter: Reporter) -> Any:
        from lab.pipelines.weights.locate import find_preview

        return find_preview(card, reporter)

    return Item(f"{card.name} preview", terms_of(card.preview or ""), card.preview or "", get)


def _live(card: ModelCard, _: str) -> Item:
    if not card.live_presets:
        msg = f"no LoRA that makes {card.name} draw in fewer steps is known: leave `live` out"
        raise BadInput(msg)
    return _lora(card.live_presets[0].lora)


def _lora(place: str) -> Item:
    def get(reporter: Reporter) -> Any:
        from lab.pipelines.weights.locate import find_lora

        return find_lora(place, reporter)

    return Item(f"lora:{place}", terms_of(place), place, get)


def _annotator(name: str) -> Item:
    known: dict[str, Weights] = {tool.weights.name: tool.weights for tool in PREPROCESSORS.values() if tool.weights}
    weights = known[name] if name in known else preprocessor_named(name).weights
    if weights is None:
        msg = f"{name} needs no weights: there is nothing to fetch; annotators that do are {', '.join(known)}"
        raise BadInput(msg)
    return Item(f"annotator:{name}", weights.terms, weights.name, weights.folder)


def _rembg(name: str) -> Item:
    network = named(name, CUTOUT_NETWORKS, "network to cut out with")
    return Item(f"rembg:{name}", network.terms, name, lambda reporter: network.here or fetched(network, reporter))


def _sam2(size: str) -> Item:
    sizes = {repo.removeprefix("facebook/sam2.1-hiera-"): repo for repo in sam2.REPOSITORIES}
    repo = named(size or "small", sizes, "size of SAM 2")

    def get(reporter: Reporter) -> Any:
        from lab.pipelines.weights import download

        wanted = download.Wanted(f"SAM 2 ({repo})", terms_of(repo), (f"sam2:{size or 'small'}",))
        return sam2.folder_of_weights(repo) or download.fetch(repo, _read_by_sam, reporter, wanted, "main")

    return Item(f"sam2:{size or 'small'}", terms_of(repo), repo, get)


def _read_by_sam(names: Sequence[str]) -> list[str]:
    """Its settings and weights, without the same weights as a pickle."""
    return [name for name in names if "/" not in name and (name.endswith(".json") or name in sam2.FILES)]


_BESIDE: dict[str, Callable[[ModelCard, str], Item]] = {
    "controlnet": _controlnet, "ip-adapter": _ip_adapter, "preview": _preview, "live": _live,
}  # fmt: skip
_APART: dict[str, Callable[[str], Item]] = {"annotator": _annotator, "rembg": _rembg, "sam2": _sam2, "lora": _lora}


def _is_beside(name: str) -> bool:
    return name.partition(":")[0] in _BESIDE


def _is_apart(name: str) -> bool:
    return name.partition(":")[0] in _APART
