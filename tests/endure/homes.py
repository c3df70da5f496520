"""A Studio on any home: it is opened, drawn in and closed, and what it said is told.

Also a program, for homes that need a process of their own: `python -m tests.endure.homes read-only FOLDER` prints JSON.
"""

from __future__ import annotations

import html
import json
import os
import re
import resource
import sys
from pathlib import Path
from typing import Any

from lab import Lab, Stroke
from lab.gallery import Autosave
from lab.pipelines.weights import download  # noqa: F401 - who is nobody may read no library any more
from tests.fakes import ScriptedEngine
from widgets import Studio

NOBODY = 65534
STROKES = 3


def used(home: Path | str | None) -> dict[str, Any]:
    """What a person sees who draws three strokes and asks for a picture: sentences, and what went wrong."""
    with Lab(home=home, engine=ScriptedEngine()) as lab:
        studio = Studio(lab)
        canvas = studio.canvas
        assert canvas is not None
        studio.live_button.value = False
        raised = []
        for x in range(STROKES):
            try:
                canvas.draw(Stroke([(x, x), (90, 90)]))  # pyright: ignore[reportArgumentType]
            except OSError as error:
                raised.append(str(error))
        result = lab.submit(studio.request()).wait(20)
        studio.panel.settings = {"prompt": "an apple"}
        told = {
            "notice": html.unescape(re.sub("<.*?>", "", " ".join(studio.notices.sentences))),
            "raised": raised,
            "strokes": len(canvas.sketch.strokes),
            "not_kept": result.not_kept,
            "home": str(lab.home),
        }
        studio.close()
        lab.close()
    return told


def kept(home: Path | str | None) -> int:
    """How many strokes are there when it is opened again."""
    with Lab(home=home, engine=ScriptedEngine()) as lab:
        return len(lab.autosave.history("sketch_to_image").sketch.strokes)


def _unprivileged() -> None:
    if os.getuid() == 0:  # to whom no folder is read-only
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def _full() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


if __name__ == "__main__":
    used(sys.argv[2] + "/warm")  # all is imported, and there
    with Autosave(Path(sys.argv[2]) / "sessions" / "default") as session:
        session.history("sketch_to_image").draw(Stroke([(5, 5)]))  # pyright: ignore[reportArgumentType]
    {"read-only": _unprivileged, "full": _full}[sys.argv[1]]()
    print(json.dumps(used(sys.argv[2])))  # noqa: T201 - for the test that reads it
