"""Arguments that are right, for every public callable, by the names of their parameters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from lab.core import Mask, Picture, Recipe, Request, Size, Sketch
from lab.core.catalogue import model_card
from lab.core.events import Progress, Result
from lab.gallery import Kept
from lab.tasks import plan, task_named
from lab.vision.selector import Selector
from tests.fakes import ScriptedEngine

PICTURE = Picture(np.pad(np.full((30, 40, 3), 20, np.uint8), ((21, 21), (28, 28), (0, 0)), constant_values=220))
MASK = Mask(np.full((72, 96), 255, np.uint8))
SKETCH = Sketch().line([(10, 10), (400, 300)])
RESULT = Result(PICTURE, Request(Recipe()), plan(Request(Recipe())).plan, 1.0)
KEPT = Path("kept.png")
"""A picture with its recipe, in the folder where the test runs."""
RIGHT: dict[str, Callable[[], Any]] = {
    "acceleration": lambda: None,
    "arguments": lambda: ["models"],
    "area": lambda: None,
    "background": lambda: PICTURE,
    "box": lambda: (20, 15, 76, 58),
    "breaks": tuple,
    "bitmap": lambda: None,
    "callback": lambda: lambda *_: None,
    "cancel": lambda: lambda: None,
    "captions": lambda: ["first"],
    "card": lambda: model_card("starter"),
    "change": dict,
    "changes": lambda: [{"op": "clear"}],
    "colour": lambda: "#112233",
    "colours": lambda: None,
    "columns": lambda: 2,
    "control_kinds": lambda: None,
    "controls": tuple,
    "count": lambda: 2,
    "device": lambda: "cpu",
    "end": lambda: 1.0,
    "engine": ScriptedEngine,
    "error": lambda: None,
    "event": lambda: Progress(1, "steps", 1, 2),
    "family": lambda: None,
    "frame": lambda: None,
    "hardness": lambda: 1.0,
    "height_px": lambda: 30.0,
    "history": lambda: None,
    "home": lambda: "home",
    "image": lambda: PICTURE,
    "in_colour": lambda: True,
    "is_own": lambda: True,
    "is_live": lambda: False,
    "is_quick": lambda: False,
    "is_wanted": lambda: lambda _: True,
    "kept": lambda: Kept(1, datetime(2026, 1, 1, tzinfo=UTC), KEPT, "starter", 1.0, Recipe(), is_live=False),
    "keeps_paint": lambda: False,
    "kind": lambda: "canny",
    "kinds": lambda: None,
    "lab": lambda: None,
    "leave": lambda: lambda: None,
    "left": lambda: 20, "top": lambda: 15, "right": lambda: 76, "bottom": lambda: 58,
    "lends": lambda: "both",
    "listener": lambda: lambda _: None,
    "mask": lambda: None,
    "memory_gb": lambda: 4.0,
    "mirror": lambda: "",
    "mode": lambda: "add",
    "model": lambda: "starter",
    "moments": lambda: [{"a": PICTURE}],
    "name": lambda: "canny",
    "names": lambda: ["background", "sketch"],
    "on_event": lambda: None,
    "opacity": lambda: 0.5,
    "over": lambda: {"prompt": ["a", "b"]},
    "paints": lambda: True,
    "path": lambda: KEPT,
    "picture": lambda: PICTURE,
    "pictures": lambda: {"one": PICTURE},
    "pixels": lambda: PICTURE.pixels,
    "place": lambda: "studio",
    "points": lambda: [(10, 10), (400, 300)],
    "preprocessor": lambda: None,
    "prompt": lambda: "a red apple",
    "px": lambda: 3,
    "radius": lambda: 30.0,
    "recipe": Recipe,
    "record": lambda: None,
    "references": tuple,
    "reporter": lambda: None,
    "request": lambda: Request(Recipe(prompt="an apple")),
    "result": lambda: RESULT,
    "scene": lambda: None,
    "seed": lambda: 1,
    "sentence": lambda: "something was wrong",
    "session": lambda: "default",
    "settings": dict,
    "selector_of": lambda: Selector,
    "shape": lambda: "line",
    "side_px": lambda: 100,
    "size": lambda: Size(64, 64),
    "size_px": lambda: 6.0,
    "sketch": lambda: SKETCH,
    "sketch_strength": lambda: 1.0,
    "source": lambda: PICTURE,
    "start": lambda: 0.0,
    "step": lambda: 0,
    "steps": lambda: 4,
    "stroke": lambda: SKETCH.strokes[0],
    "strokes": lambda: SKETCH.strokes,
    "task": lambda: "text_to_image",
    "text": lambda: Recipe().to_json(),
    "timeout_s": lambda: 1.0,
    "tolerance": lambda: 12.0,
    "tool": lambda: "brush",
    "typed": dict,
    "visible": lambda: True,
    "weight": lambda: 1.0,
    "weights": lambda: None,
    "without": lambda: ["grow"],
    "why": lambda: "other words",
    "words": lambda: "Hello",
    "x": lambda: 10, "y": lambda: 12,
}  # fmt: skip
"""An argument that is right, by the name of its parameter."""

RIGHT_HERE: dict[str, dict[str, Callable[[], Any]]] = {
    "Control": {"picture": lambda: PICTURE.hash, "preprocessor": lambda: "none"},
    "Finish": {"name": lambda: "grain"},
    "Lora": {"name": lambda: "ink.safetensors"},
    "Reference": {"picture": lambda: PICTURE.hash},
    "Recipe": {
        **{
            name: (lambda field=field: field.get_default(call_default_factory=True))
            for name, field in Recipe.model_fields.items()
        },
    },
    "Request": {"pictures": dict},
    "Request.recipe": {},
    "Mask": {"pixels": lambda: MASK.pixels},
    "MaskPainter.mask=": {"value": lambda: MASK},
    "MaskPainter.background=": {"value": lambda: PICTURE},
    "SketchCanvas.sketch=": {"value": lambda: SKETCH},
    "Sketch": {"size": lambda: Size(512, 512), "background": lambda: None},
    "Sketch.from_dict": {"values": SKETCH.to_dict},
    "Sketch.with_background": {"size": lambda: None},
    "Stroke": {"points": lambda: np.ones((3, 3), np.float32), "size_px": lambda: 6.0},
    "Stroke.from_dict": {"values": SKETCH.strokes[0].to_dict},
    "Stroke.of_mask": {"mask": lambda: MASK},
    "Lab": {"memory_gb": lambda: None},
    "Lab.grid": {"task": lambda: "text_to_image"},
    "Lab.request": {"task": lambda: "sketch_to_image", "image": lambda: None},
    "Lab.run": {"task": lambda: "text_to_image", "prompt": lambda: "an apple"},
    "ImageGrid": {"pictures": lambda: {"one": PICTURE}},
    "Gallery.latest": {"task": lambda: None},
    "Gallery.source": {"name": lambda: PICTURE.hash},
    "JobBar": {},
    "ParamPanel": {"task": lambda: task_named("text_to_image")},
    "ParamPanel.settings=": {"value": dict},
    "ParamPanel.on_setting": {"names": lambda: ["steps"]},
    "Studio": {"task": lambda: "text_to_image"},
    "Studio.image=": {"value": lambda: PICTURE},
    "ControlPreview.size=": {"value": lambda: Size(64, 64)},
    "ControlPreview.picture=": {"value": lambda: PICTURE},
    "StepScrubber.step=": {"value": lambda: 0},
    "Job.listen": {"on_event": lambda: lambda _: None},
    "Picture.padded": {"size": lambda: Size(128, 128)},
    "Filter.checked": {"settings": dict},
    "filter_named": {"name": lambda: "grain"},
    "filtered": {"name": lambda: "grain"},
    "preprocessor_named": {"name": lambda: "canny"},
    "Selector": {"device": lambda: lambda: "cpu"},
    "Selector.mask": {"points": lambda: [(4, 4)]},
    "rasterise": {"sketch": lambda: SKETCH},
    "Recipe.from_json": {},
}
"""The same where a name means something else."""

FREE: dict[str, dict[str, Callable[[], Any]]] = {
    "Lab.run": {"prompt": lambda: "an apple", "steps": lambda: 3, "loras": tuple, "filters": tuple, "seed": lambda: 3},
    "Lab.batch": {"prompt": lambda: "an apple", "guidance_scale": lambda: 3.0, "width": lambda: 64},
    "Lab.grid": {"negative_prompt": lambda: "blur", "scheduler": lambda: "ddim"},
    "Lab.request": {"colour_strength": lambda: 0.5, "model": lambda: "starter", "revision": lambda: None},
    "Lab.cost": {"acceleration": lambda: "taylorseer"},
    "Sketch.line": {"colour": lambda: "#112233", "size_px": lambda: 4.0, "breaks": tuple},
    "Sketch.circle": {"opacity": lambda: 0.5, "hardness": lambda: 0.5},
    "Sketch.polygon": {"mirror": lambda: "x", "tool": lambda: "eraser"},
    "SketchCanvas.line": {"colour": lambda: "#112233"},
    "SketchCanvas.circle": {"size_px": lambda: 4.0},
    "SketchCanvas.text": {"colour": lambda: "#112233"},
    "control": {"low_threshold": lambda: 50},
    "ControlPreview.choose": {"low_threshold": lambda: 50},
    "Studio.begin_with": {"prompt": lambda: "an apple", "steps": lambda: 4, "seed": lambda: 5},
    "Studio.request": {"prompt": lambda: "an apple", "seed": lambda: 5},
    "Recipe.changed": {"prompt": lambda: "a pear", "controls": tuple, "settings": dict},
}
"""What goes into `**settings`, `**pen` and the like."""
