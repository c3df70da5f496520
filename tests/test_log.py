"""The promise: a lab's log is for its owner's eyes, without secrets, and tells of its own jobs only."""

from __future__ import annotations

import logging
import stat
from pathlib import Path
from threading import Thread

import pytest

from lab import Lab, SketchlabError
from lab.core import Picture
from lab.core.recipe import Plan
from lab.core.reporter import Reporter
from lab.session.log import LOG
from lab.tasks import PlannedRequest
from tests.fakes import ScriptedEngine
from tests.widgets.studio.following import let_it_follow
from widgets import Studio

TOKEN = "hf-of-nobody-71ab"  # noqa: S105 - of nobody


def failing(error: BaseException) -> ScriptedEngine:
    engine = ScriptedEngine(steps=1)
    engine.fails_with = error
    return engine


def log_of(lab: Lab) -> str:
    return lab.log_file.read_text()


def test_a_lab_logs_its_own_prompts_only(tmp_path: Path) -> None:
    with (
        Lab(home=tmp_path / "one", engine=failing(ValueError("boom"))) as one,
        Lab(home=tmp_path / "other", engine=failing(ValueError("bang"))) as other,
    ):
        for lab, prompt in ((one, "a red apple"), (other, "a blue shoe")):
            with pytest.raises(SketchlabError):
                lab.run("text_to_image", prompt=prompt).wait(20)
        assert "a red apple" in log_of(one)
        assert "a blue shoe" in log_of(other)
        assert "shoe" not in log_of(one)
        assert "apple" not in log_of(other)


def raising(event: object) -> None:
    msg = f"a listener of {event}"
    raise ValueError(msg)


def test_what_is_told_on_a_thread_of_a_cell_or_of_a_library_is_logged_by_its_own_lab_only(tmp_path: Path) -> None:
    engine = ScriptedEngine(steps=1)

    def drawn(planned: PlannedRequest, reporter: Reporter) -> tuple[Picture, Plan]:
        fetching = Thread(target=reporter.progress, args=("Fetching a thing by a library's thread",))
        fetching.start()
        fetching.join()
        return ScriptedEngine.run(engine, planned, reporter)

    engine.run = drawn
    with (
        Lab(home=tmp_path / "one", engine=engine) as one,
        Lab(home=tmp_path / "other", engine=ScriptedEngine()) as other,
    ):
        one.subscribe(raising)
        one.run("text_to_image", prompt="a red apple").wait(20)
        logging.getLogger("lab.tests").error("of nobody")
        assert "a listener failed on Queued" in log_of(one)
        assert "Fetching a thing" in log_of(one)
        assert "a listener failed" not in log_of(other)


def test_a_studio_logs_to_its_own_lab_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        Lab(home=tmp_path / "one", engine=ScriptedEngine()) as one,
        Lab(home=tmp_path / "other", engine=ScriptedEngine()) as other,
    ):
        studio = Studio(one, "text_to_image")
        monkeypatch.setattr(one, "request", lambda *_, **__: raising("a red apple"))
        studio.panel.settings = {"steps": 2}
        let_it_follow(studio)
        logging.getLogger("lab.tests").error("of nobody")
        studio.close()
        assert "a listener of a red apple" in log_of(one)
        assert "apple" not in log_of(other)


def test_two_labs_of_one_home_write_each_line_once_and_leave_nothing_behind(tmp_path: Path) -> None:
    before = [*LOG.handlers]
    with Lab(session="a", home=tmp_path, engine=failing(ValueError("boom"))) as lab:
        with Lab(session="b", home=tmp_path, engine=ScriptedEngine()):
            assert len(LOG.handlers) == len(before) + 1
        with pytest.raises(SketchlabError):
            lab.run("text_to_image", prompt="a red apple").wait(20)
        assert log_of(lab).count("a red apple") == 1
    lab.close()  # again, as at the end of a `with`
    assert before == LOG.handlers


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    (tmp_path / "lab.log").touch(mode=0o644)
    with Lab(home=tmp_path, engine=ScriptedEngine()) as lab:
        logging.getLogger("lab.tests").error("something")
        assert stat.S_IMODE(lab.log_file.stat().st_mode) == 0o600


@pytest.mark.parametrize("place", ["HF_TOKEN", "RUNPOD_API_KEY", "token", "stored_tokens", ".runpod/config.toml"])
def test_no_secret_is_in_a_sentence_a_log_or_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr("lab.core.sentences.secrets._told", set())
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.delenv("HF_TOKEN_PATH", raising=False)
    if place.isupper():
        monkeypatch.setenv(place, TOKEN)
    else:
        file = tmp_path / (place if "/" in place else f"hub/{place}")
        file.parent.mkdir(exist_ok=True)
        file.write_text(TOKEN if place == "token" else f'[someone]\nhf_token = "{TOKEN}"\n')
    error = OSError(5, f"401 for Bearer {TOKEN}")
    error.__cause__ = ValueError(f"https://hub/x?token={TOKEN}")
    heard = []
    with Lab(home=tmp_path / "lab", engine=failing(error)) as lab:
        lab.subscribe(heard.append)
        with pytest.raises(SketchlabError, match=r"something broke .*\*\*\*") as raised:
            lab.run("text_to_image", prompt="a").wait(20)
        told, cause = raised.value, raised.value.__cause__
        assert "***" in log_of(lab)
        assert TOKEN not in f"{log_of(lab)} {told} {cause} {cause!r} {cause.__cause__!r} {heard}"  # pyright: ignore[reportOptionalMemberAccess]


def test_a_home_that_takes_no_log_stops_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lab.log").mkdir()
    with Lab(home=tmp_path, engine=failing(ValueError("boom"))) as lab, pytest.raises(SketchlabError):
        lab.run("text_to_image", prompt="a").wait(20)
    assert "Logging error" not in capsys.readouterr().err
