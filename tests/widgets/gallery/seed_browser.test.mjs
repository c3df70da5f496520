import assert from "node:assert/strict";
import test from "node:test";

import { saidOf, wantedThumbs } from "../../../widgets/gallery/seed_browser.js";

test("pictures are asked for once they are drawn, and once", () => {
  const cells = [{ id: 1, state: "drawn" }, { id: 2, state: "waiting" }, { id: 3, state: "drawn" }, { id: 4, state: "failed" }];
  assert.deepEqual(wantedThumbs(cells, new Map([[1, ""]])), [3]);
});

test("a cell says what became of it", () => {
  assert.equal(saidOf({ words: "seed 7", state: "drawn", why: "" }), "seed 7");
  assert.equal(saidOf({ words: "seed 7", state: "failed", why: "no memory" }), "seed 7: no memory");
});
