import assert from "node:assert/strict";
import test from "node:test";

import { frameOf } from "../../../widgets/canvas/ink/frame.js";
import { listenToPointers } from "../../../widgets/canvas/ink/pointer.js";
import { partsOf, thinned } from "../../../widgets/canvas/ink/shape.js";
import { SIGNAL, modelOf, newPage } from "./page.mjs";

const PEN = {
  tool: "brush", colour: "#000000", opacity: 1, mirror: "", size_px: 4, hardness: 1, fill_shapes: true, mode: "add",
  smoothing: false, pressure_size: false, pressure_opacity: false,
};
const LONGEST = 50000;

function surfaceWith(tool) {
  const surface = newPage();
  const pushed = [];
  const screen = {
    view: { scale: 1, x: 0, y: 0 }, paper: { width: 4096, height: 4096 }, live: { style: {} }, active: { opacity: 1 },
    toPaper: (at) => at, begin() {}, extend() {}, show() {}, end() {},
  };
  const commands = { screen, model: modelOf({ ...PEN, tool }), outbox: { push: (op) => pushed.push(op) }, tool, pick() {}, place() {} };
  listenToPointers(surface, commands, SIGNAL);
  return { surface, pushed };
}

/** A pen that goes over so many points, no two of them near each other. */
function drawn({ surface }, count, how = {}) {
  const at = (i) => ({ clientX: (i % 2000) * 2, clientY: Math.floor(i / 2000) * 2, ...how });
  surface.hear("pointerdown", at(0));
  const events = Array.from({ length: count - 1 }, (_, i) => at(i + 1));
  for (let i = 0; i < events.length; i += 50) {
    const part = events.slice(i, i + 50);
    surface.hear("pointermove", { ...part.at(-1), getCoalescedEvents: () => part });
  }
  surface.hear("pointerup", events.at(-1));
}

test("a stroke longer than a stroke can be goes on with the pen that it began with", () => {
  const page = surfaceWith("brush");
  drawn(page, LONGEST + 2500, { buttons: 33 }); // the other end of the pen
  assert.deepEqual(page.pushed.map(({ tool }) => tool), ["eraser", "eraser"]);
  const [first, second] = page.pushed.map(({ points }) => points);
  assert.ok(first.length <= LONGEST);
  assert.deepEqual(second[0], first.at(-1));
  assert.equal(first.length + second.length - 1, LONGEST + 2500);
});

test("a lasso with more corners than an area can have stays one area", () => {
  const page = surfaceWith("lasso");
  drawn(page, LONGEST + 2500);
  assert.deepEqual(page.pushed.map(({ shape, tool, points }) => [shape, tool, points.length]), [["area", "brush", (LONGEST + 2500) / 2]]);
});

test("parts of a line overlap by a point, and none is too long", () => {
  const points = [0, 1, 2, 3, 4, 5, 6];
  assert.deepEqual(partsOf(points, 3), [[0, 1, 2], [2, 3, 4], [4, 5, 6]]);
  assert.deepEqual(partsOf(points, 7), [points]);
  assert.deepEqual(partsOf(points, 6), [[0, 1, 2, 3, 4, 5], [5, 6]]);
  assert.deepEqual(partsOf([0], 3), [[0]]);
  assert.deepEqual(thinned(points, 3), [0, 4]);
  assert.equal(thinned(points, 7), points);
});

test("a frame that is taken away while it is dragged is let go", () => {
  const surface = newPage();
  const fits = [];
  const screen = { view: { scale: 1, x: 0, y: 0 }, paper: { width: 512, height: 512 }, isFit: true, fit: () => fits.push(1) };
  const model = modelOf({ tool: "frame", frame: { box: [0, 0, 512, 512], label: "Edges", grows: true, seq: 0 } });
  const frame = frameOf(surface, { model, screen, focus: surface }, SIGNAL);
  frame.paint();
  frame.node.hear("pointerdown", { clientX: 0, clientY: 0 });
  assert.ok(frame.isHeld);
  model.values.frame = {};
  frame.node.hear("pointermove", { clientX: 9, clientY: 9 }); // before the page has painted
  frame.paint();
  assert.ok(!frame.isHeld);
  frame.node.hear("pointermove", { clientX: 20, clientY: 20 });
  assert.equal(model.values.dragged, undefined);
});
