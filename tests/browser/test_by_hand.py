"""What a Studio can do beside its pictures, each once by the mouse and once by the keyboard.

Each time the value is looked at in Python, and on the screen its place or its pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from bench._hand import draw_line
from bench._jupyterlab import ROOT, Notebook, wait_for_promise

pytestmark = pytest.mark.browser
CELL = """import hashlib, tempfile
from pathlib import Path
import numpy as np
from lab import Lab, Picture
from tests.fakes import ScriptedEngine
from tests.pipelines.lora_files import lora
from widgets import Studio

class Grainy(ScriptedEngine):
    "Pictures of the size that is planned, in a colour that depends on the whole recipe; grain makes large files."
    def run(self, planned, reporter):
        _, plan = super().run(planned, reporter)
        recipe = planned.request.recipe.to_json().encode()
        colour = 20 + 0.8 * np.frombuffer(hashlib.sha256(recipe).digest()[:3], np.uint8)
        grain = np.random.default_rng(1).integers(-6, 7, (plan.size.height, plan.size.width, 3))
        return Picture((colour + grain).astype(np.uint8)), plan

home, engine = Path(tempfile.mkdtemp()), Grainy()
for name in ("crochet", "felt"):
    lora(home / "models" / f"{name}.safetensors", **{"modelspec.trigger_phrase": f"{name} style"})
lab = Lab("sd15", home=home, engine=engine)
studio = Studio(lab, "sketch_to_image")
studio.live_button.value = False
settings, asked = (lambda *names: [studio.panel.settings[name] for name in names]), (lambda: studio.request().recipe)
studio"""
WHOLE = "studio.result and studio.result.request.recipe == asked() and not lab.queue.jobs"
SEEN = """async () => {
    const image = [...document.querySelectorAll('.sketchlab-result-picture')].find((one) => one.checkVisibility());
    if (!image || !(await image.decode().then(() => true, () => false))) return null; // another one came meanwhile
    const context = new OffscreenCanvas(64, 64).getContext('2d');
    context.drawImage(image, 0, 0, 64, 64);
    const { data } = context.getImageData(0, 0, 64, 64), mean = [0, 0, 0];
    data.forEach((level, at) => { if (at % 4 < 3) mean[at % 4] += level / 4096; });
    return { mean, width: image.naturalWidth, height: image.naturalHeight };
}"""
HAS_COLOUR = f"""async (mean) => {{
    const seen = await ({SEEN})();
    return seen?.mean.every((one, at) => Math.abs(one - mean[at]) < 2);
}}"""
By = Callable[[Notebook], None]


@pytest.fixture
def studio(notebook: Notebook) -> Iterator[Notebook]:
    """The one Studio, with a line on its paper, and everything else as at the beginning."""
    page = notebook.page
    page.locator(".sketchlab-canvas canvas >> visible=true").first.wait_for()
    if notebook.value("studio.canvas.sketch.is_empty"):
        draw_line(page, [(0.3, 0.3), (0.7, 0.6)])
        notebook.wait_for("len(studio.canvas.sketch.strokes)", 1)
    yield notebook
    notebook.execute(
        "engine.gate.set()\nlab.cancel()\nstudio.live_button.value = False\nstudio.panel.folds.opened = []\n"
        "studio.panel.settings = {'prompt': '', 'width': None, 'height': None, 'loras': [], 'words': 'plain'}"
    )


def fold(studio: Notebook, name: str) -> None:
    """Open a group, by the mouse."""
    studio.page.locator(".sketchlab-folds-row").get_by_role("button", name=name).click()
    studio.wait_for(f"{name!r} in studio.panel.folds.opened")


def by_mouse(studio: Notebook) -> None:
    """Press Draw."""
    studio.page.get_by_role("button", name="Draw", exact=True).click()


def by_keys(studio: Notebook) -> None:
    """Press Ctrl+Enter, wherever the focus is."""
    studio.page.keyboard.press("Control+Enter")


def drawn(studio: Notebook, draw: By) -> dict:
    """Draw what is set; the picture as the screen shows it, once its colour is that of the kernel's."""
    draw(studio)
    studio.wait_for(f"bool({WHOLE})")
    mean = studio.value("[*studio.result.picture.pixels.reshape(-1, 3).mean(axis=0)]")
    wait_for_promise(studio.page, HAS_COLOUR, mean)
    return studio.page.evaluate(SEEN)


