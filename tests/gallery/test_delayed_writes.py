"""Settings are written a moment after they change: once for many changes, and never lost when the kernel ends."""

import json
import subprocess
import sys
import threading
from pathlib import Path

from lab.gallery.autosave import Autosave
from lab.gallery.delayed_writes import DelayedWrites


class Clock:
    """`clock.later(delay_s, act)` keeps what is to be done; `clock.ring()` does it."""

    def __init__(self):
        self.waiting = []

    def later(self, _delay_s, act):
        self.waiting.append(act)

    def ring(self):
        waiting, self.waiting = self.waiting, []
        for act in waiting:
            act()


def test_many_changes_are_written_once_the_newest_of_each_name():
    written, clock = [], Clock()
    writes = DelayedWrites(lambda *one: written.append(one), clock.later)
    for letter in b"abc":
        writes.put("words", bytes([letter]))
        writes.put("model", b"1")
    assert (written, writes.get("words"), len(clock.waiting)) == ([], b"c", 1)
    clock.ring()
    assert (written, writes.get("words")) == ([("words", b"c"), ("model", b"1")], None)
    writes.put("words", b"d")
    clock.ring()
    assert written[2:] == [("words", b"d")]


def test_what_changes_while_it_is_written_is_written_after_it():
    written, clock = [], Clock()

    def write(name, content):
        if content == b"1":
            writes.put(name, b"2")
        written.append(content)

    writes = DelayedWrites(write, clock.later)
    writes.put("words", b"1")
    clock.ring()
    assert (written, writes.get("words")) == ([b"1"], b"2")
    clock.ring()
    assert (written, writes.get("words")) == ([b"1", b"2"], None)


def test_settings_are_read_before_they_are_written_and_are_on_disk_after_close(tmp_path):
    with Autosave(tmp_path, Clock().later) as autosave:
        autosave.save_settings("panel", {"seed": 1})
        autosave.save_settings("panel", {"seed": 2})
        assert autosave.settings("panel") == {"seed": 2}
        assert not (tmp_path / "panel.json").exists()
    assert json.loads((tmp_path / "panel.json").read_text()) == {"seed": 2}


def test_a_kernel_that_ends_without_closing_anything_loses_no_setting(tmp_path):
    script = "import sys; from lab.gallery.autosave import Autosave; from pathlib import Path\n"
    script += "Autosave(Path(sys.argv[1])).save_settings('panel', {'seed': 3})"
    here = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", script, tmp_path], check=True, cwd=here, timeout=60)
    assert json.loads((tmp_path / "panel.json").read_text()) == {"seed": 3}


def test_a_timer_writes_without_being_asked():
    written = threading.Event()
    DelayedWrites(lambda *_: written.set()).put("panel", b"{}")
    assert written.wait(20)
