"""A small static picture beside a widget, for whoever reads a saved notebook without its kernel; knows no widget."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from traitlets import Unicode

from lab.core.geometry import Size
from lab.core.picture import Picture
from widgets.base.bare import AnyWidget
from widgets.base.joined_modules import joined
from widgets.base.thread_safe import ThreadSafe

_LONGEST_PX = 384
_QUALITY = 80
"""Of the JPEG: some 20 kB for a drawing, 100 kB for mere noise."""


class SavedStill(ThreadSafe, AnyWidget):
    """Unseen: puts the picture of a widget beside it whenever JupyterLab saves the notebook, and no state of it."""

    _esm = joined(Path(__file__).parent, ("seen_pictures.js", "still.js"))

    # written by Python
    root = Unicode().tag(sync=True)
    """The id of the widget, which has the class `sketchlab-root-` and this id on the page."""
    view = Unicode().tag(sync=True)
    """The id of what has the picture as `shown`, and its `caption`; empty where it is taken as it is seen."""
    pictures = Unicode().tag(sync=True)
    """A CSS selector of what is seen within the widget."""


class WithStill:
    """Put before a class of widgets that people put into a cell by themselves.

    What its cell leaves in the notebook has the picture that is shown then, too: pages that draw no widgets, such as
    GitHub's, and notebooks that are not trusted yet show it. In JupyterLab the last picture stands there instead of the
    widget when the notebook is opened without its kernel. A widget that is only a part of another one costs nothing.
    """

    _still_pictures = "img, canvas"
    """A CSS selector of what the picture is made of."""
    _still: SavedStill | None = None

    def _still_view(self) -> str:
        """The id of the part that has the picture as `shown`; none where it is taken as it is seen on the page."""
        return ""

    def _shown_pictures(self) -> Sequence[Picture]:
        """What there is to show by now, for pages without widgets, and for one that is saved before it was seen."""
        return ()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        widget: Any = self
        if self._still is None and widget.comm is not None:
            root = widget.model_id
            widget.add_class("sketchlab-with-still").add_class(f"sketchlab-root-{root}")
            self._still = SavedStill(root=root, view=self._still_view(), pictures=self._still_pictures)
        bundle = super()._repr_mimebundle_(**kwargs)  # pyright: ignore[reportAttributeAccessIssue] - of the widget
        content, shown = bundle[0] if isinstance(bundle, tuple) else bundle, self._shown_pictures()
        if content and shown:
            content["image/jpeg"] = base64.b64encode(still_of(shown)).decode()
        return bundle

    def close(self) -> None:
        """Close the widget, with what saves its picture."""
        if self._still is not None:
            self._still.close()
        super().close()  # pyright: ignore[reportAttributeAccessIssue] - of the widget


def still_of(pictures: Sequence[Picture]) -> bytes:
    """Pictures on white as one small JPEG, in rows of as many as there are rows."""
    columns = math.ceil(math.sqrt(len(pictures)))
    most = Size(_LONGEST_PX // columns, _LONGEST_PX // columns)
    small = [_within(picture, most).on_white().to_pil() for picture in pictures]
    width, height = (max(image.size[side] for image in small) for side in (0, 1))
    sheet = Image.new("RGB", (columns * width, math.ceil(len(small) / columns) * height), "white")
    for number, image in enumerate(small):
        row, column = divmod(number, columns)
        sheet.paste(image, (column * width + (width - image.width) // 2, row * height + (height - image.height) // 2))
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def _within(picture: Picture, most: Size) -> Picture:
    return picture if max(picture.size) <= max(most) else picture.resized(picture.size.fitted_into(most))
