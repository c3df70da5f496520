import assert from "node:assert/strict";
import test from "node:test";

import { isTooSmall, wantedPx } from "../../../widgets/compare/comparison_view.js";

test("a picture is asked for in steps, and whole where that is no more", () => {
  assert.equal(wantedPx(300, 4000), 512);
  assert.equal(wantedPx(512, 4000), 512);
  assert.equal(wantedPx(300, 512), 0);
  assert.equal(wantedPx(300, 64), 0);
});

test("it is asked for again only where more is seen than came", () => {
  assert.equal(isTooSmall(undefined, 256), true);
  assert.equal(isTooSmall(256, 512), true);
  assert.equal(isTooSmall(512, 256), false);
  assert.equal(isTooSmall(512, 0), true);
  assert.equal(isTooSmall(0, 4096), false);
  assert.equal(isTooSmall(0, 0), false);
});
