"""Whatever the home is, a Studio opens and draws; what cannot be kept is said once; closing raises nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab import BadInput, Lab, Picture, Sketch, open_lab
from lab.__main__ import main
from lab.core import rasterise
from lab.gallery import home_folder
from tests.endure.homes import STROKES, kept, used
from tests.fakes import ScriptedEngine

ROOT = Path(__file__).parent.parent.parent


def _file(folder: Path) -> Path:
    (folder / "file").write_bytes(b"")
    return folder / "file"


def _link_to_nothing(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "nothing")
    return folder / "link"


def _link(folder: Path) -> Path:
    (folder / "there").mkdir()
    (folder / "link").symlink_to(folder / "there")
    return folder / "link"


def _with_file(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
        return folder

    return make


def _with_folder_for_index(folder: Path) -> Path:
    (folder / "gallery" / "gallery.sqlite").mkdir(parents=True)
    return folder


def _damaged(folder: Path) -> Path:
    used(folder)
    journal = folder / "sessions" / "default" / "sketch_to_image.sketch.jsonl"
    journal.unlink()
    journal.mkdir()
    return folder


KEEPING: dict[str, Callable[[Path], Path]] = {
    "not there yet": lambda folder: folder / "a" / "b" / "c",
    "a link": _link,
    "with a name that nobody would choose": lambda folder: folder / "Zoë's \n 🍎 %s {x} ",
}
NOT_KEEPING: dict[str, Callable[[Path], Path]] = {
    "a file": _file,
    "a link to nothing": _link_to_nothing,
    "below a file": lambda folder: _file(folder) / "home",
    "a device": lambda _: Path(os.devnull),
    "in the kernel's own folder": lambda _: Path("/proc/sketchlab"),
    "with a name that is too long": lambda folder: folder / ("x" * 300),
    "with a file for its sessions": _with_file("sessions"),
    "with a folder for its journal": _damaged,
}


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logging.raiseExceptions", False)  # a log in a home that takes none


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("home", KEEPING.values(), ids=KEEPING)
def test_a_home_keeps_what_is_drawn(tmp_path: Path, home: Callable[[Path], Path]) -> None:
    folder = home(tmp_path)
    told = used(folder)
    assert (told["notice"], told["raised"], told["not_kept"]) == ("", [], "")
    assert kept(folder) == told["strokes"] == STROKES


@pytest.mark.parametrize("home", NOT_KEEPING.values(), ids=NOT_KEEPING)
def test_a_home_that_keeps_nothing_is_said_once(tmp_path: Path, home: Callable[[Path], Path]) -> None:
    told = used(home(tmp_path))
    assert told["notice"].startswith("What you draw here is not kept: ")
    assert told["raised"] == [], "it was said when the Studio was opened"
    assert told["strokes"] == STROKES


def test_a_gallery_that_is_a_file_loses_no_sketch_and_says_so_of_the_picture(tmp_path: Path) -> None:
    told = used(_with_file("gallery")(tmp_path))
    assert (told["notice"], told["raised"]) == ("", [])
    assert "not saved" in told["not_kept"]
    assert kept(tmp_path) == STROKES


def test_an_index_that_is_a_folder_loses_no_picture(tmp_path: Path) -> None:
    assert "index cannot be used" in used(_with_folder_for_index(tmp_path))["not_kept"]
    assert len(list(tmp_path.glob("gallery/*/*.png"))) >= 1


@pytest.mark.parametrize("way", ["read-only", "full"])
def test_a_home_that_takes_nothing_any_more_keeps_what_it_had(open_folder: Path, way: str) -> None:
    for folder in (open_folder, open_folder / "home"):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    command = [sys.executable, "-m", "tests.endure.homes", way, str(open_folder / "home")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["strokes"] == STROKES + 1, "with the one that was kept before"
    assert told["not_kept"].startswith("not saved")
    said = [*filter(None, [told["notice"]]), *told["raised"]]
    assert len(said) == 1, said
    assert kept(open_folder / "home") == 1


def test_a_relative_home_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "first")
    with Lab(home="home", engine=ScriptedEngine()) as lab:
        monkeypatch.chdir(tmp_path / "second")
        lab.autosave.history("canvas")
        lab.run("text_to_image").wait(20)
    assert sorted(file.name for file in (tmp_path / "first" / "home").iterdir()) >= ["gallery", "sessions"]
    assert not list((tmp_path / "second").iterdir())


def test_who_has_no_home_keeps_it_in_the_kernels_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> None:
        raise KeyError

    for name in ("HOME", "SKETCHLAB_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.chdir(tmp_path)
    assert home_folder() == tmp_path / ".sketchlab"
    used(None)
    assert kept(None) == STROKES


def test_a_home_of_somebody_who_is_not_there_is_a_sentence() -> None:
    with pytest.raises(BadInput, match="nobody is called 'nobody-at-all'"):
        open_lab(home="~nobody-at-all/lab")


def test_a_home_that_is_deleted_while_it_is_open_is_made_again(tmp_path: Path) -> None:
    with Lab(home=tmp_path / "home", engine=ScriptedEngine()) as lab:
        history = lab.autosave.history("canvas")
        shutil.rmtree(tmp_path / "home")
        with pytest.raises(OSError, match="No such file"):
            history.lay(None)
        history.lay(None)
        assert lab.autosave.not_kept("canvas") == ""
        assert lab.run("text_to_image").wait(20).not_kept == ""


def test_the_command_line_fails_where_the_gallery_keeps_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.session.lab.shared_engine", ScriptedEngine)
    (tmp_path / "apple.png").write_bytes(rasterise(Sketch().circle(256, 256, 150)).to_png())
    out = tmp_path / "out.png"
    home = str(_with_file("gallery")(tmp_path / "home"))
    said = ["sketch", str(tmp_path / "apple.png"), "--steps", "1", "--home", home, "-o", str(out)]
    assert main(said) == 1
    assert "but not in the gallery: not saved" in capsys.readouterr().err
    assert Picture.of(out).size.pixels
