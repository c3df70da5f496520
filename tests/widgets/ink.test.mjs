import assert from "node:assert/strict";
import test from "node:test";

import { Outbox, foldPending } from "../../widgets/ink_outbox.js";
import { joint, packPoints, toDocument, trace } from "../../widgets/ink_shape.js";

const draw = (name) => ({ op: "draw", name, points: [[1, 2, 1]], tool: "brush", colour: "#000000", size_px: 4, opacity: 1 });
const names = ({ covered, strokes }) => [covered, ...strokes.map((stroke) => stroke.name)];

test("client pixels become document pixels at any size on screen", () => {
  const rect = { left: 100, top: 50, width: 256, height: 128 };
  assert.deepEqual(toDocument(rect, 512, 256, 100, 50), [0, 0]);
  assert.deepEqual(toDocument(rect, 512, 256, 356, 178), [512, 256]);
  assert.deepEqual(toDocument(rect, 512, 256, 99, 49), [-2, -2]);
});

test("points travel as little-endian float32, twelve bytes each", () => {
  const bytes = new Uint8Array(packPoints([[1, 2, 0.5], [3, 4, 1]]));
  assert.equal(bytes.length, 24);
  assert.deepEqual([...bytes.slice(0, 12)], [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 0, 63]);
});

test("a joint touches both discs on their tangents and is wound like an arc", () => {
  for (const [a, b] of [[[0, 0, 2], [10, 0, 2]], [[0, 0, 4], [3, 9, 1]], [[5, 5, 1], [-7, 2, 3]]]) {
    const [ar, br, bl, al] = joint(a, b);
    const away = (corner, disc) => Math.hypot(corner[0] - disc[0], corner[1] - disc[1]) - disc[2];
    for (const [corner, disc, from] of [[ar, a, br], [al, a, bl], [br, b, ar], [bl, b, al]]) {
      assert.ok(Math.abs(away(corner, disc)) < 1e-9);
      const radius = [corner[0] - disc[0], corner[1] - disc[1]];
      const side = [from[0] - corner[0], from[1] - corner[1]];
      assert.ok(Math.abs(radius[0] * side[0] + radius[1] * side[1]) < 1e-9);
    }
    const area = [ar, br, bl, al].reduce((sum, [x, y], i, all) => {
      const [u, v] = all[(i + 1) % 4];
      return sum + x * v - u * y;
    }, 0);
    assert.ok(area > 0, `area ${area}`);
  }
});

test("a disc inside its neighbour needs no joint", () => {
  assert.equal(joint([0, 0, 5], [1, 1, 2]), null);
  assert.equal(joint([3, 3, 2], [3, 3, 2]), null);
});

test("a stroke is traced once, and in parts as it grows", () => {
  const record = () => {
    const calls = [];
    return { calls, ...Object.fromEntries(["moveTo", "lineTo", "arc", "closePath"].map((name) => [name, (...args) => calls.push([name, ...args])])) };
  };
  const points = [[0, 0, 1], [10, 0, 0.5], [20, 0, 1]];
  const [whole, parts] = [record(), record()];
  trace(whole, points, 8);
  trace(parts, points.slice(0, 1), 8);
  trace(parts, points.slice(0, 2), 8, 1);
  trace(parts, points, 8, 2);
  assert.deepEqual(parts.calls, whole.calls);
  assert.deepEqual(whole.calls.filter(([name]) => name === "arc").map((arc) => arc[3]), [4, 2, 4]);
  assert.equal(whole.calls.filter(([name]) => name === "closePath").length, 2);
});

test("waiting changes are folded as the kernel will apply them", () => {
  const [a, b, c] = [draw("a"), draw("b"), draw("c")];
  const [undo, redo, clear] = [{ op: "undo" }, { op: "redo" }, { op: "clear" }];
  const table = [
    [[], [false]],
    [[a, b], [false, "a", "b"]],
    [[a, b, undo], [false, "a"]],
    [[a, b, undo, undo, redo], [false, "a"]],
    [[a, undo, redo, b], [false, "a", "b"]],
    [[a, undo, b, redo], [false, "b"]],
    [[a, clear], [true]],
    [[a, clear, b], [true, "b"]],
    [[a, clear, undo], [false, "a"]],
    [[undo, a], [false, "a"]],
    [[undo, redo], [false]],
    [[clear, b, undo, undo, c], [false, "c"]],
  ];
  for (const [ops, expected] of table) assert.deepEqual(names(foldPending(ops)), expected);
});

