import assert from "node:assert/strict";
import { test } from "node:test";

import { fromPython, parted, toPython, weighing, wordsOf } from "../../../widgets/panel/prompt_guide.js";

test("what is said of a count names the tokens and what is not read", () => {
  assert.deepEqual(wordsOf({}), { short: "", full: "" });
  assert.equal(wordsOf({ prompt: "a cat", tokens: 2, limit: 75 }).short, "2 of 75");
  assert.match(wordsOf({ prompt: "a", tokens: 18, limit: 14, cut: 3 }).full, /reads 14 tokens, here are 18/);
  assert.match(wordsOf({ prompt: "a", tokens: 90, limit: 75, chunks: 2 }).full, /in 2 parts of 75/);
});

test("the cut part is that of the text in the field, as long as what is read is the same", () => {
  const count = { prompt: "a cat and a dog", cut: 5 };
  assert.deepEqual(parted("a cat and a dog", count), ["a cat", " and a dog"]);
  assert.deepEqual(parted("a cat and", count), ["a cat", " and"]);
  assert.equal(parted("a dog", count), null);
  assert.equal(parted("a cat", { prompt: "a cat", cut: null }), null);
});

test("an emoji before the place is one character for Python and two here", () => {
  assert.equal(toPython("🍎 apple", 3), 2);
  assert.equal(fromPython("🍎 apple", 2), 3);
  assert.deepEqual(parted("🍎 red", { prompt: "🍎 red", cut: 1 }), ["🍎", " red"]);
});

test("only Ctrl or ⌘ with the arrows up and down weighs", () => {
  assert.equal(weighing({ key: "ArrowUp", ctrlKey: true }), true);
  assert.equal(weighing({ key: "ArrowDown", metaKey: true }), false);
  assert.equal(weighing({ key: "ArrowUp" }), null);
  assert.equal(weighing({ key: "ArrowUp", ctrlKey: true, shiftKey: true }), null);
});
