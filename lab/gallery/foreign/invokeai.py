"""Reads InvokeAI: its `invokeai_metadata` since version 3, `sd-metadata` of version 2, and the older `Dream` line."""

from __future__ import annotations

import re
import shlex
from typing import Any

from lab.gallery.foreign.bounded_json import fraction, whole
from lab.gallery.foreign.flat_table import Names, say_rest, take_table
from lab.gallery.foreign.imported import Draft
from lab.gallery.foreign.names import sampler
from lab.gallery.foreign.shared import say_control, take_loras, take_model, take_sampler, take_size

_NAMES = Names(prompt=("positive_prompt",), schedule=(), sampler=("scheduler",), model=("model_name_only",))
_SILENT = (
    "generation_mode", "app_version", "rand_device", "canvas_v2_metadata", "created_by", "_canvas_objects",
    "metadata_version",
)  # fmt: skip
_TASKS = (("inpaint", "inpaint"), ("outpaint", "outpaint"), ("img2img", "image_to_image"), ("txt2img", "text_to_image"))
_GUIDES = ("controlnets", "t2iAdapters", "ipAdapters", "control_layers", "ref_images", "regions")


def read_invokeai(said: dict[str, Any], draft: Draft) -> None:
    """Fill in what `invokeai_metadata` says, whose names changed between its versions."""
    draft.tool = f"InvokeAI {str(said.get('app_version') or '3')[:20]}"
    mode = str(said.get("generation_mode") or "")
    draft.fields["task"] = next((task for name, task in _TASKS if name in mode), "text_to_image")
    rest = take_table({name: value for name, value in said.items() if name not in ("model", *_GUIDES)}, _NAMES, draft)
    name, known = _named(said.get("model"))
    take_model(draft, name, known)
    vae, known = _named(rest.pop("vae", None))
    if vae:
        draft.say(f"VAE {vae}")
        draft.lack("vae", vae, known)
    _take_loras(rest.pop("loras", None), draft)
    for guide in _GUIDES:
        _say_guides(guide, said.get(guide), draft)
    strength, start = fraction(rest.pop("strength", None)), rest.pop("init_image", None)
    if draft.fields["task"] != "text_to_image":
        draft.take("strength", strength)
        draft.say(f"the picture {start or 'that it started from'} is not in the file")
        draft.lack("picture", start or "that it started from")
    elif strength is not None:
        draft.say(f"strength {strength:g}")
    if rest.get("rand_device", "cpu") != "cpu":
        draft.say(f"the noise is from {rest['rand_device']}, so that the same seed gives another picture here")
    if skip := whole(rest.pop("clip_skip", None)):
        draft.say(f"clip skip {skip}")
    say_rest(rest, draft, _SILENT)


def read_sd_metadata(said: dict[str, Any], draft: Draft) -> None:
    """Fill in what InvokeAI 2 wrote as `sd-metadata`; a blended prompt is said, not taken over."""
    draft.tool = f"InvokeAI {str(said.get('app_version') or '2')[:20]}"
    image = said.get("image")
    image = image if isinstance(image, dict) else {}
    prompts = image.get("prompt")
    if isinstance(prompts, list):
        texts = [str(one.get("prompt", "")) for one in prompts if isinstance(one, dict)]
        if len(texts) > 1:
            draft.say(f"the prompt is blended of {len(texts)} parts: {' | '.join(texts)}")
        prompts = texts[0] if len(texts) == 1 else None
    if isinstance(prompts, str):
        _take_prompts(prompts, draft)
    is_redrawn = image.get("type") not in ("txt2img", None)
    draft.fields["task"] = "image_to_image" if is_redrawn else "text_to_image"
    rest = take_table({name: value for name, value in image.items() if name != "prompt"}, Names(schedule=()), draft)
    take_model(draft, said.get("model_weights"), said.get("model_hash"))
    strength = fraction(rest.pop("strength", rest.pop("strength_steps", None)))
    if is_redrawn:
        draft.take("strength", strength)
        draft.say("the picture that it started from is not in the file")
        draft.lack("picture", rest.pop("orig_hash", None) or "that it started from")
    say_rest(rest, draft, ("type", "cfg_scale"))


