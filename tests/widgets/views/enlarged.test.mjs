import assert from "node:assert/strict";
import test from "node:test";

import { beside } from "../../../widgets/views/enlarged.js";

test("after the last picture comes the first, and before the first the last; those that are not there are passed over", () => {
  assert.equal(beside(5, 1, [0, 3, 5]), 0);
  assert.equal(beside(0, -1, [0, 3, 5]), 5);
  assert.equal(beside(0, 1, [0, 3, 5]), 3);
});
