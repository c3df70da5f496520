"""Fixtures for tests in a real JupyterLab; one server, one browser and its cache for all.

A page of JupyterLab and a kernel cost seconds: tests that leave each other alone share a notebook, by module. Kernels
are forks of a Python that has read the libraries (`tests/warm`). A module about kernels themselves, their restarts,
interrupts and cells that await, has those that JupyterLab starts, by `KERNEL`.

`open_notebook(cells)` gives a `Notebook` (see `bench/_jupyterlab.py`): `.run_all()`, `.run_cell(i)`,
`.value("python expression")`, `.wait_for(expression, expected)`, `.execute(code)`, `.reload()`, `.page`. A failing test
leaves a screenshot in `test-results/`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from bench._jupyterlab import ROOT, LabServer, Notebook, chromium, kernel_command
from tests.warm import WarmPython

WARM = "warm"
_FAILED = pytest.StashKey[bool]()
_WITHOUT = (  # what no test looks at, of a JupyterLab that each page starts anew
    *("audio", "csvviewer", "debugger", "extensionmanager", "help", "htmlviewer", "hub", "logconsole", "lsp"),
    *("markdownviewer", "mermaid", "pdf", "pluginmanager", "running", "settingeditor", "terminal", "video"),
)
_PAGE_CONFIG = {
    "disabledExtensions": {f"@jupyterlab/{name}-extension": True for name in _WITHOUT},
    "buildAvailable": False,  # which each page would ask for, and Node answer
    "buildCheck": False,
}
_ONE_PROCESS = "--process-per-site"  # for all pages, in which JupyterLab's scripts are compiled once


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jupyterlab")
    with WarmPython.start() as warm:
        kernels = {WARM: kernel_command(python=warm.command)}
        with LabServer.start(folder, _PAGE_CONFIG, kernels) as server:
            yield server


@pytest.fixture(scope="session")
def browser():
    with chromium(_ONE_PROCESS) as browser:
        yield browser


@pytest.fixture(scope="session")
def context(browser, lab_server):
    """What all pages share: JupyterLab's scripts are fetched and compiled once, as a page of it is always there."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(40_000)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.new_page().goto(f"{lab_server.url}api")
    yield context
    context.close()


@pytest.fixture
def page(context):
    page = context.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module")
def kernel(request):
    """The name of the kernels of a module's notebooks."""
    return getattr(request.module, "KERNEL", WARM)


@pytest.fixture(scope="module")
def notebook(notebook_of, request):
    """One notebook for all tests of a module: its `CELL`, run, and an empty cell."""
    notebook = notebook_of([request.module.CELL, ""])
    notebook.run_all()
    return notebook


@pytest.fixture(scope="module")
def notebook_of(lab_server, context, kernel):
    """`notebook_of(cells)` opens a notebook for all tests of a module; none of its cells is run."""
    opened = []

    def open_it(cells: list[str], prepare: Callable[[Page], object] = lambda _: None) -> Notebook:
        """`prepare` gets the page before anything is loaded."""
        page = context.new_page()
        prepare(page)
        opened.append(Notebook.open(lab_server, page, cells, kernel=kernel))
        return opened[-1]

    yield open_it
    for notebook in opened:
        notebook.close()
        notebook.page.close()


@pytest.fixture
def open_notebook(lab_server, page, request, kernel):
    opened = []

    def open_it(cells: list[str]) -> Notebook:
        notebook = Notebook.open(lab_server, page, cells, kernel=kernel)
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
