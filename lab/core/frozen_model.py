"""Frozen values with checked fields, whose mistakes are one sentence; knows none of them."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from lab.core.errors import BadInput
from lab.core.sentences.wording import shown


def _with_names(value: Any) -> Any:
    """The value, unless it is a table that no call could take for its arguments."""
    if isinstance(value, dict) and not all(isinstance(name, str) for name in value):
        kind = "table_of_names"
        raise PydanticCustomError(kind, "Input should be a table whose names are all text")
    return value


class FrozenModel(BaseModel):
    """A frozen value that refuses unknown fields, NaN and infinity, and whose mistakes are one `BadInput`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)
    called: ClassVar[str] = ""
    """What a sentence about its mistakes calls it; the name of the class when empty."""

    def __init__(self, /, **values: Any) -> None:
        """Check every field.

        Raises:
            BadInput: names each wrong field, its value and what it may be.
        """
        try:
            super().__init__(**{name: _plain(value) for name, value in values.items()})
        except ValidationError as error:
            raise BadInput(_sentence(self.called or f"this {type(self).__name__.lower()}", error)) from None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[BaseModel], handler: GetCoreSchemaHandler) -> CoreSchema:
        """The same check, of a table, too, whose names are no text."""
        return core_schema.no_info_before_validator_function(_with_names, handler(source))

    def changed(self, **values: Any) -> Self:
        """The same with some fields changed, checked anew."""
        return type(self)(**{**dict(self), **values})


def _plain(value: Any) -> Any:
    """The integer in a NumPy one, as a loop over an array gives them; everything else as it is."""
    return int(value) if isinstance(value, np.integer) else value


def _sentence(what: str, error: ValidationError) -> str:
    """All mistakes of a pydantic error in one line, each with its place and value."""
    parts = []
    for mistake in error.errors(include_url=False):
        place = ".".join(str(part) for part in mistake["loc"])
        if mistake["type"] == "extra_forbidden":
            parts.append(f"there is no field {place!r}")
        elif mistake["type"] == "missing":
            parts.append(f"{place} is missing")
        elif mistake["type"] == "value_error":
            parts.append(re.sub(r"^(Value error, |th(is|ese) [\w ]+ cannot be used: )*", "", mistake["msg"]))
        else:
            text = mistake["msg"].removeprefix("Input ").replace("greater than or equal to", "at least")
            value = f", not {shown(mistake['input'])}" if place else ""
            parts.append(f"{place}: {text.replace('less than or equal to', 'at most')}{value}".lstrip(": "))
    return f"{what} cannot be used: " + "; ".join(parts)
