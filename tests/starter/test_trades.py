"""What a model that trades exactness for speed costs is measured, and said beside its pictures."""

from pathlib import Path

import pytest

from lab import BadInput, Lab, SketchlabError

pytestmark = pytest.mark.starter


def test_the_cost_of_a_trade_is_said_beside_the_pictures_that_follow(tmp_path: Path) -> None:
    with Lab("starter + taylorseer", home=tmp_path) as traded:
        wish = {"prompt": "a red apple", "steps": 8}
        cost = traded.cost("text_to_image", **wish).wait(120)
        note = traded.run("text_to_image", seed=1, **wish).wait(60).note
    assert cost.exact_s > 0
    assert 0 < cost.levels_off < 30
    assert str(cost) in note


def test_an_exact_model_has_no_cost_to_measure(tmp_path: Path) -> None:
    with Lab("starter", home=tmp_path) as exact, pytest.raises(BadInput, match="is drawn exactly"):
        exact.cost("text_to_image", prompt="a red apple")


def test_an_engine_that_cannot_measure_says_so(lab: Lab) -> None:
    with pytest.raises(SketchlabError, match="only the diffusers engine"):
        lab.cost("text_to_image", prompt="a red apple")
