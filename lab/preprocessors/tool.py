"""What a tool is: a plain Python function on pictures, with a name and settings; and the tables that hold them.

`@preprocessor` and `@filter` put a function there, the lab's own and anybody's alike:

    @preprocessor(kinds=["lineart"])
    def ridges(image: np.ndarray, sharpness: Annotated[float, Field(ge=0, le=1)] = 0.5) -> np.ndarray:
        "Ridges, white on black."
        ...

The annotation of the first parameter says what the function gets: a `Picture`, an `np.ndarray` (height x width x 3,
uint8) or a `PIL.Image.Image`. It may give back any of them. A parameter of the type `Size` gets the size of the result,
and then the picture comes as it is; without one it comes at that size, on white paper.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar, get_type_hints

import numpy as np
from PIL import Image

from lab.core.errors import BadInput, JobFailed
from lab.core.geometry import Size
from lab.core.params import Param
from lab.core.picture import Picture
from lab.core.recipe import Setting
from lab.core.reporter import check_wanted
from lab.preprocessors.signature_params import checked, signature_params
from lab.vision.annotators import Detector

_T = TypeVar("_T", bound="Tool")
_NUMBERS = count(1)
_FORMS: dict[type, Callable[[Picture], Any]] = {
    Picture: lambda picture: picture,
    np.ndarray: lambda picture: picture.pixels,
    Image.Image: Picture.to_pil,
}


@dataclass(frozen=True)
class Tool:
    """A function from a picture to a picture.

    Args:
        name: what recipes call it: the function's name.
        help: what comes out, in a sentence.
        params: its settings.
        function: does it.
        form: what it takes a picture as.
        size_goes_to: the parameter that gets the size of the result; empty when the picture has that size already.
        detector_goes_to: the parameter that gets the loaded network; empty when it needs none.
        keeps_alpha: whether what is transparent in its answer says something; otherwise it comes on white.
        number: another one at each declaration, so that nothing kept from an older function of the name is used.
    """

    name: str
    help: str
    params: tuple[Param, ...]
    function: Callable[..., Any]
    form: type
    size_goes_to: str
    detector_goes_to: str
    number: int
    keeps_alpha: bool = False

    def checked(self, settings: Mapping[str, Any]) -> dict[str, Setting]:
        """All its settings, those not given at their defaults.

        Raises:
            BadInput: names the setting, and its range.
        """
        return checked(self.name, self.params, settings)

    def made(self, picture: Picture, size: Size, settings: Mapping[str, Any], **given: Any) -> Picture:
        """What the function makes of a picture, at `size`: RGB, unless it keeps alpha.

        Raises:
            BadInput: when a setting is wrong.
            JobFailed: when the function wants to end more than itself, as by `sys.exit()`.
        """
        arguments: dict[str, Any] = {**self.checked(settings), **given}
        if self.size_goes_to:
            arguments[self.size_goes_to] = size
        else:
            picture = picture.on_white().resized(size)
        check_wanted()
        try:
            made = self.function(_FORMS[self.form](picture), **arguments)
        except Exception:
            raise
        except BaseException as error:  # SystemExit, KeyboardInterrupt, CancelledError, ...: the thread is not its own
            msg = f"the {type(self).__name__.lower()} {self.name} ended with {error!r} instead of a picture"
            raise JobFailed(msg) from error
        check_wanted()
        answer = Picture.of(made)
        return (answer if self.keeps_alpha else answer.on_white()).resized(size)


def parts(function: Callable[..., Any]) -> dict[str, Any]:
    """The fields of a `Tool` that a function says of itself.

    Raises:
        BadInput: when its signature does not say enough.
    """
    name = function.__name__
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        msg = f"the annotations of {name} cannot be read: {error}"
        raise BadInput(msg) from None
    names = list(inspect.signature(function).parameters)
    form = hints.get(names[0]) if names else None
    if form not in _FORMS:
        msg = f"{name} must say what it takes first: a Picture, an np.ndarray or a PIL.Image.Image"
        raise BadInput(msg)
    rest = {given: hints.get(given) for given in names[1:]}
    reserved = {hint: given for given, hint in rest.items() if hint in (Size, Detector)}
    return {
        "name": name,
        "help": (inspect.getdoc(function) or name.replace("_", " ")).partition("\n\n")[0].replace("\n", " "),
        "params": signature_params(function, {one: hint for one, hint in rest.items() if hint not in (Size, Detector)}),
        "function": function,
        "form": form,
        "size_goes_to": reserved.get(Size, ""),
        "detector_goes_to": reserved.get(Detector, ""),
        "number": next(_NUMBERS),
    }


class Table(dict[str, _T]):
    """Tools by name. Whoever listens hears of each that is declared, also of one that replaces an older one."""

    def __init__(self) -> None:
        super().__init__()
        self._listeners: list[Callable[[], None]] = []

    def add(self, tool: _T) -> None:
        """Put a tool into the table; running its cell again replaces it.

        Raises:
            BadInput: when the lab has one of that name itself.
        """
        before = self.get(tool.name)
        if before is not None and _comes_with_the_lab(before) and not _comes_with_the_lab(tool):
            msg = f"the lab has a {tool.name!r} of its own: give your function another name"
            raise BadInput(msg)
        self[tool.name] = tool
        for listener in tuple(self._listeners):
            listener()

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call back after each declaration; the answer, called, ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None


def _comes_with_the_lab(tool: Tool) -> bool:
    return tool.function.__module__.startswith("lab.")
