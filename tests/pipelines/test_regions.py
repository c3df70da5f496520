"""Parts of a picture with words of their own."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline, ZImagePipeline

from bench._halves import PAIRS, halves, is_right
from lab.core import BadInput, Mask, Picture, Recipe, Request, Size, model_card, region
from lab.core.catalogue import CATALOGUE
from lab.core.conditioning import RegionGuide, control, reference
from lab.pipelines.regions import RegionWords
from lab.pipelines.regions.in_flux2 import heard_in_flux2
from tests.pipelines.bare_diffusers import photo
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told

SIDE = 64


def half(*, left: bool, side: int = SIDE) -> Mask:
    levels = np.zeros((side, side), np.uint8)
    levels[:, : side // 2] = 255
    return Mask(levels if left else 255 - levels)


LONG = "a blue cup on a long table by the window"
EVERYWHERE = Mask(np.full((SIDE, SIDE), 255, np.uint8))


def drawn(engine: DrawingEngine, regions: list[RegionGuide], pictures: tuple[Picture, ...] = (), **changes: Any) -> Any:
    said = {"model": "sd15", "seed": 3, "steps": 2, "width": SIDE, "height": SIDE, "prompt": ""}
    recipe = Recipe(**{**said, **changes, "regions": tuple(one.value for one in regions)})
    known = [*(one.picture for one in regions), *pictures]
    return engine.run(Request(recipe, {one.hash: one for one in known}), Told())


@pytest.mark.parametrize("model", ["starter", "sd15", "sdxl", "klein-base", "z-image"])
@pytest.mark.parametrize(
    "changes", [{}, {"guidance_scale": 1.0}, {"words": "weighted"}], ids=["", "unguided", "weighted"]
)
def test_one_region_over_all_is_the_plain_picture_to_the_bit(
    engine: DrawingEngine, model: str, changes: dict[str, Any]
) -> None:
    if changes.get("words") == "weighted" and not CATALOGUE[model].weighs_words:
        pytest.skip("reads words as they stand")
    plain = drawn(engine, [], model=model, prompt="a red apple", **changes)[0]
    one = drawn(engine, [region(EVERYWHERE, "a red apple")], model=model, prompt="a cat", **changes)[0]
    assert one == plain
    assert drawn(engine, [], model=model, prompt="a cat", **changes)[0] != plain, "the words count here"


@pytest.mark.parametrize("model", ["klein-base", "z-image"])
def test_what_to_avoid_is_the_same_everywhere_even_where_it_is_the_prompt(engine: DrawingEngine, model: str) -> None:
    parts = [region(half(left=True), "a red apple"), region(half(left=False), "a cat")]
    both = {"model": model, "guidance_scale": 4.0, "prompt": "a cup", "steps": 1}
    other = drawn(engine, parts, **both, negative_prompt="a cap")[0]
    same = drawn(engine, parts, **both, negative_prompt="a cup")[0]
    unguided = drawn(engine, parts, **{**both, "guidance_scale": 1.0})[0]
    assert len({other, same, unguided}) == 3


@pytest.mark.usefixtures("_bare_task")
@pytest.mark.parametrize("kinds", [("lines",), ("lines", "depth")])
def test_zimages_controls_stay_beside_regions(engine: DrawingEngine, kinds: tuple[str, ...]) -> None:
    """The second ControlNet also refines the picture alone."""
    guides = [control(photo(Size(SIDE, SIDE)), kind, preprocessor="none") for kind in kinds]
    given: dict[str, Any] = {"controls": tuple(one.value for one in guides), "model": "z-image", "guidance_scale": 3.0}
    pictures = tuple(one.picture for one in guides)
    plain = drawn(engine, [], pictures, prompt="a red apple", **given)[0]
    assert drawn(engine, [region(EVERYWHERE, "a red apple")], pictures, **given)[0] == plain
    parts = [region(half(left=True), "a red apple"), region(half(left=False), LONG)]
    steered = drawn(engine, parts, pictures, **given)[0]
    assert steered != plain
    assert steered != drawn(engine, parts, **{**given, "controls": ()})[0]


@pytest.mark.usefixtures("_bare_task")
def test_what_steers_and_what_is_lent_stay_beside_regions(engine: DrawingEngine) -> None:
    guide, lent = control(photo(Size(SIDE, SIDE)), "lines", preprocessor="none"), reference(photo(Size(SIDE, SIDE)))
    steered = {"controls": (guide.value,), "references": (lent.value,)}
    pictures = (guide.picture, lent.picture)
    plain = drawn(engine, [], pictures, prompt="a red apple", **steered)[0]
    assert drawn(engine, [region(EVERYWHERE, "a red apple")], pictures, **steered)[0] == plain
    assert drawn(engine, [], prompt="a red apple")[0] != plain


def test_words_and_tokens_hear_each_other_where_the_masks_say() -> None:
    """The mask that a transformer gets, against its definition, written down pair by pair."""
    length, side, seen = 2, 2, 1
    prompt, left, both = (torch.full((1, length, 4), float(value)) for value in range(3))
    half_left = np.array([[255, 0], [255, 0]], np.uint8)
    parts = [RegionWords({"prompt_embeds": left}, Mask(half_left)),
             RegionWords({"prompt_embeds": both}, Mask(np.array([[255, 0], [0, 0]], np.uint8)))]  # fmt: skip
    asked: dict[str, Any] = {}
    network: Any = torch.nn.Linear(1, 1)
    network.forward = lambda **kwargs: asked.update(kwargs)
    network.cache_context = nullcontext
    picture = torch.zeros(1, side * side + seen, 4)
    with heard_in_flux2([network], {"prompt_embeds": prompt}, parts, (side, side)):
        network(hidden_states=picture, encoder_hidden_states=prompt.clone(), txt_ids=torch.zeros(1, length, 4))
    assert torch.equal(asked["encoder_hidden_states"], torch.cat([prompt, left, both], dim=1))
    bias = asked["joint_attention_kwargs"]["attention_mask"][0, 0]
    share = {0: (0, 1, 0, 1), 1: (0.5, 0, 1, 0), 2: (0.5, 0, 0, 0)}
    for query in range(len(bias)):
        for key in range(len(bias)):
            texts = [place // length if place < 3 * length else None for place in (query, key)]
            pixels = [place - 3 * length for place in (query, key)]
            if texts[0] is not None and texts[1] is not None:
                counts = float(texts[0] == texts[1])
            elif texts[0] is None and texts[1] is None:
                counts = 1.0
            else:
                text, pixel = (texts[0], pixels[1]) if texts[0] is not None else (texts[1], pixels[0])
                counts = 1.0 if pixel >= side * side else share[text or 0][pixel]
            assert bias[query, key].exp() == pytest.approx(counts)


class _Naive:
    """Attention for two halves, head by head, in plain sums: what the lab's is compared with."""

    def __init__(self, left: torch.Tensor, right: torch.Tensor) -> None:
        self.words = (left, right)

    def __call__(self, attn: Any, hidden_states: torch.Tensor, encoder_hidden_states: Any = None, **_: Any) -> Any:
        made = hidden_states.clone()
        side = int(hidden_states.shape[1] ** 0.5)
        for row, words in ((0, [encoder_hidden_states[:1]] * 2), (1, self.words)):
            pixels = hidden_states[row : row + 1]
            answers = []
            for said in words:
                query, keys, values = attn.to_q(pixels)[0], attn.to_k(said)[0], attn.to_v(said)[0]
                wide = query.shape[1] // attn.heads
                heads = [slice(one * wide, (one + 1) * wide) for one in range(attn.heads)]
                parts = [torch.softmax(query[:, at] @ keys[:, at].T / wide**0.5, -1) @ values[:, at] for at in heads]
                answers.append(torch.cat(parts, 1).reshape(side, side, -1))
            both = torch.cat([answers[0][:, : side // 2], answers[1][:, side // 2 :]], 1)
            made[row] = attn.to_out[0](both.reshape(side * side, -1))
        return made


def test_two_halves_are_what_a_naive_attention_draws(engine: DrawingEngine, tiny: dict[str, Any]) -> None:
    parts = [region(half(left=True), "a red apple"), region(half(left=False), "a blue cup")]
    ours, plan = drawn(engine, parts, scheduler="ddim", guidance_scale=4.0)
    pipe: Any = StableDiffusionPipeline.from_pretrained(tiny["sd15"])
    pipe.set_progress_bar_config(disable=True)
    left, right, none = (pipe.encode_prompt(one, "cpu", 1, False)[0] for one in ("a red apple", "a blue cup", ""))
    for name, module in pipe.unet.named_modules():
        if name.endswith("attn2"):
            module.set_processor(_Naive(left, right))
    theirs = pipe(
        prompt_embeds=none, negative_prompt_embeds=none, num_inference_steps=2, guidance_scale=4.0, height=SIDE,
        width=SIDE, generator=torch.Generator().manual_seed(3), output_type="np",
    ).images[0]  # fmt: skip
    assert plan.scheduler == "ddim"
    assert np.abs(ours.pixels / 255 - theirs).max() < 1.5 / 255


def heard_in_halves(network: Any, left: torch.Tensor, right: torch.Tensor) -> Any:
    """Z-Image's transformer for one picture of 4 x 4 tokens, each half of which hears one text, token by token."""

    def rotated(values: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        turns = network.rope_embedder(places)[:, None]
        return torch.view_as_real(torch.view_as_complex(values.reshape(*values.shape[:-1], -1, 2)) * turns).flatten(2)

    def through(layer: Any, row: torch.Tensor, places: torch.Tensor, hears: list[list[int]], time: Any) -> torch.Tensor:
        gates: list[Any] = [0, 1, 0, 1] if time is None else list(layer.adaLN_modulation(time).chunk(4, 1))
        if time is not None:
            gates[1], gates[3] = gates[1].tanh(), gates[3].tanh()
        attn, given = layer.attention, layer.attention_norm1(row) * (1 + gates[0])
        query, keys, values = (to(given).unflatten(-1, (attn.heads, -1)) for to in (attn.to_q, attn.to_k, attn.to_v))
        query, keys = rotated(attn.norm_q(query), places), rotated(attn.norm_k(keys), places)
        heard = torch.empty_like(given)
        for token, seen in enumerate(hears):
            logits = torch.einsum("hw,khw->hk", query[token], keys[seen]) / query.shape[-1] ** 0.5
            heard[token] = torch.einsum("hk,khw->hw", logits.softmax(-1), values[seen]).flatten()
        row = row + gates[1] * layer.attention_norm2(attn.to_out[0](heard))
        return row + gates[3] * layer.ffn_norm2(layer.feed_forward(layer.ffn_norm1(row) * (1 + gates[2])))

    def alone(layers: Any, row: torch.Tensor, places: torch.Tensor, time: Any = None) -> torch.Tensor:
        for layer in layers:
            row = through(layer, row, places, [list(range(len(row)))] * len(row), time)
        return row

    def forward(x: list[torch.Tensor], t: torch.Tensor, _: Any, **__: Any) -> Any:
        time = network.t_embedder(t * network.t_scale)
        longest = 32 * max(-(-len(text) // 32) for text in (left, right))
        texts = []
        for text in (left, right):
            pads = -len(text) % 32
            row = torch.cat([network.cap_embedder(text), network.cap_pad_token.repeat(pads, 1)])
            places = torch.tensor([[longest - len(row) + 1 + at, 0, 0] for at in range(len(row))])
            texts.append((alone(network.context_refiner, row, places), places))
        pixels = x[0].reshape(16, 4, 2, 4, 2).permute(1, 3, 2, 4, 0).reshape(16, 64)
        row = torch.cat([network.all_x_embedder["2-1"](pixels), network.x_pad_token.repeat(16, 1)])
        places = torch.tensor([[longest + 1, at // 4, at % 4] for at in range(16)] + [[0, 0, 0]] * 16)
        row, ends = alone(network.noise_refiner, row, places, time), 32 + len(texts[0][0])
        said = {0: list(range(32, ends)), 1: list(range(ends, ends + len(texts[1][0])))}
        at = {side: [one for one in range(16) if (one % 4 >= 2) == side] + list(range(16, 32)) for side in (0, 1)}
        hears = [list(range(32)) + (said[one % 4 >= 2] if one < 16 else said[0] + said[1]) for one in range(32)]
        hears += [at[side] + said[side] for side in (0, 1) for _ in said[side]]
        row, places = torch.cat([row, *(one for one, _ in texts)]), torch.cat([places, *(one for _, one in texts)])
        for layer in network.layers:
            row = through(layer, row, places, hears, time)
        made = network.all_final_layer["2-1"](row[None], c=time)[0, :16]
        return ([made.reshape(4, 4, 2, 2, 16).permute(4, 0, 2, 1, 3).reshape(16, 1, 8, 8)],)

    return forward


def test_two_halves_on_zimage_are_what_each_token_hears(engine: DrawingEngine, tiny: dict[str, Any]) -> None:
    parts = [region(half(left=True), "a red apple"), region(half(left=False), LONG)]
    ours, _ = drawn(engine, parts, model="z-image", guidance_scale=1.0)
    pipe: Any = ZImagePipeline.from_pretrained(tiny["z-image"])
    pipe.set_progress_bar_config(disable=True)
    left, right = pipe.encode_prompt(["a red apple", LONG], "cpu", do_classifier_free_guidance=False)[0]
    assert (len(left) + 31) // 32 != (len(right) + 31) // 32, "they are laid out in rows of different length"
    given: dict[str, Any] = {"num_inference_steps": 2, "guidance_scale": 0.0, "height": SIDE, "width": SIDE}
    plain = pipe(prompt_embeds=[left], **given, generator=torch.Generator().manual_seed(3), output_type="np").images[0]
    pipe.transformer.forward = heard_in_halves(pipe.transformer, left, right)
    theirs = pipe(prompt_embeds=[left], **given, generator=torch.Generator().manual_seed(3), output_type="np").images[0]
    off = np.abs(ours.pixels / 255 - theirs).max()
    assert off < 1.5 / 255, f"off by {off * 255:.1f} levels"
    assert np.abs(plain - theirs).max() > 3 / 255, "the words count here"


def test_the_starter_model_draws_each_half_in_its_own_colour() -> None:
    engine = DrawingEngine("cpu")
    for left, right in PAIRS[:2]:
        parts = halves(left, right, CATALOGUE["starter"].native)
        sides: dict[str, Any] = {"width": None, "height": None, "steps": None}
        assert is_right(drawn(engine, parts, model="starter", seed=0, **sides)[0], left, right)
        whole = drawn(engine, [], model="starter", prompt=f"{left} and {right}", seed=0, **sides)[0]
        assert not is_right(whole, left, right), "one prompt mixes them"


def test_what_cannot_be_is_a_sentence(engine: DrawingEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    part = region(EVERYWHERE, "a cat")
    with monkeypatch.context() as patch:
        patch.setattr(model_card, "_HEARD_IN_PARTS", ("klein",))
        with pytest.raises(BadInput, match="sd15 hears the same words everywhere"):
            drawn(engine, [part])
    with pytest.raises(BadInput, match="at most 4 regions, not 5"):
        drawn(engine, [part] * 5)
    with pytest.raises(BadInput, match="not drawn with acceleration 'taylorseer'"):
        drawn(engine, [part], acceleration="taylorseer")
    nowhere = region(Mask(np.zeros((SIDE, SIDE), np.uint8)), "a cat")
    assert "the mask of region 1 is empty" in drawn(engine, [nowhere])[1].note
    with pytest.raises(BadInput, match="does not use regions"):
        drawn(engine, [part], task="upscale", prompt="", width=None, height=None, steps=None)


def test_a_recipe_without_regions_is_written_as_before() -> None:
    assert "regions" not in Recipe(prompt="a cat").to_json()
    part = region(EVERYWHERE, "a cat")
    said = Recipe(regions=(part.value,))
    assert Recipe.from_json(said.to_json()) == said
    assert "Region(" in said.to_code()
