"""Whether a folder holds a model of the family that it was opened with."""

from __future__ import annotations

from inspect import signature

from lab.core.catalogue import ModelCard
from lab.core.errors import BadInput
from lab.pipelines.families._family import Family

_SPARE = ("safety_checker", "feature_extractor")
"""Parts without which a pipeline works, though it asks for them."""


def check_parts(card: ModelCard, family: Family, parts: tuple[str, ...]) -> None:
    """A folder holds the parts that its family's pipeline is made of, and no others.

    Raises:
        BadInput: when it does not.
    """
    if not parts:
        return
    takes = signature(family.pipelines["words", ""]).parameters
    needs = {name for name, part in takes.items() if part.default is part.empty}.difference(_SPARE)
    strange, lacking = sorted(set(parts).difference(takes)), sorted(needs.difference(parts))
    if strange or lacking:
        why = f"it has a {strange[0]}" if strange else f"it has no {lacking[0]}"
        msg = f"{card.name} is not a model of the family {card.family}: {why}. Open it with its own family"
        raise BadInput(msg)
