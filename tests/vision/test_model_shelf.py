"""The shelf of networks in memory, alone and as each kind of network uses it: read once, let go at any moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lab.core import Picture, Size
from lab.vision import annotators, cutout
from lab.vision.annotator_weights import Weights
from lab.vision.model_shelf import ModelShelf
from tests.retouch import scenes

SIZE = Size(64, 64)


@dataclass
class Network:
    """Takes some bytes."""

    what: str
    bytes: int = 10
    device: str = "cpu"


class Shelf(ModelShelf[str, Network]):
    """A shelf that writes down what it found and read."""

    def __init__(self, keeps: int | None = None) -> None:
        super().__init__("test", "is tested", keeps=keeps)
        self.did: list[str] = []

    def use(self, key: str, meanwhile: Callable[[], None] = lambda: None) -> Network:
        with self.using(key, lambda: self._find(key), self._read) as network:
            meanwhile()
        return network

    def _find(self, key: str) -> str:
        self.did.append(f"find {key}")
        return key

    def _read(self, key: str) -> Network:
        self.did.append(f"read {key}")
        return Network(key)


class AnnouncedLock:
    """A lock that says when somebody comes to wait for it, and lets something happen just then."""

    def __init__(self, lock: Any, at_the_door: Callable[[], object] = lambda: None) -> None:
        self._lock, self._at_the_door, self.somebody_waits = lock, at_the_door, threading.Event()

    def __enter__(self) -> None:
        self.somebody_waits.set()
        act, self._at_the_door = self._at_the_door, lambda: None
        act()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def acquire(self, *, blocking: bool) -> bool:
        return self._lock.acquire(blocking=blocking)

    def release(self) -> None:
        self._lock.release()


def let_go_at_the_door(shelf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the next one who comes to use the shelf sees there is let go before it has its turn."""
    monkeypatch.setattr(shelf, "_at_work", AnnouncedLock(shelf._at_work, shelf.release))


def test_a_network_is_read_once_until_it_is_let_go() -> None:
    shelf = Shelf()
    assert shelf.use("a") is shelf.use("a")
    assert [(one.owner, one.what, one.bytes, one.why) for one in shelf.residents()] == [("test", "a", 10, "is tested")]
    assert shelf.release() == 10
    assert shelf.residents() == []
    shelf.use("a")
    assert shelf.did == ["find a", "read a"] * 2


def test_what_was_let_go_while_another_was_at_work_is_found_and_read_again() -> None:
    shelf = Shelf()
    shelf.use("a")
    lock = AnnouncedLock(shelf._at_work)
    second = threading.Thread(target=shelf.use, args=("a",))

    def meanwhile() -> None:
        shelf._at_work = lock  # pyright: ignore[reportAttributeAccessIssue] a lock with a bell
        second.start()
        assert lock.somebody_waits.wait(10)
        shelf.release()

    shelf.use("a", meanwhile)
    second.join(10)
    assert not second.is_alive()
    assert shelf.did == ["find a", "read a"] * 2


def test_two_who_want_the_same_network_read_it_once() -> None:
    shelf = Shelf()
    threads = [threading.Thread(target=shelf.use, args=("a",)) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(10)
    assert shelf.did.count("read a") == 1


def test_neither_letting_go_nor_looking_waits_for_the_one_at_work() -> None:
    shelf = Shelf()
    seen: list[int] = []

    def meanwhile() -> None:
        other = threading.Thread(target=lambda: seen.extend([shelf.release(), len(shelf.residents())]))
        other.start()
        other.join(10)

    shelf.use("a", meanwhile)
    assert seen == [0, 1], "it is at work, and stays"
    assert shelf.release() == 10


def test_others_work_while_one_is_fetched() -> None:
    shelf = Shelf()
    with shelf.using("a", lambda: shelf.use("b").what, Network) as network:
        assert network.what == "b"
    assert set(shelf.held) == {"a", "b"}


def test_only_so_many_are_kept_the_newest() -> None:
    shelf = Shelf(keeps=2)
    for key in "abc":
        shelf.use(key)
    assert list(shelf.held) == ["b", "c"]
    shelf = Shelf(keeps=1)
    for key in "ab":
        shelf.use(key)
    assert list(shelf.held) == ["b"]


def test_nothing_is_kept_of_a_network_that_cannot_be_read() -> None:
    shelf = Shelf()
    with pytest.raises(ZeroDivisionError), shelf.using("a", lambda: 0, lambda zero: Network("a", 1 // zero)):
        pytest.fail("it was used")
    assert shelf.residents() == []
    shelf.use("a")


def test_a_detector_that_is_let_go_just_before_its_turn_still_makes_its_map(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It once chose its folder before its turn came: "depth failed: No such file"."""
    (tmp_path / "net.pth").write_bytes(b"1234")
    network = SimpleNamespace(to=lambda _: lambda pixels, **_: pixels)
    monkeypatch.setattr(Weights, "folder", lambda *_: tmp_path)
    detector = annotators.Detector(Weights("Net", ("net.pth",), read=lambda _: network), "cpu")
    picture = scenes.noise(SIZE)
    assert detector(picture, SIZE) == picture
    let_go_at_the_door(annotators._SHELF, monkeypatch)
    assert detector(picture, SIZE) == picture
    assert annotators.release() == 4


def test_cut_outs_at_once_read_their_network_once(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import rembg

    file = tmp_path / "own.onnx"
    file.write_bytes(b"onnx")
    reads: list[str] = []
    white = Image.fromarray(np.full((64, 64), 255, np.uint8))
    onnx = SimpleNamespace(get_providers=lambda: ["CPUExecutionProvider"])

    def read(*_: object, **__: object) -> Any:
        reads.append("read")
        return SimpleNamespace(predict=lambda _: [white], inner_session=onnx)

    monkeypatch.setattr(rembg, "new_session", read)
    cutout.release()
    made: list[Picture] = []
    picture = scenes.noise(SIZE)

    def work() -> None:
        made.append(cutout.cut_out(picture, model=cutout.CUSTOM, weights=file))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(10)
    assert (reads, len(made)) == (["read"], 4)
    let_go_at_the_door(cutout._SHELF, monkeypatch)
    work()
    assert len(reads) == 2
    assert cutout.release() == 4
