"""A graph of ComfyUI becomes a recipe, read back from the node that saved, or sentences, and never a wrong field."""

from __future__ import annotations

import json

import pytest

from lab.core.recipe import Lora
from lab.gallery.foreign import Imported, Missing, read, read_text
from tests.gallery.foreign.containers import exif, png_text, webp
from tests.gallery.foreign.graphs import RECIPE, file_of, node, sampler, text_graph

PHOTO = {"10": node("LoadImage", image="kettle.png"), "11": node("VAEEncode", pixels=["10", 0], vae=["4", 2])}


def found(**changes: dict) -> Imported:
    return read(file_of(text_graph(**changes)))


def test_every_field_that_the_graph_says_is_in_the_recipe() -> None:
    one = found()
    assert one == Imported(RECIPE, (), (Missing("model", "moorland_v2.safetensors"),), "ComfyUI")


def test_it_is_the_same_in_webp_and_as_json() -> None:
    text = json.dumps(text_graph())
    assert read(webp(exif({0x0110: b"prompt:" + text.encode(), 0x010F: b"workflow:{}"}))).recipe == RECIPE
    assert read(webp(exif({0x010F: b"Prompt: " + text.encode()}))).recipe == RECIPE
    assert read_text(text).recipe == RECIPE
    assert read(text.encode()).recipe == RECIPE


def test_ids_may_be_words_and_ids_of_subgraphs() -> None:
    text = json.dumps(text_graph())
    for old, new in (("3", "the sampler"), ("4", "30:4"), ("8", "30:8")):
        text = text.replace(f'"{old}"', f'"{new}"')
    assert read_text(text).recipe == RECIPE


def test_no_numbers_do_not_keep_the_rest_from_being_read() -> None:
    text = json.dumps(text_graph()).replace('"_meta"', '"is_changed": [NaN, Infinity], "_meta"')
    assert read_text(text).recipe == RECIPE


def test_what_is_saved_counts_and_not_what_stands_beside_it() -> None:
    beside = {"20": sampler(seed=7, positive=["21", 0]), "21": node("CLIPTextEncode", text="a boat", clip=["4", 1])}
    assert found(**beside).recipe == RECIPE


def test_a_preview_counts_where_nothing_is_saved() -> None:
    assert found(**{"9": node("PreviewImage", images=["8", 0])}).recipe == RECIPE


def test_two_drawings_are_a_question() -> None:
    other = {
        "20": sampler(seed=7), "21": node("VAEDecode", samples=["20", 0], vae=["4", 2]),
        "22": node("SaveImage", images=["21", 0], filename_prefix="b"),
    }  # fmt: skip
    both = found(**other)
    assert both.outputs == ("9", "22")
    assert both.recipe == RECIPE.changed(seed=0)
    assert any("output='9' or output='22'" in one for one in both.unmapped)
    assert any("they differ in seed" in one for one in both.unmapped)
    assert read(file_of(text_graph(**other)), output="22").recipe == RECIPE.changed(seed=7)


def test_the_same_drawing_saved_twice_is_no_question() -> None:
    assert found(**{"10": node("SaveImage", images=["8", 0], filename_prefix="b")}).outputs == ()


def test_a_second_pass_is_not_the_drawing() -> None:
    one = found(**{
        "20": node("LatentUpscaleBy", samples=["3", 0], scale_by=1.5, upscale_method="bislerp"),
        "21": sampler(seed=99, steps=9, denoise=0.4, latent_image=["20", 0]),
        "8": node("VAEDecode", samples=["21", 0], vae=["4", 2]),
    })  # fmt: skip
    assert one.recipe == RECIPE
    assert any("second pass" in said and "denoise 0.4" in said and "seed 99" in said for said in one.unmapped)
    assert any("LatentUpscaleBy" in said for said in one.unmapped)


def test_enlarging_after_drawing_is_said() -> None:
    one = found(**{
        "20": node("UpscaleModelLoader", model_name="4x_foo.pth"),
        "21": node("ImageUpscaleWithModel", upscale_model=["20", 0], image=["8", 0]),
        "9": node("SaveImage", images=["21", 0], filename_prefix="x"),
    })  # fmt: skip
    assert one.recipe == RECIPE
    assert "upscale by the network 4x_foo.pth" in one.unmapped
    assert Missing("upscaler", "4x_foo.pth") in one.missing


