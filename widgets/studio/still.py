"""A small static picture beside a widget, for whoever reads a saved notebook without its kernel."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

from ipywidgets import Layout
from PIL import Image
from traitlets import Unicode

from lab.core.geometry import Size
from lab.core.picture import Picture
from widgets.base.bare import AnyWidget
from widgets.base.thread_safe import ThreadSafe
from widgets.views.result_view import ResultView

_LONGEST_PX = 384
_QUALITY = 80
"""Of the JPEG: some 20 kB for a drawing, 100 kB for mere noise."""


class SavedStill(ThreadSafe, AnyWidget):
    """Unseen: puts the picture of a view beside a widget whenever JupyterLab saves the notebook, and no state of it."""

    _esm = Path(__file__).with_suffix(".js")

    # written by Python: the ids of both
    root = Unicode().tag(sync=True)
    view = Unicode().tag(sync=True)


class WithStill:
    """Put before an ipywidgets box that has a `view`.

    What its cell leaves in the notebook has the picture that is shown then, too: pages that draw no widgets, such as
    GitHub's, and notebooks that are not trusted yet show it. In JupyterLab the last picture stands there instead of the
    widget when the notebook is opened without its kernel.
    """

    view: ResultView

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        box: Any = self
        still = SavedStill(root=box.model_id, view=self.view.model_id, layout=Layout(display="none"))
        box.children = (*box.children, still)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)  # pyright: ignore[reportAttributeAccessIssue] - of the widget
        if self.view.shown and isinstance(bundle, dict):
            bundle["image/jpeg"] = base64.b64encode(still_of(self.view.shown)).decode()
        return bundle


def still_of(shown: bytes) -> bytes:
    """The picture in a file as a small JPEG, on white."""
    picture = Picture.of(shown)
    if max(picture.size) > _LONGEST_PX:
        picture = picture.resized(picture.size.fitted_into(Size(_LONGEST_PX, _LONGEST_PX)))
    opaque, buffer = picture.to_pil().convert("RGBA"), io.BytesIO()
    Image.alpha_composite(Image.new("RGBA", opaque.size, "white"), opaque).convert("RGB").save(
        buffer, "JPEG", quality=_QUALITY
    )
    return buffer.getvalue()
