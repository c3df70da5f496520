"""What a pod's stock image has, in a virtual environment: its JupyterLab, and everything else from this environment.

image = stock_image(folder)
image.start_sh()                      runs deploy/pod/start.sh as in a terminal of its JupyterLab
with image.server() as server: ...    JupyterLab, started as the image's /start.sh does
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench._jupyterlab import LabServer

ROOT = Path(__file__).parent.parent.parent
BASH = shutil.which("bash") or "/bin/bash"
STOCK = ("jupyterlab==4.5.9", "notebook==7.5.6", "ipywidgets==8.1.8", "jupyterlab_widgets==3.0.16")
"""Of runpod/base 1.0.7: its requirements, and the page's half of ipywidgets that was the newest then."""


@dataclass(frozen=True)
class StockImage:
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "image" / "bin" / "python"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def home(self) -> Path:
        return self.folder / "root"

    @property
    def environment(self) -> dict[str, str]:
        own = {
            name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTHON", "SKETCHLAB"))
        }
        return own | {
            "HOME": str(self.home),
            "JUPYTER_PASSWORD": "a-secret-of-the-pod",
            "JUPYTER_PREFER_ENV_PATH": "0",  # in the image python is the system's, where the user's kernels come first
            "JUPYTER_RUNTIME_DIR": str(self.workspace / ".jupyter-of-this-test" / "runtime"),
            "SKETCHLAB_WORKSPACE": str(self.workspace),
            "SKETCHLAB_SERVER_PYTHON": str(self.python),
            "HF_HUB_OFFLINE": "1",
        }

    def start_sh(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BASH, str(ROOT / "deploy/pod/start.sh")],
            env=self.environment, capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip

    def written(self) -> dict[str, int]:
        """What lies in the image and the workspace, with when it was last written."""
        files = [path for top in (self.folder / "image/share", self.workspace, self.home) for path in top.rglob("*")]
        return {
            str(path): path.lstat().st_mtime_ns
            for path in files
            if "__pycache__" not in path.parts and not path.is_dir()
        }

    @contextmanager
    def server(self) -> Iterator[LabServer]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        token = self.environment["JUPYTER_PASSWORD"]
        command = [
            str(self.python), "-m", "jupyter", "lab", "--allow-root", "--no-browser",
            f"--port={port}", "--ip=127.0.0.1",
            f"--IdentityProvider.token={token}", "--ServerApp.allow_origin=*", "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
            f"--ServerApp.root_dir={self.workspace}", f"--ServerApp.preferred_dir={self.workspace}",
        ]  # fmt: skip
        log = (self.folder / "server.log").open("wb")
        process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, cwd="/")
        try:
            url = f"http://127.0.0.1:{port}/"
            _wait_for(f"{url}api", process, self.folder / "server.log")
            yield LabServer(url, token, self.workspace)
        finally:
            process.terminate()
            process.wait(20)
            log.close()


def stock_image(folder: Path) -> StockImage:
    """The image, fresh.

    Raises:
        RuntimeError: when its packages cannot be fetched.
    """
    image = StockImage(folder)
    for made in (image.workspace, image.home, image.workspace / ".jupyter-of-this-test" / "runtime"):
        made.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder / "image")], check=True)
    (packages,) = (folder / "image").glob("lib/python3*/site-packages")
    shared = [place for place in sys.path if place.endswith("site-packages")]
    (packages / "everything-else.pth").write_text("\n".join(shared) + "\n")
    got = subprocess.run(
        [str(image.python), "-m", "pip", "install", "--disable-pip-version-check", "-q", "--no-deps", *STOCK],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if got.returncode:
        raise RuntimeError(got.stderr[-500:])
    return image


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - loopback
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
            continue
        return
    raise RuntimeError(log.read_text()[-2000:])
