import assert from "node:assert/strict";
import test from "node:test";

import { heightOf, highest, way } from "../../../widgets/studio/view_fit.js";

test("a Studio is as high as what is seen, as high as a person said, and never lower than it can be used", () => {
  assert.equal(heightOf(647), 631);
  assert.equal(heightOf(647, 500), 500);
  assert.equal(heightOf(200), 360);
});

test("papers are as high as the highest of them can be in its column", () => {
  assert.equal(highest([{ width: 300, aspect: 1 }, { width: 300, aspect: 0.75 }]), 400);
  assert.equal(highest([]), 0);
});

test("the way to a Studio leads to the top of what is seen", () => {
  assert.equal(way(500, 90), 402);
  assert.equal(way(98, 90), 0);
});
