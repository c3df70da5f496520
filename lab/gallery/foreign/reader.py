"""The one door for files of other tools: finds out who wrote it, and has it read. Looks at the file alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from lab.core.errors import BadInput
from lab.core.sentences.checked_call import checked
from lab.core.sentences.paths import given_path
from lab.core.sentences.wording import shown
from lab.gallery.foreign.bounded_json import table
from lab.gallery.foreign.comfyui.drawing import read_graph
from lab.gallery.foreign.comfyui.graph import graph_of, is_graph
from lab.gallery.foreign.comfyui.page_graph import graph_of_page, is_page_graph
from lab.gallery.foreign.containers import MAX_BYTES, XMP, Texts, texts_in
from lab.gallery.foreign.draw_things import is_draw_things, read_draw_things, settings_in
from lab.gallery.foreign.fooocus import is_fooocus, read_fooocus
from lab.gallery.foreign.hidden_text import hidden_text
from lab.gallery.foreign.imported import Draft, Imported
from lab.gallery.foreign.infotext import is_infotext, read_infotext
from lab.gallery.foreign.invokeai import read_dream, read_invokeai, read_sd_metadata
from lab.gallery.foreign.novelai import is_novelai, read_novelai
from lab.gallery.foreign.shared import finished
from lab.gallery.foreign.stability_matrix import is_stability_matrix, read_stability_matrix
from lab.gallery.foreign.swarmui import KEY as SWARMUI
from lab.gallery.foreign.swarmui import read_swarmui


@checked
def read(source: str | Path | bytes, *, output: str | None = None) -> Imported:
    """The drawing in a file of another tool: a PNG, WebP or JPEG picture, or a text or JSON file.

    Read are AUTOMATIC1111, Forge, SD.Next and Civitai, ComfyUI, SwarmUI, Stability Matrix, InvokeAI, Fooocus, NovelAI
    and Draw Things. Nothing that the file names is opened, fetched or evaluated.

    Args:
        source: the file's path, or its bytes.
        output: which drawing is meant, of a file that holds several; `Imported.outputs` names them.

    Raises:
        BadInput: when there is no such file, it is neither a picture nor text, or no tool that is known wrote into it.
    """
    content = source if isinstance(source, bytes) else _content(given_path(source))
    texts = texts_in(content)
    try:
        return _imported(texts, output)
    except BadInput:
        hidden = hidden_text(content)
        if hidden is None:
            raise
    texts.add("text", hidden)
    return _imported(texts, output)


@checked
def read_text(text: str, *, output: str | None = None) -> Imported:
    """The drawing in a text as people paste it: settings of AUTOMATIC1111, or a tool's JSON.

    Raises:
        BadInput: when no tool that is known writes so.
    """
    texts = Texts()
    texts.add("text", text)
    return _imported(texts, output)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise BadInput(msg) from None


def _imported(texts: Texts, output: str | None) -> Imported:
    """By what stands in the texts, the most telling first."""
    tables = {name: found for name, text in texts.by_name.items() if (found := _table(text)) is not None}
    for names, is_it, reads in _TABLES:
        for name in names:
            if name in tables and is_it(tables[name]):
                return _drawn(texts, partial(reads, tables[name], texts))
    return _of_graph(tables, texts, output) or _of_the_rest(tables, texts)


def _of_graph(tables: dict[str, dict[str, Any]], texts: Texts, output: str | None) -> Imported | None:
    """What a graph of ComfyUI says: the API's, else the page's, unless there are settings in words beside that."""
    said: list[str] = []
    for name in ("prompt", "text"):
        if is_graph(tables.get(name)):
            graph = graph_of(tables[name])
            break
    else:
        page = next((tables[name] for name in ("workflow", "text") if is_page_graph(tables.get(name))), None)
        if page is None or is_infotext(texts.get("parameters") or ""):
            return None
        graph, said = graph_of_page(page)
    found = read_graph(graph, _tool(texts), output)
    return replace(found, unmapped=(*found.unmapped, *said, *texts.said))


def _of_the_rest(tables: dict[str, dict[str, Any]], texts: Texts) -> Imported:
    for name in ("parameters-json", "text"):
        if name in tables and is_stability_matrix(tables[name]):
            return _drawn(texts, partial(read_stability_matrix, tables[name]))
    for name in ("parameters", "UserComment", "text", "ImageDescription", "comment"):
        text = texts.get(name)
        if text and is_infotext(text):
            return _drawn(texts, partial(read_infotext, text))
    if dream := texts.get("Dream"):
        return _drawn(texts, partial(read_dream, dream))
    names = ", ".join(shown(name) for name in list(texts.by_name)[:5]) or "no text at all"
    msg = f"no drawing of a known tool is in the file; it holds {names}"
    raise BadInput(msg)


def _table(text: str) -> dict[str, Any] | None:
    return table(text) if text[:2000].lstrip("\0 \t\r\n").startswith("{") else settings_in(text)


def _drawn(texts: Texts, fill_in: Callable[[Draft], None]) -> Imported:
    draft = Draft()
    fill_in(draft)
    draft.say_all(texts.said)
    return finished(draft)


def _tool(texts: Texts) -> str:
    return "Stability Matrix" if texts.get("smproj", "parameters-json") else "ComfyUI"


def _novelai(said: dict[str, Any], texts: Texts, draft: Draft) -> None:
    """NovelAI's settings, which within EXIF are a text in a table of the texts that PNG has."""
    inner = table(str(said.get("Comment", ""))) if "Comment" in said else said
    source = said.get("Source") if "Comment" in said else texts.get("Source")
    read_novelai(inner or {}, str(source) if source else None, draft)


def _holds_novelai(said: dict[str, Any]) -> bool:
    return is_novelai(table(str(said["Comment"])) or {}) if "Comment" in said else is_novelai(said)


def _of_table(reads: Callable[[dict[str, Any], Draft], None]) -> _Reads:
    return lambda said, _, draft: reads(said, draft)


_Reads = Callable[[dict[str, Any], Texts, Draft], None]
_TABLES: tuple[tuple[tuple[str, ...], Callable[[dict[str, Any]], bool], _Reads], ...] = (
    (("parameters", "UserComment", "text"), lambda said: SWARMUI in said, _of_table(read_swarmui)),
    (("invokeai_metadata",), bool, _of_table(read_invokeai)),
    (("text",), lambda said: "positive_prompt" in said and "generation_mode" in said, _of_table(read_invokeai)),
    (("sd-metadata", "text"), lambda said: "image" in said and "model_weights" in said, _of_table(read_sd_metadata)),
    (("Comment", "UserComment", "text"), _holds_novelai, _novelai),
    (("parameters", "UserComment", "text", "comment"), is_fooocus, _of_table(read_fooocus)),
    ((XMP, "text"), is_draw_things, _of_table(read_draw_things)),
)
"""The texts that a table may stand in, what tells whose it is, and who reads it; the graph of ComfyUI comes after."""
