"""Five hundred files that mean harm or are broken, each as bytes: made by rule and a seed, so that they "
"are the same."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Iterator

from tests.gallery.foreign.containers import chunk, exif, jpeg, png, png_text, text_chunk, webp
from tests.gallery.foreign.graphs import node, sampler, text_graph
from tests.gallery.foreign.plain_text import PLAIN

EVIL = "__import__('os').system('touch evil')"
PLACES = (
    "/etc/passwd",
    "../../../evil",
    "C:\\evil",
    "\\\\host\\share\\evil",
    "file:///etc/passwd",
    "evil/repo",
    "~root/x",
    "a\0b",
)
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>\x1b]0;evil\x07\u202e"
NUMBERS = ("NaN", "Infinity", "-1", "1e999", "9" * 5000, "1_000", "0x10", "true", "null", '"; drop"', "[]", "{}")


def blocks() -> Iterator[tuple[str, bytes]]:
    """Each block with what it is."""
    yield from _cut_and_flipped()
    yield from _deep_and_large()
    yield from _odd_values()
    yield from _odd_graphs()
    yield from _odd_containers()


def _good() -> dict[str, bytes]:
    fooocus = {"base_model": "m", "prompt": "p", "resolution": "(64, 64)", "metadata_scheme": "fooocus", "seed": "1"}
    swarm = {"sui_image_params": {"prompt": "p", "model": "m", "seed": 1, "width": 64, "height": 64}}
    invoke = {"generation_mode": "txt2img", "positive_prompt": "p", "model": {"name": "m"}, "seed": 1}
    novel = {"prompt": "p", "uc": "n", "scale": 5, "sampler": "k_euler", "seed": 1}
    return {
        "infotext": png_text(parameters=PLAIN),
        "jpeg": jpeg(exif({}, b"UNICODE\0" + PLAIN.encode("utf-16-be"))),
        "webp": webp(exif({0x0110: b"prompt:" + json.dumps(text_graph()).encode()})),
        "graph": png_text(prompt=json.dumps(text_graph())),
        "fooocus": png_text(parameters=json.dumps(fooocus)),
        "swarm": png_text(parameters=json.dumps(swarm)),
        "invoke": png_text(invokeai_metadata=json.dumps(invoke)),
        "novelai": png_text(Software="NovelAI", Comment=json.dumps(novel)),
        "dream": png_text(Dream='"p" -s 5 -S 1'),
    }


def _cut_and_flipped() -> Iterator[tuple[str, bytes]]:
    dice = random.Random(7)
    for name, content in _good().items():
        for turn in range(14):
            yield f"{name} cut {turn}", content[: dice.randrange(len(content))]
            spoiled = bytearray(content)
            for _ in range(1 + turn):
                spoiled[dice.randrange(len(spoiled))] = dice.randrange(256)
            yield f"{name} flipped {turn}", bytes(spoiled)


def _deep_and_large() -> Iterator[tuple[str, bytes]]:
    for name in ("parameters", "prompt", "workflow", "invokeai_metadata", "Comment", "sd-metadata", "Dream"):
        yield f"{name} nested lists", png_text(**{name: "[" * 100_000})
        yield f"{name} nested tables", png_text(**{name: '{"a":' * 100_000 + "1" + "}" * 100_000})
        yield f"{name} of letters", png_text(**{name: "a" * 3_900_000})
        yield f"{name} of begun settings", png_text(**{name: "Steps: 1\n" * 400_000})
        yield f"{name} of names without an end", png_text(**{name: "Steps: " + "ab " * 1_000_000})
        yield f"{name} of quotes", png_text(**{name: 'Steps: 1, Seed: 1, a: "' + '\\"' * 1_900_000})
        yield f"{name} of brackets", png_text(**{name: "Steps: 1, Seed: 1, Size: 1x1, " + "a: [{" * 500_000})
        yield f"{name} of tags", png_text(**{name: "<lora:" * 600_000 + "\nSteps: 1, Seed: 1, Size: 64x64"})
        yield f"{name} of loras", png_text(**{name: "<lora:a:1>" * 100_000 + "\nSteps: 1, Seed: 1, Size: 64x64"})
        yield f"{name} of weights", png_text(**{name: "(" * 2_000_000 + "\nSteps: 1, Seed: 1, Size: 64x64"})
        yield f"{name} of remarks", png_text(**{name: '{"nodes": [], "links": [' + "[]," * 300_000 + "[]]}"})
        yield f"{name} of empty lists", png_text(**{name: '{"a": [' + "[]," * 1_300_000 + "[]]}"})
        packed = zlib.compress(b"a" * 200_000_000, 9)
        if name in ("parameters", "prompt"):
            yield f"{name} a bomb", png(chunk(b"zTXt", name.encode() + b"\0\0" + packed))
            yield f"{name} a bomb of letters", png(chunk(b"iTXt", name.encode() + b"\0\1\0\0\0" + packed))


def _odd_values() -> Iterator[tuple[str, bytes]]:
    for number in NUMBERS:
        for field in ("seed", "steps", "cfg", "denoise", "model", "positive", "sampler_name"):
            text = json.dumps(text_graph(**{"3": sampler(**{field: "HERE"})})).replace('"HERE"', number)
            yield f"graph {field} {number[:9]}", png_text(prompt=text)
        for field in ("Steps", "Seed", "CFG scale", "Size", "Denoising strength"):
            text = f"p\n{field}: {number}, Seed: 1, Steps: 2, a: b"
            yield f"infotext {field} {number[:9]}", png_text(parameters=text)
    for place in PLACES:
        inputs = {"4": node("CheckpointLoaderSimple", ckpt_name=place)}
        yield f"model {place}", png_text(prompt=json.dumps(text_graph(**inputs)))
        lora = {
            "20": node("LoraLoader", lora_name=place, strength_model=1, model=["4", 0]),
            "3": sampler(model=["20", 0]),
        }
        yield f"lora {place}", png_text(prompt=json.dumps(text_graph(**lora)))
        photo = {
            "10": node("LoadImage", image=place),
            "11": node("VAEEncode", pixels=["10", 0]),
            "3": sampler(latent_image=["11", 0]),
        }
        yield f"picture {place}", png_text(prompt=json.dumps(text_graph(**photo)))
        text = f"<lora:{place}:1>\nSteps: 1, Seed: 1, Size: 64x64, Model: {place}"
        yield f"infotext {place}", png_text(parameters=text.encode())
    for field in ("resolution", "styles", "adm_guidance", "freeu", "loras", "seed", "steps", "prompt", "base_model"):
        table = {"base_model": "m", "prompt": "p", "metadata_scheme": "fooocus"} | {field: EVIL}
        yield f"fooocus {field}", png_text(parameters=json.dumps(table))
    for written in (SCRIPT, "\ud800", "{{7*7}}", "${jndi:ldap://evil}", "%s%n", "\x00" * 50, "a" * 50_000):
        text = f"{written}\nNegative prompt: {written}\nSteps: 1, Seed: 1, Size: 64x64, Model: {written}"
        yield f"words {written[:9]!r}", png_text(parameters=text.encode("utf-8", "surrogatepass"))


def _odd_graphs() -> Iterator[tuple[str, bytes]]:
    dice = random.Random(8)
    names = [str(number) for number in range(3, 10)]
    for turn in range(60):
        graph = text_graph()
        for _ in range(3):
            one = graph[dice.choice(names)]
            one["inputs"][dice.choice([*one["inputs"], "text", "model"])] = [
                dice.choice([*names, "99"]),
                dice.randrange(-1, 3),
            ]
        yield f"graph with links anywhere {turn}", png_text(prompt=json.dumps(graph))
    chain = {f"m{number}": node("FreeU", model=[f"m{number + 1}", 0]) for number in range(20_000)}
    yield "a chain of models", png_text(prompt=json.dumps(text_graph(**chain, **{"3": sampler(model=["m0", 0])})))
    wide = {f"s{number}": node("SaveImage", images=["8", 0]) for number in range(4000)}
    yield "saved thousands of times", png_text(prompt=json.dumps(text_graph(**wide)))
    words = {
        f"w{number}": node(
            "StringConcatenate", string_a=[f"w{number + 1}", 0], string_b=[f"w{number + 1}", 0], delimiter="x" * 99
        )
        for number in range(300)
    }
    words["w300"] = node("PrimitiveString", value="y" * 999)
    yield (
        "words that double",
        png_text(prompt=json.dumps(text_graph(**words, **{"6": node("CLIPTextEncode", text=["w0", 0])}))),
    )
    for kind in ([], {"nodes": 1}, {"nodes": [1, None], "links": [1, None, [1], {}]}, {"1": {"class_type": []}}):
        yield f"a graph that is {kind}", png_text(prompt=json.dumps(kind), workflow=json.dumps(kind))


def _odd_containers() -> Iterator[tuple[str, bytes]]:
    said = text_chunk("parameters", PLAIN)
    yield "a text twice", png(said, text_chunk("parameters", "other"))
    yield "thousands of texts", png(*(text_chunk(f"n{number}", "a") for number in range(20_000)))
    yield "a chunk of four gigabytes", png()[:33] + b"\xff\xff\xff\xfftEXtparameters\0" + PLAIN.encode()
    large = chunk(b"IHDR", b"\0\0\xea\x60\0\0\xea\x60\x08\2\0\0\0")
    yield "a picture of 60,000", b"\x89PNG\r\n\x1a\n" + large + said
    loop = exif({}, b"x")
    yield "directories in a circle", jpeg(loop[:18] + b"\x08\0\0\0" + loop[22:])
    entries = b"\xff\xff" + b"\x86\x92\x07\0\xff\xff\xff\x00\0\0\0\0" * 100
    yield "entries without an end", webp(b"II*\0\x08\0\0\0" + entries)
    xmp = b"XML:com.adobe.xmp\0\0\0\0\0"
    entities = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "' + "&x;" * 1000 + '">]><exif:UserComment>' + "&y;" * 100_000
    yield "entities", png(chunk(b"iTXt", xmp + entities.encode()))
    yield "comments without an end", png(chunk(b"iTXt", xmp + b"<exif:UserComment><rdf:li>" * 100_000))
