"""Where weights are: in the lab's own folder, a folder or file of the user's, or fetched from a model hub."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from lab.core.catalogue import CATALOGUE, ModelCard
from lab.core.errors import BadInput, MissingWeights
from lab.core.model_card import OnHub, on_hub, path_of
from lab.core.reporter import Reporter
from lab.hub.command import fetched_by
from lab.hub.terms import terms_of, terms_of_card
from lab.pipelines.latent_preview import LatentToRgb
from lab.pipelines.memory.device import best_device, memory_in_words
from lab.pipelines.weights import download
from lab.pipelines.weights.denoiser_file import DENOISERS, GGUF
from lab.pipelines.weights.download import Wanted
from lab.pipelines.weights.repo_layout import (
    INDEX,
    PICKLES,
    USUAL_LORA,
    index_of,
    lacking,
    lora_in,
    needed,
    parts_of,
    stamped,
)
from lab.starter import WEIGHTS

TOKENIZERS = ("tokenizer", "tokenizer_2")
"""Their folders in a model's, which are their names in its pipeline, too."""


def find_model(card: ModelCard, reporter: Reporter) -> Path:
    """The folder, or the single file, of a model on this machine; fetched when it is not there yet.

    Of one whose denoiser alone is a file, all else is here afterwards, too: see `rest_of`.

    Raises:
        BadInput: when it is a pickle.
        MissingWeights: when it is not here and cannot be fetched.
    """
    place = card.repo or str(WEIGHTS)
    known = path_of(place)
    there = on_hub(place)
    gone = f"there is nothing in {place}, needed for {card.name}"
    if known is None and there is None:
        raise MissingWeights(gone)
    if known is None and there and there.file:
        here = download.cached(*there, card.revision)
        return _model_file(card, here or _fetched_file(there, reporter, _wanted(card), card.revision), reporter)
    if known is None:
        index = download.cached(place, INDEX, card.revision)
        missing = _lacks(index.parent, card) if index else "all of it"
        return index.parent if index and not missing else _fetched_model(card, place, reporter, missing)
    if not known.exists():
        msg = f"the weights of {card.name} should be in {known}, and are not: install the lab again, or `make starter`"
        raise MissingWeights(msg if card.repo is None else gone)
    if known.is_file():
        return _model_file(card, known, reporter)
    missing = _lacks(known, card)
    if missing:
        msg = f"{known} is not a whole model in diffusers' layout: {missing} is missing"
        raise MissingWeights(msg)
    return known


def rest_of(card: ModelCard, reporter: Reporter | None = None) -> Path:
    """For a model whose denoiser alone is a file, the folder of its family's own, which needs no denoiser in it.

    Raises:
        MissingWeights: when it is not on this machine, and cannot be fetched; always so without a reporter.
    """
    own = CATALOGUE[card.family]
    place = str(own.repo)
    known, part = path_of(place), DENOISERS[card.family][0]
    if known is None:
        index = download.cached(place, INDEX, own.revision)
        missing = _lacks(index.parent, own, part) if index else "all of it"
        if index and not missing:
            return index.parent
        if reporter is not None:
            return _fetched_model(own, place, reporter, missing, part)
    elif known.is_dir():
        missing = _lacks(known, own, part)
        if not missing:
            return known
    else:
        missing = "all of it"
    msg = f"{card.name} is a denoiser alone, and wants the rest of {own.name}: of that {missing} is missing here"
    raise MissingWeights(msg)


def _model_file(card: ModelCard, file: Path, reporter: Reporter) -> Path:
    if card.family in DENOISERS:
        rest_of(card, reporter)
        return file if file.suffix == GGUF else _safe(file)
    return _safe(file)


def is_here(card: ModelCard) -> bool:
    """Whether all that a model needs is on this machine, so that `find_model` fetches nothing."""
    place = card.repo or str(WEIGHTS)
    known, there = path_of(place), on_hub(place)
    if known is None and there is not None and there.file:
        known = download.cached(*there, card.revision)
    elif known is None:
        index = download.cached(place, INDEX, card.revision)
        known = index.parent if index else None
    if known is not None and known.is_file() and card.family in DENOISERS:
        with suppress(MissingWeights):
            return rest_of(card).is_dir()
        return False
    return known is not None and (known.is_file() or (known.is_dir() and not _lacks(known, card)))


def tokenizers_here(card: ModelCard) -> Path | None:
    """The folder of a model that is here at least as far as its tokenizers are; None for one of a single file, too."""
    place = card.repo or str(WEIGHTS)
    known, there = path_of(place), on_hub(place)
    if known is None and there is not None and not there.file:
        here = download.cached(place, f"{TOKENIZERS[0]}/tokenizer_config.json", card.revision)
        known = here.parents[1] if here else None
    return known if known is not None and (known / TOKENIZERS[0]).is_dir() else None


