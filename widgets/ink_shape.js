// The shape of a stroke, as `lab/core/sketch.py` defines it, and its way from the pointer to the wire; pure functions.

const FULL_TURN = 2 * Math.PI;

/** Client coordinates as pixels of a document shown in this rectangle. */
export function toDocument(rect, width, height, clientX, clientY) {
  return [((clientX - rect.left) * width) / rect.width, ((clientY - rect.top) * height) / rect.height];
}

/** Points [x, y, pressure] as little-endian float32. */
export function packPoints(points) {
  const view = new DataView(new ArrayBuffer(points.length * 12));
  points.forEach((point, i) => point.forEach((value, j) => view.setFloat32(i * 12 + j * 4, value, true)));
  return view.buffer;
}

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
