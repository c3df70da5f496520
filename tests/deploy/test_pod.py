"""`deploy/pod/start.sh` in what a Runpod pod's stock image has: its own JupyterLab, started before the script runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.deploy.stock_image import BASH, ROOT, StockImage, stock_image


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> StockImage:
    try:
        image = stock_image(tmp_path_factory.mktemp("pod"))
    except RuntimeError as error:
        pytest.skip(f"JupyterLab 4.5.9 cannot be fetched: {error}")
    first = image.start_sh()
    assert first.returncode == 0, first.stdout + first.stderr
    return image


def test_a_second_run_changes_nothing(image: StockImage) -> None:
    before = image.written()
    again = image.start_sh()
    assert "Nothing had to be changed." in again.stdout, again.stdout + again.stderr
    assert image.written() == before


def test_the_pages_half_of_the_widgets_is_the_kernels(image: StockImage) -> None:
    for name in ("anywidget", "ipycanvas"):
        package = image.folder / "image/share/jupyter/labextensions" / name / "package.json"
        code = f"import {name}; print({name}.__version__)"
        kernels = subprocess.run(
            [image.workspace / "sketchlab-venv/bin/python", "-c", code], capture_output=True, text=True, check=True
        )
        assert json.loads(package.read_text())["version"].split("-")[0] == kernels.stdout.strip()


def test_what_a_stop_wipes_is_mended_and_what_is_drawn_is_kept_elsewhere(image: StockImage) -> None:
    kernel = image.home / ".local/share/jupyter/kernels/python3/kernel.json"
    before = kernel.read_text()
    shutil.rmtree(image.home)
    image.home.mkdir()
    shutil.rmtree(image.folder / "image/share/jupyter/labextensions/ipycanvas")
    again = image.start_sh()
    assert "kernel.json" in again.stdout
    assert "ipycanvas" in again.stdout
    assert "Installing" not in again.stdout
    assert kernel.read_text() == before
    told = json.loads(before)["env"]
    assert all(place.startswith(str(image.workspace)) for place in told.values())


def test_another_list_of_packages_is_installed_anew(image: StockImage) -> None:
    (image.workspace / "sketchlab-venv/stamp").write_text("of another image")
    assert "Installing" in image.start_sh().stdout


def test_a_pod_without_a_volume_is_told_so(image: StockImage, tmp_path: Path) -> None:
    told = {**image.environment, "SKETCHLAB_WORKSPACE": str(tmp_path / "none")}
    ran = subprocess.run(
        [BASH, str(ROOT / "deploy/pod/start.sh")], env=told, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "attach a volume to the pod" in ran.stderr


def test_a_pods_jupyterlab_asks_for_its_token(image: StockImage) -> None:
    with image.server() as server:
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{server.url}api/contents", timeout=20)  # noqa: S310 - loopback
        allowed = f"{server.url}api/contents?token={server.token}"
        urllib.request.urlopen(allowed, timeout=20).close()  # noqa: S310 - loopback


@pytest.mark.parametrize(
    ("tool", "file"), [("shellcheck", "deploy/pod/start.sh"), ("hadolint", ".runpod/Dockerfile")]
)
def test_what_runs_on_a_pod_is_written_without_known_traps(tool: str, file: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed: pip install -e '.[test]'")
    ran = subprocess.run([tool, str(ROOT / file)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
