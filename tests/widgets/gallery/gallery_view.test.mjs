import assert from "node:assert/strict";
import test from "node:test";

import { lacking, searchFor } from "../../../widgets/gallery/gallery_view.js";
import { stepped } from "../../../widgets/views/cell_steps.js";
import { typedTags } from "../../../widgets/gallery/tag_line.js";
import { selectedAfter } from "../../../widgets/gallery/two_compared.js";

test("keys lead through the grid, and never out of it", () => {
  assert.equal(stepped(0, "ArrowLeft", 4, 10), 0);
  assert.equal(stepped(0, "ArrowRight", 4, 10), 1);
  assert.equal(stepped(2, "ArrowDown", 4, 10), 6);
  assert.equal(stepped(6, "ArrowDown", 4, 10), 6);
  assert.equal(stepped(6, "ArrowUp", 4, 10), 2);
  assert.equal(stepped(6, "Home", 4, 10), 0);
  assert.equal(stepped(6, "End", 4, 10), 9);
  assert.equal(stepped(6, "x", 4, 10), 6);
});

test("only what is seen and lacks its thumbnail is asked for, in the order of the cells", () => {
  assert.deepEqual(lacking([9, 8, 7, 6], new Set([6, 8, 9]), new Map([[8, "url"]])), [9, 6]);
});

test("a search for a file is one word, whatever its name", () => {
  assert.equal(searchFor("file", '2024-01-01/a "b".png'), 'file:"2024-01-01/a \\"b\\".png"');
});

test("two are selected at most: the older makes way, a second click takes back", () => {
  assert.deepEqual([5, 6, 7].reduce(selectedAfter, []), [6, 7]);
  assert.deepEqual(selectedAfter([6, 7], 6), [7]);
});

test("several tags are told apart by commas", () => {
  assert.deepEqual(typedTags(" summer , ,shop sale"), ["summer", "shop sale"]);
});
