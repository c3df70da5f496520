"""The model of one job, which is there once the first stage asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from lab.core.catalogue import ModelCard
from lab.pipelines.models.choice import Weights
from lab.pipelines.models.loaded_model import LoadedModel


class JobModel(NamedTuple):
    """The model of a job.

    Args:
        card: of it.
        weights: in which numbers it is held, as its files are on the disk now.
        ready: gives it, read from disk where it must be, with exactly the adapters of the job.
        here: gives it as it is, where it is in memory already; None where it is not.
        notes: what is to be known of the way in which it draws, in words.
    """

    card: ModelCard
    weights: Weights
    ready: Callable[[], LoadedModel]
    here: Callable[[], LoadedModel | None]
    notes: Callable[[], Iterable[str]]