def type_into(field: Locator, text: str) -> None:
    """Replace what stands there, by keys alone, and go on to the next one."""
    field.focus()
    field.press("Control+a")
    field.press_sequentially(text)
    field.press("Tab")


def test_a_size_by_its_ratio_or_typed_and_the_paper_follows(studio: Notebook) -> None:
    page = studio.page
    paper = "document.querySelector('.sketchlab-surface').getBoundingClientRect()"
    fold(studio, "Size")
    page.get_by_label("Ratio", exact=True).select_option(label="3:2  (624x416)")
    page.wait_for_function(f"Math.abs({paper}.width / {paper}.height - 1.5) < 0.01")
    seen = drawn(studio, by_mouse)
    assert studio.value("[*studio.result.picture.size]") == [624, 416]
    assert seen["width"] / seen["height"] == pytest.approx(1.5, rel=0.01)
    page.locator(".sketchlab-result-caption", has_text="624x416").wait_for()
    lock = page.get_by_role("button", name="Keep the ratio when one side is changed")
    lock.press("Space")
    expect(lock).to_have_attribute("aria-pressed", "true")
    type_into(page.get_by_label("Height", exact=True), "400")
    studio.wait_for("settings('width', 'height')", [600, 400])
    page.get_by_role("button", name="Swap width and height").press("Enter")
    studio.wait_for("settings('width', 'height')", [400, 600])
    page.wait_for_function(f"Math.abs({paper}.width / {paper}.height - 2 / 3) < 0.01")
    drawn(studio, by_keys)
    page.locator(".sketchlab-result-caption", has_text="400x600").wait_for()
    assert studio.value("len(studio.canvas.sketch.strokes)") == 1
    lock.click()
    expect(lock).to_have_attribute("aria-pressed", "false")


def test_a_sampler_and_loras_weighed_ordered_and_switched(studio: Notebook) -> None:
    page = studio.page
    for name in ("Sampler", "LoRAs"):
        fold(studio, name)
    sampler = page.get_by_label("Sampler", exact=True)
    sampler.select_option(label="UniPC")
    page.locator(".sketchlab-folds-row").get_by_role("button", name="Sampler: UniPC").wait_for()
    drawn(studio, by_mouse)
    assert studio.value("studio.result.request.recipe.scheduler") == "unipc"
    sampler.focus()
    page.keyboard.press("Home")
    studio.wait_for("settings('scheduler') == [lab.card.scheduler]")
    drawn(studio, by_keys)

    loras = "[(one.name.split('/')[-1], one.weight) for one in asked().loras]"
    for name in ("crochet", "felt"):
        add = page.get_by_label("Add", exact=True)
        add.focus()
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        page.get_by_role("checkbox", name=name).wait_for()
    rows = page.locator(".sketchlab-loras .sketchlab-row")
    studio.wait_for(loras, [["crochet.safetensors", 1], ["felt.safetensors", 1]])
    page.get_by_role("button", name="felt style").click()  # the words that wake it
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("felt style")
    page.get_by_role("button", name="Apply felt earlier").click()
    expect(rows.first.get_by_role("checkbox")).to_have_accessible_name("felt")
    track = rows.first.locator(".noUi-target")
    track.scroll_into_view_if_needed()
    place = track.bounding_box()
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.get_by_role("checkbox", name="crochet").click()
    studio.wait_for(loras, [["felt.safetensors", 0.5]])
    drawn(studio, by_mouse)
    page.get_by_role("checkbox", name="crochet").press("Space")
    rows.first.locator(".noUi-handle").press("ArrowRight")
    studio.wait_for(loras, [["felt.safetensors", 0.55], ["crochet.safetensors", 1]])
    page.get_by_role("button", name="Apply felt later").press("Enter")
    expect(rows.first.get_by_role("checkbox")).to_have_accessible_name("crochet")
    page.get_by_role("button", name="Remove crochet").press("Enter")
    expect(page.get_by_label("Add", exact=True)).to_be_focused()  # what is gone leaves the focus to what is near it
    studio.wait_for(loras, [["felt.safetensors", 0.55]])
    drawn(studio, by_keys)


