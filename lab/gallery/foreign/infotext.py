"""Reads the text of AUTOMATIC1111 and of all who write like it: prompt, negative prompt, and a line of settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice

from lab.gallery.foreign.bounded_json import fraction, whole
from lab.gallery.foreign.imported import Draft
from lab.gallery.foreign.infotext_extras import resources, say_the_rest
from lab.gallery.foreign.infotext_pairs import pairs_in
from lab.gallery.foreign.names import Sampler, sampler
from lab.gallery.foreign.shared import take_loras, take_model, take_sampler, take_size

_NEGATIVE = "Negative prompt:"
_TAG = re.compile(r"<(lora|lyco|hypernet):([^:<>\n]{1,200})(?::([^<>\n]{0,100}))?>")
_PASSES = ("Hires", "ADetailer", "Ultimate SD")
_OF_A_MASK = ("Mask blur", "Inpaint area", "Masked content", "Masked area padding", "Mask mode")
_MOST_TAGS = 200
_MOST_TRIES = 200
_FEWEST_PAIRS = 3
"""As AUTOMATIC1111 itself wants it of a line of settings (modules/infotext_utils.py)."""
_BEGINS = re.compile(r"(?:Steps|Size|Sampler|Seed|CFG scale|Model hash|Model|Guidance Scale)\s*:", re.IGNORECASE)


def is_infotext(text: str) -> bool:
    """Whether a text has a line of settings."""
    return _settings_at(text) is not None


def read_infotext(text: str, draft: Draft) -> None:
    """Fill the draft in with the lines that AUTOMATIC1111's web UI writes; what has no place here is said."""
    text = text.replace("\r\n", "\n")
    at = _settings_at(text)
    said = pairs_in(text[at:]) if at is not None else {}
    prompt, negative = _prompts(text[:at], draft)
    draft.tool = _tool(said) or draft.tool
    prompt, loras = _without_tags(prompt, draft)
    negative, _ = _without_tags(negative, draft)
    draft.take("prompt", prompt)
    draft.take("negative_prompt", negative)
    _take_numbers(said, draft)
    take_sampler(draft, _sampler(said), said.get("Sampler"))
    hashes = resources(said, draft)
    model, known = said.get("Model") or hashes.model, said.get("Model hash") or hashes.model_hash
    take_model(draft, model, known)
    take_loras(draft, [(name, weight, hashes.lora_hash(name)) for name, weight in loras or hashes.loras])
    _take_task(said, draft)
    say_the_rest(said, draft)


def _settings_at(text: str) -> int | None:
    """Where the line of settings begins: the last that begins as one, since what stands before may look like it."""
    end = len(text)
    tail = max(0, end - 400_000)
    tries = 0
    while end > tail and tries < _MOST_TRIES:
        start = text.rfind("\n", 0, end) + 1
        if _BEGINS.match(text, start):
            tries += 1
            if len(pairs_in(text[start : min(end, start + 4000)])) >= _FEWEST_PAIRS:
                return start
        end = start - 1
    return None


def _prompts(text: str, draft: Draft) -> tuple[str, str]:
    """What stands before the settings, as prompt and negative prompt."""
    if text.startswith(_NEGATIVE):
        prompt, negative = "", text[len(_NEGATIVE) :]
    else:
        prompt, found, negative = text.partition(f"\n{_NEGATIVE}")
        if found and f"\n{_NEGATIVE}" in negative:
            draft.say(f'the file says "{_NEGATIVE}" more than once: all behind the first is taken for it')
    return prompt.strip(), negative.strip()


def _without_tags(prompt: str, draft: Draft) -> tuple[str, list[tuple[str, float]]]:
    """The prompt without the tags that call networks and are not read as words, and the LoRAs that they call."""
    loras: list[tuple[str, float]] = []
    found = list(islice(_TAG.finditer(prompt), _MOST_TAGS))
    for kind, name, rest in (one.groups(default="") for one in found):
        tag = f"<{kind}:{name}{':' if rest else ''}{rest}>"
        weight = fraction(rest.split(":")[0].rpartition("=")[2]) if rest else 1.0
        if kind == "lora" and weight is not None:
            loras.append((name, weight))
            draft.say(f"the words {tag} of the prompt are a LoRA of the recipe now")
            if ":" in rest:
                draft.say(f"LoRA {name}: it has other weights in parts ({rest})")
        else:
            draft.say(f"{tag} of the prompt: the lab has nothing like it")
    if len(found) == _MOST_TAGS:
        draft.say(f"the prompt calls {_MOST_TAGS} networks or more, of which no more are read")
    without = _TAG.sub("", prompt, _MOST_TAGS) if found else prompt
    return re.sub(r"[ \t]{2,}", " ", without).strip() if found else prompt, loras


def _tool(said: Mapping[str, str]) -> str:
    """The program, as far as the settings tell."""
    version, app = said.get("Version", ""), said.get("App", "")
    if app:
        return app
    if "Civitai resources" in said or "Civitai metadata" in said:
        return "Civitai"
    if re.match(r"neo|classic|f\d", version):
        return f"Forge {version}"
    return f"AUTOMATIC1111 {version}".strip() if re.match(r"v?\d", version) or not version else version


def _take_numbers(said: Mapping[str, str], draft: Draft) -> None:
    for name, field, number in (
        ("Steps", "steps", whole(said.get("Steps"))),
        ("CFG scale", "guidance_scale", fraction(said.get("CFG scale", said.get("Guidance Scale")))),
        ("Seed", "seed", whole(said.get("Seed"))),
    ):
        if number is not None:
            draft.take(field, number)
        elif name in said:
            draft.say(f"{name} {said[name]}: this is no number")
    size = re.fullmatch(r"\s*(\d{1,5})\s*[xX]\s*(\d{1,5})\s*", said.get("Size", ""))
    if size:
        take_size(draft, int(size[1]), int(size[2]))
    elif "Size" in said:
        draft.say(f"Size {said['Size']}: this is no size")


def _sampler(said: Mapping[str, str]) -> Sampler | None:
    text = said.get("Sampler")
    if not text:
        return None
    return sampler(text, said.get("Schedule type", said.get("Sampler sigma")))


def _take_task(said: Mapping[str, str], draft: Draft) -> None:
    """The task, and the strength, which is of another pass where there are such."""
    has_pass = any(name.startswith(_PASSES) for name in said)
    operations = said.get("Operations", "").lower()
    strength = fraction(said.get("Denoising strength"))
    has_mask = any(name in said for name in _OF_A_MASK) or "inpaint" in operations
    is_redrawn = (strength is not None and not has_pass) or has_mask or "img2img" in operations
    has_controls = any(re.match(r"ControlNet( \d+|-\d+ |.*(Enabled|Module|Model))", name) for name in said)
    if not is_redrawn:
        draft.fields["task"] = "control_to_image" if has_controls else "text_to_image"
        return
    draft.fields["task"] = "inpaint" if has_mask else "image_to_image"
    draft.lack("picture", "that it started from")
    if has_mask:
        draft.lack("picture", "of the mask")
    draft.say(f"the picture that it started from{' and its mask are' if has_mask else ' is'} not in the file")
    if strength is not None:
        draft.take("strength", strength)
        if has_pass:
            draft.say(f"Denoising strength {strength:g} may be of the picture or of another pass")
