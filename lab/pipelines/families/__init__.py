"""One file a family of models, read at its first use, with the pipelines of diffusers that it declares."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from lab.pipelines.families._family import USUAL, Embeddings, Family, Latents, Steered, Way
from lab.pipelines.families._parts import check_parts
from lab.pipelines.families._reading import Read, read_by
from lab.vision.waking import WAKING


@cache
def _read(name: str) -> Family:
    """The constant in a family's file, both called as the family is."""
    file = name.replace("-", "_")
    with WAKING:
        return getattr(import_module(f"{__name__}.{file}"), file.upper())


class _Families(Mapping[str, Family]):
    """Families by their names."""

    _names = ("starter", "sd15", "sdxl", "z-image", "klein", "qwen-edit", "instruct")

    def __getitem__(self, name: str) -> Family:
        if name not in self._names:
            raise KeyError(name)
        return _read(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


FAMILIES: Mapping[str, Family] = _Families()

__all__ = ["FAMILIES", "USUAL", "Embeddings", "Family", "Latents", "Read", "Steered", "Way", "check_parts", "read_by"]
