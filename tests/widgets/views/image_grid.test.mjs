import assert from "node:assert/strict";
import test from "node:test";

import { beside } from "../../../widgets/views/image_grid.js";

test("after the last picture comes the first, and before the first the last", () => {
  assert.equal(beside(2, 1, 3), 0);
  assert.equal(beside(0, -1, 3), 2);
});
