import assert from "node:assert/strict";
import test from "node:test";

import { Outbox, foldPending, fromText, toText } from "../../../widgets/canvas/ink/outbox.js";
import { joint, mirrored, outline, squared, trace, traceArea } from "../../../widgets/canvas/ink/shape.js";
import { dragged, pulled, scaled, reachOf } from "../../../widgets/canvas/ink/frame.js";
import { straightened, wheelZoom } from "../../../widgets/canvas/ink/pointer.js";
import { stampOf, stateAfter } from "../../../widgets/canvas/ink/layers.js";
import { fit, panned, pinched, toPaper, zoomed } from "../../../widgets/canvas/ink/view.js";
import { onGrid, packPoints, unpackPoints } from "../../../widgets/canvas/ink/point_codec.js";

const draw = (name) => ({ op: "draw", name, points: [[1, 2, 1]], tool: "brush", colour: "#000000", size_px: 4, opacity: 1 });
const names = ({ covered, strokes }) => [covered, ...strokes.map((stroke) => stroke.name)];

const close = (found, expected) =>
  found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-9, `${found} is not ${expected}`));

test("points travel as differences: four bytes for a mouse's step, and come back as they were", () => {
  const mouse = [[100, 200, 1], [103.5, 198, 1], [140, -20.0625, 1]];
  const pen = [[100, 200, 0], [103.5, 198, 0.4], [4000, 5, 1]].map(onGrid);
  assert.deepEqual([...new Uint8Array(packPoints([[1, 2, 1], [0, 2, 1]]))], [0, 32, 64, 31, 0]);
  assert.ok(packPoints(mouse).byteLength <= 13);
  for (const points of [mouse, pen, [[0, 0, 1]]]) assert.deepEqual(unpackPoints(packPoints(points)), points);
});

test("zooming keeps the paper under the pointer where it is, and nothing is ever lost from sight", () => {
  const [room, paper] = [{ width: 640, height: 480 }, { width: 512, height: 512 }];
  let view = fit(room, paper);
  assert.equal(view.scale, 480 / 512);
  for (const [factor, at] of [[2, [300, 200]], [1.7, [350, 220]], [0.8, [320, 240]]]) {
    const before = toPaper(view, at);
    view = zoomed(view, room, paper, factor, at);
    close(toPaper(view, at), before);
  }
  assert.equal(zoomed(view, room, paper, 1e9, [0, 0]).scale, 32);
  for (const [dx, dy] of [[1e5, 1e5], [-1e5, -1e5]]) {
    const { scale, x, y } = panned(view, room, paper, dx, dy);
    assert.ok(x < 640 && y < 480 && x + scale * 512 > 0 && y + scale * 512 > 0);
  }
});

test("a notch of a wheel zooms as far on every system, and a pinch follows the fingers in small steps", () => {
  const notches = [{ deltaY: -100, deltaMode: 0 }, { deltaY: -240, deltaMode: 0 }, { deltaY: -3, deltaMode: 1 }];
  for (const notch of notches) assert.ok(Math.abs(wheelZoom(notch) - 1.161) < 1e-3);
  assert.ok(Math.abs(wheelZoom({ deltaY: -2, deltaMode: 0 }) - 1.02) < 1e-3);
  assert.ok(Math.abs(wheelZoom({ deltaY: 2, deltaMode: 0 }) * wheelZoom({ deltaY: -2, deltaMode: 0 }) - 1) < 1e-12);
});

test("two fingers take the paper with them", () => {
  const [room, paper] = [{ width: 512, height: 512 }, { width: 512, height: 512 }];
  const view = fit(room, paper);
  const now = pinched(view, room, paper, [[100, 100], [200, 100]], [[120, 140], [320, 140]]);
  assert.equal(now.scale, 2);
  close(toPaper(now, [220, 140]), [150, 100]);
});

test("shapes with Shift are square, and lines go in eighths of a turn", () => {
  assert.deepEqual(squared([10, 10], [40, -5]), [40, -20]);
  close(straightened([0, 0], [10, 1]), [Math.hypot(10, 1), 0]);
  close(straightened([0, 0], [-10, 9]), [-Math.hypot(10, 9) * Math.SQRT1_2, Math.hypot(10, 9) * Math.SQRT1_2]);
});

