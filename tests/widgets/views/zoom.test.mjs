import assert from "node:assert/strict";
import { test } from "node:test";

import { moved, nextScale, oneToOne, shifted } from "../../../widgets/views/zoom.js";

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
