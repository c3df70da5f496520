"""Every notebook runs from top to bottom without a browser, on the starter model, and holds no pictures."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from lab.tasks import TASKS

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SHIPPED = [task.name for task in TASKS.values() if not task.edits]
"""What the starter model can do; the others want a model of their own from a hub."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="module")
def kernel(home: Path) -> Iterator[Any]:
    """One kernel for all notebooks, since reading torch takes longest; each notebook begins with an empty one."""
    place = home / "kernels" / "python3"
    place.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (place / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Python", "language": "python"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(home))
        patch.setenv("SKETCHLAB_HOME", str(home / "home"))
        first = _client(nbformat.v4.new_notebook())
        manager = first.create_kernel_manager()
        first.start_new_kernel(cwd=str(FOLDER))
        yield manager
        manager.shutdown_kernel(now=True)


def _client(notebook: Any, **settings: Any) -> NotebookClient:
    resources = {"metadata": {"path": str(FOLDER)}}
    return NotebookClient(notebook, timeout=240, kernel_name="python3", resources=resources, **settings)


@pytest.mark.starter
@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path: Path, home: Path, kernel: Any) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = nbformat.v4.new_code_cell
    given = next(n for n, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
    before, own = code("%reset -f"), code(f"SESSION = {path.stem!r}")
    after = code("if 'lab' in globals(): lab.close()")
    notebook.cells = [before, *notebook.cells[: given + 1], own, *notebook.cells[given + 1 :], after]
    kept = len(_pictures(home))
    _client(notebook, km=kernel).execute()
    if path.stem in TASKS:
        assert len(_pictures(home)) > kept, "the notebook made no picture"


def _pictures(home: Path) -> list[Path]:
    return list((home / "home").rglob("*.png"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_short_small_and_ready_to_be_opened(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert len(notebook.cells) < 10
    assert path.stat().st_size < 20_000
    assert notebook.metadata.kernelspec.name == "python3"
    assert not any(cell.get("outputs") for cell in notebook.cells)
    assert any("parameters" in cell.metadata.get("tags", []) for cell in notebook.cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_the_name_of_its_task_or_a_number(path: Path) -> None:
    assert path.stem in TASKS or path.stem[:2].isdigit()


@pytest.mark.parametrize("task", SHIPPED)
def test_every_task_has_its_notebook(task: str) -> None:
    assert FOLDER / f"{task}.ipynb" in NOTEBOOKS
