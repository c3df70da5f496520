"""SwarmUI, InvokeAI, Fooocus, NovelAI, Draw Things and Stability Matrix: each field is right or said."""

from __future__ import annotations

import gzip
import html
import json

import numpy as np
import pytest

from lab.core import BadInput, Picture, Recipe
from lab.core.recipe import Lora
from lab.gallery.foreign import Imported, Missing, read, read_text
from tests.gallery.foreign.containers import chunk, exif, jpeg, png, png_text, text_chunk, webp
from tests.gallery.foreign.graphs import text_graph

RECIPE = Recipe(
    model="moorland_v2", prompt="a teapot on a moor", negative_prompt="fog", seed=41, steps=22, guidance_scale=6.5,
    width=640, height=512, scheduler="dpm++ 2m karras",
)  # fmt: skip


def said(found: Imported, begins: str) -> str:
    (line,) = [one for one in found.unmapped if one.startswith(begins)]
    return line


SWARM = {
    "prompt": "a teapot on a moor", "negativeprompt": "fog", "model": "moorland_v2", "seed": 41, "steps": 22,
    "cfgscale": 6.5, "width": 640, "height": 512, "sampler": "dpmpp_2m", "scheduler": "karras", "swarm_version": "0.9",
    "automaticvae": True, "aspectratio": "5:4",
}  # fmt: skip


def swarm(**more: object) -> str:
    models = [{"name": "moorland_v2.safetensors", "param": "model", "hash": "0xabc"}]
    return json.dumps({"sui_image_params": SWARM | more, "sui_extra_data": {"date": "x"}, "sui_models": models})


def test_swarmui_in_png_beside_a_graph_and_in_jpeg() -> None:
    beside = png_text(prompt=json.dumps(text_graph()), parameters=swarm())
    for content in (beside, jpeg(exif({}, b"UNICODE\0" + swarm().encode("utf-16-le"))), swarm().encode()):
        assert read(content) == Imported(RECIPE, (), (Missing("model", "moorland_v2", "0xabc"),), "SwarmUI 0.9")


def test_swarmui_s_refiner_loras_and_controls() -> None:
    found = read_text(
        swarm(refinercontrolpercentage=0.3, refinerupscalemethod="model-4x.pth", loras=["a/moss", "glaze"],
              loraweights=["0.5", "0.25"], controlnetmodel="canny_xl", controlnetstrength=0.7, controlnetend=0.5)
    )  # fmt: skip
    assert found.recipe.loras == (Lora(name="moss", weight=0.5), Lora(name="glaze", weight=0.25))
    assert found.recipe.task == "control_to_image"
    assert said(found, "refiner") == "refiner pass: refinercontrolpercentage 0.3, refinerupscalemethod model-4x.pth"
    assert "weight 0.7, from 0 to 0.5" in said(found, "control canny: canny_xl")
    assert {Missing("upscaler", "4x.pth"), Missing("lora", "a/moss")} <= {*found.missing}


def test_swarmui_from_a_picture() -> None:
    found = read_text(swarm(initimagecreativity=0.4))
    assert (found.recipe.task, found.recipe.strength) == ("image_to_image", 0.4)
    assert Missing("picture", "that it started from") in found.missing


INVOKE = {
    "generation_mode": "sdxl_txt2img", "positive_prompt": "a teapot on a moor", "negative_prompt": "fog", "width": 640,
    "height": 512, "seed": 41, "rand_device": "cpu", "cfg_scale": 6.5, "steps": 22, "scheduler": "dpmpp_2m_k",
    "model": {"key": "1", "hash": "blake3:12", "name": "moorland_v2", "base": "sdxl", "type": "main"},
    "app_version": "6.1",
}  # fmt: skip


def invoke(**more: object) -> Imported:
    return read(png_text(invokeai_metadata=json.dumps(INVOKE | more)))


def test_invokeai_of_today() -> None:
    assert invoke() == Imported(RECIPE, (), (Missing("model", "moorland_v2", "blake3:12"),), "InvokeAI 6.1")


def test_invokeai_s_third_version_had_other_names() -> None:
    found = invoke(
        model={"model_name": "moorland_v2", "base_model": "sdxl"}, app_version=None,
        vae={"model_name": "soft"}, loras=[{"lora": {"model_name": "moss"}, "weight": 0.5}],
        controlnets=[{"control_model": {"model_name": "canny"}, "image": {"image_name": "k.png"}, "control_weight": 0.7,
                      "begin_step_percent": 0, "end_step_percent": 0.5}],
        ipAdapters=[{"ip_adapter_model": {"model_name": "ip-plus"}, "image": {"image_name": "i.png"}, "weight": 0.4}],
        clip_skip=1,
    )  # fmt: skip
    assert found.recipe == RECIPE.changed(loras=(Lora(name="moss", weight=0.5),), task="control_to_image")
    assert "VAE soft" in found.unmapped
    assert "clip skip 1" in found.unmapped
    assert said(found, "ipAdapters") == "ipAdapters: ip-plus, weight 0.4, 0 to 1; its picture i.png is not in the file"
    assert "weight 0.7, from 0 to 0.5; its picture k.png" in said(found, "control canny")


