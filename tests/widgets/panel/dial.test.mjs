// What the browser decides while a dial is turned.

import assert from "node:assert/strict";
import { test } from "node:test";

import { angleAt, between, moved, typed } from "../../../widgets/panel/dial/dial.js";

const LIGHT = { min: 0, max: 360, step: 5 };
const TURN = { min: -180, max: 180, step: 1 };

test("an angle is counted clockwise from above", () => {
  const places = [[0, -9], [9, -9], [9, 0], [0, 9], [-9, 0], [-9, -9]];
  assert.deepEqual(places.map(([right, below]) => angleAt(right, below)), [0, 45, 90, 180, 270, 315]);
});

test("turning goes on past an end at the other one", () => {
  assert.deepEqual([360, 365, -5, 0].map((one) => between(one, 0, 360)), [360, 5, 355, 0]);
  assert.deepEqual([180, 181, 270, -181].map((one) => between(one, -180, 180)), [180, -179, -90, 179]);
});

test("keys move by a step, with Shift by a degree, and to the ends", () => {
  const after = (key, value, how = LIGHT, shiftKey = false) => moved({ key, shiftKey }, value, how);
  assert.deepEqual([after("ArrowRight", 315), after("ArrowUp", 360), after("ArrowLeft", 0)], [320, 5, 355]);
  assert.deepEqual([after("ArrowDown", 315, LIGHT, true), after("PageUp", 170, TURN)], [314, -145]);
  assert.deepEqual([after("Home", 90), after("End", 90), after("Tab", 90)], [0, 360, null]);
});

test("what is typed is a whole number of degrees, or nothing", () => {
  assert.deepEqual(["44.6", "400", "-10", "", "left"].map((one) => typed(one, 0, 360)), [45, 40, 350, null, null]);
});
