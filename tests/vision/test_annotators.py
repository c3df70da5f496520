"""controlnet_aux's own networks with random weights, read as from a hub's cache: the real path, but for what they see.

Also what happens when the weights are not here, which is how most machines begin.
"""

from __future__ import annotations

import functools
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.core import MissingWeights, Picture, Size
from lab.core.library_logging import quiet_thread
from lab.preprocessors import PREPROCESSORS, control_map, preprocessor_named
from lab.vision import annotators
from lab.vision.annotator_weights import ANNOTATORS

WITH_WEIGHTS = [name for name, one in PREPROCESSORS.items() if one.weights and one.weights.repo == ANNOTATORS]
COMMIT = "0123456789012345678901234567890123456789"


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub; the folder in it where the annotators' files belong."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    repo = tmp_path / ("models--" + ANNOTATORS.replace("/", "--"))
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text(COMMIT)
    snapshot = repo / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    return snapshot


@pytest.fixture(autouse=True)
def _nothing_loaded() -> Iterator[None]:
    annotators.release()
    yield
    annotators.release()


def _save_hed(folder: Path) -> None:
    import torch
    from controlnet_aux.hed import ControlNetHED_Apache2

    torch.save(ControlNetHED_Apache2().state_dict(), folder / "ControlNetHED.pth")


def _save_pidinet(folder: Path) -> None:
    import torch
    from controlnet_aux.pidi import pidinet

    state = {f"module.{name}": values for name, values in pidinet().state_dict().items()}
    torch.save({"state_dict": state}, folder / "table5_pidinet.pth")


def _save_lineart(folder: Path) -> None:
    import torch
    from controlnet_aux.lineart import Generator

    for file in ("sk_model.pth", "sk_model2.pth"):
        torch.save(Generator(3, 1, 3).state_dict(), folder / file)


def _save_lineart_anime(folder: Path) -> None:
    import torch
    from controlnet_aux.lineart_anime import UnetGenerator

    norm = functools.partial(torch.nn.InstanceNorm2d, affine=False, track_running_stats=False)
    torch.save(UnetGenerator(3, 1, 8, 64, norm_layer=norm).state_dict(), folder / "netG.pth")


def _save_mlsd(folder: Path) -> None:
    import torch
    from controlnet_aux.mlsd import MobileV2_MLSD_Large

    torch.save(MobileV2_MLSD_Large().state_dict(), folder / "mlsd_large_512_fp32.pth")


def _save_midas(folder: Path) -> None:
    import torch
    from controlnet_aux.midas.midas.dpt_depth import DPTDepthModel

    model = DPTDepthModel(path=None, backbone="vitb_rn50_384", non_negative=True)
    torch.save(model.state_dict(), folder / "dpt_hybrid-midas-501f0c75.pt")


def _save_normal(folder: Path) -> None:
    import torch
    from controlnet_aux.normalbae import NNET

    settings = {"mode": "client", "architecture": "BN", "pretrained": "scannet"}
    model = NNET(types.SimpleNamespace(**settings, sampling_ratio=0.4, importance_ratio=0.7))
    torch.save({"model": model.state_dict()}, folder / "scannet.pt")


def _save_openpose(folder: Path) -> None:
    import torch
    from controlnet_aux.open_pose.face import FaceNet
    from controlnet_aux.open_pose.model import bodypose_model, handpose_model

    for file, model in (("body_pose_model.pth", bodypose_model()), ("hand_pose_model.pth", handpose_model())):
        torch.save({name.partition(".")[2]: values for name, values in model.state_dict().items()}, folder / file)
    torch.save(FaceNet().state_dict(), folder / "facenet.pth")


SAVE: dict[str, Callable[[Path], None]] = {
    "softedge": _save_hed,
    "softedge_pidinet": _save_pidinet,
    "scribble": _save_hed,
    "scribble_pidinet": _save_pidinet,
    "lineart": _save_lineart,
    "lineart_anime": _save_lineart_anime,
    "mlsd": _save_mlsd,
    "depth": _save_midas,
    "normal": _save_normal,
    "openpose": _save_openpose,
}


def save(name: str, folder: Path) -> None:
    import torch

    torch.manual_seed(0)
    with quiet_thread():
        SAVE[name](folder)


@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_a_network_read_from_the_cache_makes_a_map_of_the_size_wanted(
    name: str, hub_cache: Path, photo: Picture, capfd: pytest.CaptureFixture[str]
) -> None:
    assert preprocessor_named(name).missing
    save(name, hub_cache)
    assert preprocessor_named(name).missing == ""
    capfd.readouterr()
    made = control_map(name, photo, Size(136, 88), {})
    assert (made.size, made.has_alpha) == (Size(136, 88), False)
    assert capfd.readouterr() == ("", ""), "it prints into whatever cell runs"
    assert [one.what for one in annotators.residents()] == [preprocessor_named(name).weights.network]
    for file in hub_cache.iterdir():
        file.unlink()
    assert control_map(name, photo, Size(136, 88), {}) == made, "it is read once, and then kept"


