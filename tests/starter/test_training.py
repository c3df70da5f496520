"""The training code's small promises; no training happens here."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from lab.starter.train import checkpoints, muon
from lab.starter.train.latents import Lessons


def test_a_checkpoint_comes_back(tmp_path: Path):
    checkpoints.save(tmp_path / "model.pt", {"step": 7, "weight": torch.ones(3)})
    found = checkpoints.load(tmp_path / "model.pt")
    assert found is not None
    assert found["step"] == 7
    assert [file.name for file in tmp_path.iterdir()] == ["model.pt"]
    assert checkpoints.load(tmp_path / "none.pt") is None


def test_the_clock_goes_on_where_it_stopped():
    assert checkpoints.Clock(planned_s=60, spent_s=61).is_over
    assert 0.5 <= checkpoints.Clock(planned_s=60, spent_s=30).progress < 0.6


@pytest.mark.parametrize(
    ("step", "progress", "share"), [(0, 0.0, 0.01), (99, 0.1, 1.0), (5000, 0.7, 0.5), (9000, 1.0, 0.02)]
)
def test_the_learning_rate_rises_holds_and_falls(step: int, progress: float, share: float):
    assert checkpoints.rate_share(step, progress) == pytest.approx(share)


def test_muon_turns_gradients_into_even_steps():
    torch.manual_seed(0)
    lopsided = torch.randn(2, 40, 90) * torch.logspace(0, -2, 40)[None, :, None]
    strengths = torch.linalg.svdvals(muon.orthogonalised(lopsided))
    assert float(strengths.min()) > 0.5, f"weakest direction {float(strengths.min()):.2f}"
    assert float(strengths.max()) < 1.4, f"strongest direction {float(strengths.max()):.2f}"


def test_words_that_join_the_time_embedding_are_silent_at_first():
    from lab.starter.train import models

    with torch.no_grad():
        heard = models.build_unet().add_embedding(torch.randn(2, 16, models.TEXT_WIDTH))
    assert torch.count_nonzero(heard) == 0


def test_each_resolution_of_a_controlnet_has_its_own_gain():
    from lab.starter.train.export import amplify
    from lab.starter.train.models import Artist

    net = Artist().controlnet
    layers = [*net.controlnet_down_blocks, net.controlnet_mid_block]
    with torch.no_grad():
        for layer in layers:
            layer.weight.fill_(1)
    said = net(torch.zeros(1, 12, 16, 16), 0, torch.zeros(1, 16, 128), torch.zeros(1, 3, 256, 256), return_dict=False)
    gains = {16: 2.0, 8: 3.0, 4: 5.0}
    amplify(net, list(gains.values()))
    sides = [part.shape[-1] for part in (*said[0], said[1])]
    assert [layer.weight.mean().item() for layer in layers] == [gains[side] for side in sides]


def test_a_portrait_is_the_object_as_it_is_under_its_bare_names():
    from lab.starter.train import pool
    from lab.starter.train.things import Thing

    art = np.zeros((64, 64, 4), np.uint8)
    art[16:48, 24:40] = (200, 30, 30, 255)
    apple = Thing("1f34e", ("red apple", "apple"), "Food & Drink")
    made = pool.make_portrait(apple, art, 5)
    assert made.picture.shape == (256, 256, 3)
    assert made.picture[:40].min() == 255, "white around it"
    assert (made.picture[128, 128] == (200, 30, 30)).all()
    assert np.array_equal(made.picture, made.picture[:, ::-1]), "neither turned nor moved"
    assert {words.split(maxsplit=1)[-1].removeprefix("red ") for words in made.captions} <= {"apple"}
    assert pool.make_portrait(apple, art, 5).captions == made.captions


def lessons(value: float) -> Lessons:
    """Five rows that are all this value."""
    return Lessons(
        torch.full((5, 12, 16, 16), value).half(),
        torch.full((5, 3, 16), int(value) + 4),
        np.zeros((5, 2, 256 * 256 // 8), np.uint8),
        torch.zeros(16, dtype=torch.int64),
        np.full(5, 0.2),
    )


def test_the_last_rows_of_a_batch_are_portraits():
    from lab.starter.train import diffusion

    batch = diffusion.batch_of(lessons(1.0), np.random.default_rng(0), lessons(2.0))
    portraits = batch.latents[:, 0, 0, 0] == 2
    assert portraits.tolist() == [False] * (diffusion.BATCH - diffusion.PORTRAITS) + [True] * diffusion.PORTRAITS
    assert set(batch.tokens[portraits].unique().tolist()) <= {0, 6}
    assert len(batch.sketches) == diffusion.DRAWN
    assert (diffusion.batch_of(lessons(1.0), np.random.default_rng(0)).latents == 1).all()


def test_half_of_the_rows_with_a_sketch_are_bent_objects():
    from lab.starter.train import diffusion

    batch = diffusion.batch_of(lessons(1.0), np.random.default_rng(0), bent=lessons(3.0))
    bent = batch.latents[:, 0, 0, 0] == 3
    assert (bent[: diffusion.DRAWN].sum(), bent[diffusion.DRAWN :].sum()) == (diffusion.BENT, 0)
    assert set(batch.tokens[bent].unique().tolist()) <= {0, 7}


def test_a_bent_object_has_another_shape_in_its_own_colours_and_its_sketch_follows_that_shape():
    from lab.starter.train import pool, sketches
    from lab.starter.train.things import Thing

    art = np.zeros((64, 64, 4), np.uint8)
    art[16:48, 16:48] = (200, 30, 30, 255)
    apple = Thing("1f34e", ("red apple", "apple"), "Food & Drink")
    sides = []
    for seed in range(12):
        made = pool.make_bent(apple, art, seed)
        red = (made.picture[..., 0] > 180) & (made.picture[..., 1] < 60)
        assert red.mean() > 0.05, "most of it is as red as it was"
        assert (made.picture == 255).all(-1).mean() > 0.1, "on white"
        sides.append(red.any(0).sum() / red.any(1).sum())
        lines = sketches.unpacked(made.sketches[0], 256)
        near = cv2.dilate(red.astype(np.uint8), np.ones((15, 15), np.uint8)) > 0
        assert near[lines].mean() > 0.95, "its lines are on it"
    assert min(sides) < 0.87, "some became high"
    assert max(sides) > 1.15, "some became wide"


def test_sketches_with_more_lines_are_shown_more_often(tmp_path: Path):
    from lab.starter.train import diffusion, latents, tokens
    from lab.starter.train.things import Thing

    (tmp_path / "pool").mkdir()
    (tmp_path / "pool" / "words.json").write_text('{"captions": [["a red apple"]], "codes": ["1f34e"]}')
    tokens.train_tokenizer(tmp_path, [Thing("1f34e", ("red apple", "apple"), "Food & Drink")])
    bits = np.zeros((3, 2, 256 * 256 // 8), np.uint8)
    bits[1, :, :10], bits[2, :, :30] = 1, 3
    np.save(tmp_path / "pool" / "sketches.npy", bits)
    rows = torch.arange(3).reshape(3, 1, 1, 1).expand(3, 12, 16, 16).half()
    checkpoints.save(tmp_path / "pool" / "lessons.pt", {"latents": rows, "tokens": torch.ones(3, 3, 16).long()})
    lessons = latents.open_lessons(tmp_path)
    assert lessons.ink.tolist() == pytest.approx([0, 1 / 7, 6 / 7])
    batch = diffusion.batch_of(lessons, np.random.default_rng(0), size=400, drawn=300)
    seen = batch.latents[:, 0, 0, 0].long()
    assert seen[:300].bincount(minlength=3)[0] == 0
    assert 200 < seen[:300].bincount()[2] < 300
    assert seen[300:].bincount(minlength=3).min() > 15, "words alone are learned of every picture alike"
