import assert from "node:assert/strict";
import test from "node:test";

import { fitting, isComplete, takesOver } from "../../../widgets/canvas/ink/canvas_session.js";
import { isTyped, keyAction } from "../../../widgets/canvas/ink/keys.js";
import { meanings } from "../../../widgets/canvas/ink/bars/legend.js";
import {
  afterColour, hasTolerance, historyOf, sizeWithin, sizesOf, swatchesOf, toolOf, toolsOf,
} from "../../../widgets/canvas/ink/bars/toolbar.js";
import { nextPlace } from "../../../widgets/canvas/ink/bars/roving.js";
import { moved } from "../../../widgets/canvas/ink/keyboard_pen.js";
import { modelOf } from "./page.mjs";

test("what a page remembers is the first of what waits, without a gap", () => {
  assert.deepEqual(fitting(["1234", "567", "8"], 8), ["1234", "567", "8"]);
  assert.deepEqual(fitting(["1234", "56789", "0"], 8), ["1234"], "the last one fits, but comes after one that does not");
  assert.deepEqual(fitting(["123456789"], 8), []);
});

test("a sketch that is opened again takes over what waits, from its own notebook alone", () => {
  const [here, there] = [{}, {}];
  const older = (key, notebook, waiting) => ({ key, notebook, outbox: { waiting } });
  const own = { key: "sketch", notebook: here };
  assert.ok(takesOver(own, older("sketch", here, [1])));
  assert.ok(!takesOver(own, older("sketch", here, [])));
  assert.ok(!takesOver(own, older("sketch", there, [1])));
  assert.ok(!takesOver(own, older("mask", here, [1])));
});

test("pixels are asked for when a message was lost, ink stays too long, or the kernel is ahead", () => {
  assert.ok(isComplete({ revision: 5, isTorn: false }, { isUnseen: false }, 5));
  assert.ok(!isComplete({ revision: 4, isTorn: false }, { isUnseen: false }, 5));
  assert.ok(!isComplete({ revision: 5, isTorn: true }, { isUnseen: false }, 5));
  assert.ok(!isComplete({ revision: 5, isTorn: false }, { isUnseen: true }, 5));
});

test("each kind of canvas has its tools, and one for the frame as long as there is one", () => {
  const frame = { box: [0, 0, 9, 9] };
  const canvas = (values) => modelOf({ kind: "sketch", paints: true, in_colour: true, frame: {}, ...values });
  assert.ok(toolsOf(canvas({})).includes("bucket"));
  assert.ok(!toolsOf(canvas({})).includes("frame"));
  assert.equal(toolsOf(canvas({ frame }))[0], "frame");
  assert.ok(toolsOf(canvas({ kind: "mask" })).includes("wand"));
  assert.ok(!toolsOf(canvas({ kind: "mask" })).includes("bucket"));
  assert.equal(toolOf(canvas({ frame, tool: "frame" })), "frame");
  assert.equal(toolOf(canvas({ tool: "frame" })), "brush");
  assert.equal(toolOf(canvas({ tool: "brush", paints: false })), "hand");
});

test("where colours say nothing there are black and white, and no bucket", () => {
  const model = modelOf({ kind: "sketch", paints: true, frame: {}, in_colour: false, tool: "bucket" });
  assert.ok(!toolsOf(model).includes("bucket"));
  assert.equal(toolOf(model), "brush");
  assert.deepEqual(swatchesOf(model).map(([, name]) => name), ["Black", "White"]);
  assert.ok(swatchesOf(modelOf({ in_colour: true })).some(([, name]) => name === "Blue"));
});

test("the tolerance is there with wand and bucket, unless a network finds whole things", () => {
  const withTool = (kind, tool, wand = {}) =>
    hasTolerance(modelOf({ kind, paints: true, in_colour: true, frame: {}, tool, wand }));
  assert.ok(withTool("sketch", "bucket") && withTool("mask", "wand", { tolerates: true }));
  assert.ok(!withTool("mask", "wand", { tolerates: false }) && !withTool("mask", "lasso") && !withTool("sketch", "brush"));
});

test("a legend says what the colours over a picture mean, as long as they are seen", () => {
  const mask = { name: "mask", visible: true, legend: "" };
  const redrawn = { name: "denoised", visible: true, tint: "#ff9500", legend: "drawn anew" };
  const told = (...layers) => meanings(modelOf({ layers }));
  assert.deepEqual(told(mask), []);
  assert.deepEqual(told(mask, redrawn), [["drawn anew", "#ff9500"]]);
  assert.deepEqual(told(mask, { ...redrawn, visible: false }), []);
});

