// Puts strokes on a 2d context, as `lab/core/raster.py` draws them. Knows no screen and no model.

import { mirrored, softness, trace, traceArea } from "./shape.js";

const COMPOSITE = { brush: "source-over", eraser: "destination-out", keep: "destination-in" };

/** The paths of a stroke, each to be filled once; kept with the stroke. */
export function pathsOf(stroke, width, height) {
  if (stroke.paths) return stroke.paths;
  const images = mirrored(stroke.points, stroke.mirror ?? "", width, height);
  if (stroke.shape === "area") {
    stroke.paths = images.map((points) => {
      const path = new Path2D();
      traceArea(path, points, stroke.breaks);
      return path;
    });
  } else {
    const path = new Path2D();
    for (const points of images) trace(path, points, softness(stroke).drawn_px);
    stroke.paths = [path];
  }
  return stroke.paths;
}

function fillAll(pen, stroke, paths) {
  for (const path of paths) pen.fill(path, stroke.shape === "area" ? "evenodd" : "nonzero");
}

/**
 * Draws one stroke on a layer whose transform is that of the paper.
 *
 * `scratch()` gives an empty context of the same size and transform; `perPixel` is how many of the canvas's pixels one
 * of the paper's is wide; `tint` is drawn instead of the stroke's own colour.
 */
export function paintStroke(pen, stroke, { width, height, scratch, perPixel = 1, tint = "" }) {
  if (stroke.op !== "draw" || stroke.shape === "bitmap") return;
  const paths = pathsOf(stroke, width, height);
  const colour = stroke.tool === "brush" ? tint || stroke.colour : "#000000";
  const { blur_px } = softness(stroke);
  pen.save();
  pen.globalAlpha = stroke.opacity ?? 1;
  pen.globalCompositeOperation = COMPOSITE[stroke.tool];
  if (!blur_px && paths.length === 1) {
    pen.fillStyle = colour;
    fillAll(pen, stroke, paths);
  } else {
    const aside = scratch();
    aside.fillStyle = colour;
    fillAll(aside, stroke, paths);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    if (blur_px) pen.filter = `blur(${blur_px * perPixel}px)`;
    pen.drawImage(aside.canvas, 0, 0);
  }
  pen.restore();
}
