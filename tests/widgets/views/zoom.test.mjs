import assert from "node:assert/strict";
import { test } from "node:test";

import { moved, nextScale, oneToOne, shifted, zoomable } from "../../../widgets/views/zoom.js";

test("zooming in and out again fits, and never goes beyond its bounds", () => {
  let scale = 1;
  for (let turn = 0; turn < 40; turn += 1) scale = nextScale(scale, 1);
  assert.equal(scale, 16);
  for (let turn = 0; turn < 40; turn += 1) scale = nextScale(scale, -1);
  assert.equal(scale, 1);
});

test("what lies below the pointer stays there, and no border shows", () => {
  const fit = { scale: 1, x: 0, y: 0 };
  const view = moved(fit, 4, [0.25, 0.5]);
  assert.deepEqual(view, { scale: 4, x: -0.75, y: -1.5 });
  assert.deepEqual(moved(view, 1, [0.9, 0.1]), fit);
  assert.deepEqual(shifted(view, 5, -9), { scale: 4, x: 0, y: -3 });
});

test("one to one is one pixel of the picture on one of the screen", () => {
  assert.equal(oneToOne(1024, 512), 2);
  assert.equal(oneToOne(0, 512), 1);
});

test("a pane is zoomed and moved by its keys, and leaves all others to whoever wants them", () => {
  const pane = {}, acts = {}, seen = [], others = [];
  const zoom = zoomable([pane], {
    on: (_, name, act) => (acts[name] = act),
    look: (view) => seen.push(view),
    pixel: () => 4,
    otherKey: ({ key }) => (others.push(key), key === "h"),
  });
  let stopped = 0;
  const press = (key, more = {}) =>
    acts.keydown({ key, target: pane, preventDefault: () => (stopped += 1), stopPropagation: () => {}, ...more });
  for (const key of ["1", "ArrowRight", "-", "0", "ArrowLeft", "h", "x"]) press(key);
  press("1", { ctrlKey: true });
  press("1", { target: {} });
  assert.deepEqual(seen.map(({ scale }) => scale), [4, 4, 3.2, 1]);
  assert.equal(seen[1].x, seen[0].x - 0.1);
  assert.deepEqual(others, ["ArrowLeft", "h", "x"]);
  assert.equal(stopped, 5, "an arrow and a letter that nobody takes go on to the page");
  assert.deepEqual(zoom.now(), { scale: 1, x: 0, y: 0 });
});