_OPTIONS = {"-s": "steps", "-S": "seed", "-W": "width", "-H": "height", "-C": "cfg", "-A": "sampler", "-f": "strength",
            "-I": "picture"}  # fmt: skip
_QUOTED = re.compile(r'\s*"((?:[^"\\]|\\.)*)"')


def read_dream(line: str, draft: Draft) -> None:
    """Fill in what the command line says that versions 1 and 2 kept."""
    draft.tool = "InvokeAI 1 or 2"
    quoted = _QUOTED.match(line[:20_000])
    if quoted is None:
        draft.say("the line has no prompt in quotes")
        return
    _take_prompts(quoted[1].replace('\\"', '"'), draft)
    try:
        words = shlex.split(line[quoted.end() : quoted.end() + 4000])
    except ValueError:
        words = line[quoted.end() : quoted.end() + 4000].split()
    found: dict[str, str] = {}
    for at, word in enumerate(words):
        option, value = word[:2], word[2:] or (words[at + 1] if at + 1 < len(words) else "")
        if option in _OPTIONS:
            found.setdefault(_OPTIONS[option], value)
        elif word.startswith("-") and not word.startswith(("--seed", "--steps")):
            draft.say(f"the option {word}{f' {value}' if not value.startswith('-') and value != word[2:] else ''}")
    for field, number in (("seed", whole), ("steps", whole)):
        draft.take(field, number(found.get(field)))
    draft.take("guidance_scale", fraction(found.get("cfg")))
    take_size(draft, whole(found.get("width")), whole(found.get("height")))
    if written := found.get("sampler"):
        take_sampler(draft, sampler(written), written)
    draft.fields["task"] = "image_to_image" if "picture" in found else "text_to_image"
    if "picture" in found:
        draft.take("strength", fraction(found.get("strength")))
        draft.say(f"the picture {found['picture']} is not in the file")
        draft.lack("picture", found["picture"])


def _take_prompts(text: str, draft: Draft) -> None:
    """The words, of which those in square brackets are negative."""
    negative = re.findall(r"\[([^\[\]]{0,4000})\]", text)
    draft.take("prompt", re.sub(r"\[[^\[\]]{0,4000}\]", "", text).strip())
    draft.take("negative_prompt", ", ".join(negative).strip())


def _named(model: Any) -> tuple[str | None, str]:
    """Name and hash of a model, in any of the ways in which they are written."""
    if isinstance(model, str):
        return model, ""
    if not isinstance(model, dict):
        return None, ""
    name = model.get("name") or model.get("model_name") or model.get("key")
    return (str(name) if name else None), str(model.get("hash") or "")


def _take_loras(loras: Any, draft: Draft) -> None:
    listed = [one for one in loras if isinstance(one, dict)] if isinstance(loras, list) else []
    found = []
    for one in listed:
        name, known = _named(one.get("model") or one.get("lora") or one.get("name"))
        found.append((name or "without a name", fraction(one.get("weight", 0.75)), known))
    take_loras(draft, found)


def _say_guides(kind: str, guides: Any, draft: Draft) -> None:
    """Controls and references in words: their pictures are not in the file."""
    if isinstance(guides, dict):
        guides = guides.get("layers", [])
    for one in guides if isinstance(guides, list) else ():
        if not isinstance(one, dict):
            continue
        models = ("control_model", "t2i_adapter_model", "ip_adapter_model", "model")
        name, known = next((_named(one[key]) for key in models if one.get(key)), (None, ""))
        picture = one.get("image")
        picture = str(picture.get("image_name", "")) if isinstance(picture, dict) else None
        weight = fraction(one.get("control_weight", one.get("weight", 1.0)))
        start, end = (fraction(one.get(f"{at}_step_percent")) for at in ("begin", "end"))
        if kind in ("controlnets", "t2iAdapters"):
            say_control(
                draft, model=name or "", weight=weight, start=start, end=end, picture=picture or None, known=known
            )
            if draft.fields.get("task") == "text_to_image":
                draft.fields["task"] = "control_to_image"
            continue
        span = f", {0 if start is None else start:g} to {1 if end is None else end:g}"
        draft.say(
            f"{kind}: {name or 'no model named'}, weight {weight}{span}; its picture {picture or ''} is not in the file"
        )
        draft.lack("picture", picture or f"of {kind}")
