# ruff: noqa: D101 - each is what its base is
"""ipywidgets' and anywidget's own, without the Layout and the Style that each has beside it; knows no widget of ours.

A Studio is some 500 widgets in ipywidgets' way, more than half of them Layouts and Styles that say nothing. Each is a
message when the Studio opens, and again at every reload of its page. A class of this module has only those that it is
given, as in `Box(children, layout=Layout(display="none"))`; without one its `layout` is None. What people put into
their own notebooks is `Laid`.
"""

from __future__ import annotations

from typing import Any

import anywidget
import ipywidgets
from ipywidgets import Layout, Style, widget_serialization
from ipywidgets.widgets.trait_types import InstanceDict
from traitlets import HasTraits, Instance

from widgets.base.thread_safe import ThreadSafe

_OF_A_WIDGET: dict[str, Any] = widget_serialization


class _Bare(HasTraits):
    """Put before a class of ipywidgets."""

    layout: Any = Instance(Layout, None, allow_none=True).tag(sync=True, **_OF_A_WIDGET)


class PostedLayout(ThreadSafe, Layout):
    """How something stands, and whether it is seen, which events of any thread change."""


class Laid(HasTraits):
    """Put before such a class that people may give a width and a height: with a Layout, as any of ipywidgets."""

    layout: Any = InstanceDict(Layout).tag(sync=True, **_OF_A_WIDGET)

    def close(self) -> None:
        """Close the widget and its Layout."""
        self.layout.close()
        super().close()  # pyright: ignore[reportAttributeAccessIssue] - of the widget


class _Unstyled(_Bare):
    """Before one that has a Style, too."""

    style: Any = Instance(Style, None, allow_none=True).tag(sync=True, **_OF_A_WIDGET)


class AnyWidget(_Bare, anywidget.AnyWidget): ...


class Box(_Bare, ipywidgets.Box): ...


class HBox(Box, ipywidgets.HBox): ...


class VBox(Box, ipywidgets.VBox): ...


class Image(_Bare, ipywidgets.Image): ...


class Accordion(_Bare, ipywidgets.Accordion): ...


class Button(_Unstyled, ipywidgets.Button): ...


class ToggleButton(_Unstyled, ipywidgets.ToggleButton): ...


class HTML(_Unstyled, ipywidgets.HTML): ...


class Label(_Unstyled, ipywidgets.Label): ...


# What says how wide its description is has a Style.


class Checkbox(_Bare, ipywidgets.Checkbox): ...


class Text(_Bare, ipywidgets.Text): ...


class Textarea(_Bare, ipywidgets.Textarea): ...


class Combobox(_Bare, ipywidgets.Combobox): ...


class Dropdown(_Bare, ipywidgets.Dropdown): ...


class Select(_Bare, ipywidgets.Select): ...


class BoundedIntText(_Bare, ipywidgets.BoundedIntText): ...


class IntSlider(_Bare, ipywidgets.IntSlider): ...


class FloatSlider(_Bare, ipywidgets.FloatSlider): ...


class FloatRangeSlider(_Bare, ipywidgets.FloatRangeSlider): ...


class FloatProgress(_Bare, ipywidgets.FloatProgress): ...
