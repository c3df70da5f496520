"""A picture of ours that is dropped, or chosen in the gallery, brings back what it was made of."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from lab import Lab, Mask, Picture
from lab.core.conditioning import control as guide_of
from lab.core.events import Result
from tests.widgets.controls import control, page_sends, until_done
from tests.widgets.studio.following import CIRCLE, drop, let_it_follow
from widgets import GalleryView, Studio

PHOTO = Picture(np.full((96, 128, 3), (200, 40, 40), np.uint8))
OTHER = Picture(np.full((64, 64, 3), (10, 40, 40), np.uint8))
HALF = Mask(np.pad(np.full((96, 64), 255, np.uint8), ((0, 0), (0, 64))))


def opened(lab: Lab, task: str) -> Studio:
    studio = Studio(lab, task)
    studio.live_button.value = False
    return studio


def restore(studio: Studio, result: Result) -> None:
    """Drop the file of a picture on a Studio, and press "Restore everything"."""
    assert result.path is not None
    drop(studio, result.path.read_bytes())
    control(studio.notices, "Restore everything").click()
    let_it_follow(studio)


def test_a_sketch_comes_back_as_strokes_with_its_settings(lab: Lab) -> None:
    studio = opened(lab, "sketch_to_image")
    studio.canvas.sketch = CIRCLE
    request = studio.request(prompt="a plate", seed=5, sketch_strength=0.6)
    made = lab.submit(request).wait(20)
    studio.canvas.clear()
    restore(studio, made)
    assert studio.canvas.sketch == CIRCLE
    assert studio.request().recipe == request.recipe
    assert all("Not restored" not in said for said in studio.notices.sentences)
    studio.close()


def test_picture_and_mask_come_back_over_whatever_is_there(lab: Lab) -> None:
    made = lab.run("inpaint", image=PHOTO, mask=HALF, prompt="a star", seed=8).wait(20)
    studio = opened(lab, "inpaint")
    studio.image = OTHER
    studio.canvas.mask = Mask(np.full((64, 64), 255, np.uint8))
    restore(studio, made)
    assert studio.image == PHOTO
    assert studio.canvas.mask == HALF
    assert (studio.panel.settings["prompt"], studio.panel.settings["seed"]) == ("a star", 8)
    studio.close()


def test_what_was_painted_on_the_picture_is_in_it_and_not_painted_twice(lab: Lab) -> None:
    studio = opened(lab, "image_to_image")
    studio.image = PHOTO
    studio.canvas.line([(5, 5), (60, 60)], colour="#00ff00")
    painted = studio.canvas.picture
    made = lab.submit(studio.request(prompt="x")).wait(20)
    restore(studio, made)
    assert studio.canvas.picture == studio.image == painted
    studio.canvas.line([(9, 5), (60, 60)])
    restore(studio, made)
    assert studio.canvas.picture == painted
    studio.close()


def test_a_control_comes_back_with_its_preprocessor_and_how_it_steers(lab: Lab) -> None:
    guide = guide_of(PHOTO, lab.card.control_kinds[0], preprocessor="canny", weight=0.7, start=0.1, end=0.8)
    made = lab.run("control_to_image", controls=[guide], prompt="a room").wait(20)
    studio = opened(lab, "control_to_image")
    restore(studio, made)
    (source,) = studio.sources
    assert (source.preview.chosen, studio.image) == ("canny", PHOTO)
    assert tuple(source.steering.value) == pytest.approx((0.7, 0.1, 0.8))
    studio.close()


def test_more_controls_come_back_each_with_its_own_and_no_other_stays(lab: Lab) -> None:
    kind = lab.card.control_kinds[0]
    guides = [guide_of(one, kind, preprocessor="canny", weight=weight) for one, weight in ((PHOTO, 1.0), (OTHER, 0.4))]
    made = lab.run("control_to_image", controls=guides, prompt="a room").wait(20)
    studio = opened(lab, "control_to_image")
    controls = studio.guides.lists["Controls"]
    controls.add().on.value = False
    controls.add()
    restore(studio, made)
    (entry,) = controls.entries
    assert (entry.on.value, entry.source.surfaces[0].background) == (True, OTHER)
    assert entry.steering.value.weight == pytest.approx(0.4)
    assert all("Not restored" not in said for said in studio.notices.sentences)
    studio.close()


def test_what_is_not_kept_here_is_said(lab: Lab) -> None:
    made = lab.run("inpaint", image=PHOTO, mask=HALF, prompt="a star").wait(20)
    for source in (lab.gallery.folder / "sources").iterdir():
        source.unlink()
    studio = opened(lab, "inpaint")
    studio.image = OTHER
    restore(studio, made)
    assert studio.notices.sentences[-1].endswith("Not restored, since it is not kept here: the image, the mask.</span>")
    assert studio.image == made.picture, "what was dropped"
    assert studio.panel.settings["prompt"] == "a star"
    studio.close()


def test_another_task_offers_its_settings_alone_and_the_gallery_gives_them(lab: Lab) -> None:
    lab.run("inpaint", image=PHOTO, mask=HALF, prompt="a star", seed=3).wait(20)
    studio = opened(lab, "text_to_image")
    view = GalleryView(lab)
    page_sends(view, {"kind": "reopen", "id": view.cells[0]["id"]})
    until_done("gallery")
    let_it_follow(studio)
    assert view.said == "Its settings are in text_to_image."
    assert (studio.panel.settings["prompt"], studio.panel.settings["seed"]) == ("a star", 3)
    other = opened(lab, "image_to_image")
    drop(other, lab.gallery.latest()[0].path.read_bytes())
    assert [one.description for one in other.notices.children[-1].children[1:]] == ["Use its settings", ""]
    studio.close()
    other.close()


def test_the_settings_of_another_tools_picture_are_offered_and_what_is_not_taken_is_said(lab: Lab) -> None:
    chunk, file = PngImagePlugin.PngInfo(), io.BytesIO()
    chunk.add_text("parameters", "a <b>barn</b>\nNegative prompt: fog\nSteps: 9, Sampler: Euler a, CFG scale: 6, "
                   "Seed: 12, Size: 512x512, Model hash: 0123456789, Model: barns, Clip skip: 2")  # fmt: skip
    Image.new("RGB", (64, 64), (9, 99, 9)).save(file, "PNG", pnginfo=chunk)
    studio = opened(lab, "image_to_image")
    drop(studio, file.getvalue())
    (line,) = studio.notices.children
    assert "&lt;b&gt;barn" in studio.notices.sentences[0]
    line.children[1].click()
    now = studio.panel.settings
    assert [now[name] for name in ("negative_prompt", "steps", "guidance_scale", "seed")] == ["fog", 9, 6.0, 12]
    said = studio.notices.sentences[-1]
    assert "Not taken over" in said
    assert "clip skip" in said.lower()
    assert "not here: model barns (0123456789)" in said
    studio.close()
