"""The whole path on the real starter model: pen, words, sliders, Cancel, reload, a blocked kernel."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bench._hand import draw_line
from bench._jupyterlab import Notebook, wait_for_promise

pytestmark = [pytest.mark.browser, pytest.mark.starter]
LONG_S = 120


CELL = """import tempfile
from lab import open_lab
from widgets import Studio
lab = open_lab(home=tempfile.mkdtemp())
studio = Studio(lab, "sketch_to_image")
studio"""


@pytest.fixture
def studio(notebook: Notebook) -> Iterator[Notebook]:
    """A Studio and a home of its own in the one notebook: the cell runs again, the kernel has read the model."""
    notebook.run_cell(0)
    notebook.page.wait_for_selector(".sketchlab-canvas canvas >> visible=true")
    yield notebook
    notebook.execute("studio.close()\nlab.close()")


def draw(notebook: Notebook, points: list[tuple[float, float]]) -> None:
    draw_line(notebook.page, points)


def draw_apple(notebook: Notebook) -> None:
    draw(notebook, [(0.5, 0.35), (0.3, 0.3), (0.18, 0.5), (0.25, 0.75), (0.42, 0.88), (0.5, 0.85)])
    draw(notebook, [(0.5, 0.35), (0.7, 0.3), (0.82, 0.5), (0.75, 0.75), (0.58, 0.88), (0.5, 0.85)])
    draw(notebook, [(0.5, 0.35), (0.52, 0.2), (0.58, 0.12)])
    notebook.wait_for("len(studio.canvas.sketch.strokes)", 3)  # or a picture of two could pass for that of the apple


def wait_for_picture(notebook: Notebook, condition: str) -> dict:
    """Wait until the finished picture was made by the settings wanted; its recipe."""
    made = "studio.result and studio.result.request.recipe"
    settled = "not lab.queue.jobs and studio.result.request.recipe == studio.request().recipe"
    is_posted = "studio.view.png == (studio.result.path.read_bytes() if studio.result.path else studio.view.png)"
    notebook.wait_for(f"bool({made} and ({condition}) and {settled} and {is_posted})", timeout_s=LONG_S)
    shown = ".sketchlab-result-picture >> visible=true"
    notebook.page.wait_for_selector(shown)
    return json.loads(notebook.value("studio.result.request.recipe.to_json()"))


SHOWN = """async () => {
    const hash = async (bytes) => {
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
        return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    };
    const image = document.querySelector('.sketchlab-result-picture');
    const file = await hash(await (await fetch(image.src)).arrayBuffer());
    if (!(await image.decode().then(() => true, () => false))) return [null, null]; // another one came meanwhile
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    return [file, `${canvas.width} ${await hash(context.getImageData(0, 0, canvas.width, canvas.height).data)}`];
}"""


def shown_picture(notebook: Notebook) -> str:
    """The pixels that the page shows as the result, as a hash; first it waits until they are those of the kernel."""
    wanted = notebook.value("__import__('hashlib').sha256(studio.view.shown).hexdigest()")
    looked = f"async (wanted) => {{ const [file, pixels] = await ({SHOWN})(); return file === wanted && pixels; }}"
    return wait_for_promise(notebook.page, looked, wanted)


def test_three_strokes_a_prompt_and_a_slider_each_give_a_picture(studio: Notebook) -> None:
    draw_apple(studio)
    studio.wait_for("len(studio.canvas.sketch.strokes)", 3)
    first = wait_for_picture(studio, "True")
    pictures = [shown_picture(studio)]
    assert first["controls"][0]["picture"] == studio.value("studio.canvas.to_picture().hash")

    studio.page.get_by_label("Prompt", exact=True).fill("a red apple")
    wait_for_picture(studio, "studio.result.request.recipe.prompt == 'a red apple'")
    pictures.append(shown_picture(studio))

    slider = studio.page.locator(".widget-slider", has_text="Guidance scale").locator(".noUi-handle")
    slider.focus()
    for _ in range(4):
        studio.page.keyboard.press("ArrowRight")
    changed = wait_for_picture(studio, "studio.result.request.recipe.guidance_scale == lab.card.guidance_scale + 2")
    pictures.append(shown_picture(studio))

    assert changed["prompt"] == "a red apple"
    assert len(set(pictures)) == 3, "each change must show another picture"
    assert all(picture.startswith("256 ") for picture in pictures)


def test_a_filter_changes_the_picture_and_nothing_is_drawn_again(studio: Notebook) -> None:
    draw_apple(studio)
    wait_for_picture(studio, "True")
    plain = shown_picture(studio)
    studio.execute(
        "from lab.core.events import Progress\n"
        "drawn = []\n"
        "lab.subscribe(lambda e: isinstance(e, Progress) and e.stage == 'steps' and drawn.append(e))"
    )
    studio.page.get_by_role("combobox").filter(has_text="Add a filter").select_option("sharpen")
    wait_for_picture(studio, "[one.name for one in studio.result.request.recipe.filters] == ['sharpen']")
    sharp = shown_picture(studio)
    slider = studio.page.locator(".widget-slider", has_text="Amount").locator(".noUi-handle")
    slider.focus()
    for _ in range(5):
        studio.page.keyboard.press("ArrowRight")
    recipe = wait_for_picture(studio, "studio.result.request.recipe.filters[0].settings['amount'] > 0.7")
    assert len({plain, sharp, shown_picture(studio)}) == 3
    assert recipe["filters"][0]["settings"]["radius"] == 1.5
    assert studio.value("len(drawn)") == 0, "a filter costs no step of diffusion"
    studio.page.get_by_title("Remove sharpen").click()
    wait_for_picture(studio, "not studio.result.request.recipe.filters")
    assert shown_picture(studio) == plain


def test_cancel_stops_before_the_next_step_and_the_lab_goes_on(studio: Notebook) -> None:
    studio.page.get_by_role("button", name="Live").click()
    studio.wait_for("studio.live_button.value", expected=False)
    draw_apple(studio)
    studio.wait_for("len(studio.canvas.sketch.strokes)", 3)
    studio.execute("studio.panel.settings = {'steps': 50}")
    studio.execute(
        "from lab.core.events import Progress\n"
        "steps = []\n"
        "lab.subscribe(lambda e: isinstance(e, Progress) and e.stage == 'steps' and steps.append(e.step))"
    )
    studio.page.get_by_role("button", name="Draw", exact=True).click()
    studio.wait_for("max(steps, default=0) >= 2", timeout_s=LONG_S)
    studio.page.get_by_role("button", name="Cancel").click()
    studio.wait_for("studio.bar.text", "Cancelled", timeout_s=LONG_S)
    assert studio.value("max(steps)") < 50
    assert studio.value("studio.result is None")

    studio.execute("studio.panel.settings = {'steps': 2}")
    studio.page.get_by_role("button", name="Draw", exact=True).click()
    wait_for_picture(studio, "studio.result.request.recipe.steps == 2")


def test_after_a_reload_sketch_and_picture_are_still_there(studio: Notebook) -> None:
    draw_apple(studio)
    studio.wait_for("len(studio.canvas.sketch.strokes)", 3)
    wait_for_picture(studio, "True")
    before = shown_picture(studio)
    inked = ink(studio)
    assert inked > 1000
    studio.reload()
    studio.page.wait_for_selector(".sketchlab-result-picture >> visible=true")
    assert shown_picture(studio) == before
    studio.page.wait_for_function(f"({INK})() === {inked}")
    draw(studio, [(0.1, 0.1), (0.2, 0.1)])
    studio.wait_for("len(studio.canvas.sketch.strokes)", 4)


def test_a_blocked_kernel_loses_and_reorders_nothing(studio: Notebook) -> None:
    studio.page.get_by_role("button", name="Live").click()
    studio.wait_for("studio.live_button.value", expected=False)
    studio.execute("import time; time.sleep(5)", wait=False)
    for number in range(8):
        draw(studio, [(0.1, 0.1 * (number + 1)), (0.9, 0.1 * (number + 1))])
    studio.wait_for("len(studio.canvas.sketch.strokes)", 8)
    rows = studio.value("[round(float(s.points[0][1]) / 512, 1) for s in studio.canvas.sketch.strokes]")
    assert rows == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]


INK = """() => Math.max(0, ...[...document.querySelectorAll('.sketchlab-canvas canvas')].map((canvas) => {
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let dark = 0;
    for (let i = 0; i < pixels.length; i += 4) dark += pixels[i + 3] > 128 && pixels[i] < 128;
    return dark;
}))"""


def ink(notebook: Notebook) -> int:
    """How many dark pixels the fullest layer of the canvas has on the screen."""
    notebook.page.wait_for_function(f"({INK})() > 0")
    return notebook.page.evaluate(INK)
