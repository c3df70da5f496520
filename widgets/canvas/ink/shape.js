// The shape of a stroke, as `lab/core/stroke.py` defines it; pure functions.

const FULL_TURN = 2 * Math.PI;
const ROUND_SIDES = 72; // of an ellipse
const SIDES = 16; // of a disc of one pixel's radius; its sides then lie within 1/50 pixel of the circle

/** The quadrangle of the outer tangents of two discs [x, y, radius], wound like a `disc`; null for one in the other. */
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

/** How many sides a disc needs so that nobody sees them: browsers flatten an arc to a quarter of a pixel, we do not. */
function sidesOf(radius) {
  return Math.min(128, Math.max(10, Math.ceil(SIDES * Math.sqrt(radius))));
}

/** Adds a disc, wound like `joint`, as a polygon of the disc's own area. */
function disc(path, [x, y, radius]) {
  const sides = sidesOf(radius);
  const step = FULL_TURN / sides;
  const reach = radius * Math.sqrt(step / Math.sin(step));
  path.moveTo(x + reach, y);
  for (let i = 1; i < sides; i++) path.lineTo(x + reach * Math.cos(i * step), y + reach * Math.sin(i * step));
  path.closePath();
}

/** Adds the discs of the points from `first` on, and what joins them, to a path that is to be filled once. */
export function trace(path, points, size_px, first = 0) {
  const sized = ([x, y, pressure]) => [x, y, (size_px / 2) * pressure];
  for (let i = first; i < points.length; i++) {
    const here = sized(points[i]);
    disc(path, here);
    const corners = i > 0 && joint(sized(points[i - 1]), here);
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

/** A line in as many parts as it takes, none longer than `most` points; each begins where the last one ended. */
export function partsOf(points, most) {
  const parts = [];
  for (let first = 0; first === 0 || first + 1 < points.length; first += most - 1) parts.push(points.slice(first, first + most));
  return parts;
}

/** An outline of at most `most` points: every second one goes, as often as it must. */
export function thinned(points, most) {
  return points.length <= most ? points : thinned(points.filter((_, i) => i % 2 === 0), most);
}
