"""A notebook that is read where no widget is drawn has the Studio's picture in it, small."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image

from lab import Lab, Picture
from lab.core.events import Result
from lab.tasks import plan
from tests.fakes import ScriptedEngine
from tests.widgets.studio.following import let_it_follow
from widgets import Studio

VIEW = "application/vnd.jupyter.widget-view+json"
NOISE = np.random.default_rng(0).integers(0, 256, (768, 1536, 3), np.uint8)
CUTOUT = np.zeros((64, 64, 4), np.uint8)


def test_what_a_cell_leaves_has_a_small_picture_beside_the_widget(tmp_path: Path) -> None:
    with Lab(home=tmp_path, engine=ScriptedEngine()) as lab:
        studio = Studio(lab, "text_to_image")
        assert "image/jpeg" not in studio._repr_mimebundle_()
        for pixels, size in ((NOISE, (384, 192)), (CUTOUT, (64, 64))):
            request = lab.request("text_to_image", prompt="an apple")
            studio.view.show(Result(Picture(pixels), request, plan(request).plan, 1.0))
            bundle = studio._repr_mimebundle_()
            still = base64.b64decode(bundle["image/jpeg"])
            assert len(still) < 120_000
            with Image.open(io.BytesIO(still)) as image:
                assert image.size == size
                lightest = np.asarray(image).min()
            assert bundle[VIEW]["model_id"] == studio.model_id
        assert lightest > 250, "what is transparent is on white"


def test_the_last_picture_of_a_session_is_in_its_cell_again(tmp_path: Path) -> None:
    with Lab(home=tmp_path, engine=ScriptedEngine()) as lab:
        studio = Studio(lab, "text_to_image")
        studio.panel.settings = {"prompt": "an apple"}
        made = lab.submit(studio.request()).wait(60)
        let_it_follow(studio)
        studio.close()
    with Lab(home=tmp_path, engine=ScriptedEngine()) as lab:
        bundle = Studio(lab, "text_to_image")._repr_mimebundle_()
    with Image.open(io.BytesIO(base64.b64decode(bundle["image/jpeg"]))) as image:
        assert image.size == made.picture.size
