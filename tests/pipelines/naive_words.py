"""Weighted prompts once more, sign by sign and as slowly as it is said: what the lab's pictures are compared with."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby
from typing import Any

import torch

BREAK = "\0"


def signs(prompt: str) -> list[tuple[str, float]]:  # noqa: C901 - naive is long
    """Every sign of a prompt that is read, with its weight."""
    read: list[list[Any]] = []
    opened: list[tuple[str, int]] = []

    def multiply(sign: str, by: float) -> None:
        place = max(number for number, (one, _) in enumerate(opened) if one == sign)
        for one in read[opened.pop(place)[1] :]:
            one[1] *= by

    text, place = re.sub(r"\s*\bBREAK\b\s*", BREAK, prompt), 0
    while place < len(text):
        sign = text[place]
        known = [one for one, _ in opened]
        number = re.match(r":\s*([-+]?\d*\.?\d*)\s*\)", text[place:])
        if sign == "\\":
            place += 1
            if text[place : place + 1] in {"\\", "(", ")", "[", "]"}:
                read.append([text[place], 1.0])
                place += 1
            continue
        if sign in {"(", "["}:
            opened.append((sign, len(read)))
        elif number and number[1].strip("+-.") and "(" in known:
            multiply("(", float(number[1]))
            place += len(number[0]) - 1
        elif sign == ")" and "(" in known:
            multiply("(", 1.1)
        elif sign == "]" and "[" in known:
            multiply("[", 1 / 1.1)
        else:
            read.append([sign, 1.0])
        place += 1
    for sign in ("(", "["):
        while sign in [one for one, _ in opened]:
            multiply(sign, 1.1 if sign == "(" else 1 / 1.1)
    return [(sign, weight) for sign, weight in read]


def chunks(tokenizer: Any, prompt: str) -> list[list[tuple[int, float]]]:
    """The pieces of words with their weights, as many in a row as are read at once."""
    room = tokenizer.model_max_length - 2
    (comma,) = tokenizer(",", add_special_tokens=False)["input_ids"]
    made: list[list[tuple[int, float]]] = []
    parts: list[list[tuple[int, float]]] = [[]]
    for (is_break, weight), run in groupby(signs(prompt), lambda one: (one[0] == BREAK, one[1])):
        text = "".join(sign for sign, _ in run)
        if is_break:
            parts += [[] for _ in text]
        else:
            parts[-1] += [(piece, weight) for piece in tokenizer(text, add_special_tokens=False)["input_ids"]]
    for part in parts:
        left, begins_full = part, False
        while len(left) > room:
            commas = [at for at in range(int(begins_full), room) if left[at][0] == comma and room - at <= 20]
            cut = commas[-1] + 1 if commas and left[room][0] != comma else room
            made.append(left[:cut])
            left, begins_full = left[cut:], cut == room
        made.append(left)
    return made if made[-1] or len(made) == 1 else made[:-1]


def states(tokenizer: Any, encoder: Any, prompt: str, of: Callable[[Any], torch.Tensor]) -> tuple[torch.Tensor, Any]:
    """What an encoder makes of a prompt, and what it answered to the first chunk."""
    rows, answers = [], []
    for chunk in chunks(tokenizer, prompt):
        padding = [tokenizer.pad_token_id] * (tokenizer.model_max_length - 2 - len(chunk))
        pieces = [tokenizer.bos_token_id, *[piece for piece, _ in chunk], tokenizer.eos_token_id, *padding]
        answers.append(encoder(torch.tensor([pieces]), output_hidden_states=True))
        state = of(answers[-1]).clone()
        mean = state.mean()
        for place, (_, weight) in enumerate(chunk, start=1):
            state[:, place] *= weight
        rows.append(state if chunk == [(piece, 1.0) for piece, _ in chunk] else state * (mean / state.mean()))
    return torch.cat(rows, dim=1), answers[0]


def words(pipe: Any, prompt: str) -> dict[str, torch.Tensor]:
    """The arguments of a diffusers call for a prompt of Stable Diffusion 1.5 or XL."""
    if not hasattr(pipe, "text_encoder_2"):
        return {"prompt_embeds": states(pipe.tokenizer, pipe.text_encoder, prompt, lambda one: one[0])[0]}
    first, _ = states(pipe.tokenizer, pipe.text_encoder, prompt, lambda one: one.hidden_states[-2])
    second, answer = states(pipe.tokenizer_2, pipe.text_encoder_2, prompt, lambda one: one.hidden_states[-2])
    return {"prompt_embeds": torch.cat([first, second], -1), "pooled_prompt_embeds": answer[0]}


def both(pipe: Any, prompt: str, negative: str) -> dict[str, torch.Tensor]:
    """The same of both prompts, the shorter one with empty chunks behind it; SDXL's empty negative one is nothing."""
    made, against = words(pipe, prompt), words(pipe, negative)
    empty = words(pipe, "")["prompt_embeds"]
    while made["prompt_embeds"].shape[1] < against["prompt_embeds"].shape[1]:
        made["prompt_embeds"] = torch.cat([made["prompt_embeds"], empty], 1)
    while against["prompt_embeds"].shape[1] < made["prompt_embeds"].shape[1]:
        against["prompt_embeds"] = torch.cat([against["prompt_embeds"], empty], 1)
    if not negative and hasattr(pipe, "text_encoder_2"):
        against = {name: torch.zeros_like(one) for name, one in against.items()}
    return made | {f"negative_{name}": one for name, one in against.items()}
