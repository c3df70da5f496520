from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lab import Picture, Recipe, Sketch
from lab.__main__ import main
from lab.core import rasterise
from lab.gallery import recipe_of
from lab.tasks import TASKS

ROOT = Path(__file__).parent.parent
APPLE = Sketch().circle(256, 290, 150, size_px=8).line([(256, 150), (285, 70)], size_px=8)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SKETCHLAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def sketch_file(tmp_path: Path) -> Path:
    file = tmp_path / "apple.png"
    file.write_bytes(rasterise(APPLE).to_png())
    return file


@pytest.mark.starter
def test_a_sketch_becomes_a_picture_that_shows_its_recipe(
    sketch_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.png"
    assert (
        main(["sketch", str(sketch_file), "--prompt", "a red apple", "--seed", "7", "--steps", "3", "-o", str(out)])
        == 0
    )
    assert str(out) in capsys.readouterr().out
    assert Picture.of(out).size == (256, 256)
    assert main(["show", str(out)]) == 0
    shown = Recipe.from_json(capsys.readouterr().out)
    assert shown == recipe_of(out)
    assert (shown.prompt, shown.seed, shown.steps) == ("a red apple", 7, 3)


@pytest.mark.starter
def test_what_is_not_drawn_as_it_was_asked_is_printed_with_the_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["text", "--prompt", "a cat " * 10 + "and a blue car", "--width", "120", "--height", "128", "--steps", "1"]
    assert main([*asked, "-o", str(tmp_path / "out.png")]) == 0
    said = capsys.readouterr().out
    assert "drawn at 128x128" in said
    assert "not read: " in said
    assert "a blue car" in said


@pytest.mark.starter
def test_paper_and_transparency_give_the_same_picture(sketch_file: Path, tmp_path: Path) -> None:
    on_paper = tmp_path / "paper.png"
    on_paper.write_bytes(rasterise(APPLE).on_white().to_png())
    outs = []
    for source in (sketch_file, on_paper):
        outs.append(tmp_path / f"{source.stem}-out.png")
        assert main(["sketch", str(source), "--prompt", "an apple", "--steps", "2", "-o", str(outs[-1])]) == 0
    first, second = map(Picture.of, outs)
    assert np.array_equal(first.pixels, second.pixels)


@pytest.mark.starter
@pytest.mark.parametrize("said", [["--model", "starter + taylorseer"], ["--acceleration", "taylorseer"]])
def test_a_drawing_is_made_faster_by_a_word(
    said: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.png"
    assert main(["text", "--prompt", "a shoe", "--steps", "4", *said, "-o", str(out)]) == 0
    assert "starter + taylorseer · 256x256" in capsys.readouterr().out
    assert (recipe_of(out).model, recipe_of(out).acceleration) == ("starter", "taylorseer")


@pytest.mark.starter
def test_a_sketch_takes_its_colours_from_a_picture_beside_it(sketch_file: Path, tmp_path: Path) -> None:
    laid = np.zeros((512, 512, 4), np.uint8)
    laid[200:400, 200:400] = (26, 115, 232, 255)
    (tmp_path / "colours.png").write_bytes(Picture(laid).to_png())
    asked = ["sketch", str(sketch_file), "--colours", str(tmp_path / "colours.png"), "--colour-strength", "0.7"]
    assert main([*asked, "--steps", "2", "-o", str(tmp_path / "out.png")]) == 0
    recipe = recipe_of(tmp_path / "out.png")
    assert recipe.colours is not None
    assert recipe.colour_strength == 0.7


@pytest.mark.starter
def test_a_library_that_chats_does_not_reach_the_terminal(sketch_file: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lab", "sketch", str(sketch_file), "--steps", "1", "-o", str(tmp_path / "o.png")]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stderr == ""
    assert len(shown.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sketch", "nowhere.png", "-o", "o.png"], "there is no picture file nowhere.png"),
        (["sketch", "README.md", "-o", "o.png"], "README.md cannot be read as a picture"),
        (["text", "--steps", "0", "-o", "o.png"], "steps: should be at least 1, not 0"),
        (["text", "--model", "sd99", "-o", "o.png"], "there is no model 'sd99'"),
        (["text", "--model", "starter + magic", "-o", "o.png"], "there is no acceleration 'magic'"),
        (["text", "--model", "nowhere", "--family", "sd15", "-o", "o.png"], "there is no model in 'nowhere'"),
        (["text", "-o", "o.jpg"], "name it o.png"),
        (["text", "--memory-gb", "0", "-o", "o.png"], "memory_gb must be a number above 0, such as 6, not 0.0"),
        (["show", "nowhere.png"], "there is no picture file nowhere.png"),
    ],
)
def test_mistakes_are_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert sentence in error
    assert len(error.splitlines()) == 1


def test_models_and_doctor_speak_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    assert "starter    256x256" in capsys.readouterr().out
    assert main(["doctor"]) == 0
    report = capsys.readouterr().out
    for word in ("python", "memory", "device", "diffusers", "jupyterlab", "model starter"):
        assert word in report
    assert "; CC BY-NC 4.0: no commercial use" in report


def test_help_gives_the_bounds_of_the_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["sketch", "--help"])
    assert "(1..150)" in capsys.readouterr().out


def test_every_task_is_a_command_with_its_own_options(capsys: pytest.CaptureFixture[str]) -> None:
    for task in TASKS.values():
        with pytest.raises(SystemExit):
            main([task.name.replace("_", "-"), "--help"])
        shown = capsys.readouterr().out
        assert "--memory-gb GB" in shown
        for name in task.settings.model_fields:
            assert f"--{name.replace('_', '-')}" in shown


def test_a_picture_is_cut_out_on_the_command_line(tmp_path: Path) -> None:
    photo, out = tmp_path / "shoe.jpg", tmp_path / "cut.png"
    shoe = Image.new("RGB", (96, 96), "white")
    shoe.paste((150, 20, 30), (20, 30, 76, 80))
    shoe.save(photo, quality=95)
    assert main(["remove-background", str(photo), "--margin", "0.5", "--light-elevation", "30", "-o", str(out)]) == 0
    assert recipe_of(out).settings == {"margin": 0.5, "light_elevation": 30}
    assert Picture.of(out).has_alpha


def test_a_folder_of_products_goes_into_a_folder_of_scenes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    products, scenes, out = (tmp_path / name for name in ("products", "scenes", "out"))
    products.mkdir()
    scenes.mkdir()
    for number, name in enumerate(("cup", "shoe")):
        product = Image.new("RGB", (64, 64), "white")
        product.paste((150, 20 + 90 * number, 30), (20, 10, 44, 54))
        product.save(products / f"{name}.png")
    for name, colour in (("beach", (240, 220, 160)), ("park", (90, 160, 90))):
        Image.new("RGB", (120, 90), colour).save(scenes / f"{name}.png")
    assert main(["product-shot", str(products), "--scene", str(scenes), "--harmony", "0", "-o", str(out)]) == 0
    names = ["cup - beach", "cup - park", "shoe - beach", "shoe - park"]
    assert sorted(path.stem for path in out.iterdir()) == names
    assert len(capsys.readouterr().out.splitlines()) == 4
    park = Picture.of(out / "shoe - park.png")
    assert park.size == (120, 90)
    assert tuple(park.pixels[2, 2]) == (90, 160, 90)
    assert recipe_of(out / "shoe - park.png").settings == {"harmony": 0}


def test_several_pictures_of_which_one_is_wrong_start_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["upscale", str(tmp_path / "empty"), "-o", str(tmp_path / "out")]) == 2
    assert "there is no picture in the folder" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.starter