test("pens are as large as the paper needs, and never smaller or larger than they can be", () => {
  assert.deepEqual(sizesOf("sketch", 512, 512), { min: 1, max: 96, step: 1 });
  assert.equal(sizesOf("sketch", 1024, 2048).max, 384);
  assert.equal(sizesOf("mask", 512, 512).max, 256);
  for (const [value, size] of [[0, 1], [NaN, 1], [-5, 1], [40, 40], [1000, 96]]) {
    assert.equal(sizeWithin({ min: 1, max: 96 }, value), size);
  }
});

test("a colour that is picked is drawn with", () => {
  assert.deepEqual(afterColour("#ff0000", "lasso"), { colour: "#ff0000" });
  assert.deepEqual(afterColour("#ff0000", "eraser"), { colour: "#ff0000", tool: "brush" });
  assert.deepEqual(afterColour("#ff0000", "picker"), { colour: "#ff0000", tool: "brush" });
});

test("what still waits for the kernel can be undone", () => {
  const model = modelOf({ can_undo: false, can_redo: true });
  assert.deepEqual(historyOf(model, 0), { undo: false, redo: true });
  assert.deepEqual(historyOf(model, 2), { undo: true, redo: true });
});

const done = [];
const note = (name) => (...given) => done.push([name, ...given]);
const COMMANDS = {
  tools: ["brush", "eraser", "bucket"], isBusy: () => false, shut: null,
  ...Object.fromEntries(["act", "run", "pick", "step", "swap", "fit", "one", "zoom", "help", "cancel", "close"].map((name) => [name, note(name)])),
};

function pressed(key, how = {}, commands = {}) {
  done.length = 0;
  const action = keyAction({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...how }, { ...COMMANDS, ...commands });
  action?.();
  return action ? done[0] : null;
}

for (const [key, how, expected] of [
  ["b", {}, ["pick", { tool: "brush" }]], ["B", {}, ["pick", { tool: "brush" }]], ["w", {}, null],
  ["[", {}, ["step", -1]], ["]", {}, ["step", 1]], ["x", {}, ["swap"]], ["0", {}, ["fit"]], ["1", {}, ["one"]],
  ["+", {}, ["zoom", 1.25]], ["-", {}, ["zoom", 0.8]], ["?", {}, ["help"]], ["q", {}, null],
  ["z", { ctrlKey: true }, ["act", "undo"]], ["Z", { ctrlKey: true, shiftKey: true }, ["act", "redo"]],
  ["y", { metaKey: true }, ["act", "redo"]], ["Enter", { ctrlKey: true }, ["run"]],
  ["b", { ctrlKey: true }, null], ["b", { altKey: true }, null], ["Enter", {}, null], ["Escape", {}, null],
]) {
  test(`the key ${JSON.stringify([key, how])} does ${JSON.stringify(expected)}`, () => assert.deepEqual(pressed(key, how), expected));
}

test("Escape drops what is under the pen, else it closes the list of keys; Enter closes a polygon", () => {
  assert.deepEqual(pressed("Escape", {}, { isBusy: () => true }), ["cancel"]);
  assert.deepEqual(pressed("Escape", {}, { shut: note("shut") }), ["shut"]);
  assert.deepEqual(pressed("Enter", {}, { isBusy: () => true }), ["close"]);
});

test("arrows go round a toolbar, Home and End to its ends, and other keys are not its own", () => {
  const led = (key, at) => nextPlace(key, at, 4);
  assert.deepEqual([led("ArrowRight", 1), led("ArrowRight", 3), led("ArrowLeft", 0)], [2, 0, 3]);
  assert.deepEqual([led("Home", 2), led("End", 0), led("ArrowUp", 1), led("b", 1)], [0, 3, null, null]);
});

test("arrows move the cursor over the paper by a part of it, with Shift ten, and never off it", () => {
  const paper = { width: 512, height: 256 };
  assert.deepEqual(moved([100, 100], [1, 0], paper, false), [102, 100]);
  assert.deepEqual(moved([100, 100], [0, 1], paper, true), [100, 120]);
  assert.deepEqual(moved([5, 250], [-1, 0], paper, true), [0, 250]);
  assert.deepEqual(moved([5, 250], [0, 1], paper, true), [5, 256]);
});

test("letters in a field are written there, and Escape leaves it", () => {
  const field = { matches: () => true };
  assert.ok(isTyped({ key: "b", target: field }));
  assert.ok(!isTyped({ key: "Escape", target: field }));
  assert.ok(!isTyped({ key: "b", target: { matches: () => false } }));
});
