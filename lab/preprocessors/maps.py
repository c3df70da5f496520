"""`@preprocessor`: a function that makes control maps, declared once; and the table of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

from lab.core.errors import named
from lab.core.geometry import Size
from lab.core.picture import Picture
from lab.core.reporter import Reporter
from lab.core.sentences.checked_call import checked
from lab.preprocessors.tool import Table, Tool, parts
from lab.vision.annotator_weights import Weights
from lab.vision.annotators import Detector

_Function = Callable[..., Any]


@dataclass(frozen=True)
class Preprocessor(Tool):
    """One way to make a control map.

    Args:
        kinds: the kinds of ControlNet that its maps steer, best first; any kind when empty.
        suits: what it is good for, in a few words.
        weights: the network that it needs, if any.
    """

    kinds: tuple[str, ...] = ()
    suits: str = ""
    weights: Weights | None = None

    @property
    def missing(self) -> str:
        """What it lacks on this machine and how to get it, as a sentence; empty when it can be used."""
        return self.weights.missing if self.weights else ""

    def feeds(self, kind: str) -> bool:
        """Whether its maps steer a ControlNet of this kind."""
        return not self.kinds or kind in self.kinds

    def control_map(
        self,
        picture: Picture,
        size: Size,
        settings: Mapping[str, Any],
        device: str = "cpu",
        *,
        reporter: Reporter | None = None,
    ) -> Picture:
        """The control map of a picture, as the function `control_map` of this module makes it; raises as that."""
        given = {self.detector_goes_to: Detector(self.weights, device, reporter)} if self.weights else {}
        return self.made(picture, size, settings, **given)


PREPROCESSORS: Table[Preprocessor] = Table()


@overload
def preprocessor(function: _Function) -> _Function: ...
@overload
def preprocessor(
    *, kinds: Sequence[str] = (), suits: str = "", weights: Weights | None = None, keeps_alpha: bool = False
) -> Callable[[_Function], _Function]: ...
def preprocessor(
    function: _Function | None = None,
    *,
    kinds: Sequence[str] = (),
    suits: str = "",
    weights: Weights | None = None,
    keeps_alpha: bool = False,
) -> Any:
    """Make a function a preprocessor, under its own name: previewed, cached, and a part of recipes.

    See `lab.preprocessors.tool` for what the function may look like. It stays as it is, and can be called.

    Args:
        function: when written without brackets.
        kinds: the kinds of ControlNet that its maps steer; any when empty.
        suits: what it is good for.
        weights: the network of controlnet_aux that a parameter of the type `Detector` gets.
        keeps_alpha: whether transparent parts of its maps say something, as the holes of an inpaint ControlNet do.

    Raises:
        BadInput: when the function's signature does not say enough, or the name is taken.
    """

    def declare(function: _Function) -> _Function:
        said = {"kinds": tuple(kinds), "suits": suits, "weights": weights, "keeps_alpha": keeps_alpha}
        PREPROCESSORS.add(Preprocessor(**parts(function), **said))
        return function

    return declare if function is None else declare(function)


@checked
def preprocessor_named(name: str) -> Preprocessor:
    """The preprocessor of that name.

    Raises:
        BadInput: when there is none.
    """
    return named(name, PREPROCESSORS, "preprocessor")


@checked
def control_map(
    name: str,
    picture: Picture,
    size: Size,
    settings: Mapping[str, Any],
    *,
    device: str = "cpu",
    reporter: Reporter | None = None,
) -> Picture:
    """The control map of a picture, computed at `size`: RGB; RGBA from a preprocessor that keeps alpha.

    Args:
        name: of the preprocessor.
        picture: any size, with or without alpha.
        size: that of the picture that the model will make.
        settings: those that are not at their defaults.
        device: where its network runs, if it has one.
        reporter: hear what is fetched for that network at its first use, before the first byte; may stop it.

    Raises:
        BadInput: when there is no such preprocessor or a setting is wrong.
        MissingWeights: when its network is not here and cannot be fetched.
        Stopped: from the reporter, while its network is fetched.
    """
    return preprocessor_named(name).control_map(picture, size, settings, device, reporter=reporter)