def test_invokeai_from_a_picture() -> None:
    found = invoke(generation_mode="img2img", strength=0.6, init_image="k.png")
    assert (found.recipe.task, found.recipe.strength) == ("image_to_image", 0.6)
    assert Missing("picture", "k.png") in found.missing


def test_invokeai_s_second_version() -> None:
    image = {
        "prompt": [{"prompt": "a teapot on a moor [fog]", "weight": 1.0}], "steps": 22, "cfg_scale": 6.5, "height": 512,
        "width": 640, "seed": 41, "type": "txt2img", "sampler": "k_euler_a", "postprocessing": None, "variations": [],
    }  # fmt: skip
    whole = {"model": "stable diffusion", "model_weights": "moorland_v2", "app_version": "2.2", "image": image}
    found = read(png_text(**{"sd-metadata": json.dumps(whole)}))
    assert found.recipe == RECIPE.changed(scheduler="euler a")
    assert found.unmapped == ()


def test_invokeai_s_first_version() -> None:
    line = '"a teapot, \\"old\\" [fog]" -s 22 -S 41 -W640 -H 512 -C6.5 -A k_euler -G 0.8'
    found = read(png_text(Dream=line))
    assert found.recipe == Recipe(
        prompt='a teapot, "old"', negative_prompt="fog", seed=41, steps=22, guidance_scale=6.5, width=640, height=512,
        scheduler="euler",
    )  # fmt: skip
    assert "the option -G 0.8" in found.unmapped
    assert said(found, "model:")


FOOOCUS = {
    "metadata_scheme": "fooocus", "base_model": "moorland_v2", "base_model_hash": "12ab",
    "prompt": "a teapot on a moor",
    "negative_prompt": "fog", "seed": "41", "steps": 22, "guidance_scale": 6.5, "resolution": "(640, 512)",
    "sampler": "dpmpp_2m", "scheduler": "karras", "clip_skip": 2, "styles": "['Fooocus V2']", "sharpness": 2.0,
    "adm_guidance": "(1.5, 0.8, 0.3)", "refiner_model": "None", "refiner_switch": 0.5, "vae": "Default (model)",
    "loras": [["moss", 0.5, "cd"]], "lora_combined_1": "moss : 0.5", "version": "Fooocus v2.5",
    "prompt_expansion": "a teapot, cinematic", "full_prompt": ["x"], "full_negative_prompt": ["y"],
    "performance": "Speed",
}  # fmt: skip


def fooocus(**more: object) -> Imported:
    return read(png_text(parameters=json.dumps(FOOOCUS | more), fooocus_scheme="fooocus"))


def test_fooocus() -> None:
    found = fooocus()
    assert found.recipe == RECIPE.changed(loras=(Lora(name="moss", weight=0.5),))
    assert found.tool == "Fooocus v2.5"
    assert {"clip skip 2", "styles ['Fooocus V2']", "sharpness: 2.0", "adm_guidance: (1.5, 0.8, 0.3)"} <= {
        *found.unmapped
    }
    assert "a teapot, cinematic" in said(found, "prompt expansion")


def test_fooocus_s_literals_are_not_evaluated() -> None:
    code = "__import__('os').system('touch /tmp/evil')"
    found = fooocus(resolution=code, styles=code, adm_guidance=code, freeu=code, loras=[[code, code]])
    assert (found.recipe.width, found.recipe.height) == (None, None)
    assert f"resolution: {code}" in found.unmapped
    assert f"adm_guidance: {code}" in found.unmapped


def test_fooocus_may_write_as_automatic1111() -> None:
    text = (
        "a teapot on a moor\nNegative prompt: fog\n"
        "Steps: 22, Sampler: DPM++ 2M Karras, Seed: 41, CFG scale: 6.5, Size: 640x512"
    )
    assert read(png_text(parameters=f"{text}, Model: moorland_v2", fooocus_scheme="a1111")).recipe == RECIPE


def test_ruined_fooocus_and_drawing_spaces() -> None:
    ruined = {
        "Prompt": "a teapot on a moor", "Negative": "fog", "steps": 22, "cfg": 6.5, "width": 640, "height": 512,
        "seed": 41,
        "sampler_name": "dpmpp_2m", "scheduler": "karras", "base_model_name": "moorland_v2",
        "software": "RuinedFooocus",
    }  # fmt: skip
    space = {
        "prompt": "a teapot on a moor", "negative_prompt": "fog", "resolution": "640 x 512", "guidance_scale": 6.5,
        "num_inference_steps": 22, "seed": 41, "sampler": "DPM++ 2M Karras",
        "Model": {"Model": "moorland_v2", "Model hash": "ab"},
    }  # fmt: skip
    for table in (ruined, space):
        assert read(png_text(parameters=json.dumps(table))).recipe == RECIPE


