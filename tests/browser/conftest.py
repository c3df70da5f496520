"""Fixtures for tests in a real JupyterLab; one server and one browser for all, one notebook and one page for each test.

`open_notebook(cells)` gives a `Notebook` (see `bench/_jupyterlab.py`): `.run_all()`, `.run_cell(i)`,
`.value("python expression")`, `.wait_for(expression, expected)`, `.execute(code)`, `.reload()`, `.page`. A failing test
leaves a screenshot in `test-results/`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench._jupyterlab import ROOT, LabServer, Notebook, chromium

_FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory):
    with LabServer.start(tmp_path_factory.mktemp("jupyterlab")) as server:
        yield server


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(40_000)
    yield page
    context.close()


@pytest.fixture(scope="module")
def notebook(lab_server, browser, request):
    """One notebook for all tests of a module: its `CELL`, run, and an empty cell."""
    lab_server.set_theme("light")
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    page.set_default_timeout(40_000)
    notebook = Notebook.open(lab_server, page, [request.module.CELL, ""])
    notebook.run_all()
    yield notebook
    notebook.close()
    page.context.close()


@pytest.fixture(scope="module")
def notebook_of(lab_server, browser):
    """`notebook_of(cells)` opens a notebook for all tests of a module; none of its cells is run."""
    opened = []

    def open_it(cells: list[str]) -> Notebook:
        lab_server.set_theme("light")
        page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        page.set_default_timeout(40_000)
        opened.append(Notebook.open(lab_server, page, cells))
        return opened[-1]

    yield open_it
    for notebook in opened:
        notebook.close()
        notebook.page.context.close()


@pytest.fixture
def open_notebook(lab_server, page, request):
    opened = []

    def open_it(cells: list[str], *, theme: str = "light") -> Notebook:
        lab_server.set_theme(theme)
        notebook = Notebook.open(lab_server, page, cells)
        opened.append(notebook)
        return notebook

    yield open_it
    if request.node.stash.get(_FAILED, False) and not page.is_closed():
        folder = Path(ROOT / "test-results")
        folder.mkdir(exist_ok=True)
        page.screenshot(path=folder / (re.sub(r"\W+", "-", request.node.name) + ".png"))
    for notebook in opened:
        notebook.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if report.when == "call" and report.failed:
        item.stash[_FAILED] = True
    return report