def test_controls_and_references_each_with_its_picture(studio: Notebook) -> None:
    page = studio.page
    for name in ("Controls", "References"):
        fold(studio, name)
    steers = "[(one.weight, one.start, one.end) for one in asked().controls]"
    own = page.locator(".sketchlab-steering").first  # the sketch is the first entry
    own.get_by_role("button", name="Loose").click()
    studio.wait_for(f"{steers}[0][2]", 0.5)
    drawn(studio, by_mouse)
    own.get_by_role("button", name="Strict").press("Enter")
    studio.wait_for(f"{steers}[0][2]", 1)
    page.get_by_role("button", name="Add a control").press("Enter")
    added = page.locator(".sketchlab-guide", has=page.get_by_role("checkbox", name="Control 2"))
    with page.expect_file_chooser() as chooser:
        added.get_by_role("button", name="Open a picture").click()
    chooser.value.set_files(ROOT / "notebooks" / "pictures" / "apple.jpg")
    studio.wait_for("len(asked().controls)", 2)
    has_lines = """(map) => !map.hidden && map.getContext('2d').getImageData(0, 0, map.width, map.height).data
        .filter((level, at) => at % 4 === 0 && level > 128).length > 100"""
    page.wait_for_function(has_lines, arg=added.locator(".sketchlab-preview-map").element_handle())
    end = added.get_by_role("slider", name="From, to").last
    end.press("ArrowLeft")
    studio.wait_for(f"{steers}[1]", [1, 0, 0.95])
    drawn(studio, by_keys)
    on = added.get_by_role("checkbox", name="Control 2")
    on.click()
    studio.wait_for("len(asked().controls)", 1)
    on.press("Space")
    studio.wait_for("len(asked().controls)", 2)
    added.get_by_role("button", name="Remove Control 2").press("Enter")
    added.wait_for(state="detached")

    page.get_by_role("button", name="Add a reference").click()
    lent = page.locator(".sketchlab-guide", has=page.get_by_role("checkbox", name="Reference 1"))
    with page.expect_file_chooser() as chooser:
        lent.get_by_role("button", name="Open a picture").click()
    chooser.value.set_files(ROOT / "notebooks" / "pictures" / "plant.jpg")
    page.get_by_role("slider", name="How much").press("ArrowLeft")
    page.get_by_label("They lend").select_option("style")
    studio.wait_for("[(one.lends, one.weight < 1) for one in asked().references]", [["style", True]])
    drawn(studio, by_mouse)
    lent.get_by_role("checkbox").press("Space")
    studio.wait_for("len(asked().references)", 0)
    lent.get_by_role("button", name="Remove Reference 1").click()
    lent.wait_for(state="detached")


def test_words_are_kept_as_a_style_and_weighed(studio: Notebook) -> None:
    page = studio.page
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.focus()
    page.keyboard.type("a red cat")
    page.locator(".sketchlab-count-short", has_text="of 75").first.wait_for()
    fold(studio, "Styles")
    page.get_by_label("Name", exact=True).fill("cats")
    page.get_by_role("button", name="Keep the words").click()
    page.get_by_text("Kept as “cats”").wait_for()
    prompt.fill("")
    page.get_by_role("button", name="Add to the words").click()
    expect(prompt).to_have_value("a red cat")
    drawn(studio, by_mouse)
    prompt.focus()
    page.keyboard.press("End")
    page.keyboard.press("Control+Shift+ArrowLeft")
    page.keyboard.press("Control+ArrowDown")
    expect(prompt).to_have_value("a red (cat:0.9)")
    studio.wait_for("settings('prompt', 'words')", ["a red (cat:0.9)", "weighted"])
    drawn(studio, by_keys)


