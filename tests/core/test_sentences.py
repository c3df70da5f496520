"""The promise: a sentence is one line, short and without a secret; a checked call names what is wrong with it."""

from __future__ import annotations

import pickle
from typing import Annotated

import numpy as np
import pytest
from pydantic import Field

from lab.core import BadInput, JobFailed, Picture, Size, SketchlabError
from lab.core.sentences.checked_call import Listed, checked
from lab.core.sentences.secrets import keep_secret, masked, without_secrets
from lab.core.sentences.wording import several, shown

TOKEN = "hf-of-nobody/7+x=="  # noqa: S105 - of nobody


@checked
def drawn(
    count: Annotated[int, Field(ge=1, le=4)],
    weight: float = 1.0,
    *,
    size: Size | None = None,
    names: Listed[str] = (),
    picture: str | Picture = "",
) -> NotKnownHere:  # noqa: F821 - as of a module that only type checkers import
    return count, weight, size, names, picture


@pytest.mark.parametrize(
    ("given", "named", "sentence"),
    [
        ((), {}, "drawn needs count"),
        (("2",), {}, "drawn: count must be a whole number, not '2'"),
        ((True,), {}, "drawn: count must be a whole number, not True"),
        ((5,), {}, "drawn: count must be at most 4, not 5"),
        ((2, float("nan")), {}, "drawn: weight must be a finite number, not nan"),
        ((2,), {"size": 7}, "drawn: size must be a Size, not 7"),
        ((2,), {"size": (7, "x")}, "drawn: 1 in size must be a whole number, not 'x'"),
        ((2,), {"names": "abc"}, "drawn: names must be a list, not 'abc'"),
        ((2,), {"names": range(10**12)}, "drawn: names must be a list, not a range"),
        ((2,), {"picture": object()}, "drawn: picture must be text or a Picture, not an object"),
        ((2,), {"colour": 1}, "drawn has no argument 'colour'"),
    ],
)
def test_a_call_that_is_wrong_names_the_argument_its_value_and_what_it_may_be(given, named, sentence):
    with pytest.raises(BadInput) as raised:
        drawn(*given, **named)
    assert str(raised.value) == sentence


def test_a_call_that_is_right_gets_what_was_given():
    names = ["a", "b"]
    assert drawn(2, 3, size=(4, 5), names=names) == (2, 3, Size(4, 5), names, "")


@pytest.mark.parametrize("text", ["x" * 5000, "a " * 400, f"{'/folder' * 60}/name.png is no picture: save it as PNG"])
def test_a_mistake_is_told_in_under_200_letters_of_one_line(text):
    said = str(BadInput(f"{text}\n\n  at <object object at 0x7f00deadbeef>"))
    assert len(said) < 200
    assert "\n" not in said
    assert "0x" not in said


def test_the_name_of_a_file_and_the_remedy_outlive_a_long_path():
    said = str(BadInput(f"{'/folder' * 60}/name.png is no picture: save it as PNG"))
    assert said.endswith("/name.png is no picture: save it as PNG")


def test_half_a_letter_can_be_said():
    str(BadInput("there is no file \udcff")).encode()


def test_an_error_survives_the_way_to_another_process():
    error = pickle.loads(pickle.dumps(JobFailed("it broke")))  # noqa: S301 - its own
    assert (type(error), str(error)) == (JobFailed, "it broke")


def test_a_value_is_shown_however_rude_it_is():
    class Rude(bytes):
        def __repr__(self) -> str:
            raise RuntimeError

    assert shown(10**5000) == "an int"
    assert shown([Rude()]) == "a list"
    assert shown(np.zeros(3)) == "a ndarray"
    assert len(shown("y" * 5000)) <= 60


def test_a_list_of_names_ends():
    assert several(["ab", "cd", "ef"], 7) == "ab, cd or 1 more"


@pytest.mark.parametrize(
    "variable", ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN", "RUNPOD_API_KEY", "RUNPOD_AI_API_KEY"]
)
def test_a_token_of_the_environment_is_in_no_sentence(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    assert TOKEN in str(SketchlabError(f"refused for {TOKEN}"))
    monkeypatch.setenv(variable, TOKEN)
    assert str(SketchlabError(f"refused for {TOKEN}: try")) == "refused for ***: try"
    assert masked(f"https://hub/x?token={TOKEN.replace('/', '%2F').replace('+', '%2B').replace('=', '%3D')}&a") == (
        "https://hub/x?token=***&a"
    )


def test_a_token_that_was_read_from_a_file_is_in_no_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.core.sentences.secrets._told", set())
    keep_secret(f"{TOKEN}\n")
    keep_secret(None)
    keep_secret("a")
    assert masked(f"a {TOKEN} a") == "a *** a"


def test_what_looks_like_a_token_is_masked_though_nobody_told_of_it():
    assert masked("Bearer hf_" + "aB3" * 10) == "Bearer ***"


def test_a_trace_shows_no_secret_of_an_error_behind_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    inner = OSError(5, f"Authorization: {TOKEN}")
    outer = ValueError(f"failed with {TOKEN}")
    outer.__cause__, inner.__context__ = inner, outer  # as a chain that bites its tail
    without_secrets(outer)
    assert TOKEN not in f"{outer!r} {inner!r} {inner}"