def test_loras_are_in_the_order_in_which_they_are_put_on() -> None:
    one = found(**{
        "20": node("LoraLoader", lora_name="moss.safetensors", strength_model=0.7, strength_clip=0.7,
            model=["4", 0], clip=["4", 1]),
        "21": node("LoraLoaderModelOnly", lora_name="pots\\glaze.safetensors", strength_model=-0.5, model=["20", 0]),
        "3": sampler(model=["21", 0]),
    })  # fmt: skip
    assert one.recipe.loras == (Lora(name="moss", weight=0.7), Lora(name="glaze", weight=-0.5))
    assert Missing("lora", "pots\\glaze.safetensors") in one.missing


def test_another_weight_for_the_words_is_said() -> None:
    lora = node("LoraLoader", lora_name="moss", strength_model=0.7, strength_clip=0.2, model=["4", 0], clip=["4", 1])
    assert any("0.2 for the words" in said for said in found(**{"20": lora, "3": sampler(model=["20", 0])}).unmapped)


@pytest.mark.parametrize(
    ("name", "schedule", "scheduler"),
    [
        ("euler", "normal", "euler"), ("euler_ancestral", "normal", "euler a"), ("dpmpp_2m", "normal", "dpm++ 2m"),
        ("ddim", "ddim_uniform", "ddim"), ("ddim", "normal", "ddim"), ("lcm", "sgm_uniform", "lcm"),
        ("euler", "sgm_uniform", "euler trailing"), ("euler", "simple", "euler trailing"), ("uni_pc_bh2", "normal",
        "unipc"),
        ("euler_ancestral", "karras", None), ("res_multistep", "normal", None), ("euler_cfg_pp", "normal", None),
        ("dpmpp_2m", "beta", None),
    ],
)  # fmt: skip
def test_a_sampler_is_the_lab_s_or_a_sentence(name: str, schedule: str, scheduler: str | None) -> None:
    one = found(**{"3": sampler(sampler_name=name, scheduler=schedule)})
    assert one.recipe.scheduler == scheduler
    assert scheduler is not None or any(said.startswith("sampler") for said in one.unmapped)


def test_constants_are_followed_through_primitives_switches_and_joined_words() -> None:
    one = found(**{
        "20": node("PrimitiveInt", value=12), "21": node("PrimitiveBoolean", value=True),
        "22": node("ComfySwitchNode", switch=["21", 0], on_false="no", on_true=["23", 0]),
        "23": node("StringConcatenate", string_a="a teapot", string_b=["24", 0], delimiter=" on "),
        "24": node("PrimitiveStringMultiline", value="a moor"),
        "3": sampler(steps=["20", 0]), "6": node("CLIPTextEncode", text=["22", 0], clip=["4", 1]),
    })  # fmt: skip
    assert one.recipe == RECIPE.changed(steps=12)


def test_words_that_were_made_while_it_ran_are_not_guessed() -> None:
    one = found(**{
        "20": node("TextGenerate", prompt=["21", 0], max_length=64), "21": node("PrimitiveString", value="my words"),
        "6": node("CLIPTextEncode", text=["20", 0], clip=["4", 1]),
    })  # fmt: skip
    assert one.recipe.prompt == ""
    assert "prompt: written by TextGenerate while it ran, out of the words: my words" in one.unmapped


def test_numbers_that_were_made_while_it_ran_are_not_guessed() -> None:
    one = found(**{
        "20": node("ResolutionSelector", megapixels=1.0), "5": node("EmptyLatentImage", width=["20", 0],
            height=["20", 1]),
        "21": node("RandomInt", low=1), "3": sampler(seed=["21", 0]),
    })  # fmt: skip
    assert (one.recipe.width, one.recipe.height, one.recipe.seed) == (None, None, 0)
    assert any(said.startswith("size: made while it ran by ResolutionSelector") for said in one.unmapped)
    assert any(said.startswith("seed:") for said in one.unmapped)


def test_a_negative_prompt_that_is_zeroed_is_empty() -> None:
    assert found(**{"7": node("ConditioningZeroOut", conditioning=["6", 0])}).recipe == RECIPE.changed(
        negative_prompt=""
    )


def test_prompts_of_several_parts_are_said_and_not_guessed() -> None:
    one = found(**{
        "20": node("CLIPTextEncode", text="a boat", clip=["4", 1]),
        "21": node("ConditioningCombine", conditioning_1=["6", 0], conditioning_2=["20", 0]),
        "3": sampler(positive=["21", 0]),
    })  # fmt: skip
    assert one.recipe.prompt == ""
    assert any("a teapot on a moor | a boat" in said for said in one.unmapped)


