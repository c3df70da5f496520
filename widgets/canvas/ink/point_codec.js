// Points on their way to the kernel; the other end is `point_codec.py`, which says what the bytes mean. Pure functions.

const GRID = 16; // steps a pixel
const LEVELS = 255; // of pressure

/** A point as it arrives: what is shown while it waits is what will be drawn. */
export function onGrid([x, y, pressure]) {
  return [Math.round(x * GRID) / GRID, Math.round(y * GRID) / GRID, Math.round(pressure * LEVELS) / LEVELS];
}

function* deltas(points, withPressure) {
  let before = [0, 0, 0];
  for (const [x, y, pressure] of points) {
    const here = [Math.round(x * GRID), Math.round(y * GRID), Math.round(pressure * LEVELS)];
    for (let i = 0; i < (withPressure ? 3 : 2); i++) yield here[i] - before[i];
    before = here;
  }
}

/** Points [x, y, pressure] as bytes. */
export function packPoints(points) {
  const withPressure = points.some(([, , pressure]) => Math.round(pressure * LEVELS) !== LEVELS);
  const bytes = [withPressure ? 1 : 0];
  for (const delta of deltas(points, withPressure)) {
    let rest = delta < 0 ? -2 * delta - 1 : 2 * delta;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
  }
  return new Uint8Array(bytes).buffer;
}

/** The points that `packPoints` packed. */
export function unpackPoints(buffer) {
  const bytes = new Uint8Array(buffer);
  const wide = bytes[0] & 1 ? 3 : 2;
  const points = [];
  let here = [0, 0, wide === 3 ? 0 : LEVELS];
  for (let at = 1, i = 0; at < bytes.length; ) {
    let [value, weight] = [0, 1];
    for (; bytes[at] > 127; weight *= 128) value += (bytes[at++] - 128) * weight;
    value += bytes[at++] * weight;
    here[i] += value % 2 ? -(value + 1) / 2 : value / 2;
    if (++i < wide) continue;
    i = 0;
    points.push([here[0] / GRID, here[1] / GRID, here[2] / LEVELS]);
  }
  return points;
}
