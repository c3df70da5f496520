// The ink layer of SketchCanvas: draws at pointer rate, hands over each finished stroke, keeps it on screen until the
// kernel has shown it. `_ink.py` joins this file and those it imports into the one module that the browser loads.

import { boxes, foldPending, open } from "./ink_outbox.js";
import { toDocument, trace } from "./ink_shape.js";
import { element, toolbar } from "./ink_toolbar.js";

const NEAR_PX = 0.35; // points closer than this are left out
const MAX_POINTS = 50000; // as in `lab/core/sketch.py`
// Where the browser has it, the event that does not wait for the next frame.
const MOVE = "onpointerrawupdate" in globalThis ? "pointerrawupdate" : "pointermove";

function render({ model, el, signal }) {
  const { outbox, views } = boxes.get(model.get("canvas_id"));
  const act = (op) => outbox.push({ op });
  const bar = toolbar(model, outbox, act, signal);
  const [ink, live] = [element("canvas"), element("canvas")];
  const ring = element("div", { class: "sketchlab-ring", hidden: "" });
  const named = { class: "sketchlab-surface", tabindex: 0, role: "application", "aria-label": "Sketch canvas" };
  const surface = element("div", named, ink, live, ring);
  const status = element("div", { class: "sketchlab-status", role: "status", "aria-live": "polite" });
  el.classList.add("sketchlab-ink");
  for (const node of [el, surface, bar.node]) node.setAttribute("data-lm-suppress-shortcuts", "true");
  surface.setAttribute("data-jp-suppress-context-menu", "true");
  el.append(bar.node, surface, status);
  const [inkPen, livePen] = [ink.getContext("2d"), live.getContext("2d")];
  let gesture = null; // the stroke under the pen
  let shown = [];

  function fill(pen, stroke, path) {
    pen.globalAlpha = stroke.opacity;
    pen.fillStyle = stroke.tool === "eraser" ? "#ffffff" : stroke.colour;
    pen.fill(path, "nonzero");
  }

  function paintInk() {
    const [width, height] = [model.get("width"), model.get("height")];
    const { covered, strokes } = foldPending(outbox.ops);
    const wanted = [width, height, covered, ...strokes];
    if (wanted.length === shown.length && wanted.every((value, i) => value === shown[i])) return;
    shown = wanted;
    if (ink.width !== width || ink.height !== height) {
      for (const canvas of [ink, live]) [canvas.width, canvas.height] = [width, height];
      surface.style.aspectRatio = `${width} / ${height}`;
    }
    inkPen.globalAlpha = 1;
    inkPen.clearRect(0, 0, width, height);
    inkPen.fillStyle = "#ffffff";
    if (covered) inkPen.fillRect(0, 0, width, height);
    for (const stroke of strokes) {
      if (!stroke.path) trace((stroke.path = new Path2D()), stroke.points, stroke.size_px);
      fill(inkPen, stroke, stroke.path);
    }
  }

  function paint() {
    paintInk();
    bar.paint();
    const waits = outbox.waiting.length;
    const text = outbox.notice;
    status.classList.toggle("sketchlab-refusal", outbox.refusal !== "");
    if (status.textContent !== text) status.textContent = text;
    surface.dataset.waiting = waits;
    surface.dataset.ink = outbox.ops.length;
    surface.dataset.revision = model.get("revision");
  }

  function place(event) {
    const rect = live.getBoundingClientRect();
    const scale = rect.width / model.get("width");
    const across = model.get("size_px") * scale;
    ring.hidden = event.pointerType === "touch";
    ring.style.width = ring.style.height = `${Math.max(3, across)}px`;
    const [x, y] = [event.clientX - rect.left, event.clientY - rect.top];
    ring.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
  }

  function add(event) {
    const { points } = gesture.stroke;
    const rect = live.getBoundingClientRect();
    const coalesced = event.getCoalescedEvents?.() ?? [];
    const first = points.length;
    for (const at of coalesced.length ? coalesced : [event]) {
      const [x, y] = toDocument(rect, live.width, live.height, at.clientX, at.clientY);
      const pressure = event.pointerType === "pen" ? at.pressure : 1;
      const before = points.at(-1);
      const moved = !before || Math.hypot(x - before[0], y - before[1]) >= NEAR_PX;
      if (moved || Math.abs(pressure - before[2]) >= 0.02) points.push([x, y, pressure]);
    }
    if (points.length === first) return;
    const path = new Path2D();
    trace(path, points, gesture.stroke.size_px, first);
    fill(livePen, { ...gesture.stroke, opacity: 1 }, path);
    const detail = performance.now() - event.timeStamp;
    surface.dispatchEvent(new CustomEvent("sketchlab:ink", { bubbles: true, detail })); // the bench listens
  }

  function begin(event) {
    const tool = event.buttons & 32 ? "eraser" : model.get("tool"); // 32: the other end of the pen
    const [colour, size_px] = [model.get("colour"), model.get("size_px")];
    const stroke = { op: "draw", tool, colour, size_px, opacity: 1, points: [] };
    live.style.opacity = stroke.opacity;
    gesture = { pointer: event.pointerId, stroke };
  }

  function cancel() {
    gesture = null;
    livePen.clearRect(0, 0, live.width, live.height);
  }

  function finish() {
    const { stroke } = gesture;
    outbox.push(stroke);
    cancel();
  }

  const on = (node, name, handler) => node.addEventListener(name, handler, { signal });
  on(surface, "pointerdown", (event) => {
    if (gesture || (event.pointerType === "mouse" && event.button !== 0)) return;
    event.preventDefault();
    surface.focus({ preventScroll: true });
    surface.setPointerCapture(event.pointerId);
    begin(event);
    add(event);
    place(event);
  });
  on(surface, MOVE, (event) => {
    if (gesture?.pointer !== event.pointerId) return;
    add(event);
    if (gesture.stroke.points.length <= MAX_POINTS - 500) return;
    const last = gesture.stroke.points.at(-1);
    finish();
    begin(event);
    gesture.stroke.points.push(last);
  });
  on(surface, "pointermove", place);
  on(surface, "pointerup", (event) => gesture?.pointer === event.pointerId && finish());
  // A finger that the system takes away (a palm, a gesture of its own) did not mean to draw; a pen or a mouse did.
  on(surface, "pointercancel", (event) => {
    if (gesture?.pointer === event.pointerId) event.pointerType === "touch" ? cancel() : finish();
  });
  // JupyterLab moves outputs about, and a moved surface never hears pointerup.
  on(surface, "lostpointercapture", (event) => gesture?.pointer === event.pointerId && finish());
  on(surface, "pointerleave", () => (ring.hidden = true));
  on(surface, "contextmenu", (event) => event.preventDefault());

  const steps = { "[": -1, "]": 1 };
  function key(event) {
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey) {
      if (name === "z") return () => act(event.shiftKey ? "redo" : "undo");
      if (name === "y") return () => act("redo");
    } else if (name in steps) {
      const size = model.get("size_px");
      return () => bar.resize(Math.round(size + steps[name] * Math.max(1, size * 0.15)));
    } else if (name === "b" || name === "e") return () => bar.pick({ tool: name === "b" ? "brush" : "eraser" });
    else if (name === "Escape" && gesture) return cancel;
    return null;
  }
  on(el, "keydown", (event) => {
    if (event.altKey || event.target.matches('input[type="number"]')) return;
    const handler = key(event);
    if (!handler) return;
    event.preventDefault();
    event.stopPropagation();
    if (!gesture || handler === cancel) handler();
  });

  for (const name of ["tool", "colour", "size_px", "can_undo", "can_redo", "width", "height", "revision"])
    model.on(`change:${name}`, paint);
  views.add(paint);
  signal.addEventListener("abort", () => views.delete(paint));
  paint();
}

export default {
  initialize: ({ model, signal }) => open(model, signal),
  render,
};