def test_clip_skip_vae_and_changes_of_the_model_are_said() -> None:
    one = found(**{
        "20": node("CLIPSetLastLayer", stop_at_clip_layer=-2, clip=["4", 1]),
        "6": node("CLIPTextEncode", text="a teapot on a moor", clip=["20", 0]),
        "21": node("VAELoader", vae_name="soft.pt"), "8": node("VAEDecode", samples=["3", 0], vae=["21", 0]),
        "22": node("FreeU_V2", b1=1.1, model=["4", 0]), "3": sampler(model=["22", 0]),
    })  # fmt: skip
    assert one.recipe == RECIPE
    assert {"clip skip 2", "VAE soft.pt", "the model goes through FreeU_V2: b1 1.1"} <= {*one.unmapped}
    assert Missing("vae", "soft.pt") in one.missing


def test_a_picture_to_start_from_is_named_and_not_opened() -> None:
    one = found(**PHOTO, **{"3": sampler(denoise=0.6000000000000001, latent_image=["11", 0])})
    assert (one.recipe.task, one.recipe.strength, one.recipe.image) == ("image_to_image", 0.6, None)
    assert one.recipe.width is None
    assert Missing("picture", "kettle.png") in one.missing


def test_steps_that_begin_late_are_a_strength() -> None:
    late = node(
        "KSamplerAdvanced", add_noise="enable", noise_seed=41, steps=20, cfg=6.5, sampler_name="dpmpp_2m",
        scheduler="karras", positive=["6", 0], negative=["7", 0], model=["4", 0], latent_image=["11", 0],
        start_at_step=8, end_at_step=10000, return_with_leftover_noise="disable",
    )  # fmt: skip
    one = found(**PHOTO, **{"3": late})
    assert (one.recipe.strength, one.recipe.steps, one.recipe.seed) == (0.6, 20, 41)
    assert not any("runs all" in said for said in one.unmapped)


@pytest.mark.parametrize(
    "changes",
    [
        {"11": node("VAEEncodeForInpaint", pixels=["10", 0], vae=["4", 2], mask=["12", 0], grow_mask_by=6)},
        {"13": node("VAEEncode", pixels=["10", 0], vae=["4", 2]),
         "11": node("SetLatentNoiseMask", samples=["13", 0], mask=["12", 0])},
    ],
)  # fmt: skip
def test_a_masked_picture_is_inpainting(changes: dict) -> None:
    mask = {"10": node("LoadImage", image="kettle.png"), "12": node("LoadImageMask", image="spout.png", channel="red")}
    one = found(**mask, **changes, **{"3": sampler(latent_image=["11", 0])})
    assert one.recipe.task == "inpaint"
    assert [lacking.name for lacking in one.missing] == ["moorland_v2.safetensors", "kettle.png", "spout.png"]


def test_a_padded_picture_is_outpainting_with_all_four_sides() -> None:
    one = found(**{
        "10": node("LoadImage", image="kettle.png"),
        "12": node("ImagePadForOutpaint", image=["10", 0], left=64, top=0, right=0, bottom=8, feathering=40),
        "11": node("VAEEncodeForInpaint", pixels=["12", 0], vae=["4", 2], mask=["12", 1], grow_mask_by=8),
        "3": sampler(latent_image=["11", 0]),
    })  # fmt: skip
    assert one.recipe.task == "outpaint"
    assert one.recipe.settings == {"left": 64, "top": 0, "right": 0, "bottom": 8}
    assert any("feathering 40, grow_mask_by 8" in said for said in one.unmapped)


@pytest.mark.parametrize("kind", ["ControlNetApply", "ControlNetApplyAdvanced"])
def test_a_control_is_said_with_all_its_numbers(kind: str) -> None:
    apply = {"control_net": ["20", 0], "image": ["22", 0], "strength": 0.8000000000000004}
    if kind == "ControlNetApply":
        apply |= {"conditioning": ["6", 0]}
    else:
        apply |= {"positive": ["6", 0], "negative": ["7", 0], "start_percent": 0.1, "end_percent": 0.9}
    one = found(**{
        "20": node("ControlNetLoader", control_net_name="control_v11f1p_sd15_depth.pth"),
        "21": node("LoadImage", image="kettle.png"), "22": node("MiDaS-DepthMapPreprocessor", image=["21", 0]),
        "23": node(kind, **apply), "3": sampler(positive=["23", 0]),
    })  # fmt: skip
    span = "from 0 to 1" if kind == "ControlNetApply" else "from 0.1 to 0.9"
    assert one.recipe == RECIPE.changed(task="control_to_image")
    assert (
        "control depth: control_v11f1p_sd15_depth.pth, preprocessor MiDaS-DepthMap, "
        f"weight 0.8, {span}; its picture kettle.png is not in the file" in one.unmapped
    )
    assert Missing("control model", "control_v11f1p_sd15_depth.pth") in one.missing


