"""A real JupyterLab with a real browser on it, for browser tests, screenshots and benches; knows no widget.

Start both with `LabServer.start(folder)` and `chromium()`, then `Notebook.open(server, page, ["x = 1"])`, `.run_all()`,
`.value("x + 1")`.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from jupyter_client.blocking import BlockingKernelClient
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright  # noqa: A004 - theirs

ROOT = Path(__file__).resolve().parent.parent
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_START_S = 60
_STOP_S = 20
_LONGEST_PAUSE_MS = 500.0
_OPEN_MS = 45_000
_NUMBER = count(1)
KERNEL = "python3"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


def kernel_command(*arguments: str, python: Sequence[str] = (sys.executable, "-m")) -> list[str]:
    """What starts a kernel, with these arguments; `python` is what runs a module."""
    return [*python, "ipykernel_launcher", "-f", "{connection_file}", *arguments]


def wait_for_promise(page: Page, predicate: str, arg: Any = None, timeout_s: float = 30) -> Any:
    """What an async function of the page answers, once that is something true.

    `Page.wait_for_function` does not: to it the promise itself is true.

    Raises:
        AssertionError: when it has not in time.
    """
    end = time.monotonic() + timeout_s
    while not (answer := page.evaluate(predicate, arg)):
        if time.monotonic() > end:
            msg = f"after {timeout_s:g} s it is still not so: {predicate}"
            raise AssertionError(msg)
        page.wait_for_timeout(30)
    return answer


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """The Chromium of this machine, without a window; with more flags, if any.

    Raises:
        RuntimeError: when there is none.
    """
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        msg = "there is no Chromium on this machine: install it (apt-get install chromium) to run browser tests"
        raise RuntimeError(msg)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*_FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class LabServer:
    """A running `jupyter lab`: `url` without token, and the folder that it serves."""

    url: str
    token: str
    folder: Path

    @classmethod
    @contextmanager
    def start(
        cls,
        folder: Path,
        page_config: Mapping[str, Any] = MappingProxyType({}),
        kernels: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> Iterator[Self]:
        """Serve `folder` with settings, kernels and history of its own, until the block ends.

        Args:
            folder: where the notebooks are.
            page_config: JupyterLab's, such as its `disabledExtensions`.
            kernels: beside "python3", by name; each is the command that starts it, as `kernel_command` is.
        """
        home = folder / ".jupyter-of-this-test"
        _write_settings(home, page_config, {KERNEL: kernel_command(), **kernels})
        log = (home / "server.log").open("wb")
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.port=0"]
        command += ["--ServerApp.ip=127.0.0.1", "--LabApp.expose_app_in_browser=True", f"--notebook-dir={folder}"]
        process = subprocess.Popen(command, env=_environment(home), stdout=log, stderr=log, cwd=folder)  # noqa: S603 our own command
        try:
            info = _wait_for_server(process, home)
            yield cls(info["url"], info["token"], folder)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:  # a busy machine, where kernels take their time to end
                process.kill()
                process.wait()
            log.close()

    @property
    def runtime(self) -> Path:
        """Where the connection files of its kernels are."""
        return self.folder / ".jupyter-of-this-test" / "runtime"

    def set_theme(self, theme: str) -> None:
        """Use "light" or "dark" in pages opened from now on."""
        name = "@jupyterlab/apputils-extension:themes"
        body = json.dumps({"raw": json.dumps({"theme": THEMES[theme]})}).encode()
        _request(self.url, self.token, f"lab/api/settings/{name}", "PUT", body)


class Notebook:
    """A notebook in a page, and its kernel.

    Open one with `Notebook.open`. `run_cell` and `run_all` wait for the end unless told not to; `value` asks the
    kernel directly, beside the page.
    """

    def __init__(self, server: LabServer, page: Page) -> None:
        self.server, self.page = server, page
        self._client: BlockingKernelClient | None = None
        self._kernel_id: str | None = None

    @classmethod
    def open(
        cls,
        server: LabServer,
        page: Page,
        cells: Sequence[str],
        name: str | None = None,
        *,
        app: str = "lab/tree",
        kernel: str = KERNEL,
    ) -> Notebook:
        """Write a notebook of these code cells, open it, and wait until its kernel is ready.

        `app` is where: in JupyterLab, or with "notebooks" in Notebook 7. Each page has a workspace of its own, as two
        of one browser would otherwise get, by loading once more. `kernel` is one of the server's.
        """
        number = next(_NUMBER)
        name = name or f"notebook-{number}.ipynb"
        (server.folder / name).write_text(json.dumps(_notebook_of(cells, kernel)))
        notebook = cls(server, page)
        place = app.replace("lab/", f"lab/workspaces/page-{number}/", 1)
        page.goto(f"{server.url}{place}/{name}?reset&token={server.token}")
        try:
            notebook.wait_until_ready(_OPEN_MS)
        except TimeoutError:  # on a busy machine a page may miss that its kernel is there: what a person does then
            page.reload()
            notebook.wait_until_ready()
        return notebook

    def wait_until_ready(self, timeout_ms: float = 2 * _OPEN_MS) -> None:
        """Wait for the page, the notebook and its kernel.

        Raises:
            TimeoutError: Playwright's, when they are not there in time.
        """
        shell = "window.jupyterapp?.shell?.currentWidget"
        self.page.wait_for_function(f"{shell}?.sessionContext?.session?.kernel?.status === 'idle'", timeout=timeout_ms)
        self.page.evaluate(f"{shell}.sessionContext.ready")
        self._kernel_id = self.page.evaluate(f"{shell}.sessionContext.session.kernel.id")

    def run_all(self) -> None:
        """Run all cells to the end."""
        self.command("notebook:run-all-cells")

    def run_cell(self, index: int, *, wait: bool = True) -> None:
        """Run one cell; `wait=False` returns once it is sent."""
        self.page.evaluate("i => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = i }", index)
        self.command("notebook:run-cell", wait=wait)

    def command(self, name: str, *, wait: bool = True) -> None:
        """Run a command of JupyterLab."""
        call = f"window.jupyterapp.commands.execute({name!r})"
        self.page.evaluate(f"async () => {{ {'await' if wait else 'void'} {call} }}")

    def show_theme(self, theme: str) -> None:
        """Change this page to "light" or "dark"; pages that are opened later have it, too."""
        change = f"window.jupyterapp.commands.execute('apputils:change-theme', {{ theme: {THEMES[theme]!r} }})"
        self.page.evaluate(f"async () => {{ await {change} }}")
        self.page.wait_for_function(f"document.body.dataset.jpThemeName === {THEMES[theme]!r}")

    def reload(self) -> None:
        """Save the notebook and load the page anew; the kernel goes on."""
        self.command("docmanager:save")
        self.page.reload()
        self.wait_until_ready()

    def value(self, expression: str, timeout_s: float = 30) -> Any:
        """What a Python expression is in the kernel, as JSON makes it; waits while the kernel is busy.

        Raises:
            AssertionError: when the expression fails.
        """
        asked = {"value": f"__import__('json').dumps({expression})"}
        answer = self._ask("", timeout_s, asked)["user_expressions"]["value"]
        _check(answer, expression)
        return json.loads(ast.literal_eval(answer["data"]["text/plain"]))

    def execute(self, code: str, *, wait: bool = True, timeout_s: float = 30) -> None:
        """Run code in the kernel beside the page, as another cell would.

        Raises:
            AssertionError: when the code fails.
        """
        if not wait:
            self._kernel().execute(code, silent=True)
            return
        _check(self._ask(code, timeout_s), code)

    def wait_for(self, expression: str, expected: Any = True, timeout_s: float = 30) -> None:  # noqa: FBT002 a value
        """Wait until a Python expression has a value.

        Asks ever less often: the kernel and the page work for every question, and draw the more slowly by that.

        Raises:
            AssertionError: when it has not in time; says what it has instead.
        """
        end, pause_ms = time.monotonic() + timeout_s, 30.0
        while (found := self.value(expression)) != expected:
            if time.monotonic() > end:
                msg = f"{expression} is {found!r}, not {expected!r}, after {timeout_s:g} s"
                raise AssertionError(msg)
            self.page.wait_for_timeout(pause_ms)
            pause_ms = min(_LONGEST_PAUSE_MS, 1.5 * pause_ms)

    def close(self) -> None:
        """Shut the kernel down and leave the page to its owner."""
        if self._client:
            self._client.stop_channels()
            self._client = None
        if self._kernel_id:  # by the server, which would start one anew that ended by itself
            _request(self.server.url, self.server.token, f"api/kernels/{self._kernel_id}", "DELETE")
            self._kernel_id = None

    def _ask(self, code: str, timeout_s: float, expressions: dict[str, str] | None = None) -> dict[str, Any]:
        """The kernel's reply to code that leaves no trace in the notebook."""
        execute: Any = self._kernel().execute
        return execute(code, silent=True, user_expressions=expressions, reply=True, timeout=timeout_s)["content"]

    def _kernel(self) -> BlockingKernelClient:
        if self._client is None:
            file = self.server.runtime / f"kernel-{self._kernel_id}.json"
            self._client = BlockingKernelClient(connection_file=str(file))
            self._client.load_connection_file()
            self._client.start_channels()
        return self._client


