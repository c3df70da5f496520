import comm
import pytest

from tests.widgets.canvas.playing_browser import RecordingComm


@pytest.fixture(autouse=True)
def recording(monkeypatch):
    """What goes to a page can be read."""
    monkeypatch.setattr(comm, "create_comm", RecordingComm)
