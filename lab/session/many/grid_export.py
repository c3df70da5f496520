"""A grid on paper: as PNG pages, as one HTML file that needs no network, as a table. Knows no queue."""

from __future__ import annotations

import base64
import csv
import html
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from PIL import Image, ImageDraw, ImageFont

from lab.core.events import Result
from lab.core.picture import Picture
from lab.core.recipe import Recipe
from lab.core.recipes.shareable import shareable, without_folders
from lab.gallery import png_with_recipe
from lab.gallery.files import write_whole

PAGE_PIXELS = 64_000_000
"""The most that one page holds; a larger grid has several."""
_GAP_PX = 8
_LETTER_SHARE = 1 / 16
"""How high letters are, of a picture's height."""

_STYLE = (
    "body{font:14px system-ui,sans-serif;margin:1em}table{border-collapse:collapse;margin-bottom:2em}"
    "th,td{padding:4px;vertical-align:top;text-align:left}img{display:block;max-width:20vw;height:auto}"
)


class AxisLike(Protocol):
    """A field with its values, and words for each."""

    @property
    def path(self) -> str: ...  # noqa: D102 - said above
    @property
    def values(self) -> tuple[Any, ...]: ...  # noqa: D102
    @property
    def words(self) -> tuple[str, ...]: ...  # noqa: D102


Axes = Sequence[AxisLike]
At = Mapping[Any, Any]
"""By cell: x, y and z as numbers."""


def save_pages(path: Path, axes: Axes, results: Mapping[Any, Result]) -> list[Path]:
    """PNG pages, the first under the very name when it is the only one, else numbered; the files.

    Raises:
        OSError: when they cannot be written.
    """
    x, y, z = axes
    sizes = [result.picture.size for result in results.values()]
    width, height = max((one.width for one in sizes), default=64), max((one.height for one in sizes), default=64)
    letters = max(12, round(height * _LETTER_SHARE))
    across, down = width + _GAP_PX, height + _GAP_PX + 2 * letters
    columns = max(1, min(len(x.values), PAGE_PIXELS // (across * (down + 2 * letters))))
    rows = max(1, min(len(y.values), PAGE_PIXELS // (columns * across) // down - 1))
    parts = [
        (range(left, min(left + columns, len(x.values))), range(top, min(top + rows, len(y.values))), depth)
        for depth in range(len(z.values))
        for top in range(0, len(y.values), rows)
        for left in range(0, len(x.values), columns)
    ]
    written = []
    for number, part in enumerate(parts, 1):
        file = path if len(parts) == 1 else path.with_stem(f"{path.stem} {number}")
        write_whole(file, _page(axes, results, part, (across, down, letters)))
        written.append(file)
    return written


def _page(axes: Axes, results: Mapping[Any, Result], part: tuple[range, range, int], px: tuple[int, int, int]) -> bytes:
    """One page as PNG: words of z on top, of x above each column, of y above each picture of a row."""
    (x, y, z), (columns, rows, depth), (across, down, letters) = axes, part, px
    head = 2 * letters
    page = Image.new("RGB", (len(columns) * across, head + len(rows) * down), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(letters)

    def write(words: str, left: int, top: int, room: int) -> None:
        while words and pen.textlength(words, font=font) > room:
            words = words[:-1]
        pen.text((left, top), words, fill="black", font=font)

    if z.path:
        write(z.words[depth], 0, 0, page.width)
    for column, one in enumerate(columns):
        write(x.words[one], column * across, letters, across - _GAP_PX)
        for row, other in enumerate(rows):
            top = head + row * down
            write(y.words[other], column * across, top, across - _GAP_PX)
            result = results.get((one, other, depth))
            if result is not None:
                page.paste(result.picture.on_white().to_pil(), (column * across, top + letters + letters // 2))
    buffer = io.BytesIO()
    page.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def html_of(axes: Axes, results: Mapping[Any, Result], failed: At) -> str:
    """One HTML page with all pictures in it, each with its recipe inside; words are escaped."""
    x, y, z = axes
    tables = []
    for depth, words in enumerate(z.words):
        head = "".join(f"<th>{html.escape(one)}</th>" for one in x.words)
        lines = [
            f"<tr><th>{html.escape(y.words[row])}</th>"
            + "".join(
                f"<td>{_cell(results.get((column, row, depth)), failed.get((column, row, depth), ''))}</td>"
                for column in range(len(x.values))
            )
            + "</tr>"
            for row in range(len(y.values))
        ]
        title = f"<h2>{html.escape(words)}</h2>" if words else ""
        tables.append(f"{title}<table><tr><th></th>{head}</tr>{''.join(lines)}</table>")
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        f'content="{policy}"><title>Grid</title><style>{_STYLE}</style></head><body>{"".join(tables)}</body></html>'
    )


def _cell(result: Result | None, why_not: str) -> str:
    if result is None:
        return html.escape(why_not)
    png = result.path.read_bytes() if result.path and result.path.is_file() else png_with_recipe(result)
    said = html.escape(result.plan.summary, quote=True)
    return f'<img alt="{said}" title="{said}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'


def csv_of(axes: Axes, recipes: Mapping[Any, Recipe], results: Mapping[Any, Result], failed: At) -> str:
    """A line a cell: the values of the axes, file, seconds, why there is none; and the recipe, which a batch takes.

    Files are those of the gallery, within its folder: a table that is passed on tells no path of this machine.
    """
    used = [(number, axis) for number, axis in enumerate(axes) if axis.path]
    buffer = io.StringIO()
    table = csv.writer(buffer)
    table.writerow([*(axis.path for _, axis in used), "file", "seconds", "failed", "recipe"])
    for cell in sorted(recipes):
        result = results.get(cell)
        values = [_plain(axis.values[cell[number]]) for number, axis in used]
        made = [_file(result), f"{result.seconds:.3f}"] if result else ["", ""]
        table.writerow([*values, *made, failed.get(cell, ""), shareable(recipes[cell]).to_json()])
    return buffer.getvalue()


def _file(result: Result) -> str:
    return f"{result.path.parent.name}/{result.path.name}" if result.path else ""


def _plain(value: Any) -> str:
    return value.hash if isinstance(value, Picture) else without_folders(str(value))
