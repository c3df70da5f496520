"""The layers of a canvas by name, as Python sees them: pictures put over and under what is drawn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from lab.core.errors import BadInput
from lab.core.picture import Picture, PictureLike
from widgets.canvas.canvas_layers import BACKGROUND, CanvasLayers, Layer


class Layers(Mapping[str, Layer]):
    """`canvas.layers`: names from the lowest layer to the highest.

    `layers["control"] = picture` shows a picture, on top when the name is new; `layers["control"]` is how it is shown;
    `layers.picture("control")` is the picture. "background" and "sketch" (or "mask") are always there: their content
    is `canvas.background` and what is drawn, is kept and can be undone; other layers last as long as the kernel.
    """

    def __init__(self, canvas_layers: CanvasLayers, shown: Callable[[], None], guard: threading.RLock) -> None:  # pyright: ignore[reportInvalidTypeForm]
        self._canvas_layers, self._shown, self._guard = canvas_layers, shown, guard

    def __getitem__(self, name: str) -> Layer:
        """How the layer is shown.

        Raises:
            KeyError: when there is no such layer.
        """
        return {layer.name: layer for layer in self._canvas_layers.layers}[name]

    def __setitem__(self, name: str, picture: PictureLike) -> None:
        """Show a picture on that layer, stretched over the paper."""
        if name in (BACKGROUND, self._canvas_layers.drawn):
            msg = f"the layer {name!r} is written as canvas.background, or drawn on: choose another name"
            raise BadInput(msg)
        with self._guard:
            self._canvas_layers.put(self.get(name) or Layer(name), Picture.of(picture))
            self._shown()

    def __delitem__(self, name: str) -> None:
        """Take a layer away."""
        self._check(name)
        if name in (BACKGROUND, self._canvas_layers.drawn):
            msg = f"the layer {name!r} is always there: hide it with layers.show({name!r}, visible=False)"
            raise BadInput(msg)
        with self._guard:
            self._canvas_layers.remove(name)
            self._shown()

    def __iter__(self) -> Iterator[str]:
        return iter([layer.name for layer in self._canvas_layers.layers])

    def __len__(self) -> int:
        return len(self._canvas_layers.layers)

    def show(self, name: str, *, opacity: float | None = None, visible: bool | None = None) -> None:
        """Show a layer otherwise; what is not said stays.

        Raises:
            BadInput: when there is no such layer, or the opacity is not between 0 and 1.
        """
        self._check(name)
        said = {"opacity": opacity, "visible": visible}
        changed = replace(self[name], **{key: value for key, value in said.items() if value is not None})
        with self._guard:
            self._canvas_layers.arrange(
                tuple(changed if layer.name == name else layer for layer in self._canvas_layers.layers)
            )
            self._shown()

    def arrange(self, names: Iterable[str]) -> None:
        """Put the layers into this order, from the lowest to the highest.

        Raises:
            BadInput: when these are not the names of all layers.
        """
        names = list(names)
        if sorted(names) != sorted(self):
            msg = f"the layers are {', '.join(self)}: name each of them once, not {', '.join(names)}"
            raise BadInput(msg)
        with self._guard:
            self._canvas_layers.arrange(tuple(self[name] for name in names))
            self._shown()

    def picture(self, name: str) -> Picture | None:
        """The picture on a layer, as it was given; None when it is empty.

        Raises:
            BadInput: when there is no such layer.
        """
        self._check(name)
        return self._canvas_layers.picture_of(name)

    def _check(self, name: str) -> None:
        if name not in list(self):
            msg = f"there is no layer {name!r}: the layers are {', '.join(self)}"
            raise BadInput(msg)