def revision_of(card: ModelCard) -> str | None:
    """The commit of the hub repository that a model's weights are from; None when they are from elsewhere."""
    if card.repo is None or path_of(card.repo) is not None:
        return None
    there = on_hub(card.repo)
    return card.revision or (download.pinned(there.repo) if there else None)


def identity_of(card: ModelCard) -> str:
    """What names a model's weights in a cache: for a folder or file of the user's, also how it is on the disk now.

    So a model that was trained again is another one.
    """
    place = path_of(card.repo) if card.repo else None
    name = f"{card.name} ({card.family})"  # one place may be opened with another family
    if place is None:
        return name
    return _as_it_is(name, place, "*/*.safetensors")


def find_control(card: ModelCard, place: str, reporter: Reporter) -> Path:
    """The folder or file of a ControlNet; as `find_model`."""
    known = control_here(card, place)
    if known is not None:
        return known
    source = control_source(card, place)
    if isinstance(source, Path):
        msg = f"the ControlNet of {card.name} should be in {source}, and is not"
        raise MissingWeights(msg)
    there = on_hub(source)
    kind = next((kind for kind, known in card.controls.items() if known.repo == place), "")
    wanted = _beside(card, f"the {kind} ControlNet of {card.name}", f"controlnet:{kind}", place)
    if there and there.file:
        return _safe(_fetched_file(there, reporter, wanted))
    return download.fetch(source, lambda names: needed(names, [""], card.variant), reporter, wanted)


def control_here(card: ModelCard, place: str) -> Path | None:
    """The same without a network; None when it is not on this machine."""
    source = control_source(card, place)
    if isinstance(source, Path):
        return source if source.is_file() or (source.is_dir() and not lacking(source, "", card.variant)) else None
    there = on_hub(source)
    if there and there.file:
        return download.cached(*there)
    config = download.cached(source, "config.json")
    return config.parent if config and not lacking(config.parent, "", card.variant) else None


def control_identity(card: ModelCard, kind: str) -> str:
    """What names the weights of a kind's ControlNet in a cache, as `identity_of` does for a model's."""
    place = card.controls[kind].repo
    known = path_of(place) if card.repo else None
    return place if known is None else _as_it_is(place, known, "*.safetensors")


def preview_here(card: ModelCard) -> Path | None:
    """The folder of the tiny decoder that shows a model's half-made pictures, when it is on this machine."""
    if card.preview is None:
        return None
    folder = path_of(card.preview)
    if folder is None:
        config = download.cached(card.preview, "config.json")
        folder = config.parent if config else None
    return folder if folder and folder.is_dir() and not lacking(folder, "", None) else None


def find_preview(card: ModelCard, reporter: Reporter) -> Path | None:
    """The same, fetched where it is not here; None for a model that has none."""
    here = preview_here(card)
    if here is not None or card.preview is None:
        return here
    wanted = _beside(card, f"the previews of {card.name}", "preview", card.preview)
    return download.fetch(card.preview, lambda names: needed(names, [""], None), reporter, wanted)


def latent_rgb_here(card: ModelCard) -> Path | None:
    """The file of the map from a model's latents to colours, for a folder that has one, as the shipped one has."""
    folder = WEIGHTS if card.repo is None else path_of(card.repo)
    file = folder / "vae" / LatentToRgb.FILE if folder else None
    return file if file and file.is_file() else None


def find_ip_adapter(card: ModelCard, reporter: Reporter) -> tuple[Path, list[Path]]:
    """The folder of a model's IP-Adapter on this machine, and its files of weights; fetched when not here.

    Raises:
        BadInput: when the model has none.
        MissingWeights: when it is not here and cannot be fetched.
    """
    source = card.ip_adapter
    if source is None:
        msg = f"{card.name} has no IP-Adapter"
        raise BadInput(msg)
    encoder = source.image_encoder if "/" in source.image_encoder else f"{source.folder}/{source.image_encoder}"

    def wanted(names: Sequence[str]) -> list[str]:
        adapter = [name for name in names if name == f"{source.folder}/{source.file}"]
        return [*adapter, *needed(names, [encoder], None)]

    top = path_of(source.repo)
    if top is None:
        first = download.cached(source.repo, f"{source.folder}/{source.file}")
        top = first.parents[source.folder.count("/") + 1] if first else None
        if top is None or lacking(top / encoder, encoder, None):
            about = _beside(card, f"the IP-Adapter of {card.name}", "ip-adapter", source.repo)
            top = download.fetch(source.repo, wanted, reporter, about)
    names = [file.relative_to(top).as_posix() for file in top.rglob("*.safetensors")]
    return top, [top / name for name in wanted(names)]