NOVELAI = {
    "prompt": "a teapot on a moor", "uc": "fog", "steps": 22, "scale": 6.5, "seed": 41, "width": 640, "height": 512,
    "sampler": "k_dpmpp_2m", "noise_schedule": "karras", "request_type": "PromptGenerateRequest", "cfg_rescale": 0.2,
}  # fmt: skip
SOURCE = "NovelAI Diffusion V9"


def test_novelai_in_png_and_in_webp() -> None:
    comment = json.dumps(NOVELAI)
    inner = json.dumps({"Comment": comment, "Source": SOURCE, "Software": "NovelAI"})
    written = png_text(Title="x", Software="NovelAI", Source=SOURCE, Comment=comment)
    packed = webp(exif({0x010E: b"\0\0\0\0a teapot"}, b"ASCII\0\0\0" + inner.encode()))
    for content in (written, packed):
        found = read(content)
        assert found.recipe == RECIPE.changed(model=SOURCE)
        assert "cfg_rescale: 0.2" in found.unmapped


@pytest.mark.parametrize("mark", [b"stealth_pngcomp", b"stealth_pnginfo"])
def test_novelai_s_text_in_the_alpha_is_read_where_all_others_were_taken_out(mark: bytes) -> None:
    inner = json.dumps({"Comment": json.dumps(NOVELAI), "Source": SOURCE, "Software": "NovelAI"}).encode()
    body = gzip.compress(inner) if mark.endswith(b"comp") else inner
    bits = np.unpackbits(np.frombuffer(mark + (8 * len(body)).to_bytes(4, "big") + body, np.uint8))
    alpha = np.full(100 * 90, 255, np.uint8)
    alpha[: len(bits)] = 254 | bits
    drawn = np.dstack([np.zeros((90, 100, 3), np.uint8), alpha.reshape(100, 90).T])
    assert read(Picture(drawn).to_png()).recipe == RECIPE.changed(model=SOURCE)
    for at, wrong in ((8 * 15, 1), (1, 0)):  # longer than the picture, and another mark
        spoilt = drawn.copy()
        spoilt[at % 90, at // 90, 3] = 254 | wrong
        with pytest.raises(BadInput, match="no drawing of a known tool"):
            read(Picture(spoilt).to_png())


def test_novelai_s_words_for_single_figures_are_said() -> None:
    figure = {"caption": {"base_caption": "x", "char_captions": [{"char_caption": "a blue kettle", "centers": []}]}}
    found = read(png_text(Software="NovelAI", Source=SOURCE, Comment=json.dumps(NOVELAI | {"v4_prompt": figure})))
    assert said(found, "words for one figure") == "words for one figure (v4_prompt): a blue kettle"


def xmp(table: dict) -> str:
    inner = html.escape(json.dumps(table))
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description><exif:UserComment><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{inner}</rdf:li></rdf:Alt></exif:UserComment>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


DRAW_THINGS = {
    "c": "a teapot on a moor", "uc": "fog", "model": "moorland_v2.ckpt", "sampler": "DPM++ 2M Karras",
    "scale": 6.5, "seed": 41,
    "size": "640x512", "steps": 22, "strength": 1.0, "seed_mode": "Scale Alike", "lora": [{"model": "moss.ckpt",
    "weight": 0.5}],
}  # fmt: skip


@pytest.mark.parametrize("entities", ["", '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]>'])
def test_draw_things(entities: str) -> None:
    text = entities + xmp(DRAW_THINGS)
    jpg = jpeg(
        b"", b"\xff\xe1" + (len(text) + 31).to_bytes(2, "big") + b"http://ns.adobe.com/xap/1.0/\0" + text.encode()
    )
    for content in (png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + text.encode())), jpg):
        found = read(content)
        assert found.recipe == RECIPE.changed(model="moorland_v2.ckpt", loras=(Lora(name="moss", weight=0.5),))
        assert "Scale Alike" in said(found, "the noise")


def test_stability_matrix_without_its_graph() -> None:
    table = {
        "PositivePrompt": "a teapot on a moor\r\n", "NegativePrompt": "fog", "Steps": 22, "Sampler": "DPM++ 2M Karras",
        "CfgScale": 6.5, "Seed": 41, "Height": 512, "Width": 640, "ModelHash": "AB", "ModelName": "moorland_v2",
        "Fps": 0,
    }  # fmt: skip
    found = read(png(text_chunk("parameters-json", json.dumps(table))))
    assert found == Imported(RECIPE, (), (Missing("model", "moorland_v2", "AB"),), "Stability Matrix")


def test_stability_matrix_s_graph_counts_before_its_texts() -> None:
    text = "a teapot # a remark\nSteps: 3, Sampler: Euler, Seed: 9, Size: 64x64"
    found = read(png_text(parameters=text, smproj="{}", prompt=json.dumps(text_graph())))
    assert (found.recipe.prompt, found.recipe.seed, found.tool) == ("a teapot on a moor", 41, "Stability Matrix")
