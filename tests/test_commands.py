"""Whatever command a sentence, a notebook or a page of the lab names, works as pasted."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab import doctor
from lab.__main__ import _parser, main
from lab.core import MissingWeights
from lab.core.catalogue import CATALOGUE, card_for, model_card
from lab.core.reporter import NullReporter
from lab.hub.command import fetch_command, fetched_by, install_command
from lab.pipelines.live_preset import live_settings
from lab.pipelines.weights.locate import find_control, find_ip_adapter, find_lora, find_model
from lab.preprocessors import PREPROCESSORS
from lab.vision import sam2
from lab.vision.cutout_weights import CUTOUT_NETWORKS

ROOT = Path(__file__).parent.parent
_COMMAND = re.compile(r"(?:\S*/)?python3? -m lab\b(?! ?\.)[^`\n#]*")
_NO_TOOL = re.compile(r"`(?:hf|rembg|pip|huggingface-cli) [^`]*`")


def texts() -> Iterator[tuple[str, str]]:
    """Everything that a person may read, with where it is from; commands are in backticks or alone in a block."""
    for file in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        yield file.name, file.read_text()
    for file in (ROOT / "notebooks").glob("*.ipynb"):
        for cell in json.loads(file.read_text())["cells"]:
            yield file.name, "".join(cell["source"])
    for folder in ("lab", "widgets"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield str(file.relative_to(ROOT)), node.value


def spoken() -> Iterator[tuple[str, str]]:
    """The sentences that are made while the lab runs, of everything that can be missing on a machine."""
    yield "doctor", doctor.report()
    owned = card_for("owner/a-model", "sdxl")
    cards = [card for card in CATALOGUE.values() if card.repo] + [owned, model_card("sd15", "c" * 40)]
    for card in cards:
        finds: list[Callable[[], object]] = [lambda card=card: find_model(card, NullReporter())]
        finds += [
            lambda card=card, place=source.repo: find_control(card, place, NullReporter())
            for source in card.controls.values()
        ]
        if card.ip_adapter:
            finds.append(lambda card=card: find_ip_adapter(card, NullReporter()))
        for find in finds:
            yield card.name, _raised(find)
        yield card.name, live_settings(card).note
    yield "a LoRA", _raised(lambda: find_lora("owner/loras:ink.safetensors", NullReporter()))
    for tool in PREPROCESSORS.values():
        yield tool.name, tool.missing
    for network in CUTOUT_NETWORKS.values():
        yield network.name, network.missing
    yield "SAM 2", f"`{sam2.by_hand()}`"


def _raised(find: Callable[[], object]) -> str:
    with pytest.raises(MissingWeights) as raised:
        find()
    return str(raised.value)


@pytest.fixture(autouse=True)
def _empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is on this machine, and the hub cannot be reached."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("SKETCHLAB_HOME", str(tmp_path))
    monkeypatch.delenv("SKETCHLAB_ACCEPT", raising=False)


def _understood(command: str) -> None:
    """What stands behind `python -m lab` is known to its parser; what it is to fetch is fetched, but for the bytes."""
    words = shlex.split(command)
    arguments = words[words.index("lab") + 1 :]
    if arguments in ([], ["--help"], ["fetch"]) or re.search(r"[.…]{3}|\b[A-Z]{3,}\b", command):
        return  # the name of the program alone, or the shape of a command
    if arguments[0] == "fetch":
        assert main([*arguments, "--dry-run"]) == 0
    else:
        _parser().parse_args(arguments)


def test_every_command_that_is_written_somewhere_is_understood() -> None:
    found = [(where, one[0].strip()) for where, text in texts() for one in _COMMAND.finditer(text)]
    assert len({where for where, _ in found}) > 5
    for _, command in found:
        _understood(command)


def test_every_command_in_a_sentence_that_the_lab_speaks_is_understood() -> None:
    said = list(spoken())
    commands = [one[0] for _, text in said for one in _COMMAND.finditer(text)]
    assert len(commands) > 100
    for command in dict.fromkeys(commands):
        _understood(command)


def test_no_sentence_names_a_tool_that_is_not_on_the_path_after_make_lab() -> None:
    for where, text in (*texts(), *spoken()):
        assert not _NO_TOOL.findall(text), where


def test_a_command_works_as_pasted_where_the_environment_is_not_on_the_path(tmp_path: Path) -> None:
    kept = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT)}
    pasted = re.findall("`([^`]+ -m lab fetch [^`]+)`", doctor.report())
    assert len(pasted) > 10
    alone = subprocess.run(
        ["/bin/sh", "-c", f"{fetch_command('sdxl-turbo', 'controlnet:openpose', 'annotator:midas')} --dry-run"],
        cwd=tmp_path, env=kept, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert alone.returncode == 0, alone.stderr
    assert "sdxl-turbo: 6.9 GB; Stability AI's own (sai-nc-community): non-commercial use only" in alone.stdout
    assert all(one.split(" -m ")[0] == fetch_command().split(" -m ")[0] for one in pasted)


def test_the_short_name_is_used_where_a_shell_finds_this_very_python(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{here}{os.pathsep}/usr/bin")
    assert install_command("a") == "python -m pip install a"
    monkeypatch.setenv("PATH", "/usr/bin")
    assert install_command("a") == f"{sys.executable} -m pip install a"


def test_a_model_is_fetched_by_its_name_and_an_own_one_by_its_place() -> None:
    assert fetched_by(CATALOGUE["sdxl"], "preview") == ("sdxl", "preview")
    assert fetched_by(model_card("sd15", "c" * 40)) == ("sd15", "--revision", "c" * 40)
    assert fetched_by(card_for("a/b", "sdxl"), "live") == ("a/b", "live", "--family", "sdxl")
