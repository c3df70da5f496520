"""Sentences as a page shows them: without addresses of objects, hashes and long links; the log has them in full."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

_LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)]")
_OBJECT = re.compile(r"<([\w.]+)(?: object)?(?: at)? 0x[0-9a-fA-F]+>|<([\w.]+) [^<>]*0x[0-9a-fA-F]+>")
_ADDRESS = re.compile(r"\b(?:at )?0x[0-9a-fA-F]{6,}\b")
_HASH = re.compile(r"\b(?:sha256:|md5:)?(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16,}\b")


def for_page(sentence: str) -> str:
    """The sentence as plain text; a link becomes the name of its site."""
    return _plain(_LINK.sub(lambda link: _site(link[0]), sentence))


def html_for_page(sentence: str) -> str:
    """The sentence as HTML; a link is called by its site, and still leads there."""
    parts, end = [], 0
    for link in _LINK.finditer(sentence):
        address, site = html.escape(link[0]), html.escape(_site(link[0]))
        parts.append(html.escape(_plain(sentence[end : link.start()])))
        parts.append(f'<a href="{address}" target="_blank" rel="noopener">{site}</a>')
        end = link.end()
    return "".join([*parts, html.escape(_plain(sentence[end:]))])


def _plain(text: str) -> str:
    """The text without the numbers that only a machine reads; commands, between backticks, stay as they are."""
    return "`".join(part if i % 2 else _without_numbers(part) for i, part in enumerate(text.split("`")))


def _without_numbers(text: str) -> str:
    text = _OBJECT.sub(lambda found: (found[1] or found[2]).rpartition(".")[2], text)
    return _ADDRESS.sub("", _HASH.sub("…", text))


def _site(link: str) -> str:
    return urlsplit(link).hostname or link
