"""What killed processes left half-written is deleted when a home is opened; what others write now is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.gallery import Autosave, Gallery
from lab.gallery.files import write_new, write_whole

KILLED = "import os, sys; from pathlib import Path; from lab.gallery import files; path = Path(sys.argv[1])\n"
WAYS = {
    "written whole": "os.replace = Path.replace = lambda *_: os.kill(os.getpid(), 9); files.write_whole(path, b'x')",
    "written new": "os.link = lambda *_: os.kill(os.getpid(), 9); files.write_new(path, b'x')",
}
PLACES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "session": ("panel.json", Autosave),
    "gallery": ("gallery.sqlite", lambda folder: Gallery(folder, "mine")),
    "day": ("2030-01-02/1.png", lambda folder: Gallery(folder, "mine")),
    "sources": ("sources/1.png", lambda folder: Gallery(folder, "mine")),
}


def killed_while_writing(path: Path, way: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED + WAYS[way], str(path)], check=False)
    assert done.returncode == -9


@pytest.mark.parametrize(("place", "way"), [("session", "written whole"), ("day", "written new")])
def test_what_a_killed_process_left_is_gone_at_the_next_opening(tmp_path: Path, place: str, way: str) -> None:
    name, opening = PLACES[place]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    killed_while_writing(tmp_path / name, way)
    (left,) = (tmp_path / name).parent.iterdir()
    assert left.name.startswith(".")
    opening(tmp_path)
    assert not list((tmp_path / name).parent.iterdir())


@pytest.mark.parametrize("place", PLACES)
def test_old_leftovers_go_and_what_is_being_written_stays(tmp_path: Path, place: str) -> None:
    name, opening = PLACES[place]
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    write_whole(path, b"kept")
    (path.parent / f".{path.name}.0a1b2c3d").write_bytes(b"as earlier versions called it")
    (path.parent / ".1.png.new").write_bytes(b"the same")
    (path.parent / f".{path.name}.{'0' * 8}-{os.getpid()}-{'0' * 8}").write_bytes(b"of another machine")
    stays = []

    def at_work(beside: Path, free: Path) -> None:
        opening(tmp_path)
        stays.append(beside.exists())
        os.link(beside, free)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lab.gallery.files._put_in_place", at_work)
        new = write_new(path.parent / "new.png", b"new")
    assert stays == [True]
    left = {file.name for file in path.parent.iterdir() if file.is_file()}
    assert left == {path.name, new.name, f".{path.name}.{'0' * 8}-{os.getpid()}-{'0' * 8}"}


def test_a_disk_without_links_takes_new_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refused)
    made = [write_new(tmp_path / "a.png", bytes([number])) for number in range(3)]
    assert [path.name for path in made] == ["a.png", "a 2.png", "a 3.png"]
    assert [path.read_bytes() for path in made] == [b"\0", b"\1", b"\2"]
    assert len(list(tmp_path.iterdir())) == 3
