"""Take the README's pictures: draw in the Studio, in Chromium, with the starter model. `make screenshots`."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

from bench._hand import draw_line
from bench._jupyterlab import ROOT, THEMES, LabServer, Notebook, chromium

_CELL = """from lab import open_lab
from widgets import Studio

studio = Studio(open_lab(session="front page"), "sketch_to_image")
studio"""
_PROMPT, _SEED = "a red apple", 5
_WIDE, _NARROW = 1240, 900


def main() -> None:
    """Write docs/studio-light.png and docs/studio-dark.png, and narrow ones beside them for the eye of a reviewer."""
    docs = ROOT / "docs"
    docs.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, LabServer.start(Path(folder)) as server, chromium() as browser:
        for theme in THEMES:
            server.set_theme(theme)
            for width in (_WIDE, _NARROW):
                page = browser.new_context(viewport={"width": width, "height": 980}).new_page()
                notebook = Notebook.open(server, page, [_CELL])
                notebook.execute(f"import os; os.environ['SKETCHLAB_HOME'] = {str(Path(folder, theme, str(width)))!r}")
                _make_picture(notebook)
                name = f"studio-{theme}.png" if width == _WIDE else f"studio-{theme}-{width}.png"
                page.screenshot(path=docs / name)
                notebook.close()
                page.context.close()


def _make_picture(notebook: Notebook) -> None:
    page = notebook.page
    notebook.command("application:toggle-left-area")
    notebook.run_all()
    page.wait_for_selector(".sketchlab-canvas canvas >> visible=true")
    notebook.wait_for("studio.bar.text == 'Ready' and studio.lab.memory.limit_bytes > 0", timeout_s=120)
    page.get_by_label("Prompt", exact=True).fill(_PROMPT)
    notebook.execute(f"studio.panel.settings = {{'seed': {_SEED}}}")
    for line in apple():
        draw_line(page, line, steps=4)
    notebook.execute("studio.draw_button.click()")
    done = "studio.result is not None and studio.result.request.recipe.prompt == studio.panel.settings['prompt']"
    notebook.wait_for(f"{done} and studio.not lab.queue.jobs", timeout_s=120)
    page.wait_for_selector(".sketchlab-result-picture >> visible=true")
    page.mouse.move(5, 5)
    page.wait_for_function("document.querySelector('.sketchlab-result-preview').hidden")


def apple() -> list[list[tuple[float, float]]]:
    """An apple in three lines, in shares of the canvas: body, stalk, leaf."""
    body = []
    for turn in range(61):
        angle = -math.pi / 2 + 2 * math.pi * turn / 60
        dent = 0.07 * math.exp(-((min(turn, 60 - turn) / 5) ** 2))
        body.append((0.5 + 0.31 * math.cos(angle), 0.58 + 0.29 * math.sin(angle) + dent))
    stalk = [(0.5, 0.37), (0.51, 0.27), (0.55, 0.19)]
    upper = [(0.52 + 0.2 * t, 0.27 - 0.09 * math.sin(math.pi * t) - 0.06 * t) for t in (i / 10 for i in range(11))]
    lower = [(0.52 + 0.2 * t, 0.27 + 0.05 * math.sin(math.pi * t) - 0.06 * t) for t in (i / 10 for i in range(11))]
    return [body, stalk, [*upper, *reversed(lower)]]


if __name__ == "__main__":
    main()
