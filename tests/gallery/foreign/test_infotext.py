"""The text of AUTOMATIC1111 and of all who write like it becomes a recipe, or a sentence, and never a wrong field."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.core import BadInput
from lab.core.recipe import Lora
from lab.gallery.foreign import Missing, read, read_text
from tests.gallery.foreign.containers import chunk, exif, jpeg, png, png_text, text_chunk, webp
from tests.gallery.foreign.plain_text import PLAIN, RECIPE


def settings(rest: str) -> str:
    return f"a teapot\nNegative prompt: fog\nSteps: 22, Sampler: Euler a, CFG scale: 6, Seed: 41, Size: 640x512, {rest}"


def said(text: str) -> str:
    return "\n".join(read_text(text).unmapped)


def test_every_field_that_the_text_says_is_in_the_recipe() -> None:
    found = read(png_text(parameters=PLAIN))
    assert found.recipe == RECIPE
    assert found.missing == (Missing("model", "moorland_v2", "0123456789"),)
    assert found.tool == "AUTOMATIC1111 v1.10.1"


UTF16 = b"UNICODE\0" + PLAIN.encode("utf-16-be")


@pytest.mark.parametrize(
    "content",
    [
        png_text(parameters=PLAIN.encode()),
        png(chunk(b"iTXt", b"parameters\0\0\0\0\0" + PLAIN.encode())),
        png(after=(text_chunk("parameters", PLAIN),)),
        jpeg(exif({}, UTF16)),
        jpeg(exif({}, UTF16, order=">")),
        jpeg(exif({}, b"UNICODE\0" + PLAIN.encode("utf-16-le"))),
        jpeg(exif({}, b"ASCII\0\0\0" + PLAIN.encode())),
        webp(exif({}, UTF16)),
        PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        "\ufeff".encode("utf-16-le") + PLAIN.encode("utf-16-le"),
    ],
    ids=["tEXt", "iTXt", "after the pixels", "big in little", "big in big", "little", "ascii", "webp", "text", "CRLF",
         "mark", "UTF-16 file"],
)  # fmt: skip
def test_it_is_the_same_wherever_the_text_stands(content: bytes) -> None:
    assert read(content).recipe == RECIPE


def test_a_packed_text_is_read(tmp_path: Path) -> None:
    import zlib

    path = tmp_path / "packed.png"
    path.write_bytes(png(chunk(b"zTXt", b"parameters\0\0" + zlib.compress(PLAIN.encode()))))
    assert read(path).recipe == RECIPE


@pytest.mark.parametrize("words", ["ein Kännchen im Moor", "荒野の急須", "чайник на болоте"])
def test_words_of_any_language_come_whole(words: str) -> None:
    text = PLAIN.replace("a teapot on a moor", words)
    for content in (png_text(parameters=text), png_text(parameters=text.encode()),
                    jpeg(exif({}, b"UNICODE\0" + text.encode("utf-16-be")))):  # fmt: skip
        assert read(content).recipe.prompt == words


@pytest.mark.parametrize(
    ("text", "prompt", "negative"),
    [
        ("a teapot \n\nNegative prompt: fog, \n\nSteps: 5, Seed: 1, Size: 64x64", "a teapot", "fog,"),
        ("Negative prompt: fog\nSteps: 5, Seed: 1, Size: 64x64", "", "fog"),
        ("a teapot\nSteps: 5, Seed: 1, Size: 64x64", "a teapot", ""),
        ("one\ntwo\nNegative prompt: three\nfour\nSteps: 5, Seed: 1, Size: 64x64", "one\ntwo", "three\nfour"),
        ("Steps: 9, Seed: 9, Size: 96x96\nNegative prompt: x\nSteps: 5, Seed: 1, Size: 64x64",
         "Steps: 9, Seed: 9, Size: 96x96", "x"),
    ],
)  # fmt: skip
def test_prompts_end_where_the_line_of_settings_begins_the_last_that_looks_like_one(
    text: str, prompt: str, negative: str
) -> None:
    found = read_text(text).recipe
    assert (found.prompt, found.negative_prompt, found.steps, found.seed) == (prompt, negative, 5, 1)


@pytest.mark.parametrize(
    ("written", "scheduler"),
    [
        ("Sampler: Euler a", "euler a"),
        ("Sampler: Euler a, Schedule type: Automatic", "euler a"),
        ("Sampler: DPM++ 2M Karras", "dpm++ 2m karras"),
        ("Sampler: DPM++ 2M, Schedule type: Automatic", "dpm++ 2m karras"),
        ("Sampler: DPM++ 2M", "dpm++ 2m"),
        ("Sampler: UniPC", "unipc"),
        ("Sampler: DDIM", "ddim"),
        ("Sampler: Euler, Schedule type: SGM Uniform", "euler trailing"),
        ("Sampler: DDIM, Sampler sigma: exponential", None),
        ("Sampler: Euler a, Schedule type: Karras", None),
        ("Sampler: Restart", None),
        ("Sampler: DPM adaptive, Schedule type: Karras", None),
    ],
)
def test_a_sampler_is_the_lab_s_or_a_sentence(written: str, scheduler: str | None) -> None:
    found = read_text(f"a teapot\nSteps: 5, {written}, Seed: 1, Size: 64x64")
    assert found.recipe.scheduler == scheduler
    assert scheduler is not None or any(one.startswith("sampler") for one in found.unmapped)


def test_the_order_of_other_programs_is_read() -> None:
    text = "a teapot\nNegative prompt: fog\nSteps: 5, Size: 64x80, Sampler: DDIM, Seed: 8, CFG scale: 4, App: SD.Next"
    found = read_text(text)
    assert (found.recipe.width, found.recipe.height, found.recipe.seed, found.tool) == (64, 80, 8, "SD.Next")


def test_the_strength_of_a_hires_pass_is_not_the_picture_s() -> None:
    found = read_text(settings("Denoising strength: 0.4, Hires upscale: 2, Hires steps: 9, Hires upscaler: 4x-Foo"))
    assert (found.recipe.task, found.recipe.strength) == ("text_to_image", None)
    assert "hires pass: Hires upscale 2, Hires steps 9, Hires upscaler 4x-Foo, Denoising strength 0.4" in found.unmapped
    assert Missing("upscaler", "4x-Foo") in found.missing


def test_the_strength_of_adetailer_is_not_the_picture_s() -> None:
    found = read_text(
        settings("Denoising strength: 0.4, ADetailer model: face_yolov8n.pt, ADetailer denoising strength: 0.4")
    )
    assert (found.recipe.task, found.recipe.strength) == ("text_to_image", None)
    assert any(one.startswith("ADetailer") for one in found.unmapped)


def test_a_strength_alone_is_of_a_picture_that_is_not_there() -> None:
    found = read_text(settings("Denoising strength: 0.4"))
    assert (found.recipe.task, found.recipe.strength, found.recipe.image) == ("image_to_image", 0.4, None)
    assert Missing("picture", "that it started from") in found.missing


def test_a_mask_makes_it_inpainting() -> None:
    found = read_text(settings("Denoising strength: 0.75, Mask blur: 4, Masked content: fill"))
    assert found.recipe.task == "inpaint"
    assert {"Mask blur: 4", "Masked content: fill"} <= {*found.unmapped}
    assert [one.kind for one in found.missing] == ["picture", "picture"]


def test_a_controlnet_does_not_become_the_model() -> None:
    unit = (
        'ControlNet 0: "Module: canny, Model: control_v11p_sd15_canny [d14c016b], Weight: 0.8, Resize '
        "Mode: Crop and Resize, "
        'Guidance Start: 0.1, Guidance End: 0.7, Pixel Perfect: True"'
    )
    found = read_text(settings(f"Model: moorland_v2, {unit}, Version: v1.9.4"))
    assert (found.recipe.model, found.recipe.task) == ("moorland_v2", "control_to_image")
    assert Missing("control model", "control_v11p_sd15_canny", "d14c016b") in found.missing
    (line,) = [one for one in found.unmapped if one.startswith("control")]
    assert line == (
        "control canny: control_v11p_sd15_canny, preprocessor canny, weight 0.8, from 0.1 to 0.7; its "
        "picture is not in the file"
    )


def test_the_old_way_of_controlnets_is_read_too() -> None:
    old = (
        "ControlNet Enabled: True, ControlNet Preprocessor: none, ControlNet Model: control_depth [92a29f0e], "
        "ControlNet Weight: 1, ControlNet Guidance Start: 0, ControlNet Guidance End: 1"
    )
    found = read_text(settings(f"Model: moorland_v2, {old}"))
    assert found.recipe.model == "moorland_v2"
    assert any(one.startswith("control depth: control_depth, preprocessor none, weight 1") for one in found.unmapped)


def test_loras_are_taken_out_of_the_words_with_their_hashes() -> None:
    text = (
        "a teapot, <lora:glaze/shiny:0.7> blue <lora:moss>\nNegative prompt: fog\n"
        'Steps: 5, Seed: 1, Size: 64x64, Lora hashes: "glaze/shiny: aabbccdd, moss: 11223344"'
    )
    found = read_text(text)
    assert found.recipe.prompt == "a teapot, blue"
    assert found.recipe.loras == (Lora(name="shiny", weight=0.7), Lora(name="moss", weight=1.0))
    assert {Missing("lora", "glaze/shiny", "aabbccdd"), Missing("lora", "moss", "11223344")} <= {*found.missing}
    assert any("<lora:glaze/shiny:0.7>" in one for one in found.unmapped)


def test_civitai_s_unquoted_lists_are_read_whole() -> None:
    listed = (
        'Civitai resources: [{"type":"checkpoint","modelVersionId":7,"modelName":"Moor, the '
        'Land","modelVersionName":"v2"},'
        '{"type":"lora","weight":0.5,"modelVersionId":8,"modelName":"Moss: '
        'deep","modelVersionName":"v1"}], Civitai metadata: {}'
    )
    found = read_text(settings(f"Clip skip: 2, Created Date: 2026-01-01T00:00:00Z, {listed}"))
    assert found.recipe.model == "Moor, the Land v2"
    assert found.recipe.loras == (Lora(name="Moss deep v1", weight=0.5),)
    assert found.tool == "Civitai"
    assert "clip skip 2" in found.unmapped


def test_values_in_quotes_may_hold_anything() -> None:
    found = read_text(settings('Styles: "a, b: \\"c\\"\\nSeed: 9", Model: moorland_v2'))
    assert found.recipe.model == "moorland_v2"
    assert found.recipe.seed == 41
    assert 'Styles: a, b: "c" Seed: 9' in found.unmapped


def test_a_template_with_line_ends_changes_no_field() -> None:
    text = settings("Model: moorland_v2\nTemplate: a {red|blue} teapot,\nSeed: 9, Steps: 3\nNegative Template: fog")
    found = read_text(text)
    assert (found.recipe.seed, found.recipe.steps, found.recipe.model) == (41, 22, "moorland_v2")


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("Clip skip: 2", "clip skip 2"),
        ("RNG: NV", "RNG: the noise is from NV, so that the same seed gives another picture here"),
        ("VAE: soft.pt", "VAE soft.pt"),
        ("Variation seed: 5, Variation seed strength: 0.2", "Variation seed: 5"),
        ("Face restoration: CodeFormer", "Face restoration: CodeFormer"),
        ("Refiner: moor_refiner [ab12], Refiner switch at: 0.8", "Refiner: moor_refiner [ab12]"),
        ("Tiling: True", "Tiling: True"),
        ("Something new: 7", "Something new: 7"),
    ],
)
def test_what_no_field_takes_is_said(written: str, sentence: str) -> None:
    assert sentence in read_text(settings(written)).unmapped


def test_noise_of_a_gpu_is_said_where_the_file_is_silent() -> None:
    assert "noise of a GPU" in said(settings("Version: v1.10.1"))
    assert "noise of a GPU" not in said(settings("RNG: CPU, Version: v1.10.1"))


def test_numbers_that_the_lab_does_not_take_are_said_and_stand_at_their_defaults() -> None:
    found = read_text("x\nSteps: 9999, Sampler: Euler a, CFG scale: nan, Seed: -1, Size: 64x64, Model: m")
    assert (found.recipe.steps, found.recipe.guidance_scale, found.recipe.seed) == (None, None, 0)
    assert sum(one.startswith(("steps", "CFG scale", "seed")) for one in found.unmapped) == 3


def test_the_catalogue_s_own_models_are_known_by_name_and_hash() -> None:
    assert read_text(settings("Model hash: 6ce0161689, Model: v1-5-pruned-emaonly")).recipe.model == "sd15"
    assert (
        read_text(settings("Model hash: ffffffffff, Model: v1-5-pruned-emaonly")).recipe.model == "v1-5-pruned-emaonly"
    )


@pytest.mark.parametrize(
    "words", ["a (tea:1.2) pot", "a ((tea)) pot", "a [tea] pot", r"a tea \(pot\)", "tea BREAK pot"]
)
def test_words_that_weigh_are_read_so_or_that_they_are_not_is_said(words: str) -> None:
    found = read_text(f"{words}\nSteps: 5, Seed: 1, Size: 64x64")
    assert found.recipe.prompt == words
    is_said = any("weighs words" in one and "read as they stand" in one for one in found.unmapped)
    assert is_said is (found.recipe.model_dump().get("words") != "weighted")


def test_words_that_do_not_weigh_are_plain() -> None:
    found = read_text("a tea pot\nSteps: 5, Seed: 1, Size: 64x64")
    assert found.recipe.model_dump().get("words", "plain") == "plain"
    assert not any("weighs words" in one for one in found.unmapped)


def test_a_text_twice_is_said() -> None:
    found = read(png(text_chunk("parameters", PLAIN), text_chunk("parameters", PLAIN.replace("41", "42"))))
    assert found.recipe == RECIPE
    assert any("twice" in one for one in found.unmapped)


@pytest.mark.parametrize("content", [b"", b"\0\1\2", b"only words", png(), jpeg(), b"GIF89a" + bytes(20)])
def test_a_file_without_a_drawing_is_one_sentence(content: bytes) -> None:
    with pytest.raises(BadInput, match="drawing"):
        read(content)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "none.png")


def test_what_was_read_is_shown_in_a_notebook_without_running() -> None:
    found = read_text(PLAIN.replace("a teapot", "<script>alert(1)</script> \x1b[2J a teapot"))
    assert "<script>" not in found._repr_html_()
    assert "&lt;script&gt;" in found._repr_html_()
    assert "\x1b" not in repr(found)
    assert "seed: 41" in repr(found)
