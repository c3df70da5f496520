"""From the end of a stroke to the picture on screen, beside a bare diffusers call for the same picture."""

from __future__ import annotations

import statistics
from typing import Any

from bench._hand import Hand, spread
from bench._jupyterlab import Notebook

STUDIO = """
from lab import open_lab
from widgets import Studio
lab = open_lab(session="bench", home={home!r})
studio = Studio(lab, "sketch_to_image")
canvas = studio.canvas
studio.panel.settings = {{"prompt": "a red apple", "seed": 7, "steps": lab.card.live_steps}}
studio
"""
# The call that a good user of diffusers would write, on weights read once.
_BARE = """
import time, numpy, torch
from diffusers import ControlNetModel, StableDiffusionControlNetPipeline, StableDiffusionPipeline
from lab.starter import WEIGHTS
from lab.pipelines.library_logging import quiet_libraries
from lab.preprocessors import control_map
with quiet_libraries():
    _plain = StableDiffusionPipeline.from_pretrained(WEIGHTS, dtype=torch.float32)
    _lines = ControlNetModel.from_pretrained(WEIGHTS / "controlnet-lines", dtype=torch.float32)
    _pipe = StableDiffusionControlNetPipeline(**_plain.components, controlnet=_lines)
    _pipe.set_progress_bar_config(disable=True)

def bare_call():
    recipe, plan = studio.result.request.recipe, studio.result.plan
    (control,) = recipe.controls
    picture = studio.result.request.pictures[control.picture]
    image = control_map(control.preprocessor, picture, plan.size, control.settings).to_pil()
    began = time.perf_counter()
    with quiet_libraries():
        made = _pipe(
            prompt=recipe.prompt, image=image, height=plan.size.height, width=plan.size.width,
            num_inference_steps=plan.steps, guidance_scale=plan.guidance_scale,
            controlnet_conditioning_scale=control.weight, generator=torch.Generator("cpu").manual_seed(recipe.seed),
        ).images[0]
    took = time.perf_counter() - began
    return [took * 1000, bool(numpy.array_equal(numpy.asarray(made), studio.result.picture.pixels))]
"""
_WATCH = """() => {
  const round = (window.pictureBench = {});
  document.addEventListener("pointerup", () => { round.up ??= performance.now(); }, { capture: true, once: true });
  for (const name of ["preview", "picture"]) {
    const image = document.querySelector(`.sketchlab-result-${name}`);
    image.addEventListener("load", () => { if (round.up) round[name] ??= performance.now() - round.up; });
  }
}"""


def measure(notebook: Notebook, hand: Hand, rounds: int) -> dict[str, Any]:
    """Draw a stroke, wait for its picture, make the same picture by the bare call; so many times, after one to warm up.

    The notebook shows a Studio with Live on.
    """
    # Two threads that import diffusers at once find it half imported: first the lab reads its model.
    notebook.wait_for("bool(studio.lab.memory.residents)", timeout_s=120)
    notebook.execute(_BARE, timeout_s=120)
    shown: list[dict[str, float]] = []
    bare: list[list[Any]] = []
    for number in range(rounds + 1):
        notebook.page.evaluate(_WATCH)
        hand.curl(number, points=24)
        notebook.page.wait_for_function("window.pictureBench.picture !== undefined", timeout=120_000)
        shown.append(notebook.page.evaluate("({ ...window.pictureBench })"))
        bare.append(notebook.value("bare_call()", timeout_s=120))
    shown, bare = shown[1:], bare[1:]
    pictures, calls = [one["picture"] for one in shown], [took for took, _ in bare]
    previews = [one["preview"] for one in shown if "preview" in one]
    return {
        "stroke_end_to_first_preview_ms": spread(previews) if previews else None,
        "stroke_end_to_picture_ms": spread(pictures),
        "bare_diffusers_call_ms": spread(calls),
        "picture_over_bare_call": round(statistics.median(pictures) / statistics.median(calls), 3),
        "same_picture_to_the_bit": all(same for _, same in bare),
    }
