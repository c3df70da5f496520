"""The promise: what docs/troubleshooting.md says that the lab says, it says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
QUOTES = re.findall(r"^> (.+)$", PAGE, re.MULTILINE)


@cache
def said_in_the_source() -> tuple[str, ...]:
    """Every text in the source of the lab and its widgets, with … for what is put in."""
    files = [path for folder in ("lab", "widgets") for path in (ROOT / folder).rglob("*") if "train" not in path.parts]
    python = [text for path in files if path.suffix == ".py" for text in _texts(path.read_text())]
    pages = [re.sub(r"\$\{[^}]*\}", "…", path.read_text()) for path in files if path.suffix == ".js"]
    return tuple(re.sub("…+", "…", text) for text in (*python, *pages))


def _texts(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("quote", QUOTES)
def test_every_sentence_stands_in_the_source(quote: str) -> None:
    assert any(quote in text for text in said_in_the_source()), f"the lab does not say {quote!r} any more"


@pytest.mark.parametrize(
    "trouble",
    ["memory is full", "lost the kernel", "No widgets", "No GPU", "too old", "disk is full", "Black"],
)
def test_what_goes_wrong_most_has_its_place(trouble: str) -> None:
    assert re.search(rf"^## .*{trouble}", PAGE, re.MULTILINE)
