"""A folder as people have it: what can be done is done, and everything else is named with its reason."""

from __future__ import annotations

import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab import BadInput, Lab
from lab.__main__ import main
from lab.core.picture import Picture
from lab.core.recipe import Request
from lab.session.in_turn import in_turn
from tests.fakes import ScriptedEngine


@pytest.fixture(autouse=True)
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedEngine:
    engine = ScriptedEngine(steps=1)
    monkeypatch.setattr("lab.session.lab.shared_engine", lambda: engine)
    monkeypatch.setenv("SKETCHLAB_HOME", str(tmp_path / "home"))
    return engine


def photo(path: Path, kind: str | None = None) -> None:
    path.parent.mkdir(exist_ok=True)
    noise = np.random.default_rng(len(path.name)).integers(0, 256, (24, 32, 3), np.uint8)
    Image.fromarray(noise).save(path, kind)


TAKEN = {
    "a.png": None, "b.JPG": "JPEG", "c.jfif": "JPEG", "d.webp": None, "e.GIF": "GIF", "f.avif": None, "g.TIF": "TIFF",
    "h.bmp": None, "i really a png.jpg": "PNG", "ä ö 漢字.jpeg": None, "two.dots.png": None,
}  # fmt: skip


NO_PICTURES = {
    ".DS_Store": "it is hidden",
    "._a.png": "it is hidden",
    ".hidden.png": "it is hidden",
    "folder.png": "it is a folder",
    "more": "it is a folder",
    "notes.txt": "it is no picture by the end of its name",
}


_MORE: dict[str, str] = dict.fromkeys(("more", "folder.png"), ": what is in it is not looked at")


def put_no_pictures(folder: Path) -> None:
    photo(folder / ".hidden.png")
    (folder / "._a.png").write_bytes(b"what another system notes beside a file")
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (folder / "notes.txt").write_text("words")
    photo(folder / "more" / "inside.png")
    (folder / "folder.png").mkdir()


def test_every_file_is_made_or_named_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shoes = tmp_path / "shoes"
    for name, kind in TAKEN.items():
        photo(shoes / name, kind)
    whole = (shoes / "a.png").read_bytes()
    (shoes / "0 cut off.png").write_bytes(whole[: len(whole) // 2])
    (shoes / "0 empty.jpg").touch()
    (shoes / "0 no picture.png").write_text("words")
    (shoes / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (shoes / "photo.nef").write_bytes(b"a camera's own")
    put_no_pictures(shoes)
    assert main(["image-to-image", str(shoes), "-o", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert len([*(tmp_path / "out").glob("*.png")]) == len(TAKEN)
    for name, reason in {
        "0 cut off": "cannot be read as a picture",
        "0 empty": "cannot be read as a picture",
        "0 no picture": "cannot be read as a picture",
        "photo.heic": "no picture by the end of its name",
        "photo.nef": "no picture by the end of its name",
    }.items():
        assert re.search(f"not made: {re.escape(name)}: .*{reason}", said), said
    for name, reason in NO_PICTURES.items():
        assert f"left out: {name}: {reason}" in said, said
    assert "error: 5 of what was asked for was not made" in said
    assert "0x" not in said


def test_a_whole_folder_is_a_success_whatever_else_lies_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.png", "b.png"):
        photo(tmp_path / "shoes" / name)
    put_no_pictures(tmp_path / "shoes")
    assert main(["image-to-image", str(tmp_path / "shoes"), "-o", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said == [f"left out: {name}: {NO_PICTURES[name]}{_MORE.get(name, '')}" for name in sorted(NO_PICTURES)]


def test_a_mistake_in_the_settings_is_said_once_and_at_once(
    tmp_path: Path, engine: ScriptedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(9):
        photo(tmp_path / "shoes" / f"{number}.png")
    command = ["image-to-image", str(tmp_path / "shoes"), "--scheduler", "nonsense", "-o", str(tmp_path / "out")]
    assert main(command) == 2
    assert capsys.readouterr().err.count("nonsense") == 1
    assert engine.runs == []


def test_pictures_are_opened_at_their_turn(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        photo(tmp_path / "shoes" / f"{number}.png")
    opened: list[str] = []
    of = Picture.of
    monkeypatch.setattr("lab.session.requests.Picture.of", lambda source: opened.append(str(source)) or of(source))
    for number, (name, _) in enumerate(in_turn(lab, "image_to_image", {"image": tmp_path / "shoes"}), 1):
        assert name == str(number - 1)
        assert len(opened) == number


def _inverted(request: Request) -> Picture:
    (picture,) = request.pictures.values()
    return Picture(255 - picture.pixels)


def test_a_grid_leaves_pictures_in_their_files(lab: Lab, engine: ScriptedEngine, tmp_path: Path) -> None:
    noise, folder = np.random.default_rng(0), tmp_path / "shoes"
    folder.mkdir()
    for number in range(20):
        Image.fromarray(noise.integers(0, 256, (200, 300, 3), np.uint8)).save(folder / f"{number}.bmp")
    one_picture = 200 * 300 * 3
    engine.run = lambda planned, _: (_inverted(planned.request), planned.plan)
    tracemalloc.start()
    try:
        jobs = lab.grid("image_to_image", {"image": folder})
        results = [job.wait(60) for job in jobs.values()]
        left, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < 5 * one_picture, "neither what is made of nor what is made stays in memory"
    assert most < 12 * one_picture
    for name, result in zip(jobs, results, strict=True):
        assert result.picture == Picture(255 - Picture.of(folder / f"{name}.bmp").pixels)


def test_a_picture_that_is_another_by_its_turn_is_refused(lab: Lab, tmp_path: Path) -> None:
    photo(tmp_path / "shoes" / "a.png")
    lab.queue.pause()
    (job,) = lab.grid("image_to_image", {"image": tmp_path / "shoes"}).values()
    photo(tmp_path / "shoes" / "a longer name.png")
    (tmp_path / "shoes" / "a longer name.png").replace(tmp_path / "shoes" / "a.png")
    lab.queue.resume()
    with pytest.raises(BadInput, match=r"a\.png holds another picture than when it was asked for: ask again"):
        job.wait(60)


def test_one_that_fails_at_work_stops_no_other(lab: Lab, engine: ScriptedEngine, tmp_path: Path) -> None:
    for number in range(4):
        photo(tmp_path / "shoes" / f"{number}.png")
    outcomes = []
    for number, (_, outcome) in enumerate(in_turn(lab, "image_to_image", {"image": tmp_path / "shoes"})):
        engine.fails_with = BadInput("nothing stands out") if number == 0 else None
        outcomes.append(isinstance(outcome, BadInput))
    assert outcomes == [False, True, False, False]
