"""Every notebook runs from top to bottom without a browser, on the starter model, and holds no pictures."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from lab.tasks import TASKS

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotebookClient]:
    """One kernel for all notebooks, which reads libraries and weights once; `started_anew` empties it for the next."""
    folder = tmp_path_factory.mktemp("jupyter")
    place = folder / "kernels" / "python3"
    place.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (place / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Python", "language": "python"}))
    resources = {"metadata": {"path": str(FOLDER)}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        client = NotebookClient(new_notebook(), timeout=240, kernel_name="python3", resources=resources)
        with client.setup_kernel():
            yield client


def started_anew(client: NotebookClient, home: Path) -> None:
    """Forget every name that a notebook before has left in the kernel, and its home; and draw in few steps."""
    begin = f"""
import os, dataclasses
from lab.core.catalogue import CATALOGUE
os.environ["SKETCHLAB_HOME"] = {str(home)!r}
CATALOGUE["starter"] = dataclasses.replace(CATALOGUE["starter"], steps=3, live_steps=2)
"""
    empty = "get_ipython().reset(new_session=True)"
    client.nb = new_notebook(cells=[new_code_cell(begin), new_code_cell(empty)])
    client.execute(cleanup_kc=False)


def quick(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with fewer steps, where its parameters say how many."""
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []) and "STEPS = " in cell.source:
            cell.source += "\nSTEPS = 3"
    return notebook


@pytest.mark.starter
@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path, kernel: NotebookClient) -> None:
    started_anew(kernel, tmp_path / "home")
    kernel.nb = quick(nbformat.read(path, as_version=4))
    kernel.execute(cleanup_kc=False)
    if path.stem in TASKS:
        assert list((tmp_path / "home").rglob("*.png")), "the notebook made no picture"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_short_small_and_ready_to_be_opened(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert len(notebook.cells) < 10
    assert path.stat().st_size < 20_000
    assert notebook.metadata.kernelspec.name == "python3"
    assert not any(cell.get("outputs") for cell in notebook.cells)
    assert any("parameters" in cell.metadata.get("tags", []) for cell in notebook.cells)


def test_every_task_has_its_notebook_and_the_others_have_a_number() -> None:
    names = {path.stem for path in NOTEBOOKS}
    assert set(TASKS) <= names
    assert all(name[:2].isdigit() for name in names - set(TASKS))