def test_samplers_of_parts_are_read() -> None:
    one = found(**{
        "20": node("RandomNoise", noise_seed=41), "21": node("KSamplerSelect", sampler_name="dpmpp_2m"),
        "22": node("BasicScheduler", model=["4", 0], scheduler="karras", steps=22, denoise=1.0),
        "23": node("CFGGuider", model=["4", 0], positive=["6", 0], negative=["7", 0], cfg=6.5),
        "3": node("SamplerCustomAdvanced", noise=["20", 0], guider=["23", 0], sampler=["21", 0], sigmas=["22",
            0], latent_image=["5", 0]),
    })  # fmt: skip
    assert one.recipe == RECIPE


def test_models_of_flow_matching_have_their_own_euler() -> None:
    one = found(**{
        "4": node("UNETLoader", unet_name="z_image_turbo_bf16.safetensors", weight_dtype="default"),
        "3": sampler(sampler_name="euler", scheduler="simple", cfg=1.0),
    })  # fmt: skip
    assert (one.recipe.model, one.recipe.scheduler) == ("z-image", "euler")


def test_the_settings_of_a_text_beside_the_graph_do_not_count() -> None:
    beside = "a boat\nSteps: 3, Seed: 9, Size: 64x64"
    assert read(file_of(text_graph(), parameters=beside)).recipe == RECIPE


def test_places_in_folders_become_names() -> None:
    one = found(**{"4": node("CheckpointLoaderSimple", ckpt_name="..\\..\\secret/moorland_v2.safetensors")})
    assert one.recipe == RECIPE
    assert one.missing == (Missing("model", "..\\..\\secret/moorland_v2.safetensors"),)


def test_the_true_seed_of_a_drawing_site_is_in_the_graph_beside_its_own_text() -> None:
    """As Tensor.Art writes it: -1 for a seed of its own choice, and a NUL behind the table."""
    beside = json.dumps({"seed": "-1", "prompt": "a boat", "steps": 7}) + "\0"
    assert read(file_of(text_graph(), generation_data=beside)).recipe == RECIPE


def test_a_graph_that_goes_in_circles_ends() -> None:
    one = found(**{"6": node("ConditioningAverage", conditioning=["6", 0]), "4": node("FreeU", model=["4", 0])})
    assert one.recipe.prompt == ""
    assert one.recipe.model == "starter"
    assert any(said.startswith("model:") for said in one.unmapped)


def test_a_graph_that_only_enlarges_is_that() -> None:
    graph = {
        "1": node("LoadImage", image="kettle.png"), "2": node("UpscaleModelLoader", model_name="RealESRGAN_x4plus.pth"),
        "3": node("ImageUpscaleWithModel", upscale_model=["2", 0], image=["1", 0]), "4": node("SaveImage",
            images=["3", 0]),
    }  # fmt: skip
    one = read(file_of(graph))
    assert (one.recipe.task, one.recipe.settings) == ("upscale", {"upscaler": "RealESRGAN_x4plus", "factor": 4})
    assert Missing("upscaler", "RealESRGAN_x4plus.pth") in one.missing


def test_where_one_prompt_weighs_both_are_kept_as_they_stand() -> None:
    weighed = node("CLIPTextEncode", text="(fog:1.2)", clip=["4", 1])
    plain = node("CLIPTextEncode", text="a \\(blue\\) pot", clip=["4", 1])
    one = found(**{"6": plain, "7": weighed})
    assert (one.recipe.prompt, one.recipe.negative_prompt) == ("a \\(blue\\) pot", "(fog:1.2)")
    assert any("the negative prompt weighs words" in said for said in one.unmapped)
    assert found(**{"6": plain}).recipe.prompt == "a (blue) pot"


def test_other_texts_of_that_name_are_no_graph() -> None:
    from lab.core import BadInput

    with pytest.raises(BadInput, match="no drawing"):
        read(png_text(prompt="a teapot"))
