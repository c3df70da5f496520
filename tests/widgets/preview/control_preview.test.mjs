// The control preview's own decisions: names, numbers, settings, and what is busy.
import assert from "node:assert/strict";
import test from "node:test";
import {
  bytesOf, isBusy, pieces, readable, split, spoken, turned, valueOf, within,
} from "../../../widgets/preview/control_preview.js";

test("names are read as people write them", () => {
  assert.equal(spoken("lineart_standard"), "Lineart standard");
  assert.equal(spoken("scribble_xdog"), "Scribble XDoG");
  assert.equal(spoken("mlsd"), "MLSD");
});

test("a number has as many decimals as its slider can be set to", () => {
  assert.equal(readable(0.1, 0.01), "0.10");
  assert.equal(readable(9, 0.5), "9.0");
  assert.equal(readable(100, 1), "100");
});

test("a param that was never turned stands at its default, even at 0 and false", () => {
  assert.equal(valueOf({ name: "a", default: 3 }, undefined), 3);
  assert.equal(valueOf({ name: "a", default: 3 }, { b: 1 }), 3);
  assert.equal(valueOf({ name: "a", default: 3 }, { a: 0 }), 0);
  assert.equal(valueOf({ name: "a", default: true }, { a: false }), false);
});

test("turning one param leaves all others, and the old settings, as they were", () => {
  const before = { canny: { low: 1, high: 2 }, blur: { radius: 3 } };
  const after = turned(before, "canny", "low", 9);
  assert.deepEqual(after, { canny: { low: 9, high: 2 }, blur: { radius: 3 } });
  assert.equal(before.canny.low, 1);
  assert.deepEqual(turned({}, "canny", "low", 9), { canny: { low: 9 } });
});

test("what stands between backticks is code", () => {
  assert.deepEqual(pieces("get it with `hf download x`."), [
    { text: "get it with ", isCode: false },
    { text: "hf download x", isCode: true },
    { text: ".", isCode: false },
  ]);
});

test("it is busy until the map of the choice is there, and never without a picture", () => {
  assert.equal(isBusy("canny", {}, true), true);
  assert.equal(isBusy("canny", { name: "blur" }, true), true);
  assert.equal(isBusy("canny", { name: "canny" }, true), false);
  assert.equal(isBusy("canny", {}, false), false);
});

test("only the part of a buffer that belongs to a view is taken", () => {
  const buffer = new Uint8Array([1, 2, 3, 4]).buffer;
  assert.deepEqual([...bytesOf(new DataView(buffer, 1, 2))], [2, 3]);
  assert.equal(bytesOf(null).length, 0);
});

test("a typed number is kept within the setting, whole where it is whole, the default where it is none", () => {
  const level = { low: 0, high: 255, step: 1, default: 127 };
  assert.equal(within(level, 9999), 255);
  assert.equal(within(level, 30.6), 31);
  assert.equal(within(level, NaN), 127);
  assert.equal(within({ ...level, step: 0.5 }, 30.6), 30.6);
});

test("maps whose weights are missing are told from those that can be used, in order", () => {
  const tiles = { depth: { state: "missing" }, canny: { state: "ready" }, mlsd: { state: "missing" } };
  assert.deepEqual(split(["canny", "depth", "lines", "mlsd"], tiles), [["canny", "lines"], ["depth", "mlsd"]]);
});
