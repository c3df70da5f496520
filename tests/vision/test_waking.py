"""Reading large libraries: one thread at a time, and no look for garbage among what stays."""

from __future__ import annotations

import gc

from lab.vision.waking import Waking


def test_nothing_is_looked_through_while_libraries_are_read() -> None:
    gc.unfreeze()  # what other tests have set aside
    looks: list[str] = []
    gc.callbacks.append(seen := lambda phase, _: looks.append(phase))
    try:
        waking = Waking()
        with waking, waking:
            made = [[number] for number in range(10 * gc.get_threshold()[0])]
        assert not looks
    finally:
        gc.callbacks.remove(seen)
    assert gc.isenabled()
    assert not waking.is_mine
    assert len(gc.get_objects(generation=0)) < len(made), "young, it would be looked through at once"


def test_who_looks_for_no_garbage_is_left_so() -> None:
    gc.disable()
    try:
        with Waking():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_somebody_has_set_aside_stays_so() -> None:
    gc.freeze()
    try:
        aside = gc.get_freeze_count()
        with Waking():
            assert [[number] for number in range(10 * gc.get_threshold()[0])]
        assert gc.get_freeze_count() == aside
    finally:
        gc.unfreeze()
