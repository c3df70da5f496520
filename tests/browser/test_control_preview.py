"""The control preview in a real JupyterLab: thumbnails come, sliders are live, and what is seen is what is used."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tests.browser.page_canvas import PageCanvas

pytestmark = pytest.mark.browser

CELL = """import threading
from typing import Annotated
import numpy as np
from pydantic import Field
from lab.core import Size
from lab.preprocessors import preprocessor
from widgets.preview.control_preview import ControlPreview
rows, columns = np.mgrid[:96, :128]
disc = np.repeat(np.where(np.hypot(rows - 48, columns - 64) < 30, 40, 220).astype(np.uint8)[..., None], 3, axis=2)
preview = ControlPreview(disc, size=Size(128, 96))
preview"""
SETTLED = "len(preview.tiles) > 0 and all(tile['state'] != 'waiting' for tile in preview.tiles.values())"
MAP = "document.querySelector('.sketchlab-preview-map')"
BUSY = "import time; time.sleep(3)"


@pytest.fixture
def preview(notebook):
    """A preview of its own in the one notebook: the cell runs again."""
    notebook.run_cell(0)
    notebook.wait_for(SETTLED, timeout_s=60)
    notebook.page.wait_for_selector(".sketchlab-preview-map >> visible=true")
    notebook.page.wait_for_function(
        """() => {
            const tiles = [...document.querySelectorAll('.sketchlab-preview-tile')];
            return tiles.length > 0 && tiles.every((tile) => tile.dataset.state !== 'waiting');
        }"""
    )
    return notebook


def tile(notebook, name):
    return notebook.page.locator(".sketchlab-preview-tile", has_text=name).first


def pixels_on_screen(notebook):
    url = notebook.page.evaluate(f"{MAP}.toDataURL('image/png')")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGB"))


def wait_for_map(notebook, condition):
    """Wait until the kernel has shown a map for which the condition holds, and the page has drawn that one."""
    notebook.wait_for(f"bool({condition})")
    expected = np.array(notebook.value("preview.map.pixels[..., 0].tolist()"), np.uint8)
    notebook.page.wait_for_function(
        """expected => {
            const map = document.querySelector('.sketchlab-preview-map');
            const { data } = map.getContext('2d').getImageData(0, 0, map.width, map.height);
            const flat = expected.flat();
            return data.length === 4 * flat.length && flat.every((level, i) => data[4 * i] === level);
        }""",
        arg=expected.tolist(),
    )


def test_every_thumbnail_comes_and_the_missing_ones_say_why(preview):
    names = preview.value("[tool['name'] for tool in preview.tools]")
    tiles = preview.page.locator(".sketchlab-preview-tile")
    assert tiles.count() == len(names)
    assert (
        tile(preview, "Canny").locator("img").evaluate("async image => (await image.decode(), image.naturalWidth)")
        == 128
    )
    depth = tile(preview, "Depth")
    assert not depth.is_visible(), "what cannot be used is folded away"
    preview.page.get_by_text("need weights").click()
    assert depth.locator("small").inner_text() == "Needs weights"
    depth.click()
    sentence = preview.page.get_by_role("status").filter(has_text="-m lab fetch annotator:midas")
    sentence.wait_for()
    assert (
        "dpt_hybrid-midas-501f0c75.pt (on the terms of its repository, lllyasviel/Annotators) are not"
        in sentence.inner_text()
    )
    assert preview.value("preview.control is None")


def test_dragging_a_slider_changes_the_map_live_and_the_map_on_screen_is_the_map_in_use(preview):
    tile(preview, "Threshold").click()
    wait_for_map(preview, "preview.shown['name'] == 'threshold'")
    preview.execute("seen = []\nend = preview.on_change(lambda control: seen.append(control.settings['level']))")
    box = preview.page.get_by_role("slider", name="Level").bounding_box()
    mouse = preview.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    for share in (0.6, 0.7, 0.8):
        mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] / 2, steps=5)
        preview.wait_for(f"bool(seen) and seen[-1] > {255 * (share - 0.05):.0f}")
    mouse.move(box["x"] + box["width"] + 20, box["y"] + box["height"] / 2)
    mouse.up()
    wait_for_map(preview, "preview.control.settings == {'level': 255}")
    assert pixels_on_screen(preview).max() == 0
    assert preview.page.get_by_role("spinbutton", name="Level, as a number").input_value() == "255"
    preview.page.get_by_role("button", name="Defaults").click()
    wait_for_map(preview, "preview.control.settings == {'level': 127}")


def test_the_keys_move_sliders_and_choices_and_not_the_notebook(preview):
    slider = preview.page.get_by_role("slider", name="Low threshold")
    slider.focus()
    preview.page.keyboard.press("ArrowRight")
    wait_for_map(preview, "preview.control.settings['low_threshold'] == 101")
    preview.page.get_by_role("radio", name="Canny").focus()
    preview.page.keyboard.press("ArrowRight")
    wait_for_map(preview, "preview.control.preprocessor == preview.tools[1]['name']")
    assert preview.page.evaluate("document.activeElement.type") == "radio"


def test_a_number_can_be_typed_beside_its_slider(preview):
    tile(preview, "Threshold").click()
    wait_for_map(preview, "preview.shown['name'] == 'threshold'")
    number = preview.page.get_by_role("spinbutton", name="Level, as a number")
    number.fill("9999")
    number.press("Enter")
    wait_for_map(preview, "preview.control.settings == {'level': 255}")
    assert number.input_value() == "255", "as far as the setting goes"
    number.fill("31")
    number.press("Enter")
    wait_for_map(preview, "preview.control.settings == {'level': 31}")
    assert preview.page.get_by_role("slider", name="Level").input_value() == "31"


def test_python_moves_the_sliders_and_new_functions_appear(preview):
    preview.execute("preview.choose('blur', radius=20)")
    wait_for_map(preview, "preview.control.settings == {'radius': 20.0}")
    assert preview.page.get_by_role("slider", name="Radius").input_value() == "20"
    preview.execute(
        "@preprocessor\n"
        "def stripes(image: np.ndarray, every: Annotated[int, Field(ge=2, le=32)] = 8) -> np.ndarray:\n"
        "    'White stripes.'\n"
        "    return np.where(np.arange(image.shape[1]) % every == 0, 255, 0).astype(np.uint8)"
        "[None, :, None].repeat(image.shape[0], 0)[..., 0]"
    )
    tile(preview, "Stripes").click()
    wait_for_map(preview, "preview.control.preprocessor == 'stripes'")
    preview.page.get_by_role("slider", name="Every").fill("16")
    wait_for_map(preview, "preview.control.settings == {'every': 16}")
    assert pixels_on_screen(preview)[0, ::16].min() == 255


def test_after_a_reload_choice_sliders_and_thumbnails_are_still_there(preview):
    tile(preview, "Threshold").click()
    preview.page.get_by_role("slider", name="Level").fill("230")
    wait_for_map(preview, "preview.control.settings == {'level': 230}")
    before = pixels_on_screen(preview)
    preview.reload()
    preview.page.wait_for_selector(".sketchlab-preview-map >> visible=true")
    wait_for_map(preview, "True")
    assert np.array_equal(pixels_on_screen(preview), before)
    assert preview.page.get_by_role("slider", name="Level").input_value() == "230"
    assert preview.page.get_by_role("radio", name="Threshold").is_checked()
    shown = "[...document.querySelectorAll('.sketchlab-preview-thumb img')].filter(image => !image.hidden).length"
    ready = preview.value("sum(tile['state'] == 'ready' for tile in preview.tiles.values())")
    assert preview.page.evaluate(shown) == ready


def test_a_slider_moved_while_the_kernel_is_blocked_is_not_lost(preview):
    preview.execute(BUSY, wait=False)
    preview.page.get_by_role("slider", name="High threshold").fill("77")
    wait_for_map(preview, "preview.control.settings['high_threshold'] == 77")


def test_the_picture_can_be_seen_through_the_map(preview):
    preview.page.get_by_role("slider", name="From picture to map").fill("0.3")
    assert preview.page.evaluate(f"getComputedStyle({MAP}).opacity") == "0.3"
    source = preview.page.locator(".sketchlab-preview-source")
    assert source.is_visible()
    assert source.evaluate("async image => (await image.decode(), image.naturalWidth)") == 128
    assert preview.value("int(preview.map.pixels.max())") == 255, "only on screen: the map in use stays as it is"


def test_what_is_painted_on_the_map_is_used_exactly_and_can_be_taken_back(preview):
    page = preview.page
    page.get_by_role("button", name="Paint on it").click()
    surface = PageCanvas(preview)
    surface.stroke((20, 10), (110, 10))
    preview.wait_for("preview.map.pixels[10, 60].tolist()", [255, 255, 255])
    surface.press("Black")
    surface.stroke((60, 10), (70, 10))
    preview.wait_for("preview.map.pixels[10, 65].tolist()", [0, 0, 0])
    surface.settle()
    assert surface.colour(40, 10) == [255, 255, 255]
    assert surface.colour(65, 10) == [0, 0, 0]

    page.get_by_role("button", name="Done").click()
    wait_for_map(preview, "preview.shown['painted']")
    assert preview.value("[preview.control.preprocessor, preview.guide.picture == preview.map]") == ["none", True]

    page.get_by_role("slider", name="Low threshold").fill("20")
    wait_for_map(preview, "preview.shown['settings']['low_threshold'] == 20")
    assert pixels_on_screen(preview)[10, 40].min() == 255, "what was painted stays on another map of the picture"

    page.get_by_role("button", name="Computed map").click()
    wait_for_map(preview, "not preview.shown['painted']")
    assert pixels_on_screen(preview)[10, 40].max() == 0
    page.get_by_role("button", name="Paint on it").click()
    surface.press("Undo (Ctrl+Z)")
    preview.wait_for("preview.map.pixels[10, 40].tolist()", [255, 255, 255])


def test_a_painted_map_and_its_undo_survive_a_reload(preview):
    preview.page.get_by_role("button", name="Paint on it").click()
    surface = PageCanvas(preview)
    surface.stroke((20, 10), (110, 10))
    surface.settle()
    before = surface.screen()
    preview.reload()
    after = PageCanvas(preview)
    after.wait_for_screen(before)
    after.press("Undo (Ctrl+Z)")
    preview.wait_for("[preview.shown['painted'], int(preview.map.pixels[10, 60].max())]", [False, 0])
