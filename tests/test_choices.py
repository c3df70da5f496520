"""What a person may choose from comes from the model's card, and is what is drawn."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import pytest

from lab.core import Recipe, Request, Size
from lab.core.catalogue import CATALOGUE, ModelCard
from lab.core.model_card import SAMPLERS
from lab.session.choices import count_words, locked, samplers_of, sizes_of, snapped
from lab.tasks import plan
from lab.vision.waking import WAKING

CARDS = list(CATALOGUE.values())


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_sizes_by_ratio_have_the_models_own_number_of_pixels(card: ModelCard) -> None:
    sizes = sizes_of(card)
    assert sizes[0] == ("1:1", card.native)
    assert len({size for _, size in sizes}) == len({ratio for ratio, _ in sizes}) == len(sizes)
    for ratio, size in sizes:
        width, height = map(int, ratio.split(":"))
        assert size == size.multiple_of(card.multiple)
        assert size.pixels == pytest.approx(card.native.pixels, rel=0.15)
        assert size.width / size.height == pytest.approx(width / height, rel=1.5 * card.multiple / min(size))


def test_what_is_shown_to_be_drawn_is_drawn() -> None:
    for card in (CATALOGUE["starter"], CATALOGUE["sd15"]):
        for width, height in ((300, 200), (None, 333), (100, None), (1000, 17)):
            planned = plan(Request(Recipe(model=card.name, prompt="a", width=width, height=height))).plan
            assert snapped(card, width, height) == planned.size
            asked = Size(width or planned.size.width, height or planned.size.height)
            assert ("was asked for" in planned.note) is (planned.size != asked)


def test_a_locked_ratio_follows_either_side() -> None:
    assert locked(Size(3, 2), width=600) == Size(600, 400)
    assert locked(Size(3, 2), height=600) == Size(900, 600)
    assert locked(Size(3, 2)) == Size(3, 2)


@pytest.mark.parametrize("card", [card for card in CARDS if not card.edits], ids=lambda card: card.name)
def test_samplers_are_those_of_the_card_and_go_by_their_titles(card: ModelCard) -> None:
    samplers = samplers_of(card)
    assert samplers[0].name == card.scheduler
    assert {one.name for one in samplers} == set(card.schedulers)
    for one in samplers:
        assert 1 <= one.steps[0] <= one.steps[1] <= 50
        drawn = plan(Request(Recipe(model=card.name, prompt="a", scheduler=one.title))).plan
        assert drawn.scheduler == one.name
    assert len({one.title for one in samplers}) == len(samplers)
    assert samplers[0].steps[0] <= card.steps <= samplers[0].steps[1]


def test_all_titles_are_names_of_no_other_sampler() -> None:
    assert {Recipe(scheduler=one.title).scheduler for one in SAMPLERS.values()} == set(SAMPLERS)


def test_choosing_wakes_no_network() -> None:
    said = (
        "import sys; from pathlib import Path; from lab.session.choices import *;"
        "from lab.core.catalogue import CATALOGUE; card = CATALOGUE['sd15'];"
        "sizes_of(card); samplers_of(card); loras_in(Path('.')); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "False", done.stderr


def test_words_are_counted_by_one_thread_at_a_time_as_long_as_libraries_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two Studios of a lab that draws elsewhere are the first to read them, each on a thread of its own."""
    is_alone: list[bool] = []

    class Read(ModuleType):
        def __getattr__(self, name: str) -> object:
            if name != "counted":
                raise AttributeError(name)
            other = ThreadPoolExecutor(1).submit(WAKING.acquire, blocking=False)
            is_alone.append(not other.result())
            return lambda *_, **__: (3, 75, None, 1)

    monkeypatch.setitem(sys.modules, "lab.pipelines.word_count", Read("lab.pipelines.word_count"))
    assert count_words("a red apple", CATALOGUE["sd15"]) == (3, 75, None, 1)
    assert set(is_alone) == {True}