def test_a_queue_is_paused_let_ahead_and_cancelled_one_by_one(studio: Notebook) -> None:
    page = studio.page
    fold(studio, "Queue")
    rows = page.locator(".sketchlab-queue .sketchlab-row-head >> visible=true")
    waiting = "[(one.request.recipe.seed, one.state) for one in lab.queue.jobs]"
    studio.execute("engine.gate.clear()\nstudio.panel.settings = {'seed': 10}")
    type_into(page.get_by_label("Seeds", exact=True), "4")
    page.get_by_role("button", name="Draw them").press("Enter")
    page.wait_for_function(
        "[...document.querySelectorAll('.sketchlab-queue-thumbnail')].filter((one) => one.naturalWidth).length >= 4"
    )
    expect(rows).to_have_count(4)
    row = {seed: rows.filter(has_text=f"seed {seed} ") for seed in range(10, 14)}
    row[13].get_by_role("button", name="be the next").click()
    row[11].get_by_role("button", name="Cancel #").click()
    running = [10, "running"]
    studio.wait_for(waiting, [running, [13, "waiting"], [12, "waiting"]])
    row[12].get_by_role("button", name="be the next").press("Enter")
    studio.wait_for(waiting, [running, [12, "waiting"], [13, "waiting"]])
    page.wait_for_function(
        "([first, second]) => first.getBoundingClientRect().top < second.getBoundingClientRect().top",
        arg=[row[12].element_handle(), row[13].element_handle()],
    )
    row[13].get_by_role("button", name="Cancel #").press("Enter")
    expect(rows).to_have_count(2)
    pause = page.get_by_role("button", name="Pause", exact=True)
    pause.click()
    studio.wait_for("lab.queue.is_paused")
    studio.execute("engine.gate.set()")
    studio.wait_for(waiting, [[12, "waiting"]])
    page.locator(".sketchlab-folds-row").get_by_role("button", name="Queue: 1, paused").wait_for()
    pause.press("Space")
    studio.wait_for(waiting, [])
    expect(rows).to_have_count(0)
    for key in ("Enter", "Escape"):  # on "Cancel all", and anywhere in the Studio
        studio.execute("engine.gate.clear()\nengine.at_gate.clear()")
        page.get_by_role("button", name="Draw them").click()
        expect(rows).to_have_count(4)
        page.get_by_role("button", name="Cancel all").focus()
        page.keyboard.press(key)
        page.wait_for_function("document.activeElement.closest('.sketchlab-queue')")
        studio.execute("engine.gate.set()")
        studio.wait_for(waiting, [])
        expect(rows).to_have_count(0)


def test_a_picture_comes_as_it_is_seen_and_to_the_pixel_when_one_looks_closely(studio: Notebook) -> None:
    page = studio.page
    studio.execute("studio.panel.settings = {'width': 1024, 'height': 1024, 'seed': 20}")
    exact = """async () => {
        const image = document.querySelector('.sketchlab-result-picture');
        if (!(await image.decode().then(() => true, () => false))) return null;
        const context = new OffscreenCanvas(1, 1).getContext('2d');
        context.drawImage(image, -700, -300);
        return [image.naturalWidth, ...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    }"""
    frame = page.locator(".sketchlab-result-frame")
    closer = page.get_by_role("button", name="One pixel for one")
    for draw, look, fit in (
        (by_mouse, closer.click, closer.click),
        (by_keys, lambda: frame.press("1"), lambda: frame.press("0")),
    ):
        studio.execute("studio.panel.settings = {'seed': studio.panel.settings['seed'] + 1}")
        seen = drawn(studio, draw)
        assert seen["width"] < 1000
        assert studio.value("studio.view.shown[:4] == b'RIFF' and 2 * len(studio.view.shown) < len(studio.view.png)")
        assert studio.value("Picture.of(studio.result.path) == studio.result.picture"), "the file is exact"
        look()
        wanted = studio.value("[1024, *map(int, studio.result.picture.pixels[300, 700])]")
        wait_for_promise(page, f"async (wanted) => `${{await ({exact})()}}` === `${{wanted}}`", wanted)
        fit()
        page.locator(".sketchlab-result-zoomed").wait_for(state="detached")


def test_live_goes_on_while_what_it_showed_is_kept_and_varied(studio: Notebook) -> None:
    page = studio.page
    live, keep, vary, new_seed = (
        page.get_by_role("button", name=name, exact=True) for name in ("Live", "Keep", "Vary a little", "New seed")
    )
    live.click()
    expect(live).to_have_attribute("aria-pressed", "true")
    starred = page.locator(".sketchlab-strip-starred")
    kept = starred.count()
    words = page.get_by_label("Prompt", exact=True)
    for number, act in ((1, lambda one: one.click()), (2, lambda one: one.press("Enter"))):
        words.fill(f"a plum {number}")
        drawn(studio, lambda _: None)  # by Live
        act(keep)
        studio.wait_for("studio.view.is_starred")
        expect(starred).to_have_count(kept + number)
        seed, variation = studio.value("settings('seed', 'variation_seed')")
        act(new_seed)
        studio.wait_for(f"settings('seed') != [{seed}]")
        drawn(studio, lambda _: None)
        act(page.locator(".sketchlab-more").get_by_role("button", name="Vary a little"))
        studio.wait_for(f"settings('variation_seed') != [{variation}] and asked().variation_strength > 0")
        drawn(studio, lambda _: None)
    assert vary.first.is_visible()
    live.press("Space")
    expect(live).to_have_attribute("aria-pressed", "false")
    studio.wait_for("not studio.live_button.value")
