"""A slider over moments, each a few pictures: what happened, one step after the other; knows no model and no job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ipywidgets import Layout, Play, jslink

from lab.core.errors import BadInput
from lab.core.picture import Picture, PictureLike
from lab.core.sentences.checked_call import Listed, checked
from widgets.base.bare import HTML, Box, HBox, Image, IntSlider, Laid, VBox
from widgets.base.key_guard import keep_keys
from widgets.base.still import WithStill
from widgets.views.captioned import caption, captioned, shown


@checked
class StepScrubber(WithStill, Laid, VBox):
    """Pull the slider, or press play, and watch: `StepScrubber([{"noisy": a, "clean": b}, {"noisy": c, "clean": d}])`.

    Args:
        moments: the pictures of each moment by the words below them; the same words in every moment.
        captions: a line above the pictures for each moment; none when empty.
        side_px: how wide each picture is shown, in pixels of the screen.

    Raises:
        BadInput: when there is no moment, the moments show different things, or captions are missing.
    """

    def __init__(
        self, moments: Listed[Mapping[str, PictureLike]], captions: Listed[str] = (), side_px: int = 256
    ) -> None:
        if not moments or any(tuple(moment) != tuple(moments[0]) for moment in moments):
            msg = "a scrubber shows at least one moment, and the same things in each"
            raise BadInput(msg)
        if captions and len(captions) != len(moments):
            msg = f"there are {len(captions)} captions for {len(moments)} moments: give one for each, or none"
            raise BadInput(msg)
        self._frames = [[shown(picture) for picture in moment.values()] for moment in moments]
        self._captions = [caption(words) for words in captions] or [""] * len(moments)
        cells = [captioned(words, picture, side_px) for words, picture in moments[0].items()]
        self._images: list[Image] = [cell.children[0] for cell in cells]
        self._said = HTML(self._captions[0], layout=Layout(margin="4px 0 6px 0"))
        last = len(moments) - 1
        self.slider = IntSlider(0, min=0, max=last, readout=not captions, layout=Layout(width="360px"))
        self.slider.layout.margin = "0 0 0 12px"
        play = Play(min=0, max=last, interval=500, show_repeat=False)
        jslink((play, "value"), (self.slider, "value"))
        self.slider.observe(lambda change: self._show(change["new"]), names="value")
        pictures = Box(cells, layout=Layout(flex_flow="row wrap", grid_gap="16px"))
        bar: list[Any] = [HBox([play, self.slider], layout=Layout(align_items="center", margin="0 0 4px 0"))]
        super().__init__([*bar, self._said, pictures] if captions else [*bar, pictures])
        keep_keys(self)

    @property
    def step(self) -> int:
        """The moment on screen, counted from 0; assigning shows another."""
        return self.slider.value

    @step.setter
    @checked
    def step(self, step: int) -> None:
        self.slider.value = step

    def _shown_pictures(self) -> Sequence[Picture]:
        return [Picture.of(file) for file in self._frames[self.step]]

    def _show(self, step: int) -> None:
        self._said.value = self._captions[step]
        for image, content in zip(self._images, self._frames[step], strict=True):
            image.value = content