test("an ellipse touches the four sides of its box", () => {
  const points = outline("ellipse", [10, 20], [110, 60]);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  close([Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)], [10, 110, 20, 60]);
});

test("a mirror gives two or four images", () => {
  assert.deepEqual(mirrored([[1, 2, 1]], "", 10, 20), [[[1, 2, 1]]]);
  assert.deepEqual(mirrored([[1, 2, 1]], "x", 10, 20), [[[1, 2, 1]], [[9, 2, 1]]]);
  assert.deepEqual(mirrored([[1, 2, 1]], "xy", 10, 20).flat(), [[1, 2, 1], [9, 2, 1], [1, 18, 1], [9, 18, 1]]);
});

test("an area is traced ring by ring", () => {
  const calls = [];
  const path = { moveTo: () => calls.push("m"), lineTo: () => calls.push("l"), closePath: () => calls.push("z") };
  traceArea(path, [[0, 0], [1, 0], [1, 1], [5, 5], [6, 5], [6, 6]], [3]);
  assert.equal(calls.join(""), "mllzmllz");
});

test("a stamp's colour is a number", () => {
  assert.equal(stampOf([0, 0, 0, 0]), 0);
  assert.equal(stampOf([1, 2, 3, 255]), 0x010203);
});

test("after a lost message nothing newer counts as shown until all pixels come again", () => {
  const steps = [[1, 1], [2, 1], [4, 1], [5, 1], [6, 6], [7, 6]];
  let now = { revision: -1, isTorn: false };
  const found = steps.map(([latest, complete]) => (now = stateAfter(now, latest, complete)).revision);
  assert.deepEqual(found, [1, 2, 2, 2, 6, 7]);
});

test("a change survives as text", () => {
  const change = { op: "draw", client: "me", seq: 4, content: { tool: "brush" }, points: [[1, 2, 1]] };
  const { op, client, seq, tool, points } = fromText(toText(change));
  assert.deepEqual({ op, client, seq, tool, points }, { op: "draw", client: "me", seq: 4, tool: "brush", points: [[1, 2, 1]] });
  const picture = fromText(toText({ op: "picture", client: "me", seq: 5, content: {}, buffer: Uint8Array.of(1, 250).buffer }));
  assert.deepEqual([...new Uint8Array(picture.buffer)], [1, 250]);
});

test("what waits is written as text once, however many changes come after it", () => {
  const saved = [];
  const memory = { load: () => [], save: (texts) => saved.push(texts) };
  const outbox = new Outbox({ client: "me", send() {}, changed() {}, memory, now: () => 0, later: () => 1 });
  let reads = 0;
  const op = { op: "picture", name: "large.png", buffer: Uint8Array.of(1, 250).buffer };
  outbox.push(op);
  Object.defineProperty(outbox.ops[0], "buffer", { get: () => (reads += 1) && op.buffer });
  outbox.push(draw("a"));
  outbox.push(draw("b"));
  assert.equal(reads, 0);
  assert.deepEqual(saved.map((texts) => texts.length), [1, 2, 3]);
  assert.equal(new Set(saved.map(([first]) => first)).size, 1);
});

test("what cannot be done is said until the next change", () => {
  const outbox = new Outbox({ client: "me", send() {}, changed() {}, now: () => 0, later: () => 1 });
  outbox.refuse("scan.tiff cannot be read");
  assert.equal(outbox.notice, "scan.tiff cannot be read");
  outbox.push(draw("a"));
  assert.equal(outbox.notice, "");
});