def _check(answer: dict[str, Any], asked: str) -> None:
    if answer["status"] != "ok":
        msg = f"{asked}: {answer['ename']}: {answer['evalue']}"
        raise AssertionError(msg)


def _notebook_of(cells: Sequence[str], kernel: str) -> dict[str, Any]:
    spec = {"name": kernel, "display_name": kernel, "language": "python"}
    code = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
    sources = [{**code, "id": f"cell-{i}", "source": source} for i, source in enumerate(cells)]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": sources}


def _environment(home: Path) -> dict[str, str]:
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    places = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_PATH": home / "data",  # before the kernels of a virtual environment
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "IPYTHONDIR": home / "ipython",
    }
    own = {name: str(path) for name, path in places.items()}
    return {**os.environ, **own, "PYTHONPATH": os.pathsep.join(paths), "HF_HUB_OFFLINE": "1"}


def _write_settings(home: Path, page_config: Mapping[str, Any], kernels: Mapping[str, Sequence[str]]) -> None:
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    settings = home / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    page = home / "config" / "labconfig"
    for folder in (settings, page, home / "runtime", home / "ipython"):
        folder.mkdir(parents=True)
    (page / "page_config.json").write_text(json.dumps(dict(page_config)))
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    for name, command in kernels.items():
        spec = {"argv": [*command], "display_name": name, "language": "python"}
        kernel = home / "data" / "kernels" / name
        kernel.mkdir(parents=True)
        (kernel / "kernel.json").write_text(json.dumps(spec))


def _request(url: str, token: str, path: str, method: str = "GET", body: bytes | None = None) -> None:
    request = urllib.request.Request(url + path, body, method=method)  # noqa: S310 our own server
    request.add_header("Authorization", f"token {token}")
    urllib.request.urlopen(request, timeout=20).close()  # noqa: S310 our own server


def _wait_for_server(process: subprocess.Popen[bytes], home: Path) -> dict[str, Any]:
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        for file in (home / "runtime").glob("jpserver-*.json"):
            try:
                info = json.loads(file.read_text())
                _request(info["url"], info["token"], "api")
            except (OSError, ValueError):
                continue
            return info
        time.sleep(0.1)
    raise RuntimeError("JupyterLab did not start:\n" + (home / "server.log").read_text()[-2000:])
