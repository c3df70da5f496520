"""The gallery's half in the kernel: what the page is told, what it gets of what it sees, and what a person can do."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lab import BadInput, Lab, Picture
from lab.gallery import recipe_in
from tests.widgets.controls import page_sends, until_done
from tests.widgets.studio.following import until
from widgets import GalleryView, Studio
from widgets.gallery.thumbnails import MOST_BYTES, thumbnail
from widgets.views.reopening import Reopener, add_reopener


def drawn(lab: Lab, *prompts: str) -> None:
    for seed, prompt in enumerate(prompts):
        lab.run("text_to_image", prompt=prompt, seed=seed).wait(20)


def titles(view: GalleryView) -> list[str]:
    return [cell["title"] for cell in view.cells]


def ask(view: GalleryView, kind: str, at: int | None = None, **more: Any) -> None:
    """What the page sends, and all that comes of it."""
    own = {} if at is None else {"id": view.cells[at]["id"]}
    page_sends(view, {"kind": kind, **own, **more})
    until_done("gallery")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, Any], list[bytes]]]:
    """What the page is sent besides traits."""
    messages: list[tuple[dict[str, Any], list[bytes]]] = []
    monkeypatch.setattr(GalleryView, "send", lambda _, content, buffers=None: messages.append((content, buffers or [])))
    return messages


def test_pictures_are_shown_newest_first_and_new_ones_come_by_themselves(lab: Lab) -> None:
    drawn(lab, "a red apple", "")
    view = GalleryView(lab)
    assert titles(view) == ["text to image", "a red apple"]
    assert ["Seed", "0"] in [list(fact) for fact in view.cells[1]["facts"]]
    drawn(lab, "a shoe")
    until(lab, lambda: titles(view) == ["a shoe", "text to image", "a red apple"])


def test_a_search_goes_by_words_and_fields_and_a_wrong_one_is_said_and_changes_nothing(lab: Lab) -> None:
    drawn(lab, "a red apple", "a red shoe", "a green apple")
    view = GalleryView(lab)
    ask(view, "search", query="apple seed:0")
    assert (view.query, titles(view)) == ("apple seed:0", ["a red apple"])
    ask(view, "search", query="sede:0")
    assert "no field 'sede'" in view.said
    assert titles(view) == ["a red apple"]
    with pytest.raises(BadInput, match="no field"):
        GalleryView(lab, "sede:0")


def test_older_pictures_are_on_further_pages(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widgets.gallery.gallery_view._PAGE", 2)
    drawn(lab, "one", "two", "three")
    view = GalleryView(lab)
    assert (titles(view), view.has_newer, view.has_older) == (["three", "two"], False, True)
    ask(view, "turn", older=True)
    assert (titles(view), view.has_newer, view.has_older) == (["one"], True, False)
    ask(view, "turn", older=True)
    assert titles(view) == ["one"]
    ask(view, "delete", 0)
    assert titles(view) == ["three", "two"], "a page of which nothing is left makes way for the one before"


def test_the_page_gets_thumbnails_of_what_is_seen_and_no_others(
    lab: Lab, sent: list[tuple[dict[str, Any], list[bytes]]]
) -> None:
    drawn(lab, "one", "two", "three")
    view = GalleryView(lab)
    assert sent == []
    seen = [view.cells[2]["id"], view.cells[0]["id"]]
    ask(view, "seen", ids=[*seen, 999, "x", None])
    assert [one for content, _ in sent for one in content["ids"]] == seen
    for content in (one for _, buffers in sent for one in buffers):
        assert Image.open(io.BytesIO(content)).format == "WEBP"
    assert b"" not in [cell.get("thumb", b"x") for cell in view.cells]


def test_the_thumbnail_of_a_picture_that_cannot_be_read_is_none(
    lab: Lab, sent: list[tuple[dict[str, Any], list[bytes]]]
) -> None:
    drawn(lab, "one")
    view = GalleryView(lab)
    lab.gallery.latest()[0].path.write_bytes(b"not a picture")
    ask(view, "seen", ids=[view.cells[0]["id"]])
    assert sent == [({"kind": "thumbnails", "ids": [], "unread": [view.cells[0]["id"]]}, [])]


def test_a_thumbnail_of_noise_is_small_too() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (700, 900, 4), np.uint8)
    made = thumbnail(Picture(noise))
    assert len(made) <= MOST_BYTES
    width, height = Image.open(io.BytesIO(made)).size
    assert max(width, height) <= 320
    assert width / height == pytest.approx(900 / 700, abs=0.02)
    assert Image.open(io.BytesIO(thumbnail(Picture(noise[:8, :8])))).size == (8, 8), "a small one is not blown up"


def test_what_is_enlarged_or_dragged_is_the_very_file(lab: Lab, sent: list[tuple[dict[str, Any], list[bytes]]]) -> None:
    drawn(lab, "one")
    view = GalleryView(lab)
    ask(view, "file", 0)
    ((content, (file,)),) = sent
    assert content == {"kind": "file", "id": view.cells[0]["id"]}
    assert recipe_in(file) == lab.gallery.latest()[0].recipe


def test_a_star_is_kept_also_for_a_picture_of_another_session(lab: Lab) -> None:
    with Lab(home=lab.home, session="another", engine=lab.engine) as other:
        drawn(other, "one")
    view = GalleryView(lab)
    ask(view, "star", 0, is_starred=True)
    assert view.cells[0]["is_starred"]
    assert [kept.is_starred for kept in lab.gallery.search("starred:yes")] == [True]
    ask(view, "star", 0, is_starred=False)
    assert lab.gallery.search("starred:yes") == []


def test_a_deletion_is_taken_back_with_its_star(lab: Lab) -> None:
    drawn(lab, "one", "two")
    view = GalleryView(lab)
    ask(view, "star", 1, is_starred=True)
    path = lab.gallery.latest(2)[1].path
    ask(view, "delete", 1)
    assert (titles(view), view.said, view.can_undo, path.exists()) == (["two"], "Deleted.", True, False)
    ask(view, "undo")
    assert (titles(view), view.can_undo, path.exists()) == (["two", "one"], False, True)
    assert view.cells[1]["is_starred"]


def test_a_picture_that_is_gone_meanwhile_is_said_to_be(lab: Lab) -> None:
    drawn(lab, "one")
    view = GalleryView(lab)
    lab.gallery.latest()[0].path.unlink()
    ask(view, "use", 0)
    assert view.said == "This picture is no longer there."
    assert view.cells == []


def test_a_picture_is_used_in_a_studio_that_is_open(lab: Lab) -> None:
    drawn(lab, "one")
    view = GalleryView(lab)
    ask(view, "use", 0)
    assert "No Studio with a canvas is open" in view.said
    studio = Studio(lab, "image_to_image")
    ask(view, "use", 0)
    assert view.said == "It is on the canvas of image_to_image."
    assert studio.image == lab.gallery.latest()[0].picture()
    studio.close()


def test_its_settings_go_to_the_studio_of_its_task_else_to_the_newest(lab: Lab) -> None:
    drawn(lab, "one")
    view, came = GalleryView(lab), []
    ask(view, "reopen", 0)
    assert "No Studio is open" in view.said

    def note(task: str) -> Callable[[bytes], None]:
        return lambda content: came.append((task, recipe_in(content)))

    ends = [
        add_reopener(Reopener(owner, task, note(task)))
        for owner, task in ((lab, "text_to_image"), (lab, "inpaint"), (object(), "text_to_image"))
    ]
    ask(view, "reopen", 0)
    ends[0]()
    ask(view, "reopen", 0)
    recipe = lab.gallery.latest()[0].recipe
    assert came == [("text_to_image", recipe), ("inpaint", recipe)]
    for end in ends:
        end()


def test_tags_are_given_taken_away_and_searched(lab: Lab) -> None:
    drawn(lab, "one", "two")
    view = GalleryView(lab)
    ask(view, "tag", 0, tag="shop sale")
    ask(view, "tag", 1, tag="<b>")
    assert "a tag is up to 40 letters" in view.said
    assert ([cell["tags"] for cell in view.cells], view.tags) == ([["shop sale"], []], ["shop sale"])
    ask(view, "search", query='tag:"Shop sale"')
    assert titles(view) == ["two"]
    ask(view, "untag", 0, tag="shop sale")
    assert (titles(view), view.tags) == ([], [])


def test_two_that_are_selected_are_compared_until_it_is_closed(
    lab: Lab, sent: list[tuple[dict[str, Any], list[bytes]]]
) -> None:
    drawn(lab, "a red shoe", "a blue shoe")
    view = GalleryView(lab)
    newer, older = (cell["id"] for cell in view.cells)
    for wrong in ([newer], [newer, 999], "x", None):
        ask(view, "compare", ids=wrong)
    assert view.compared == {}
    ask(view, "compare", ids=[older, newer])
    assert [row["field"] for row in view.compared["settings"]] == ["prompt", "seed"]
    ask(view, "side", number=view.compared["number"], side="map", longest_px=0)
    assert sent[-1][0]["side"] == "map"
    ask(view, "compared")
    assert view.compared == {}


def test_its_seed_goes_to_the_studio_of_its_task(lab: Lab) -> None:
    lab.run("text_to_image", prompt="one", seed=2**63 + 1, variation_seed=5, variation_strength=0.2).wait(20)
    view = GalleryView(lab)
    ask(view, "seed", 0)
    assert "No Studio is open" in view.said
    studio = Studio(lab, "text_to_image")
    ask(view, "seed", 0)
    assert view.said == "Its seed is in text_to_image."
    until(lab, lambda: studio.panel.settings["seed"] == 2**63 + 1)
    assert studio.panel.settings["prompt"] == ""
    assert (studio.panel.settings["variation_seed"], studio.panel.settings["variation_strength"]) == (5, 0.2)
    studio.close()


@pytest.mark.parametrize(
    "content", [[], {"kind": ["x"]}, {"kind": "delete"}, {"kind": "seen"}, {"kind": "star", "id": "1"}]
)
def test_a_message_that_no_page_sends_does_nothing(lab: Lab, content: Any) -> None:
    drawn(lab, "one")
    view = GalleryView(lab)
    page_sends(view, content)
    until_done("gallery")
    assert (titles(view), view.said) == (["one"], "")


def test_a_second_gallery_of_a_lab_closes_the_first(lab: Lab) -> None:
    first = GalleryView(lab)
    second = GalleryView(lab)
    assert first.comm is None
    second.close()
    second.close()