/** An outbox on a clock that the test turns: `wire` is what was sent, `pass(ms)` lets time go by. */
function outbox() {
  const wire = [];
  let time = 0;
  let timers = [];
  const box = new Outbox({
    client: "me",
    send: ({ seq }) => wire.push(seq),
    changed: () => {},
    now: () => time,
    later: (act, ms) => timers.push({ act, at: time + ms }),
  });
  const pass = (ms) => {
    for (const end = time + ms; time < end; ) {
      time = Math.min(end, ...timers.map(({ at }) => Math.max(at, time)));
      const due = timers.filter(({ at }) => at <= time);
      timers = timers.filter(({ at }) => at > time);
      for (const { act } of due) act();
    }
  };
  return { box, wire, pass };
}

test("changes are numbered and sent at once", () => {
  const { box, wire } = outbox();
  for (const name of "abc") box.push(draw(name));
  assert.deepEqual(wire, [1, 2, 3]);
});

test("ink stays a moment after its ack, then goes", () => {
  const { box, pass } = outbox();
  box.push(draw("a"));
  pass(40);
  assert.equal(box.acked({ last: 1 }), 40);
  assert.deepEqual(box.ops.map((op) => op.name), ["a"]);
  pass(200);
  assert.deepEqual(box.ops, []);
});

test("all that is unacked is sent again, in order, ever more slowly", () => {
  const { box, wire, pass } = outbox();
  for (const name of "abc") box.push(draw(name));
  box.acked({ last: 1 });
  wire.length = 0;
  pass(3000);
  assert.deepEqual(wire, [2, 3]);
  pass(5500);
  assert.deepEqual(wire, [2, 3]);
  pass(500);
  assert.deepEqual(wire, [2, 3, 2, 3]);
  pass(60000);
  assert.ok(wire.length <= 16, `${wire.length} messages in a minute`);
});

test("progress makes resending quick again, and nothing is sent when all is acked", () => {
  const { box, wire, pass } = outbox();
  box.push(draw("a"));
  pass(20000);
  box.push(draw("b"));
  box.acked({ last: 1 });
  wire.length = 0;
  pass(3500);
  assert.deepEqual(wire, [2]);
  box.acked({ last: 2 });
  pass(60000);
  assert.deepEqual(wire, [2]);
});

test("a gap that the kernel sees is filled without waiting for the clock", () => {
  const { box, wire, pass } = outbox();
  box.push(draw("a"));
  box.push(draw("b"));
  pass(400);
  box.acked({ last: 0, gap: true });
  box.acked({ last: 0, gap: true });
  assert.deepEqual(wire, [1, 2, 1, 2]);
});

test("an old ack changes nothing", () => {
  const { box } = outbox();
  box.push(draw("a"));
  box.push(draw("b"));
  box.acked({ last: 2 });
  assert.equal(box.acked({ last: 1 }), null);
  assert.equal(box.last, 2);
});

test("a refused stroke leaves the screen with a sentence, and the queue goes on", () => {
  const { box } = outbox();
  box.push(draw("bad"));
  box.push(draw("good"));
  box.acked({ last: 1, refused: "a colour is written #rrggbb" });
  assert.deepEqual(box.ops.map((op) => op.name), ["good"]);
  assert.equal(box.notice, "a colour is written #rrggbb");
  box.push(draw("next"));
  assert.equal(box.notice, "");
});

test("a kernel that takes long is called busy, one that never answers may be gone", () => {
  const { box, pass } = outbox();
  box.push(draw("a"));
  assert.equal(box.notice, "");
  pass(1500);
  assert.equal(box.notice, "The kernel is busy: 1 change waits, nothing is lost.");
  box.push(draw("b"));
  pass(30000);
  assert.match(box.notice, /does not answer: 2 changes wait\. If it was restarted, run the cell again/);
  box.acked({ last: 2 });
  assert.equal(box.notice, "");
});
