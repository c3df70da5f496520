// Looking closer at a picture: as large as fits, one pixel for one, or larger, moved by dragging. Knows no kernel.

const LARGEST = 16;
const STEP = 1.25;

/** The scale at which one pixel of the picture is one of the screen, where 1 is as large as fits. */
export const oneToOne = (longest_px, seen_px) => (longest_px && seen_px ? longest_px / seen_px : 1);

/** The next scale, in or out, between as large as fits and `LARGEST`. */
export function nextScale(scale, direction) {
  const next = direction > 0 ? scale * STEP : scale / STEP;
  return Math.min(LARGEST, next < 1.01 ? 1 : next);
}

/** Where the picture lies so that the point below the pointer stays there and no border shows; shares of the frame. */
export function moved({ scale, x, y }, next, [px, py]) {
  const bounded = (at) => Math.min(0, Math.max(1 - next, at));
  const keep = (at, point) => bounded(point - ((point - at) / scale) * next);
  return { scale: next, x: keep(x, px), y: keep(y, py) };
}

/** The view moved by so much of the frame. */
export function shifted({ scale, x, y }, dx, dy) {
  const bounded = (at) => Math.min(0, Math.max(1 - scale, at));
  return { scale, x: bounded(x + dx), y: bounded(y + dy) };
}
