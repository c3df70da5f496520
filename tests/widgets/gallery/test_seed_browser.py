"""Many seeds of one recipe: one is picked and varied around, more are drawn, and nothing is drawn twice."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lab import BadInput, Lab, Picture, Recipe
from tests.fakes import ScriptedEngine
from tests.widgets.controls import page_sends, until_done
from tests.widgets.studio.following import until
from widgets import SeedBrowser, Studio

BASE = Recipe(prompt="a red apple", seed=2**64 - 2)


def ask(view: SeedBrowser, kind: str, **more: Any) -> None:
    page_sends(view, {"kind": kind, **more})
    until_done("seeds")


def words(view: SeedBrowser) -> list[str]:
    return [cell["words"] for cell in view.cells]


def all_drawn(lab: Lab, view: SeedBrowser) -> None:
    until(lab, lambda: {cell["state"] for cell in view.cells} == {"drawn"})


def test_one_is_picked_and_gone_on_from_and_back(lab: Lab, engine: ScriptedEngine) -> None:
    view = SeedBrowser(lab, BASE, count=3)
    assert words(view) == [f"seed {2**64 - 2}", f"seed {2**64 - 1}", "seed 0"]
    all_drawn(lab, view)
    ask(view, "vary")
    assert (view.said, view.result) == ("Pick one first.", None)
    ask(view, "pick", id=view.cells[1]["id"])
    assert view.recipe == BASE.changed(seed=2**64 - 1)
    assert view.result is not None
    ask(view, "more")
    assert words(view)[3:] == ["seed 1", "seed 2", "seed 3"]
    view.strength = 0.2
    ask(view, "vary")
    assert words(view) == ["variation 0", "variation 1", "variation 2"]
    all_drawn(lab, view)
    ask(view, "pick", id=view.cells[2]["id"])
    assert view.recipe == BASE.changed(seed=2**64 - 1, variation_seed=2, variation_strength=0.2)
    ask(view, "vary")
    assert words(view) == ["turned 0.133", "turned 0.267", "turned 0.4"]
    all_drawn(lab, view)
    ask(view, "back")
    ask(view, "back")
    assert (len(view.cells), view.can_go_back) == (6, False)
    assert view.recipe == BASE.changed(seed=2**64 - 1), "what was picked before is picked again"
    until(lab, lambda: len(engine.runs) == 12)
    again = SeedBrowser(lab, BASE, count=3)
    all_drawn(lab, again)
    assert len(engine.runs) == 12, "what was drawn before is not drawn again"
    for one in (view, again, again):
        one.close()


def test_its_seed_goes_to_the_studio_of_its_task(lab: Lab) -> None:
    view, studio = SeedBrowser(lab, BASE, count=2), Studio(lab, "text_to_image")
    ask(view, "pick", id=view.cells[0]["id"])
    ask(view, "use")
    assert view.said == "Its seed is in text_to_image."
    until(lab, lambda: studio.panel.settings["seed"] == 2**64 - 2)
    studio.close()
    view.close()


def test_a_thumbnail_comes_when_it_is_drawn_and_what_fails_says_why(
    lab: Lab, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(SeedBrowser, "send", lambda _, content, buffers=None: sent.append((content, buffers)))
    engine.fails_with = ValueError("<b>boom</b>")
    view = SeedBrowser(lab, BASE, count=2)
    until(lab, lambda: {cell["state"] for cell in view.cells} == {"failed"})
    assert "boom" in view.cells[0]["why"]
    ask(view, "thumbnail", id=view.cells[0]["id"])
    assert sent == []
    engine.fails_with = None
    ask(view, "more")
    until(lab, lambda: [cell["state"] for cell in view.cells] == ["failed", "failed", "drawn", "drawn"])
    ask(view, "thumbnail", id=view.cells[3]["id"])
    ((content, (file,)),) = sent
    assert content == {"kind": "thumbnail", "id": view.cells[3]["id"]}
    assert Image.open(io.BytesIO(file)).format == "WEBP"
    view.close()


def test_pictures_come_with_a_request_and_what_has_no_seed_is_refused(lab: Lab) -> None:
    photo = Picture(np.full((32, 32, 3), 90, np.uint8))
    view = SeedBrowser(lab, lab.request("image_to_image", image=photo), count=2)
    all_drawn(lab, view)
    view.close()
    with pytest.raises(BadInput, match="remove_background draws nothing from a seed"):
        SeedBrowser(lab, lab.request("remove_background", image=photo))
