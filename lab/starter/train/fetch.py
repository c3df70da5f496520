"""Gets the art and its names from the npm registry, by package name, once. Knows nothing about pictures."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

ART = "@lobehub/fluent-emoji-3d@1.1.0"  # Microsoft Fluent emoji, 3D, MIT; 256 px RGBA WebP
NAMES = "unicode-emoji-json@0.9.0"  # MIT
FOREIGN_ART = "@expo-google-fonts/noto-emoji@0.4.7"  # Noto Emoji line drawings, a font, OFL; only for measuring


def folder_of(work: Path, package: str) -> Path:
    """Where a package lies once fetched."""
    name = package.rpartition("@")[0].strip("@").replace("/", "-")
    return work / "fetched" / name


def fetch(work: Path, package: str) -> Path:
    """The folder of an npm package, downloaded with `npm pack` the first time.

    Args:
        work: the working folder of the training.
        package: `name@version`.
    """
    folder = folder_of(work, package)
    if folder.exists():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        missing = "npm was not found: install Node.js, the art is an npm package"
        raise FileNotFoundError(missing)
    arriving = folder.with_suffix(".arriving")
    shutil.rmtree(arriving, ignore_errors=True)
    arriving.mkdir(parents=True)
    subprocess.run([npm, "pack", package, "--silent"], cwd=arriving, check=True)  # noqa: S603 - the package names stand above
    for archive in arriving.glob("*.tgz"):
        with tarfile.open(archive) as tar:
            tar.extractall(arriving, filter="data")
        archive.unlink()
    arriving.rename(folder)
    return folder


def art_folder(work: Path) -> Path:
    """The folder of the `<code points>.webp` pictures."""
    return fetch(work, ART) / "package" / "assets"


def names_file(work: Path) -> Path:
    """The JSON of every emoji's name and group, by emoji."""
    return fetch(work, NAMES) / "package" / "data-by-emoji.json"


def foreign_font(work: Path) -> Path:
    """Another artist's line drawings of the same emoji, as a font."""
    return fetch(work, FOREIGN_ART) / "package" / "400Regular" / "NotoEmoji_400Regular.ttf"
