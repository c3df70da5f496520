"""SAM 2 through transformers: what belongs to a few clicks or lies in a box. Finding its weights reaches no network.

Call on a worker's thread: the first use reads the network and wakes torch, the first click on a picture looks at all of
it, and both take seconds; every later click takes a few hundredths of one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from lab.core.errors import MissingWeights, OutOfMemory
from lab.core.geometry import Box
from lab.core.library_logging import QuietLibraries
from lab.core.picture import Mask, Picture
from lab.hub.command import fetch_command
from lab.vision.model_shelf import ModelShelf

REPOSITORIES = (
    "facebook/sam2.1-hiera-large",
    "facebook/sam2.1-hiera-base-plus",
    "facebook/sam2.1-hiera-small",
    "facebook/sam2.1-hiera-tiny",
)
"""Where weights come from (Apache 2.0), the most exact first: of those on a machine the first is used."""
SMALL = REPOSITORIES[2]
"""The one to fetch for a machine without a GPU."""

FILES = ("config.json", "model.safetensors")
"""What must be there of it; the repositories have the same weights as pickles besides."""
_KEPT = 4
"""So many pictures stay looked at; each takes 16 MB."""
_SHELF: ModelShelf[tuple[Path, str], Sam] = ModelShelf("SAM 2", "selects", keeps=1)
residents, release = _SHELF.residents, _SHELF.release


class Point(NamedTuple):
    """A click, in pixels from the picture's left top corner: on what is wanted, or on what is not."""

    x: float
    y: float
    wanted: bool = True


def by_hand() -> str:
    """The command that fetches the small one."""
    return fetch_command("sam2:small")


def folder_of_weights(weights: str | Path | None = None) -> Path | None:
    """The folder of SAM 2's weights on this machine; None when they are not here.

    Args:
        weights: a folder, or a hub repository; any of `REPOSITORIES` when None.
    """
    from huggingface_hub import try_to_load_from_cache

    if weights is not None and Path(weights).expanduser().is_dir():
        return Path(weights).expanduser()
    for repository in REPOSITORIES if weights is None else (str(weights),):
        found = [try_to_load_from_cache(repository, file) for file in FILES] if repository.count("/") == 1 else []
        if found and all(isinstance(file, str) for file in found):
            return Path(str(found[0])).parent
    return None


@contextmanager
def sam(folder: Path, device: str) -> Iterator[Sam]:
    """The network, read once and kept until `release`, for as long as the block lasts; others wait.

    Raises:
        MissingWeights: when the folder does not hold all of it.
        OutOfMemory: when the device is too full.
    """
    with _SHELF.using((folder, device), lambda: folder, lambda _: Sam(folder, device)) as network:
        yield network


def has_seen(folder: Path, picture: Picture) -> bool:
    """Whether a network of that folder is in memory and has looked at the picture. Any thread."""
    return any(of == folder and network.has_seen(picture) for (of, _), network in _SHELF.held.items())


class Sam:
    """SAM 2 on one device: looks at each picture once, however many clicks follow. One thread at a time, see `sam`.

    Args:
        folder: of its weights, as transformers keeps them.
        device: where it runs.

    Raises:
        MissingWeights: when the folder does not hold all of it.
        OutOfMemory: when the device is too full.
    """

    what: str = "network and what it saw"

    def __init__(self, folder: Path, device: str) -> None:
        transformers = import_module("transformers")
        try:
            with QuietLibraries(transformers.utils.logging)():
                self._processor = transformers.Sam2Processor.from_pretrained(folder, local_files_only=True)
                model = transformers.Sam2Model.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        except (OSError, ValueError) as error:
            msg = f"the weights of SAM 2 in {folder} cannot be read ({error}): fetch them again, `{by_hand()}`"
            raise MissingWeights(msg) from error
        with _room(device):
            self._model = model.to(device).eval().requires_grad_(False)  # noqa: FBT003 - torch's signature
        weights = (*self._model.parameters(), *self._model.buffers())
        self._weights_bytes = sum(each.nbytes for each in weights)
        self.device = device
        self._seen: OrderedDict[str, list[Any]] = OrderedDict()

    @property
    def bytes(self) -> int:
        """What its weights take, and what it saw in pictures. Any thread."""
        return self._weights_bytes + sum(part.nbytes for parts in tuple(self._seen.values()) for part in parts)

    def has_seen(self, picture: Picture) -> bool:
        """Whether the long part is done for a picture."""
        return picture.hash in self._seen

    def look(self, picture: Picture) -> list[Any]:
        """What the network sees in a picture, its embeddings at three scales: the long part, done once for all clicks.

        Raises:
            OutOfMemory: when the device is too full.
        """
        with _room(self.device):
            if picture.hash not in self._seen:
                given = self._processor(images=picture.on_white().to_pil(), return_tensors="pt").to(self.device)
                self._seen[picture.hash] = self._model.get_image_embeddings(given["pixel_values"])
                while len(self._seen) > _KEPT:
                    self._seen.popitem(last=False)
            self._seen.move_to_end(picture.hash)
            return self._seen[picture.hash]

    def mask(self, picture: Picture, points: Sequence[Point], box: Box | None) -> Mask:
        """What belongs together at the points, within the box: a mask of the picture's size, 0 or 255.

        A single click can mean a button, a shirt or a person: the network gives three answers then, and the one that
        it is surest of is taken. More points or a box say what is meant, and it gives one.

        Raises:
            OutOfMemory: when the device is too full.
        """
        asked: dict[str, Any] = {"original_sizes": [[picture.size.height, picture.size.width]], "return_tensors": "pt"}
        if points:
            asked["input_points"] = [[[[float(point.x), float(point.y)] for point in points]]]
            asked["input_labels"] = [[[int(point.wanted) for point in points]]]
        if box is not None:
            asked["input_boxes"] = [[[float(edge) for edge in box]]]
        with _room(self.device):
            seen = self.look(picture)
            prompt = self._processor(**asked).to(self.device)
            sizes = prompt.pop("original_sizes")
            ambiguous = len(points) == 1 and box is None
            found = self._model(**prompt, image_embeddings=seen, multimask_output=ambiguous)
            (masks,) = self._processor.post_process_masks(found.pred_masks.cpu(), sizes.cpu())
            best = int(found.iou_scores[0, 0].argmax())
        return Mask(masks[0, best].numpy().astype("uint8") * 255)


@contextmanager
def _room(device: str) -> Iterator[None]:
    """Say in a sentence that a device is full."""
    try:
        yield
    except RuntimeError as error:
        if "out of memory" not in str(error).lower():
            raise
        msg = f"SAM 2 does not fit on {device} beside what is there: call lab.release(), then select again"
        raise OutOfMemory(msg) from error
