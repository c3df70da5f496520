"""Parts of a picture with words of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline

from bench._halves import PAIRS, halves, is_right
from lab.core import BadInput, Mask, Picture, Recipe, Request, Size, region
from lab.core.catalogue import CATALOGUE
from lab.core.conditioning import RegionGuide, control, reference
from lab.pipelines.heard_in_transformers import heard_in_transformers
from lab.pipelines.regions import RegionWords
from tests.pipelines.bare_diffusers import photo
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.reporters import Told

SIDE = 64


def half(*, left: bool, side: int = SIDE) -> Mask:
    levels = np.zeros((side, side), np.uint8)
    levels[:, : side // 2] = 255
    return Mask(levels if left else 255 - levels)


EVERYWHERE = Mask(np.full((SIDE, SIDE), 255, np.uint8))


def drawn(engine: DrawingEngine, regions: list[RegionGuide], pictures: tuple[Picture, ...] = (), **changes: Any) -> Any:
    said = {"model": "sd15", "seed": 3, "steps": 2, "width": SIDE, "height": SIDE, "prompt": ""}
    recipe = Recipe(**{**said, **changes, "regions": tuple(one.value for one in regions)})
    known = [*(one.picture for one in regions), *pictures]
    return engine.run(Request(recipe, {one.hash: one for one in known}), Told())


@pytest.mark.parametrize("model", ["starter", "sd15", "sdxl", "klein-base"])
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
    picture = torch.zeros(1, side * side + seen, 4)
    with heard_in_transformers([network], {"prompt_embeds": prompt}, parts, (side, side)):
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


def test_the_starter_model_draws_each_half_in_its_own_colour() -> None:
    engine = DrawingEngine("cpu")
    for left, right in PAIRS[:2]:
        parts = halves(left, right, CATALOGUE["starter"].native)
        sides: dict[str, Any] = {"width": None, "height": None, "steps": None}
        assert is_right(drawn(engine, parts, model="starter", seed=0, **sides)[0], left, right)
        whole = drawn(engine, [], model="starter", prompt=f"{left} and {right}", seed=0, **sides)[0]
        assert not is_right(whole, left, right), "one prompt mixes them"


def test_what_cannot_be_is_a_sentence(engine: DrawingEngine) -> None:
    part = region(EVERYWHERE, "a cat")
    with pytest.raises(BadInput, match="hears the same words everywhere"):
        drawn(engine, [part], model="z-image")
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