def test_words_given_several_times_make_a_picture_each(tmp_path: Path) -> None:
    words = ["--prompt", "a red apple", "--prompt", "a blue: shoe"]
    assert main(["text", *words, "--steps", "1", "-o", str(tmp_path)]) == 0
    made = {path.name: recipe_of(path).prompt for path in tmp_path.glob("*.png")}
    assert made == {"a red apple.png": "a red apple", "a blue_ shoe.png": "a blue: shoe"}


@pytest.mark.starter
def test_variants_seeds_and_styles_are_a_picture_each(tmp_path: Path, home: Path) -> None:
    (home / "wildcards").mkdir(parents=True)
    (home / "wildcards" / "colours.txt").write_text("red\nblue\n")
    (home / "styles.csv").write_text('name,prompt,negative_prompt\nclay,"{prompt}, (clay:1.2)",grey\n')
    out = tmp_path / "out"
    asked = ["text", "--prompt", "a __colours__ {apple|pear}", "--variants", "--words", "weighted", "--count", "2"]
    Picture(np.full((8, 8, 3), 255, np.uint8)).to_pil().save(tmp_path / "all.png")
    asked += ["--region", str(tmp_path / "all.png"), "a green leaf"]
    assert main([*asked, "--prompt-style", "clay", "--steps", "1", "--seed", "5", "-o", str(out)]) == 0
    made = [recipe_of(file) for file in sorted(out.iterdir())]
    wanted = {f"a {colour} {fruit}, (clay:1.2)" for colour in ("red", "blue") for fruit in ("apple", "pear")}
    assert {(one.prompt, one.seed) for one in made} == {(prompt, seed) for prompt in wanted for seed in (5, 6)}
    assert {(one.words, one.negative_prompt) for one in made} == {("weighted", "grey")}
    assert {part.prompt for one in made for part in one.regions} == {"a green leaf"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--prompt-style", "ink"], "style in styles.csv"),
        (["--prompt", "{a|b", "--variants"], "close every bracket"),
        (["--count", "0"], "--count must be at least 1"),
        (["--lora", "ink:9"], "weight: should be at most 4"),
        (["--lora", "ink"], "takes no LoRAs"),
        (["--scheduler", "magic"], "no scheduler 'magic'"),
    ],
)
def test_wrong_drawing_options_are_one_sentence(
    tmp_path: Path, options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["text", *options, "-o", str(tmp_path / "out.png")]) == 2
    assert sentence in capsys.readouterr().err


def test_loras_and_own_models_are_listed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.pipelines.lora_files import lora

    assert main(["loras"]) == 0
    assert "there are none: put .safetensors files into" in capsys.readouterr().out
    lora(home / "models" / "loras" / "ink.safetensors", **{"modelspec.trigger_phrase": "inkstyle"})
    assert main(["loras"]) == 0
    assert "loras/ink: for Stable Diffusion 1.5, 0 MB\n    inkstyle\n" in capsys.readouterr().out
    cross = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
    lora(home / "models" / "fine.safetensors", cross, 768)
    assert main(["models", "--home", str(home)]) == 0
    assert f"--model {home / 'models' / 'fine.safetensors'} --family sd15" in capsys.readouterr().out
