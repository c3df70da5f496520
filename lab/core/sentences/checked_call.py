"""`@checked`: what a public function says that it takes is what it takes; anything else is one `BadInput`."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BeforeValidator, ConfigDict, ValidationError, validate_call

from lab.core.errors import BadInput
from lab.core.sentences.wording import shown, with_article

_T = TypeVar("_T")


def _finite(several: Any) -> Any:
    if isinstance(several, list | tuple):
        return several
    msg = "a list"
    raise ValueError(msg)


Listed: TypeAlias = Annotated[Sequence[_T], BeforeValidator(_finite)]
"""What a function says that takes several: a list or a tuple. Of anything else nobody knows whether it ends."""
_C = TypeVar("_C", bound=Callable[..., Any])
_STRICTLY = ConfigDict(arbitrary_types_allowed=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True)
_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "True or False",
    "bytes_type": "bytes",
    "path_type": "a path",
    "callable_type": "a function",
    "mapping_type": "a table",
    "dict_type": "a table",
    "list_type": "a list",
    "sequence_str": "a list",
    "iterable_type": "a list",
    "tuple_type": "a tuple",
    "none_required": "None",
    "finite_number": "a finite number",
}
"""What pydantic calls the kinds of value that were expected, and what a person does."""


def checked(target: _C, /) -> _C:
    """Check every argument of a function, or of a class's constructor, against its annotation and bounds.

    Strictly: nothing is converted but whole numbers to fractions. Bounds are those of `Annotated[int, Field(ge=1)]`.
    A parameter without an annotation, or of the type `Any`, is the function's own business. The check is built at the
    first call, when all names of the annotations are there.

    Raises:
        BadInput: from the function, with the argument, its value and what it may be, before anything is done.
    """
    if isinstance(target, type):
        kind: Any = target
        kind.__init__ = _checked(kind.__init__, kind.__name__)
        return kind
    return _checked(target, target.__name__)


def _checked(function: Any, called: str) -> Any:
    @functools.cache
    def validated() -> Callable[..., Any]:
        checking: Any = validate_call
        return checking(_without_answer(function), config=_STRICTLY)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            run = validated()
            return run(*args, **kwargs)
        except ValidationError as error:
            if error.title != function.__qualname__:  # of another check, within the function
                raise
            msg = _sentence(called, error, [*inspect.signature(function).parameters])
        raise BadInput(msg)

    return call


def _without_answer(function: FunctionType) -> FunctionType:
    """The same function without a word on what it returns, which may be a name that only type checkers know."""
    twin = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    twin.__kwdefaults__, twin.__module__, twin.__qualname__ = (
        function.__kwdefaults__, function.__module__, function.__qualname__,
    )  # fmt: skip
    twin.__annotations__ = {name: kind for name, kind in function.__annotations__.items() if name != "return"}
    return twin


def _sentence(called: str, error: ValidationError, names: list[str]) -> str:
    """The first argument that is wrong, by its name, its value, and all that it might have been."""
    mistakes = error.errors(include_url=False)
    first = mistakes[0]
    at = first["loc"][0] if first["loc"] else 0
    place = names[min(at, len(names) - 1)] if isinstance(at, int) else at
    of_it = [one for one in mistakes if one["loc"][:1] == first["loc"][:1]]
    match first["type"]:
        case "missing_argument" | "missing_positional_only_argument" | "missing_keyword_only_argument":
            return f"{called} needs {place}"
        case "unexpected_keyword_argument":
            return f"{called} has no argument {place!r}"
        case "unexpected_positional_argument":
            return f"{called} takes fewer arguments without a name than were given"
        case "multiple_argument_values":
            return f"{called} was given {place} twice"
    *others, last = dict.fromkeys(_wanted(one) for one in of_it)
    may_be = " or ".join(filter(None, [", ".join(others), last]))
    within = f" in {place}" if len(of_it) == 1 and len(first["loc"]) > 1 else ""
    what = str([*first["loc"]][-1]) if within else place
    return f"{called}: {what}{within} must be {may_be}, not {shown(first['input'])}"


def _wanted(mistake: Any) -> str:
    """What a value should have been, in words that follow "must be"."""
    kind, told = mistake["type"], mistake.get("ctx", {})
    if kind == "is_instance_of":
        return "an array" if told["class"] == "ndarray" else with_article(told["class"])
    if kind in _KINDS:
        return _KINDS[kind]
    if kind == "named_tuple_type":
        return with_article(mistake["msg"].rpartition(" ")[2])
    text = mistake["msg"].removeprefix("Value error, ").removeprefix("Input should be ").removeprefix("a valid ")
    if text.startswith("an instance of "):
        return with_article(text.removeprefix("an instance of "))
    text = re.sub(r"^\w+ should have", "something with", text)
    return text.replace("greater than or equal to", "at least").replace("less than or equal to", "at most")
