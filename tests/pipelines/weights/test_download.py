"""Downloads, from a hub on this machine."""

from __future__ import annotations

import io
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from diffusers import DiffusionPipeline
from huggingface_hub import constants
from PIL import Image
from safetensors.torch import load_file, save_file

from lab.core import BadInput, Lora, MissingWeights, Recipe, Request, Stopped
from lab.core.catalogue import CATALOGUE
from lab.core.events import Result
from lab.gallery.metadata import KEY, png_with_recipe
from lab.pipelines.weights import byte_download, download
from lab.pipelines.weights.locate import find_lora, find_model
from tests.pipelines.checkpoints import write_checkpoint
from tests.pipelines.drawing import DrawingEngine
from tests.pipelines.local_hub import COMMIT, TOKEN, Hub, open_hub
from tests.pipelines.reporters import Told


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub on this machine, whose library waits for nothing."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    with open_hub(monkeypatch, tmp_path / "cache") as hub:
        yield hub


@pytest.fixture
def card(engine: DrawingEngine, server: Hub, tiny: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The tiny sd15, to be fetched from the server; with files beside it that nobody needs."""
    server.add("tiny/sd15", tiny["sd15"])
    extra = server.repos["tiny/sd15"]
    extra["v1-5.ckpt"] = extra["unet/diffusion_pytorch_model.bin"] = b"pickle"
    extra["unet/diffusion_pytorch_model.non_ema.safetensors"] = b"another variant"
    extra["unet/diffusion_pytorch_model.fp16.safetensors"] = extra["unet/diffusion_pytorch_model.safetensors"]
    extra["safety_checker/model.safetensors"] = b"never read"
    extra["README.md"] = b"words"
    fetched = replace(CATALOGUE["sd15"], repo="tiny/sd15", variant="fp16")
    monkeypatch.setitem(CATALOGUE, "sd15", fetched)
    return fetched


def test_only_the_files_that_are_read_are_fetched_and_the_picture_is_the_same(
    engine: DrawingEngine, server: Hub, card: Any, tiny: dict[str, Path]
) -> None:
    wanted = Request(Recipe(model="sd15", prompt="a red apple", steps=2))
    reporter = Told()
    picture, _ = engine.run(wanted, reporter)
    fetched = server.files_asked()
    assert "unet/diffusion_pytorch_model.fp16.safetensors" in fetched
    assert "text_encoder/model.safetensors" in fetched, "what has no such variant comes plain"
    assert not [name for name in fetched if name.endswith((".bin", ".ckpt", ".md", "non_ema.safetensors"))]
    assert "safety_checker/model.safetensors" not in fetched
    assert "unet/diffusion_pytorch_model.safetensors" not in fetched
    said = "Fetching sd15, 4 MB; CreativeML OpenRAIL-M; wants 2.1 GB of memory"
    downloading = [(done, total) for stage, done, total in reporter.stages if stage.startswith(said)]
    assert downloading[-1][0] == downloading[-1][1] == 4
    assert [done for done, _ in downloading[-20:]] == sorted(done for done, _ in downloading[-20:])
    asked = len(server.asked)
    card_of_folder = replace(card, repo=str(tiny["sd15"]), variant=None)
    CATALOGUE["sd15"] = card_of_folder
    assert DrawingEngine("cpu").run(wanted, Told())[0] == picture
    CATALOGUE["sd15"] = card
    assert DrawingEngine("cpu").run(wanted, Told())[0] == picture
    assert len(server.asked) == asked, "what is here is asked for no more"


class StopWhenDownloading(Told):
    """Hooks of a job that is cancelled after some MB."""

    def __init__(self, megabytes: int) -> None:
        super().__init__()
        self._megabytes = megabytes

    def check(self) -> None:
        if self.stages and self.stages[-1][0].startswith("Fetching") and self.stages[-1][1] >= self._megabytes:
            msg = "cancelled by the test"
            raise Stopped(msg)


@pytest.mark.usefixtures("engine")
def test_two_kernels_that_want_the_same_model_fetch_it_once(
    server: Hub, card: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(byte_download, "_CHUNK_BYTES", 50_000)
    first, second = Told(), Told()
    kernels = [threading.Thread(target=find_model, args=(card, reporter), daemon=True) for reporter in (first, second)]
    for kernel in kernels:
        kernel.start()
    for kernel in kernels:
        kernel.join(60)
        assert not kernel.is_alive()
    folder = find_model(card, Told())
    for file in folder.rglob("*.safetensors"):
        assert file.read_bytes() == server.repos["tiny/sd15"][file.relative_to(folder).as_posix()]


def test_a_download_is_cancelled_midway_and_goes_on_from_there(
    engine: DrawingEngine, server: Hub, card: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(byte_download, "_CHUNK_BYTES", 100_000)
    with pytest.raises(Stopped):
        find_model(card, StopWhenDownloading(2))
    parts = list(Path(constants.HF_HUB_CACHE).rglob("*.part"))
    assert len(parts) == 1
    come = parts[0].stat().st_size
    assert come > 0
    name = server.asked[-1][1]
    size = len(server.repos["tiny/sd15"][name])
    before = server.sent
    find_model(card, Told())
    others = [n for n in server.files_asked() if n != name]
    rest = sum(len(server.repos["tiny/sd15"][n]) for n in others)
    assert server.sent - before <= size - come + rest, "the beginning was not fetched again"
    assert not list(Path(constants.HF_HUB_CACHE).rglob("*.part"))
    picture, _ = engine.run(Request(Recipe(model="sd15", prompt="a red apple", steps=1)), Told())
    assert picture.size == (64, 64)


def test_a_line_that_breaks_keeps_what_came(server: Hub, card: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(byte_download, "_CHUNK_BYTES", 50_000)
    server.breaks_after = 120_000
    seen = -1
    for _ in range(40):
        try:
            folder = find_model(card, Told())
            break
        except MissingWeights as error:
            assert "tiny/sd15, needed for sd15, is not on this machine and could not be fetched" in str(error)
            now = server.sent
            assert now > seen
            seen = now
    else:
        pytest.fail("it never came to an end")
    for file, data in server.repos["tiny/sd15"].items():
        if (folder / file).exists():
            assert (folder / file).read_bytes() == data


def test_a_beginning_that_was_spoilt_is_found_out(server: Hub, card: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(byte_download, "_CHUNK_BYTES", 100_000)
    with pytest.raises(Stopped):
        find_model(card, StopWhenDownloading(2))
    (part,) = Path(constants.HF_HUB_CACHE).rglob("*.part")
    part.write_bytes(bytes(part.stat().st_size))
    with pytest.raises(MissingWeights, match="did not become what it should be"):
        find_model(card, Told())
    assert find_model(card, Told()).is_dir()


def test_a_token_opens_what_is_gated_and_is_never_shown(
    server: Hub, card: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.gated = "tiny/sd15"
    with pytest.raises(MissingWeights, match=r"tiny/sd15, needed for sd15, wants its terms accepted: .* HF_TOKEN"):
        find_model(card, Told())
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert find_model(card, Told()).is_dir()
    assert f"Bearer {TOKEN}" in server.tokens
    server.repos.clear()
    with pytest.raises(MissingWeights) as raised:
        find_model(replace(card, repo=f"tiny/{TOKEN}"), Told())
    assert "there is no repository" in str(raised.value)


def test_pickles_are_refused_with_a_sentence(server: Hub, card: Any) -> None:
    files = server.repos["tiny/sd15"]
    server.repos["tiny/pickled"] = {name: data for name, data in files.items() if "safetensors" not in name}
    with pytest.raises(BadInput, match=r"diffusion_pytorch_model.bin is a pickle.*no .safetensors beside it"):
        find_model(replace(card, repo="tiny/pickled"), Told())
    with pytest.raises(BadInput, match=r"v1-5.ckpt is a pickle, .* convert it to .safetensors first"):
        find_model(replace(card, repo="tiny/sd15:v1-5.ckpt"), Told())


def test_a_program_in_a_repository_is_never_run(server: Hub, card: Any) -> None:
    index = json.loads(server.repos["tiny/sd15"]["model_index.json"])
    index["unet"] = ["my_unet", "MyUNet"]
    server.repos["tiny/sd15"]["model_index.json"] = json.dumps(index).encode()
    with pytest.raises(BadInput, match="the part unet of this model is a program of its own"):
        find_model(card, Told())


def test_offline_it_says_what_is_missing_and_how_to_get_it(
    server: Hub, card: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = find_model(card, Told())
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert find_model(card, Told()) == folder
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(MissingWeights, match=r"the weights in vae .*`.* -m lab fetch sd15`"):
        find_model(card, Told())


def test_a_folder_that_is_not_whole_says_what_it_lacks(card: Any, tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="there is nothing in /no/such/folder, needed for sd15"):
        find_model(replace(card, repo="/no/such/folder"), Told())
    with pytest.raises(MissingWeights, match=r"is not a whole model in diffusers' layout: model_index.json is missing"):
        find_model(replace(card, repo=str(tmp_path)), Told())


@pytest.mark.parametrize("place", ["tiny/other", "tiny/other:tiny.safetensors"])
def test_any_other_repository_of_a_family_is_fetched_and_draws(
    engine: DrawingEngine, server: Hub, tiny: dict[str, Path], tmp_path: Path, place: str
) -> None:
    expected, _ = engine.run(Request(Recipe(model="sd15", prompt="a cup", steps=1)), Told())
    if ":" in place:
        file = write_checkpoint(DiffusionPipeline.from_pretrained(tiny["sd15"]), tmp_path / "tiny.safetensors")
        server.repos["tiny/other"] = {file.name: file.read_bytes()}
    else:
        server.add("tiny/other", tiny["sd15"])
    reporter = Told()
    wanted = Request(Recipe(model=place, family="sd15", prompt="a cup", steps=1))
    assert engine.run(wanted, reporter)[0] == expected
    assert any(stage.startswith("Fetching") for stage, _, _ in reporter.stages)


def test_the_commit_that_was_fetched_first_is_stayed_with(
    server: Hub, card: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = find_model(card, Told())
    assert folder.name == download.pinned("tiny/sd15") == COMMIT
    asked: list[str] = []
    monkeypatch.setattr(download.HfApi, "model_info", lambda *_, revision, **__: asked.append(revision))
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(AttributeError):  # what was asked for is all that this server is about
        find_model(card, Told())
    assert asked == [COMMIT]


def in_the_cache(repo: str, commit: str, folder: Path, cache: Path) -> Path:
    """A model's files as if they had been fetched at that commit."""
    there = cache / f"models--{repo.replace('/', '--')}" / "snapshots" / commit
    shutil.copytree(folder, there, ignore=shutil.ignore_patterns("ip-adapter", "control*", "ink*"))
    return there


def test_a_recipe_chooses_the_commit_of_its_weights_and_the_picture_says_it(
    engine: DrawingEngine, card: Any, tiny: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned, older = "a" * 40, "b" * 40
    monkeypatch.setitem(CATALOGUE, "sd15", replace(card, revision=pinned, variant=None))
    in_the_cache("tiny/sd15", pinned, tiny["sd15"], tmp_path / "cache")
    unet = in_the_cache("tiny/sd15", older, tiny["sd15"], tmp_path / "cache") / "unet"
    weights = load_file(unet / "diffusion_pytorch_model.safetensors")
    save_file({name: 1.5 * one for name, one in weights.items()}, unet / "diffusion_pytorch_model.safetensors")
    recipe = Recipe(model="sd15", prompt="a cup", steps=2)
    first, ran = engine.run(Request(recipe), Told())
    other, ran_at = engine.run(Request(recipe.changed(revision=older)), Told())
    assert first != other
    assert (ran.revision, ran_at.revision) == (pinned, older)
    assert DrawingEngine("cpu").run(Request(recipe.changed(revision=older)), Told())[0] == other
    assert engine.run(Request(recipe.changed(revision=pinned)), Told())[0] == first
    kept = png_with_recipe(Result(other, Request(recipe), ran_at, 1.0))
    with Image.open(io.BytesIO(kept)) as image:
        assert json.loads(image.info[KEY])["ran"]["revision"] == older


@pytest.mark.parametrize("model", ["starter", "sd15"])
def test_weights_that_are_from_no_hub_know_no_revisions(engine: DrawingEngine, model: str) -> None:
    with pytest.raises(BadInput, match=f"the weights of {model} are not from a model hub"):
        engine.run(Request(Recipe(model=model, revision="c" * 40)), Told())
    assert engine.run(Request(Recipe(model=model, steps=1)), Told())[1].revision is None


def test_a_lora_is_fetched_once_with_its_progress(engine: DrawingEngine, server: Hub, tiny: dict[str, Path]) -> None:
    file = tiny["sd15"] / "ink.safetensors"
    server.repos["tiny/style"] = {"ink.safetensors": file.read_bytes(), "old.ckpt": b"pickle", "README.md": b"words"}
    local, _ = engine.run(Request(Recipe(model="sd15", steps=1, loras=(Lora(name=str(file)),))), Told())
    reporter = Told()
    wanted = Request(Recipe(model="sd15", steps=1, loras=(Lora(name="tiny/style:ink.safetensors"),)))
    assert engine.run(wanted, reporter)[0] == local
    assert any(stage.startswith("Fetching") for stage, _, _ in reporter.stages)
    assert server.files_asked() == {"ink.safetensors"}
    asked = len(server.asked)
    assert DrawingEngine("cpu").run(wanted, Told())[0] == local
    assert len(server.asked) == asked


def test_a_lora_that_was_fetched_by_its_repository_alone_is_found_without_a_network(
    server: Hub, tiny: dict[str, Path]
) -> None:
    ink = (tiny["sd15"] / "ink.safetensors").read_bytes()
    server.repos["tiny/style"] = {"z.safetensors": b"another", "ink.safetensors": ink, "README.md": b"words"}
    first = find_lora("tiny/style", Told())
    assert first.name == "ink.safetensors"
    server.close()
    assert find_lora("tiny/style", Told()) == first
    with pytest.raises(MissingWeights, match=r"the LoRA tiny/style:z\.safetensors, is not on this machine"):
        find_lora("tiny/style:z.safetensors", Told())


def test_a_model_that_is_not_here_says_how_to_fetch_it(server: Hub, card: Any) -> None:
    server.repos.clear()
    server.close()
    with pytest.raises(MissingWeights, match=r"`.* -m lab fetch sd15`"):
        find_model(replace(card, revision=COMMIT), Told())