test("a joint touches both discs on their tangents and is wound like a disc", () => {
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
  assert.equal(whole.calls.filter(([name]) => name === "closePath").length, 5);
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
function outbox(changes = {}) {
  const wire = [];
  let time = 0;
  let timers = [];
  const box = new Outbox({
    client: "me",
    send: ({ seq }) => wire.push(seq),
    changed: () => {},
    now: () => time,
    later: (act, ms) => timers.push({ act, at: time + ms }),
    ...changes,
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

test("ink stays until the pixels that show it are there", () => {
  const { box, pass } = outbox();
  box.push(draw("a"));
  pass(40);
  assert.equal(box.acked({ last: 1, revision: 7 }), 40);
  box.shown(6);
  assert.deepEqual(box.ops.map((op) => op.name), ["a"]);
  assert.equal(box.isUnseen, false);
  pass(2000);
  assert.equal(box.isUnseen, true);
  box.shown(7);
  assert.deepEqual(box.ops, []);
});

test("a canvas that is shown anew takes over what the one before still waits for, however large", () => {
  const memory = { load: () => [], save() {} }; // a page's memory holds no large picture
  const elder = outbox({ memory });
  elder.box.push({ op: "picture", name: "large", buffer: new ArrayBuffer(4_000_000) });
  const sent = [];
  const send = ({ client, seq, resumed }, buffers) => sent.push([client, seq, resumed, buffers[0].byteLength]);
  outbox({ client: "later", memory, send, elders: elder.box.waiting });
  assert.deepEqual(sent, [["me", 1, true, 4_000_000]]);
});

test("what was not acked before a reload is sent again under its old name, and new changes under a new one", () => {
  let kept = [];
  const memory = { load: () => kept, save: (texts) => (kept = texts) };
  const before = outbox({ memory });
  for (const name of "ab") before.box.push(draw(name));
  before.box.acked({ last: 1 });
  const sent = [];
  const send = ({ client, seq, resumed }) => sent.push(`${client} ${seq}${resumed ? " resumed" : ""}`);
  const after = outbox({ client: "later", memory, send });
  after.box.push(draw("c"));
  assert.deepEqual(sent, ["me 2 resumed", "later 1"]);
  after.box.acked({ client: "me", last: 2, revision: 1 });
  assert.deepEqual(after.box.waiting.map((op) => op.name), ["c"]);
  after.box.acked({ client: "later", last: 1, revision: 2 });
  assert.deepEqual(kept, []);
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

test("a frame that grows is dragged side by side and never cuts the paper", () => {
  const inner = [0, 0, 512, 512];
  assert.deepEqual(dragged([0, 0, 640, 512], "r", 60, 99, inner), [0, 0, 700, 512]);
  assert.deepEqual(dragged([0, 0, 640, 512], "r", -600, 0, inner), [0, 0, 512, 512]);
  assert.deepEqual(dragged([0, 0, 640, 512], "lt", -30, -40, inner), [-30, -40, 640, 512]);
  assert.deepEqual(dragged([-30, 0, 640, 512], "l", 90, 0, inner), [0, 0, 640, 512]);
});

test("a frame that stands is moved as a whole, and keeps its shape when a corner is pulled", () => {
  assert.deepEqual(dragged([10, 20, 110, 70], "", 5, -5, null), [15, 15, 115, 65]);
  const [left, top, right, bottom] = pulled([10, 20, 110, 70], "rb", 100, 50);
  assert.deepEqual([left, top], [10, 20]);
  assert.ok(Math.abs(right - 210) < 1e-9 && Math.abs(bottom - 120) < 1e-9, `${right}, ${bottom}`);
  assert.deepEqual(pulled([10, 20, 110, 70], "lt", 100, 50).slice(2), [110, 70]);
  assert.equal(scaled([10, 20, 110, 70], "rb", 1)[3] - 20, 8, "and never vanishes");
});

test("a fit shows a frame that grows with room around it, and the paper alone for one that stands in it", () => {
  const paper = { width: 500, height: 400 };
  assert.deepEqual(reachOf(paper, { box: [-100, 0, 500, 400], grows: true }), [-148, -48, 548, 448]);
  assert.deepEqual(reachOf(paper, { box: [-100, 0, 500, 400], grows: false }), [0, 0, 500, 400]);
  assert.deepEqual(reachOf(paper, null), [0, 0, 500, 400]);
  const view = fit({ width: 700, height: 500 }, paper, [-100, -50, 600, 450]);
  assert.deepEqual(view, { scale: 1, x: 100, y: 50 });
});
