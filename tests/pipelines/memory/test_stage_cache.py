from __future__ import annotations

from lab.pipelines.memory.stage_cache import Room, StageCache


class Clock:
    """Every stage takes as long as the test says."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def put(cache: StageCache, clock: Clock, name: str, weight: int, seconds: float) -> str:
    def make() -> str:
        clock.now += seconds
        return name

    return cache.get("stage", (name,), make, lambda _: weight)


def is_kept(cache: StageCache, name: str) -> bool:
    return cache.holds("stage", (name,)) or cache.holds("small", (name,))


def test_what_saves_the_fewest_seconds_a_byte_goes_first() -> None:
    clock = Clock()
    cache = StageCache(100, clock)
    put(cache, clock, "slow and small", 10, 5.0)
    put(cache, clock, "quick and large", 80, 0.1)
    put(cache, clock, "new", 40, 1.0)
    assert [is_kept(cache, name) for name in ("slow and small", "quick and large", "new")] == [True, False, True]
    assert cache.bytes == 50


def test_what_is_never_used_grows_old_and_goes_too() -> None:
    clock = Clock()
    cache = StageCache(100, clock)
    put(cache, clock, "once dear", 50, 10.0)
    for turn in range(40):
        put(cache, clock, f"turn {turn}", 50, 1.0)
    assert not is_kept(cache, "once dear")


def test_what_is_larger_than_the_cache_is_given_and_not_kept() -> None:
    clock = Clock()
    cache = StageCache(100, clock)
    put(cache, clock, "small", 10, 1.0)
    assert put(cache, clock, "huge", 101, 100.0) == "huge"
    assert [is_kept(cache, name) for name in ("small", "huge")] == [True, False]


def test_a_stage_with_a_room_holds_its_newest_and_leaves_the_others_alone() -> None:
    clock, cache, room = Clock(), StageCache(100, Clock()), Room(3, 40)
    put(cache, clock, "of another stage", 20, 0.0)
    weights = {"oldest": 20, "older": 10, "new": 25, "too large": 41, "newer": 1, "newest": 2}
    for name, weight in weights.items():
        assert cache.get("small", (name,), lambda name=name: name, lambda _, weight=weight: weight, room=room) == name
    assert [name for name in ("of another stage", *weights) if is_kept(cache, name)] == [
        "of another stage", "new", "newer", "newest"
    ]  # fmt: skip
    assert cache.bytes == 48


def test_a_result_that_is_found_is_the_newest_of_its_stage() -> None:
    cache, room = StageCache(100, Clock()), Room(2, 40)
    for name in ("first", "second", "first", "third"):
        cache.get("small", (name,), lambda name=name: name, lambda _: 1, room=room)
    assert [name for name in ("first", "second", "third") if is_kept(cache, name)] == ["first", "third"]


def test_a_smaller_limit_takes_hold_at_once() -> None:
    clock = Clock()
    cache = StageCache(100, clock)
    put(cache, clock, "dear", 40, 4.0)
    put(cache, clock, "cheap", 40, 1.0)
    assert cache.resize(50) == 40
    assert [is_kept(cache, name) for name in ("dear", "cheap")] == [True, False]
    assert cache.resize(0) == 40
    assert cache.report().bytes == cache.bytes == 0


def test_the_report_counts_what_was_found_and_what_it_saved() -> None:
    clock = Clock()
    cache = StageCache(100, clock)
    for _ in range(3):
        put(cache, clock, "words", 8, 2.0)
    report = cache.report()
    assert (report.hits, report.misses, report.entries, report.bytes) == (2, 1, 1, 8)
    assert report.stages[0].saved_s == 4.0
    assert "stage" in repr(report)
    assert cache.clear("stage") == 8
    assert cache.report().entries == 0
