"""The promise: what is installed is the lab without what trained it, within versions that are bounded."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_every_dependency_is_bounded_on_both_sides() -> None:
    for dependency in PROJECT["dependencies"]:
        assert re.fullmatch(r"[\w.-]+(\[\w+\])?>=[\d.]+,<[\d.]+", dependency), dependency


def test_pillow_is_above_the_versions_with_known_holes() -> None:
    (pillow,) = [one for one in PROJECT["dependencies"] if one.startswith("pillow")]
    assert pillow.startswith("pillow>=13")


def test_the_console_script_is_the_command_line() -> None:
    module, _, name = PROJECT["scripts"]["sketchlab"].partition(":")
    assert (module, name) == ("lab.__main__", "main")
    assert callable(getattr(__import__(module, fromlist=[name]), name))


def test_the_wheel_holds_the_weights_and_not_what_trained_them() -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel")
    builder = wheel.WheelBuilder(str(ROOT))
    files = {Path(one.path).relative_to(ROOT).as_posix() for one in builder.recurse_included_files()}
    assert not [name for name in files if name.startswith("lab/starter/train")]
    assert "lab/starter/weights/unet/diffusion_pytorch_model.safetensors" in files
    assert "widgets/canvas/ink/ink.js" in files
    assert {name.split("/")[0] for name in files} == {"lab", "widgets"}
