"""The control preview without a browser: every map of a picture, live settings, and what is seen is what is used."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from typing import Annotated

import numpy as np
import pytest
from PIL import Image
from pydantic import Field

from lab.core import BadInput, Picture, Recipe, Size, Stroke
from lab.preprocessors import PREPROCESSORS, control_map, preprocessor
from lab.vision import annotators
from tests.widgets.controls import page_sends
from widgets.preview.control_preview import ControlPreview

DISC = Picture(np.where(np.hypot(*(np.mgrid[:96, :128] - 48)) < 30, 40, 220).astype(np.uint8)[..., None].repeat(3, 2))
SIZE = Size(64, 48)


class Watched:
    """A preview, and waiting for something to be true of it; looked at again whenever it posts something."""

    def __init__(self, *args, **kwargs):
        self._posted = threading.Condition()
        self.preview = ControlPreview(*args, size=kwargs.pop("size", SIZE), **kwargs)
        self.preview.observe(self._wake, names=["tiles", "shown", "source", "png"])

    def _wake(self, _change):
        with self._posted:
            self._posted.notify_all()

    def until(self, condition: Callable[[ControlPreview], object]) -> ControlPreview:
        with self._posted:
            assert self._posted.wait_for(lambda: condition(self.preview), 20), self.preview.shown
        return self.preview

    def until_settled(self) -> ControlPreview:
        return self.until(
            lambda preview: (
                preview.shown.get("name") == preview.chosen
                and preview.source
                and preview.tiles
                and all(tile["state"] != "waiting" for tile in preview.tiles.values())
            )
        )


@pytest.fixture
def watch() -> Iterator[Callable[..., Watched]]:
    opened = []

    def open_it(*args, **kwargs) -> Watched:
        opened.append(Watched(*args, **kwargs))
        return opened[-1]

    yield open_it
    for watched in opened:
        watched.preview.close()


def names(preview: ControlPreview) -> list[str]:
    return [tool["name"] for tool in preview.tools]


def shown_pixels(preview: ControlPreview) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(preview.png)).convert("RGB"))


def test_every_preprocessor_has_a_tile_or_a_sentence(watch):
    preview = watch(DISC).until_settled()
    assert set(preview.tiles) == set(PREPROCESSORS)
    for name, tile in preview.tiles.items():
        if PREPROCESSORS[name].missing:
            assert tile["state"] == "missing"
            assert PREPROCESSORS[name].missing[1:] in tile["sentence"]
            assert not tile["thumb"]
        else:
            assert (tile["state"], tile["sentence"]) == ("ready", "")
            assert Image.open(io.BytesIO(tile["thumb"])).size == SIZE


def test_the_map_on_screen_is_the_map_that_is_used(watch):
    watched = watch(DISC)
    watched.until_settled().choose("canny", low_threshold=30, high_threshold=60)
    preview = watched.until(lambda preview: preview.shown.get("settings", {}).get("low_threshold") == 30)
    control = preview.control
    assert (control.preprocessor, control.kind, control.picture) == ("canny", "canny", DISC.hash)
    assert control_map(control.preprocessor, DISC, SIZE, control.settings) == preview.map
    assert np.array_equal(shown_pixels(preview), preview.map.pixels)
    assert control_map("none", preview.map, SIZE, {}) == preview.map, "given as a map, it stays as it is"
    assert Recipe.from_json(Recipe(model="starter", controls=(control,)).to_json()).controls == (control,)


LINE = Stroke([(4, 4), (40, 4)], size_px=4, colour="#ffffff")


def test_a_painted_map_is_used_with_exactly_these_pixels_and_named_by_them(watch):
    watched = watch(DISC)
    computed = watched.until_settled().map
    watched.preview.canvas.draw(LINE)
    preview = watched.until(lambda preview: preview.shown["painted"])
    assert np.array_equal(shown_pixels(preview), preview.map.pixels)
    inked = preview.canvas.to_picture(SIZE).pixels[..., 3] == 255
    assert (preview.map.pixels[inked] == 255).all()
    untouched = preview.canvas.to_picture(SIZE).pixels[..., 3] == 0
    assert np.array_equal(preview.map.pixels[untouched], computed.pixels[untouched])
    guide = preview.guide
    assert (guide.picture, guide.value.picture, guide.value.preprocessor) == (preview.map, preview.map.hash, "none")
    assert preview.control == guide.value


def test_what_was_painted_stays_on_other_maps_and_goes_with_its_picture(watch):
    watched = watch(DISC)
    watched.until_settled().canvas.draw(LINE)
    watched.until(lambda preview: preview.shown["painted"])
    watched.preview.choose("threshold")
    preview = watched.until(lambda preview: preview.shown["name"] == "threshold")
    assert preview.shown["painted"]
    preview.look_at(Picture(255 - DISC.pixels), keeps_paint=True)
    assert watched.until(lambda preview: preview.shown["picture"] != DISC.hash).shown["painted"]
    preview.picture = DISC
    preview = watched.until(lambda preview: preview.shown["picture"] == DISC.hash)
    assert not preview.shown["painted"]
    assert preview.canvas.sketch.is_empty


def test_the_browsers_button_brings_the_computed_map_back_and_undo_the_paint(watch):
    watched = watch(DISC)
    computed = watched.until_settled().map
    watched.preview.canvas.draw(LINE)
    painted = watched.until(lambda preview: preview.shown["painted"]).map
    page_sends(watched.preview, {"kind": "computed"})
    assert watched.until(lambda preview: not preview.shown["painted"]).map == computed
    watched.preview.canvas.undo()
    assert watched.until(lambda preview: preview.shown["painted"]).map == painted


def test_a_picture_dropped_on_a_map_is_refused_with_a_sentence(watch):
    with pytest.raises(BadInput, match="this map is painted on, not replaced"):
        watch(DISC).until_settled().canvas.background = DISC


def test_a_slider_of_the_browser_makes_another_map(watch):
    watched = watch(DISC)
    before = watched.until_settled().map
    watched.preview.set_state({"chosen": "threshold"})
    watched.until(lambda preview: preview.shown["name"] == "threshold")
    watched.preview.set_state({"settings": {"threshold": {"level": 10}}})
    preview = watched.until(lambda preview: preview.shown["settings"] == {"level": 10})
    assert preview.map.pixels.min() == 255
    assert preview.map != before


@pytest.mark.usefixtures("tables")
def test_callbacks_return_while_the_work_goes_on_and_the_newest_setting_wins(watch):
    gate, entered, seen = threading.Event(), threading.Event(), []

    @preprocessor
    def slow(image: np.ndarray, level: Annotated[int, Field(ge=0, le=255)] = 0) -> np.ndarray:
        seen.append(level)
        entered.set()
        assert gate.wait(20)
        return np.full_like(image, level)

    watched = watch(DISC, kinds=["nothing"])
    watched.preview.set_state({"chosen": "slow"})
    assert entered.wait(20)
    for level in (1, 2, 3):
        watched.preview.set_state({"settings": {"slow": {"level": level}}})
    gate.set()
    preview = watched.until(lambda preview: preview.shown.get("settings") == {"level": 3})
    assert preview.map.pixels.max() == 3
    assert seen[0] == 0
    assert {1, 2}.isdisjoint(seen), "what was overtaken is never begun"


@pytest.mark.usefixtures("tables")
def test_the_same_picture_and_settings_are_made_once(watch):
    made = []

    @preprocessor
    def counted(image: np.ndarray, level: Annotated[int, Field(ge=0, le=255)] = 0) -> np.ndarray:
        made.append(level)
        return np.full_like(image, level)

    watched = watch(DISC)
    watched.until_settled().choose("counted")
    for level in (5, 6, 5):
        watched.preview.choose("counted", level=level)
        watched.until(lambda preview, level=level: preview.shown["settings"] == {"level": level})
    assert made == [0, 5, 6]


@pytest.mark.usefixtures("tables")
def test_running_its_cell_again_shows_the_new_function(watch):
    watched = watch(DISC)
    watched.until_settled()
    for level in (10, 20):

        @preprocessor
        def mine(image: np.ndarray, level: Annotated[int, Field(ge=0, le=255)] = level) -> np.ndarray:
            return np.full_like(image, level)

        watched.preview.choose("mine")
        watched.until(lambda preview, level=level: preview.map and preview.map.pixels.max() == level)
    watched.until(lambda preview: "mine" in preview.tiles)


@pytest.mark.usefixtures("tables")
def test_a_function_that_fails_says_so_in_a_sentence_and_the_others_go_on(watch):
    @preprocessor
    def broken(image: np.ndarray) -> np.ndarray:
        msg = f"{image.ndim} is no number I like"
        raise ValueError(msg)

    watched = watch(DISC)
    watched.preview.choose("broken")
    preview = watched.until_settled()
    assert preview.shown["sentence"] == "broken failed: 3 is no number I like"
    assert (preview.tiles["broken"]["state"], preview.tiles["canny"]["state"]) == ("failed", "ready")
    assert (preview.control, preview.map, preview.png) == (None, None, b"")


def test_weights_are_never_fetched_from_a_preview(watch, monkeypatch):
    def refuse(*_, **__):
        pytest.fail("a preview fetched weights")

    annotators.release()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", refuse)
    watched = watch(DISC)
    watched.preview.choose("depth")
    preview = watched.until_settled()
    assert preview.shown["sentence"].startswith("The weights dpt_hybrid-midas-501f0c75.pt (on the terms of")
    assert preview.control is None


def test_another_picture_is_looked_at_by_all(watch):
    watched = watch(DISC)
    before = dict(watched.until_settled().tiles)
    watched.preview.picture = np.full((40, 40, 3), 9, np.uint8)
    preview = watched.until(lambda preview: preview.control and preview.control.picture == preview.picture.hash)
    assert preview.map.pixels.max() == 0
    others = ("none", "invert", "blur")
    watched.until(lambda preview: all(preview.tiles[name]["thumb"] != before[name]["thumb"] for name in others))
    heard = []
    preview.on_change(heard.append)
    preview.picture = None
    assert heard == [None]
    assert (preview.control, preview.map, preview.tiles, preview.png) == (None, None, {}, b"")


@pytest.mark.parametrize(
    ("kinds", "first", "kind"),
    [(["lines"], "lines", "lines"), (["tile"], "tile", "tile"), (["depth"], "none", "depth")],
)
def test_only_what_a_models_controlnets_understand_is_offered_the_best_first(watch, kinds, first, kind):
    preview = watch(DISC, kinds=kinds).until_settled()
    offered = names(preview)
    assert all(PREPROCESSORS[name].feeds(kind) for name in offered)
    assert offered[0] == preview.chosen == first
    assert preview.control.kind == kind


def test_maps_have_the_size_that_the_model_gets(watch):
    watched = watch(DISC, size=None)
    assert watched.until_settled().map.size == Size(576, 448), "about 512 x 512 in the shape of the picture"
    watched.preview.size = Size(256, 192)
    watched.until(lambda preview: preview.map and preview.map.size == Size(256, 192))
    watched.preview.size = lambda shape: shape.multiple_of(32)
    watched.until(lambda preview: preview.map and preview.map.size == DISC.size)


def test_listeners_hear_of_every_map_until_they_end_it(watch):
    watched = watch(DISC)
    watched.until_settled()
    heard, one = [], threading.Event()
    end = watched.preview.on_change(lambda control: (heard.append(control), one.set()))
    watched.preview.choose("invert")
    assert one.wait(20)
    assert heard[-1].preprocessor == "invert"
    one.clear()
    watched.preview.choose("depth")
    assert one.wait(20)
    assert heard[-1] is None, "where there is no map there is nothing to use"
    end()
    heard.clear()
    watched.preview.choose("blur")
    watched.until(lambda preview: preview.shown["name"] == "blur")
    assert heard == []


@pytest.mark.parametrize(
    ("name", "settings", "sentence"),
    [
        ("edges", {}, "this preview has no preprocessor 'edges': it has canny,"),
        ("canny", {"low_threshold": 0}, "low_threshold must be between 1 and 500, not 0"),
    ],
)
def test_a_wrong_choice_is_refused_and_changes_nothing(watch, name, settings, sentence):
    preview = watch(DISC).until_settled()
    before = (preview.chosen, preview.settings)
    with pytest.raises(BadInput, match=sentence):
        preview.choose(name, **settings)
    assert (preview.chosen, preview.settings) == before


def test_settings_of_a_browser_that_are_out_of_range_become_a_sentence(watch):
    watched = watch(DISC)
    watched.until_settled()
    watched.preview.set_state({"settings": {"canny": {"low_threshold": 9999}}})
    preview = watched.until(lambda preview: preview.shown["sentence"])
    assert preview.shown["sentence"] == "low_threshold must be between 1 and 500, not 9999"


def test_without_a_picture_there_is_nothing_to_use():
    preview = ControlPreview()
    assert (preview.picture, preview.size, preview.control, preview.map) == (None, None, None, None)
    preview.close()


@pytest.mark.usefixtures("tables")
def test_a_closed_preview_hears_no_more_of_new_functions(watch):
    preview = watch(DISC).until_settled()
    preview.close()

    @preprocessor
    def late(image: np.ndarray) -> np.ndarray:
        return image

    assert "late" not in names(preview)
    assert preview.map is not None
