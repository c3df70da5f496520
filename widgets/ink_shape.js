// The shape of a stroke, as `lab/core/stroke.py` defines it; pure functions.

const FULL_TURN = 2 * Math.PI;
const ROUND_SIDES = 72; // of an ellipse

/** The quadrangle of the outer tangents of two discs [x, y, radius], wound like `arc`; null for one in the other. */
export function joint([ax, ay, p], [bx, by, q]) {
  const distance = Math.hypot(bx - ax, by - ay);
  if (distance <= Math.abs(p - q)) return null;
  const [dx, dy] = [(bx - ax) / distance, (by - ay) / distance];
  const lean = (p - q) / distance;
  const across = Math.sqrt(1 - lean * lean);
  const [lx, ly] = [dx * lean - dy * across, dy * lean + dx * across];
  const [rx, ry] = [dx * lean + dy * across, dy * lean - dx * across];
  return [
    [ax + rx * p, ay + ry * p], [bx + rx * q, by + ry * q],
    [bx + lx * q, by + ly * q], [ax + lx * p, ay + ly * p],
  ];
}

/** Adds the discs of the points from `first` on, and what joins them, to a path that is to be filled once. */
export function trace(path, points, size_px, first = 0) {
  const disc = ([x, y, pressure]) => [x, y, (size_px / 2) * pressure];
  for (let i = first; i < points.length; i++) {
    const here = disc(points[i]);
    path.moveTo(here[0] + here[2], here[1]);
    path.arc(...here, 0, FULL_TURN);
    const corners = i > 0 && joint(disc(points[i - 1]), here);
    if (!corners) continue;
    corners.forEach(([x, y], k) => (k ? path.lineTo(x, y) : path.moveTo(x, y)));
    path.closePath();
  }
}

/** Adds closed rings; each of `breaks` is where another begins. */
export function traceArea(path, points, breaks = []) {
  const starts = new Set([0, ...breaks]);
  points.forEach(([x, y], i) => {
    if (starts.has(i) && i) path.closePath();
    starts.has(i) ? path.moveTo(x, y) : path.lineTo(x, y);
  });
  path.closePath();
}

/** The points and their mirror images on the middle of the paper: one list for each image. */
export function mirrored(points, mirror, width, height) {
  let images = [points];
  if (mirror.includes("x")) images = images.concat(images.map((all) => all.map(([x, y, p]) => [width - x, y, p])));
  if (mirror.includes("y")) images = images.concat(images.map((all) => all.map(([x, y, p]) => [x, height - y, p])));
  return images;
}

/** What a stroke looks like before opacity: diameter of the hard shape, and standard deviation of the blur. */
export function softness({ size_px, hardness = 1 }) {
  return { drawn_px: (size_px * (1 + hardness)) / 2, blur_px: ((1 - hardness) * size_px) / 8 };
}

/** The corner opposite to `from` when the shape is to be as wide as high. */
export function squared([ax, ay], [bx, by]) {
  const side = Math.max(Math.abs(bx - ax), Math.abs(by - ay));
  return [ax + Math.sign(bx - ax || 1) * side, ay + Math.sign(by - ay || 1) * side];
}

/** The closed outline of a rectangle or ellipse between two corners. */
export function outline(kind, [ax, ay], [bx, by]) {
  if (kind === "rectangle") return [[ax, ay, 1], [bx, ay, 1], [bx, by, 1], [ax, by, 1], [ax, ay, 1]];
  const [x, y, rx, ry] = [(ax + bx) / 2, (ay + by) / 2, Math.abs(bx - ax) / 2, Math.abs(by - ay) / 2];
  return Array.from({ length: ROUND_SIDES + 1 }, (_, i) => {
    const turn = (FULL_TURN * i) / ROUND_SIDES;
    return [x + rx * Math.cos(turn), y + ry * Math.sin(turn), 1];
  });
}

/** A point drawn half of the way from the last one to the pointer: trembling is evened out. */
export function smoothed(last, [x, y, pressure]) {
  return last ? [(last[0] + x) / 2, (last[1] + y) / 2, pressure] : [x, y, pressure];
}
