"""Pictures in and out of the canvas, and its layers, in a real JupyterLab."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from bench._jupyterlab import wait_for_promise
from lab.core import Picture
from tests.browser.page_canvas import ONE_TO_ONE, PageCanvas
from tests.files.icc import rgb_profile

pytestmark = pytest.mark.browser

CELL = f"""from ipywidgets import Layout
from lab.core import Sketch
from widgets.canvas.sketch_canvas import SketchCanvas
import numpy as np
canvas = SketchCanvas()
canvas.layout = Layout({ONE_TO_ONE})
canvas"""
GREEN, BLUE, WHITE = [20, 160, 60], [30, 60, 200], [255, 255, 255]
BRING = """([kind, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], "brought.jpg", { type: "image/jpeg" }));
  const how = { bubbles: true, cancelable: true };
  const event = kind === "drop"
    ? new DragEvent("drop", { ...how, dataTransfer: carried })
    : new ClipboardEvent("paste", { ...how, clipboardData: carried });
  document.querySelector(".sketchlab-surface").dispatchEvent(event);
}"""


def turned_photo() -> bytes:
    """Twice as wide as high in the file; EXIF says that it is to be turned: blue is below, not right."""
    pixels = np.zeros((300, 600, 3), np.uint8)
    pixels[:, :300], pixels[:, 300:] = GREEN, BLUE
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95, exif=exif)
    return file.getvalue()


@pytest.fixture
def surface(notebook):
    notebook.execute(
        "for name in [n for n in canvas.layers if n not in ('background', 'sketch')]: del canvas.layers[name]"
    )
    notebook.execute("canvas.layers.arrange(['background', 'sketch']); canvas.sketch = Sketch()")
    surface = PageCanvas(notebook)
    surface.wait_until_shown()
    return surface


def near(found, expected):
    return np.abs(np.array(found) - expected).max() <= 6


@pytest.mark.parametrize("way", ["drop", "paste", "file"])
def test_a_picture_is_brought_turned_as_its_camera_said_and_not_cut(surface, way):
    if way == "file":
        photo = {"name": "brought.jpg", "mimeType": "image/jpeg", "buffer": turned_photo()}
        surface.page.get_by_label("Picture file").first.set_input_files(photo)
    else:
        surface.page.evaluate(BRING, [way, base64.b64encode(turned_photo()).decode()])
    surface.notebook.wait_for("canvas.background is not None and list(canvas.background.size)", [300, 600])
    surface.wait_until_shown()
    assert near(surface.colour(256, 20), GREEN)
    assert near(surface.colour(256, 490), BLUE)
    assert surface.colour(20, 256) == WHITE
    surface.press("Undo (Ctrl+Z)")
    surface.notebook.wait_for("canvas.background is None")


def test_a_large_file_in_a_profile_of_its_own_is_the_same_pixels_as_in_python(surface):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (1100, 1500, 3), np.uint8))
    file = io.BytesIO()
    noise.save(file, "PNG", icc_profile=rgb_profile("Adobe RGB"))
    assert len(file.getvalue()) > 4_500_000
    surface.page.evaluate(BRING, ["drop", base64.b64encode(file.getvalue()).decode()])
    surface.notebook.wait_for("canvas.background and canvas.background.hash", Picture.of(file.getvalue()).hash)
    surface.wait_until_shown()
    surface.press("Undo (Ctrl+Z)")
    surface.notebook.wait_for("canvas.background is None")


def test_strokes_lie_over_the_background_and_the_model_gets_only_the_strokes(surface):
    surface.notebook.execute("canvas.background = np.full((512, 512, 3), (20, 160, 60), np.uint8)")
    surface.stroke((100, 100), (300, 100))
    surface.settle()
    assert (surface.colour(200, 100), surface.colour(200, 200)) == ([0, 0, 0], GREEN)
    assert surface.notebook.value("canvas.to_picture().pixels[200, 200].tolist()") == [0, 0, 0, 0]
    assert surface.notebook.value("list(canvas.to_pil().getpixel((200, 200)))") == GREEN


def test_the_picture_can_be_downloaded_and_copied(surface):
    surface.stroke((100, 100), (300, 100))
    surface.settle()
    with surface.page.expect_download() as download:
        surface.press("Download the sketch")
    saved = np.asarray(Image.open(download.value.path()).convert("RGB"))
    assert saved[100, 200].tolist() == [0, 0, 0]
    assert saved[300, 200].tolist() == WHITE
    surface.press("Copy the sketch")
    wait_for_promise(
        surface.page, "async () => (await navigator.clipboard.read()).some((item) => item.types.includes('image/png'))"
    )


def test_layers_are_shown_hidden_and_ordered_by_name(surface):
    surface.stroke((100, 100), (300, 100))
    surface.notebook.execute("canvas.layers['control'] = np.full((64, 64, 3), (30, 60, 200), np.uint8)")
    surface.wait_until_shown()
    wait_for_colour(surface, (200, 100), BLUE)
    surface.notebook.execute("canvas.layers.arrange(['background', 'control', 'sketch'])")
    wait_for_colour(surface, (200, 100), [0, 0, 0])
    wait_for_colour(surface, (200, 200), BLUE)
    surface.press("Layers")
    surface.page.get_by_label("Show control").uncheck()
    wait_for_colour(surface, (200, 200), WHITE)
    surface.notebook.wait_for("canvas.layers['control'].visible", expected=False)
    surface.notebook.execute("canvas.layers.show('control', visible=True, opacity=0.5)")
    wait_for_colour(surface, (200, 200), [142, 157, 227])
    surface.press("Layers")


def wait_for_colour(surface, place, expected):
    for _ in range(300):
        if np.abs(np.array(surface.colour(*place)) - expected).max() <= 2:
            return
        surface.page.wait_for_timeout(30)
    assert surface.colour(*place) == expected
