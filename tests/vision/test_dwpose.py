"""DWPose's arithmetic, with networks whose answers are known: boxes and points come back where they were put."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from lab.core import BadInput, Picture, Size
from lab.core.library_logging import quiet_thread
from lab.preprocessors import control_map, preprocessor_named
from lab.vision.dwpose import FILES, WholeBody, found_people, found_points, read_detector

PICTURE = np.full((480, 800, 3), 90, np.uint8)
CELLS = 80 * 80 + 40 * 40 + 20 * 20


def people_network(*boxes: tuple[float, float, float, float], sure: float = 0.9):
    """Sees people in these boxes (left, top, width, height) of an 800 x 480 picture, each in two neighbouring cells."""
    answer = np.zeros((1, CELLS, 85), np.float32)
    for box in boxes:
        left, top, width, height = np.array(box) * 640 / 800
        across, down = (left + width / 2) / 16, (top + height / 2) / 16
        for column in (int(across), int(across) + 1):
            cell = 80 * 80 + int(down) * 40 + column
            sizes = np.log([width / 16, height / 16])
            answer[0, cell, :4] = [across - column, down - int(down), *sizes]
            answer[0, cell, 4:6] = [1, sure if column == int(across) else sure - 0.1]

    def network(frame: np.ndarray) -> list[np.ndarray]:
        assert (frame.shape, frame.dtype) == ((1, 3, 640, 640), np.float32)
        assert (frame[0, 0, :384] == 90).all()
        assert (frame[0, 0, 384:] == 114).all(), "the frame is padded below"
        return [answer]

    return network


def points_network(places: np.ndarray, certain: np.ndarray):
    """Sees 133 points at these places of its portrait of 288 x 384 pixels."""

    def network(portrait: np.ndarray) -> list[np.ndarray]:
        assert (portrait.shape, portrait.dtype) == ((1, 3, 384, 288), np.float32)
        across, down = np.zeros((1, 133, 576), np.float32), np.zeros((1, 133, 768), np.float32)
        for point, (x, y) in enumerate(places):
            across[0, point, round(2 * x)] = certain[point]
            down[0, point, round(2 * y)] = certain[point] + 0.05
        return [across, down]

    return network


def test_each_person_is_found_once_and_where_he_is() -> None:
    boxes = [(100, 50, 120, 300), (500, 100, 200, 200)]
    found = found_people(PICTURE, people_network(*boxes))
    assert found.shape == (2, 4)
    assert np.allclose(found[np.argsort(found[:, 0])], boxes, atol=0.1)


def test_who_is_not_sure_to_be_there_is_left_out() -> None:
    assert found_people(PICTURE, people_network((100, 50, 120, 300), sure=0.25)).shape == (0, 4)


@pytest.mark.parametrize("box", [(100, 50, 120, 300), (10, 200, 500, 100), (700, 300, 200, 300)])
def test_points_come_back_from_the_portrait_to_the_picture(box: tuple[float, ...]) -> None:
    dice = np.random.default_rng(3)
    places = dice.uniform((0, 0), (287, 383), (133, 2)).round()
    certain = dice.uniform(0.1, 1, 133).astype(np.float32)
    points, sure = found_points(PICTURE, np.array(box, float), points_network(places, certain))
    left, top, width, height = box
    scale = min(288 / width, 384 / height) / 1.25
    expected = (places - [144, 192]) / scale + [left + width / 2, top + height / 2]
    assert np.allclose(points, expected)
    assert np.allclose(sure, certain), "a point is as certain as the less certain of its two coordinates"


def test_the_portrait_shows_the_person() -> None:
    seen = []

    def network(portrait: np.ndarray) -> list[np.ndarray]:
        seen.append(portrait)
        return [np.ones((1, 133, 576)), np.ones((1, 133, 768))]

    picture = np.zeros((480, 800, 3), np.uint8)
    picture[100:400, 300:420] = (0, 0, 255)  # red, in BGR
    found_points(picture, np.array([300, 100, 120, 300.0]), network)
    red = seen[0][0, 0] * 58.395 + 123.675
    assert red[192, 144] == pytest.approx(255, abs=0.1)
    assert red[5, 144] == pytest.approx(0, abs=0.1), "with a margin around him"
    assert (seen[0][0, 2] * 57.375 + 103.53).max() == pytest.approx(0, abs=0.1), "as RGB"


def whole_body(*boxes: tuple[float, float, float, float]) -> WholeBody:
    places = np.stack([np.linspace(40, 240, 133), np.linspace(30, 350, 133)], axis=1).round()
    networks = {FILES[0]: people_network(*boxes), FILES[1]: points_network(places, np.full(133, 0.8))}
    return WholeBody(lambda file, _device: networks[file]).to("cpu")


def test_points_are_in_openposes_order_with_a_neck_between_the_shoulders() -> None:
    points, certain = whole_body((100, 50, 120, 300))(PICTURE)
    assert (points.shape, certain.shape) == ((1, 134, 2), (1, 134))
    right_shoulder, left_shoulder, neck = points[0, 2], points[0, 5], points[0, 1]
    assert np.allclose(neck, (left_shoulder + right_shoulder) / 2)
    assert certain[0, 1] == 1


def test_controlnet_aux_draws_what_was_found(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="controlnet_aux draws hands with matplotlib")
    with quiet_thread():
        detector = read_detector(tmp_path)
    for boxes, is_empty in (([(100, 50, 120, 300)], False), ([], True)):
        detector.pose_estimation = whole_body(*boxes)
        drawn = detector(PICTURE[:384, :640], detect_resolution=384, image_resolution=384, output_type="np")
        assert drawn.shape == (384, 640, 3)
        assert (drawn.max() == 0) == is_empty


@pytest.mark.parametrize(("name", "settings"), [("dwpose", {}), ("openpose", {"hands": True})])
def test_without_what_draws_hands_it_says_what_to_install(
    name: str, settings: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.vision.annotator_weights.find_spec", lambda _: None)
    sentence = "matplotlib must be installed for this: `.* -m pip install matplotlib`"
    if name == "dwpose":
        assert re.fullmatch(sentence, preprocessor_named(name).missing)
    else:
        with pytest.raises(BadInput, match=f"hands: {sentence}"):
            control_map(name, Picture(PICTURE), Size(64, 64), settings)