@pytest.mark.parametrize(("name", "settings"), [("softedge_pidinet", {"safe": True}), ("mlsd", {"score": 2})])
def test_settings_reach_the_network(name: str, settings: dict, hub_cache: Path, photo: Picture) -> None:
    save(name, hub_cache)
    size = Size(128, 128)
    assert control_map(name, photo, size, settings) != control_map(name, photo, size, {})


def test_a_network_sees_the_picture_at_the_size_that_the_model_gets(
    hub_cache: Path, photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from controlnet_aux.pidi import PidiNetDetector

    seen = []
    call = PidiNetDetector.__call__

    def spy(self, pixels, **settings):
        made = call(self, pixels, **settings)
        seen.append((pixels.shape, made.shape))
        return made

    monkeypatch.setattr(PidiNetDetector, "__call__", spy)
    save("softedge_pidinet", hub_cache)
    for size in (Size(128, 192), Size(104, 136)):
        control_map("softedge_pidinet", photo, size, {})
    assert seen == [((192, 128, 3),) * 2, ((128, 128, 3),) * 2], "the nearest size that the network can take"


def test_softedge_and_scribble_share_one_network(hub_cache: Path, photo: Picture) -> None:
    save("softedge_pidinet", hub_cache)
    for name in ("softedge_pidinet", "scribble_pidinet"):
        control_map(name, photo, Size(64, 64), {})
    (held,) = annotators.residents()
    assert (held.what, held.device) == ("PidiNetDetector", "cpu")
    assert annotators.release() == held.bytes == (hub_cache / "table5_pidinet.pth").stat().st_size
    assert annotators.residents() == []


def test_a_network_is_moved_to_the_device_asked_for(hub_cache: Path, photo: Picture) -> None:
    save("softedge_pidinet", hub_cache)
    with pytest.raises(NotImplementedError, match="meta tensor"):  # a device on which nothing can be computed
        control_map("softedge_pidinet", photo, Size(64, 64), {}, device="meta")


@pytest.mark.parametrize("name", WITH_WEIGHTS)
@pytest.mark.usefixtures("hub_cache")
def test_without_its_weights_it_says_in_a_sentence_what_is_missing_and_how_to_get_it(
    name: str, photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    def refuse(*_: object) -> None:
        pytest.fail("a network was tried although the hub is off")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    declared = preprocessor_named(name)
    files = declared.weights.files
    sentence = rf"{files[0]}.*not on this machine: .* -m lab fetch annotator:{declared.weights.name}( --accept)?`$"
    with pytest.raises(MissingWeights, match=sentence):
        control_map(name, photo, Size(64, 64), {})
    assert declared.missing


def test_a_file_that_is_half_there_is_named_alone(hub_cache: Path) -> None:
    (hub_cache / "sk_model.pth").touch()
    missing = preprocessor_named("lineart").missing
    assert missing.startswith("the weights sk_model2.pth (")


def test_a_hub_that_cannot_be_reached_is_missing_weights_too(
    monkeypatch: pytest.MonkeyPatch, photo: Picture, hub_cache: Path
) -> None:
    def unreachable(*_: object, **__: object) -> str:
        msg = "no route to host"
        raise ConnectionError(msg)

    assert not list(hub_cache.iterdir())
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", unreachable)
    with pytest.raises(MissingWeights, match=r"scannet.pt .*are not on this machine"):
        control_map("normal", photo, Size(64, 64), {})


def test_only_the_loading_thread_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    def speak() -> None:
        print("another thread")  # noqa: T201

    with quiet_thread():
        print("this thread")  # noqa: T201
        warnings.warn("careful", stacklevel=1)
        other = threading.Thread(target=speak)
        other.start()
        other.join()
    print("afterwards")  # noqa: T201
    assert capsys.readouterr().out == "another thread\nafterwards\n"
    assert type(sys.stdout).__name__ != "_Deaf"


def test_maps_that_need_no_weights_load_no_library() -> None:
    import subprocess

    code = (
        "import sys, numpy; from lab.core import Picture; from lab.preprocessors import PREPROCESSORS\n"
        "picture = Picture(numpy.zeros((64, 64, 3), numpy.uint8))\n"
        "for one in PREPROCESSORS.values():\n"
        "    if one.weights is None: one.control_map(picture, picture.size, {})\n"
        "print({'torch', 'controlnet_aux'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout == "set()\n"
