// Which part of the paper is seen: a scale (screen pixels for one of the paper) and an offset; pure functions.

const FARTHEST = 0.25; // of the fit
const NEAREST = 32; // screen pixels for one of the paper
const LEAST_SEEN_PX = 48; // so much of the paper always stays on the screen

/** The whole paper in the middle of a room; or another box [left, top, right, bottom] around it. */
export function fit(room, paper, [left, top, right, bottom] = [0, 0, paper.width, paper.height]) {
  const scale = Math.min(room.width / (right - left), room.height / (bottom - top)) || 1;
  return centred(room, { width: left + right, height: top + bottom }, scale);
}

/** The paper at a scale, in the middle of the room, on whole screen pixels. */
export function centred(room, paper, scale) {
  const middle = (outer, inner) => Math.round((outer - inner * scale) / 2);
  return { scale, x: middle(room.width, paper.width), y: middle(room.height, paper.height) };
}

/** The view with another scale, where the paper under a point of the screen stays where it is. */
export function zoomed(view, room, paper, factor, [x, y]) {
  const least = fit(room, paper).scale * FARTHEST;
  const scale = Math.min(NEAREST, Math.max(least, view.scale * factor));
  const share = scale / view.scale;
  return bounded({ scale, x: x - (x - view.x) * share, y: y - (y - view.y) * share }, room, paper);
}

/** The view moved by screen pixels. */
export function panned(view, room, paper, dx, dy) {
  return bounded({ ...view, x: view.x + dx, y: view.y + dy }, room, paper);
}

/** The view that brings two points of the screen, seen in `view`, to where two fingers are now. */
export function pinched(view, room, paper, [a, b], [p, q]) {
  const distance = (one, other) => Math.hypot(other[0] - one[0], other[1] - one[1]) || 1;
  const middle = (one, other) => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
  const [from, to] = [middle(a, b), middle(p, q)];
  const moved = { ...view, x: view.x + to[0] - from[0], y: view.y + to[1] - from[1] };
  return zoomed(moved, room, paper, distance(p, q) / distance(a, b), to);
}

function bounded(view, room, paper) {
  const keep = (offset, outer, inner) =>
    Math.min(outer - Math.min(LEAST_SEEN_PX, outer), Math.max(Math.min(LEAST_SEEN_PX, inner) - inner, offset));
  return {
    scale: view.scale,
    x: keep(view.x, room.width, paper.width * view.scale),
    y: keep(view.y, room.height, paper.height * view.scale),
  };
}

/** A point of the screen, counted from the surface's corner, on the paper. */
export function toPaper(view, [x, y]) {
  return [(x - view.x) / view.scale, (y - view.y) / view.scale];
}
