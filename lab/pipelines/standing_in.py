"""Lets something else answer for layers of a network for a while; knows no model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

_L = TypeVar("_L", bound=torch.nn.Module)


@contextmanager
def standing_in(layers: Iterable[_L], make: Callable[[_L, Any], Callable[..., Any]]) -> Iterator[None]:
    """While this lasts, what `make` gives for a layer and its forward answers in that one's place."""
    known = [(layer, vars(layer).get("forward"), make(layer, layer.forward)) for layer in layers]
    for layer, _, answer in known:
        vars(layer)["forward"] = answer
    try:
        yield
    finally:
        for layer, own, answer in known:
            if vars(layer).get("forward") is not answer:
                continue  # a pipeline that offloads has put it right by itself
            if own is None:
                del vars(layer)["forward"]
            else:
                vars(layer)["forward"] = own
