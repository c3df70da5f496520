"""A picture's file tells how it was made, but no folder of the machine and nothing that its sources said."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, PngImagePlugin

from lab import Lab
from lab.__main__ import main
from lab.core.picture import Picture
from lab.core.recipe import Finish, Lora, Recipe
from lab.core.recipes.shareable import shareable
from lab.gallery import png_with_recipe
from tests.fakes import ScriptedEngine

PHOTO = Picture(np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8))


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("/home/anna/models/x4 plus.safetensors", "x4 plus.safetensors"),
        (r"C:\Users\Anna\x4.safetensors", "x4.safetensors"),
        (r"\\server\anna\x4.safetensors", "x4.safetensors"),
        ("~/x4.safetensors", "x4.safetensors"),
        ("../anna/x4.safetensors", "x4.safetensors"),
        ("/home/anna/models/sd15/", "sd15"),
        ("starter", "starter"),
        ("stabilityai/sdxl-turbo", "stabilityai/sdxl-turbo"),
        ("runpod://abc/starter?price=1", "runpod://abc/starter?price=1"),
        ("anime/lines", "anime/lines"),
        ("/", "/"),
    ],
)
def test_of_a_path_the_name_leaves_the_machine(place: str, name: str) -> None:
    recipe = Recipe(model=place, loras=(Lora(name=place),), settings={"upscaler": place, "factor": 2})
    recipe = recipe.changed(filters=(Finish(name="fade", settings={"from": place, "by": 0.5}),))
    told = shareable(recipe)
    assert (told.model, told.loras[0].name) == (name, name)
    assert told.settings == {"upscaler": name, "factor": 2}
    assert told.filters[0].settings == {"from": name, "by": 0.5}
    assert shareable(told) == told
    assert told.changed(model=place, loras=recipe.loras, settings=recipe.settings, filters=recipe.filters) == recipe


def test_no_file_names_a_folder_of_this_machine_and_the_gallery_draws_again(lab: Lab, tmp_path: Path) -> None:
    (network := tmp_path / "Anna's networks" / "x4 plus.safetensors").parent.mkdir()
    network.write_bytes(b"a stand-in")
    result = lab.run("upscale", image=PHOTO, upscaler=str(network), factor=2).wait(60)
    assert result.path is not None
    made = {
        "in the gallery": result.path,
        "saved as PNG": result.save(tmp_path / "saved.png"),
        "saved as WebP": result.save(tmp_path / "saved.webp"),
    }
    (tmp_path / "written.png").write_bytes(png_with_recipe(result))
    for name, file in {**made, "as the command line writes it": tmp_path / "written.png"}.items():
        content = file.read_bytes()
        assert b"Anna" not in content, name
        assert b"x4 plus.safetensors" in content, name
        assert str(tmp_path).encode() not in content, name
        opened = lab.open(file)
        assert opened.recipe == result.request.recipe, name
        assert lab.request("upscale", **opened.arguments) == result.request, name
    assert lab.gallery.latest(1)[0].recipe == result.request.recipe


def test_a_path_that_is_not_told_is_no_change_of_the_recipe(lab: Lab, tmp_path: Path) -> None:
    network = tmp_path / "x4.safetensors"
    network.write_bytes(b"a stand-in")
    result = lab.run("upscale", image=PHOTO, upscaler=str(network), factor=2).wait(60)
    assert result.path is not None
    with Lab(home=tmp_path / "elsewhere", engine=ScriptedEngine()) as elsewhere:
        told = elsewhere.open(result.path)
        assert told.recipe.settings["upscaler"] == "x4.safetensors"
        assert told.made.recipe == told.recipe.hash
    assert lab.verify(result.path).wait(60).differs == ()


def with_gps() -> bytes:
    exif, buffer = Image.Exif(), io.BytesIO()
    exif[ExifTags.Base.Make] = "Anna's camera"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    PHOTO.to_pil().save(buffer, "JPEG", exif=exif, comment=b"Anna at home")
    return buffer.getvalue()


def with_a_foreign_prompt() -> bytes:
    texts, buffer = PngImagePlugin.PngInfo(), io.BytesIO()
    texts.add_text("parameters", "Anna at home\nNegative prompt: \nSteps: 20, Sampler: Euler, Seed: 7")
    texts.add_itxt("XML:com.adobe.xmp", "<x>Anna</x>")
    PHOTO.to_pil().save(buffer, "PNG", pnginfo=texts)
    return buffer.getvalue()


@pytest.mark.parametrize("brought", [with_gps, with_a_foreign_prompt], ids=["GPS", "a foreign prompt"])
def test_what_a_picture_came_with_stays_behind(
    brought: Callable[[], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.session.lab.shared_engine", lambda: ScriptedEngine(steps=1))
    source = tmp_path / "source.img"
    source.write_bytes(brought())
    assert b"Anna" in source.read_bytes()
    home, out = tmp_path / "home", tmp_path / "out.png"
    assert main(["image-to-image", str(source), "--home", str(home), "-o", str(out)]) == 0
    with Lab(home=home, engine=ScriptedEngine()) as lab:
        result = lab.run("image_to_image", image=source).wait(60)
        result.save(tmp_path / "saved.png")
        result.save(tmp_path / "saved.webp")
    files = [file for file in tmp_path.rglob("*.*") if file.suffix in {".png", ".webp"}]
    assert len(files) >= 6
    for file in files:
        assert b"Anna" not in file.read_bytes(), file
        with Image.open(file) as image:
            assert not image.getexif().get_ifd(ExifTags.IFD.GPSInfo), file
    assert source.read_bytes() == brought()