def find_lora(name: str, reporter: Reporter) -> Path:
    """The file of a LoRA on this machine; fetched when it is not here.

    Args:
        name: a `.safetensors` file or a folder with one, a hub repository, or a file in one: `owner/repo:file`.
        reporter: hear how much has come.

    Raises:
        BadInput: when it is a pickle.
        MissingWeights: when it is not here and cannot be fetched.
    """
    there = on_hub(name)
    if name.endswith(PICKLES):
        return _safe(Path(there.file if there and there.file else name))
    known = path_of(name)
    if known is not None and known.is_dir():
        known = lora_in(known) or known
    if known is not None and known.is_file():
        return _safe(known)
    if known is not None or there is None:
        msg = f"the LoRA {name} is not on this machine: give a .safetensors file, or a hub's owner/repo:file"
        raise MissingWeights(msg)
    repo, file = there
    here = download.cached(repo, file or USUAL_LORA)
    if here is not None:
        return here
    try:
        wanted = Wanted(f"the LoRA {name}", terms_of(repo), (f"lora:{name}",))
        top = download.fetch(repo, lambda names: _lora_among(names, file), reporter, wanted)
    except MissingWeights:
        known = download.files_here(repo, ".safetensors")
        if file or len(known) != 1:  # of several, only the hub knows which one was meant
            raise
        return known[0]
    return top / _lora_among([one.relative_to(top).as_posix() for one in top.rglob("*.safetensors")], file)[0]


def _lora_among(names: Sequence[str], file: str) -> list[str]:
    """The one file of a LoRA among the names in a repository; none when there is no such."""
    if file:
        return [name for name in names if name == file]
    files = [name for name in names if name.endswith(".safetensors")]
    return sorted(files, key=lambda name: (name != USUAL_LORA, name))[:1]


def _as_it_is(name: str, place: Path, weights: str) -> str:
    """A name, with how the weights in a folder, or one file, are on the disk now."""
    files = sorted(place.glob(weights)) if place.is_dir() else [place]
    return " ".join([name, *(stamped(str(file)) for file in files)])


def control_source(card: ModelCard, place: str) -> Path | str:
    """Where a ControlNet should be on this machine; the hub's name of it when it is from there."""
    if card.repo is None:
        return WEIGHTS / place
    return path_of(place) or place


def _lacks(folder: Path, card: ModelCard, unread: str = "") -> str:
    """What a folder lacks to be a model; empty when it is whole. Of the part that is not read its config is enough."""
    if not (folder / INDEX).is_file():
        return INDEX
    if unread and not (folder / unread / "config.json").is_file():
        return f"config.json in {unread}"
    parts = (part for part in parts_of(index_of(folder)) if part != unread)
    return next(filter(None, (lacking(folder / part, part, card.variant) for part in parts)), "")


def _safe(file: Path) -> Path:
    if file.suffix != ".safetensors":
        msg = f"{file.name} is a pickle, which can run any program: convert it to .safetensors first"
        raise BadInput(msg)
    return file


def _fetched_model(card: ModelCard, repo: str, reporter: Reporter, missing: str, unread: str = "") -> Path:
    wanted = _wanted(card, "" if missing == "all of it" else f" ({missing} is missing)")

    def fetch(choose: Callable[[Sequence[str]], list[str]], about: Wanted) -> Path:
        return download.fetch(repo, choose, reporter, about, card.revision)

    top = fetch(lambda names: [name for name in names if name == INDEX], wanted)
    folders = [part for part in parts_of(index_of(top)) if part != unread]
    counted = wanted._replace(terms=wanted.terms._replace(gb=None))  # the rest is known by the byte
    config = f"{unread}/config.json"
    return fetch(
        lambda names: [*needed(names, folders, card.variant), *(name for name in names if name == config)], counted
    )


def _fetched_file(there: OnHub, reporter: Reporter, wanted: Wanted, revision: str | None = None) -> Path:
    repo, file = there
    return (
        download.fetch(repo, lambda names: [name for name in names if name == file], reporter, wanted, revision) / file
    )


def _wanted(card: ModelCard, lacks: str = "") -> Wanted:
    """A model, with what it lacks where some of it is here."""
    memory = "" if card.is_own else memory_in_words(card.memory_gb, best_device())
    return Wanted(f"{card.name}{lacks}", terms_of_card(card), fetched_by(card), memory)


def _beside(card: ModelCard, what: str, name: str, place: str) -> Wanted:
    """Something that a model can have besides."""
    return Wanted(what, terms_of(place), fetched_by(card, name))
