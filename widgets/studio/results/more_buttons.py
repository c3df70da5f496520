"""What one may want of a picture that is shown: keep it, another seed, a little of another; knows no panel."""

from __future__ import annotations

from collections.abc import Callable

from widgets.base.bare import Box, Button


def more_buttons(keep: Callable[[], None], new_seed: Callable[[], None] | None, vary: Callable[[], None] | None) -> Box:
    """A button for each; None leaves one out."""
    wanted = [
        ("Keep", "thumb-tack", "Keep this picture for good, with a star, while Live goes on", keep),
        ("New seed", "random", "Another picture, by another seed", new_seed),
        ("Vary a little", "magic", "Another picture, much like this one", vary),
    ]
    buttons = []
    for name, icon, tooltip, act in wanted:
        if act is None:
            continue
        button = Button(description=name, icon=icon, tooltip=tooltip)
        button.on_click(lambda _, act=act: act())
        buttons.append(button)
    box = Box(buttons)
    box.add_class("sketchlab-more")
    return box
