import assert from "node:assert/strict";
import test from "node:test";

import { noteOf, placeOf, summaryOf } from "../../../widgets/gallery/grid_view.js";

test("what is said of the whole and of a cell", () => {
  assert.equal(summaryOf(["drawn", "waiting", "working", "failed", "cancelled", "cancelled"]), "1 of 6 drawn · 1 failed · 2 cancelled");
  assert.equal(noteOf("working", undefined, [3, 20, "steps"]), "3 of 20");
  assert.equal(noteOf("working", undefined, [0, 0, "loading"]), "loading");
  assert.equal(noteOf("working"), "being drawn");
  assert.equal(noteOf("failed", "no memory"), "no memory");
  assert.equal(noteOf("cancelled"), "cancelled");
  assert.equal(noteOf("drawn"), "");
});

test("a cell's number leads to its place in rows, columns and depth", () => {
  const words = [["a", "b"], ["c", "d", "e"], ["f", "g"]];
  assert.equal(placeOf(0, words), "a, c, f");
  assert.equal(placeOf(9, words), "b, d, g");
  assert.equal(placeOf(1, [["a", "b"], [""], [""]]), "b");
});
