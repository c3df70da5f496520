// From the pointer to strokes: one path for mouse, pen and finger. Two fingers, Space or the middle button move the view.

import { outline, partsOf, smoothed, squared, thinned } from "./shape.js";
import { panned, pinched } from "./view.js";
import { onGrid } from "./point_codec.js";

const NEAR_PX = 0.35; // points closer than this are left out
const MAX_POINTS = 50000; // as in `lab/core/stroke.py`
const CLOSE_PX = 9; // a click so near to a polygon's first corner closes it
const WHEEL = 1.01; // zoom for one unit of a wheel
const NOTCH = 15; // units at most: a notch of a mouse comes as a hundred or more at once, a pinch in steps of a few
const CLICK_PX = 4; // dragged less far in one direction, the wand was clicked
const PEN_ERASER = 32; // the other end of a pen, among `buttons`
const EFFECT = { add: "brush", subtract: "eraser", intersect: "keep" };
const SHAPES = ["line", "rectangle", "ellipse"];
const KEYS = "keys"; // the pointer that the arrow keys move
const AREAS = ["rectangle", "ellipse", "lasso", "polygon"];
// Where the browser has it, the event that does not wait for the next frame.
const MOVE = "onpointerrawupdate" in globalThis ? "pointerrawupdate" : "pointermove";

/** A line's end on the nearest eighth of a turn around its beginning. */
export function straightened([ax, ay], [bx, by]) {
  const step = Math.PI / 4;
  const turn = Math.round(Math.atan2(by - ay, bx - ax) / step) * step;
  const length = Math.hypot(bx - ax, by - ay);
  return [ax + length * Math.cos(turn), ay + length * Math.sin(turn)];
}

/** By how much a wheel with Ctrl zooms; trackpads tell a pinch as such a wheel. */
export function wheelZoom({ deltaY, deltaMode }) {
  const units = deltaMode === 1 ? deltaY * NOTCH : deltaY;
  return WHEEL ** -Math.max(-NOTCH, Math.min(NOTCH, units));
}

/** Listens on the surface; `commands` has `screen`, `model`, `outbox`, `pick(values)` and `place(event)`. */
export function listenToPointers(surface, commands, signal) {
  const { screen, model, outbox } = commands;
  const on = (name, handler) => surface.addEventListener(name, handler, { signal });
  const fingers = new Map(); // pointer -> its place
  let gesture = null; // {pointer, kind, ...}
  let pinch = null;
  let lastEnd = null; // where the last free line ended
  let penSeen = false; // then a single finger is a palm
  let isPanning = false; // Space is held

  const place = (event) => {
    const rect = surface.getBoundingClientRect();
    return [event.clientX - rect.left, event.clientY - rect.top];
  };
  const onPaper = (event) => {
    const [x, y] = screen.toPaper(place(event));
    const asPressure = event.pointerType === "pen" && model.get("pressure_size");
    return onGrid([x, y, asPressure ? event.pressure : 1]);
  };
  const strokeOf = (kind, tool) => {
    const isArea = AREAS.includes(kind) && (model.get("fill_shapes") || kind === "lasso" || kind === "polygon");
    const usual = { colour: model.get("colour"), opacity: model.get("opacity"), mirror: model.get("mirror") };
    return {
      op: "draw", tool, shape: isArea ? "area" : "line", ...usual, size_px: model.get("size_px"),
      hardness: isArea ? 1 : model.get("hardness"), points: [], isFree: kind === "free",
    };
  };
  const effect = (tool) => (AREAS.includes(tool) ? EFFECT[model.get("mode")] : "brush");

  function send({ isFree, paths, ...stroke }) {
    outbox.push(stroke);
  }

  function finish() {
    const { stroke, kind } = gesture;
    if (kind === "free") lastEnd = stroke.points.at(-1);
    gesture = null;
    screen.stroke = null;
    const isArea = stroke.shape === "area";
    const parts = isArea ? [thinned(stroke.points, MAX_POINTS)] : partsOf(stroke.points, MAX_POINTS);
    for (const points of parts) if (points.length > (isArea ? 2 : 0)) send({ ...stroke, points });
    screen.end();
  }

  function cancel() {
    if (!gesture) return;
    gesture = null;
    screen.end();
  }

  function addFree(event) {
    const { stroke } = gesture;
    const { points } = stroke;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    const first = points.length;
    const near = NEAR_PX / screen.view.scale;
    for (const at of coalesced.length ? coalesced : [event]) {
      // Coalesced events know their own pressure, and the parent's kind of pointer.
      const raw = onPaper(at);
      const point = model.get("smoothing") && !gesture.isArea ? onGrid(smoothed(gesture.smooth, raw)) : raw;
      gesture.smooth = point;
      gesture.raw = raw;
      if (event.pointerType === "pen" && model.get("pressure_opacity")) {
        gesture.pressed = Math.max(gesture.pressed ?? 0, at.pressure);
      }
      const before = points.at(-1);
      const moved = !before || Math.hypot(point[0] - before[0], point[1] - before[1]) >= near;
      if (moved || Math.abs(point[2] - before[2]) >= 0.02) points.push(point);
    }
    if (points.length !== first) draw(event, first);
  }

  function draw(event, first) {
    const { stroke } = gesture;
    if (gesture.pressed !== undefined) {
      stroke.opacity = Math.max(0.02, Math.round(model.get("opacity") * gesture.pressed * 255) / 255);
      screen.isDirect = false;
      screen.live.style.opacity = screen.active.opacity * stroke.opacity;
    }
    gesture.isArea ? screen.show(stroke) : screen.extend(first);
    const detail = performance.now() - event.timeStamp;
    surface.dispatchEvent(new CustomEvent("sketchlab:ink", { bubbles: true, detail })); // bench/ listens
  }

  function beginFree(event, tool) {
    const isArea = tool === "lasso";
    const stroke = strokeOf(isArea ? "lasso" : "free", isArea ? effect(tool) : tool);
    gesture = { pointer: event.pointerId, kind: isArea ? "lasso" : "free", isArea, stroke };
    if (event.pointerType === "pen" && model.get("pressure_opacity")) stroke.opacity = Math.min(0.999, stroke.opacity);
    screen.begin(stroke);
    if (event.shiftKey && lastEnd && !isArea) stroke.points.push(lastEnd);
    addFree(event);
  }

  function beginShape(pointer, tool, from) {
    const stroke = strokeOf(tool, effect(tool));
    gesture = { pointer, kind: "shape", tool, stroke, from };
    screen.begin(stroke);
    screen.isDirect = false;
    moveShape(from);
  }

  function moveShape(to, isRegular = false) {
    const { stroke, tool, from } = gesture;
    if (tool === "line") {
      if (isRegular) to = [...straightened(from, to), 1];
      stroke.points = [[from[0], from[1], 1], [to[0], to[1], 1]].map(onGrid);
    } else {
      if (isRegular) to = squared(from, to);
      const points = outline(tool, from, to);
      stroke.points = (stroke.shape === "area" ? points.slice(0, -1) : points).map(onGrid);
    }
    screen.show(stroke);
  }

  function clickPolygon(point) {
    if (!gesture) {
      const stroke = strokeOf("polygon", effect("polygon"));
      gesture = { kind: "polygon", stroke, corners: [] };
      screen.begin(stroke);
    }
    const [first] = gesture.corners;
    const isClosing = first && Math.hypot(point[0] - first[0], point[1] - first[1]) * screen.view.scale < CLOSE_PX;
    if (isClosing && gesture.corners.length > 2) return close();
    gesture.corners.push([point[0], point[1], 1]);
    movePolygon(point);
  }

  function movePolygon([x, y]) {
    gesture.stroke.points = [...gesture.corners, [x, y, 1]];
    screen.show(gesture.stroke);
  }

  /** Ends a polygon with the corners that were clicked. */
  function close() {
    if (gesture?.kind !== "polygon") return;
    gesture.stroke.points = gesture.corners;
    finish();
  }

  const isOnPaper = ([x, y]) => x >= 0 && y >= 0 && x < screen.paper.width && y < screen.paper.height;

  function pour([x, y]) {
    if (!isOnPaper([x, y])) return;
    const [tolerance, colour, opacity] = ["tolerance", "colour", "opacity"].map((name) => model.get(name));
    outbox.push({ op: "bucket", colour, opacity, x, y, tolerance });
  }

  function beginSelect(pointer, from) {
    const stroke = { ...strokeOf("lasso", "keep"), mirror: "" };
    gesture = { pointer, kind: "select", tool: "rectangle", stroke, from };
    screen.begin(stroke);
  }

  /** A click selects what is there, a box what is in it. */
  function endSelect([bx, by]) {
    const { from: [ax, ay] } = gesture;
    cancel();
    const isBox = Math.min(Math.abs(bx - ax), Math.abs(by - ay)) * screen.view.scale > CLICK_PX;
    if (!isBox && !isOnPaper([ax, ay])) return;
    const where = isBox ? { box: [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)] } : { x: ax, y: ay };
    outbox.push({ op: "wand", mode: model.get("mode"), tolerance: model.get("tolerance"), ...where });
  }

  function beginPinch() {
    cancel();
    const pair = [...fingers.entries()].slice(0, 2);
    pinch = { ids: pair.map(([id]) => id), from: pair.map(([, at]) => at), view: screen.view };
  }

  on("pointerdown", (event) => {
    event.preventDefault();
    surface.focus({ preventScroll: true });
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, place(event));
      if (fingers.size === 2) return beginPinch();
      if (fingers.size > 2 || penSeen) return;
    }
    if (event.pointerType === "pen") penSeen = true;
    if (gesture?.kind === "polygon" && commands.tool !== "polygon") cancel(); // another tool was taken before it was closed
    if (gesture?.kind === "polygon" && event.button === 0 && !isPanning) return clickPolygon(onPaper(event));
    if (gesture || pinch) return;
    surface.setPointerCapture(event.pointerId);
    if (event.button === 1 || (event.button === 0 && (isPanning || commands.tool === "hand"))) {
      gesture = { pointer: event.pointerId, kind: "pan", from: place(event), view: screen.view };
      surface.classList.add("sketchlab-panning");
      return;
    }
    const isErasing = (event.buttons & PEN_ERASER) !== 0;
    if (event.button !== 0 && !isErasing) return;
    if (commands.tool === "frame") return;
    const tool = isErasing ? "eraser" : event.altKey ? "picker" : commands.tool;
    if (tool === "picker") {
      gesture = { pointer: event.pointerId, kind: "picker" };
      commands.pick({ colour: screen.colourAt(place(event)) });
    } else if (tool === "bucket") pour(onPaper(event));
    else if (tool === "wand") beginSelect(event.pointerId, onPaper(event));
    else if (tool === "polygon") clickPolygon(onPaper(event));
    else if (tool === "brush" || tool === "eraser" || tool === "lasso") beginFree(event, tool);
    else beginShape(event.pointerId, tool, onPaper(event));
    commands.place(event);
  });

  on(MOVE, (event) => {
    if (gesture?.pointer !== event.pointerId || !["free", "lasso"].includes(gesture.kind)) return;
    addFree(event);
  });

  on("pointermove", (event) => {
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, place(event));
    commands.place(event);
    if (pinch) {
      const now = pinch.ids.map((id) => fingers.get(id));
      if (now.every(Boolean)) screen.look(pinched(pinch.view, screen.room, screen.paper, pinch.from, now));
      return;
    }
    if (gesture?.kind === "polygon") return movePolygon(onPaper(event));
    if (gesture?.pointer !== event.pointerId) return;
    if (gesture.kind === "shape" || gesture.kind === "select") moveShape(onPaper(event), event.shiftKey);
    if (gesture.kind === "picker") commands.pick({ colour: screen.colourAt(place(event)) });
    if (gesture.kind === "pan") {
      const [x, y] = place(event);
      const { from, view } = gesture;
      screen.look(panned(view, screen.room, screen.paper, x - from[0], y - from[1]));
    }
  });

  function lift(event, isMeant) {
    fingers.delete(event.pointerId);
    if (pinch && !pinch.ids.every((id) => fingers.has(id))) pinch = null;
    if (gesture?.pointer !== event.pointerId) return;
    surface.classList.remove("sketchlab-panning");
    const { kind, stroke, raw, smooth } = gesture;
    if (kind === "pan" || kind === "picker") gesture = null;
    else if (!isMeant) cancel();
    else if (kind === "select") endSelect(onPaper(event));
    else {
      // Smoothing lags behind: the line ends where the pen was lifted.
      if (kind === "free" && raw && (raw[0] !== smooth[0] || raw[1] !== smooth[1])) stroke.points.push(raw);
      finish();
    }
  }
  on("pointerup", (event) => lift(event, true));
  // A finger that the system takes away (a palm, a gesture of its own) did not mean to draw; a pen or a mouse did.
  on("pointercancel", (event) => lift(event, event.pointerType !== "touch"));
  // JupyterLab moves outputs about, and a moved surface never hears pointerup.
  on("lostpointercapture", (event) => lift(event, true));
  on("dblclick", () => {
    if (gesture?.kind !== "polygon") return;
    const { corners } = gesture;
    const [a, b] = corners.slice(-2);
    if (b && Math.hypot(a[0] - b[0], a[1] - b[1]) * screen.view.scale < CLOSE_PX) corners.pop();
    close();
  });
  /** What Enter does with the tool at work, where the arrow keys have led to: begins a shape or ends it, or clicks. */
  function enterAt(at) {
    const point = onGrid([...at, 1]);
    const { tool } = commands;
    if (gesture?.pointer === KEYS) gesture.kind === "select" ? endSelect(point) : finish();
    else if (gesture?.kind === "polygon") clickPolygon(point);
    else if (gesture || pinch || tool === "frame" || tool === "hand") return;
    else if (SHAPES.includes(tool)) beginShape(KEYS, tool, point);
    else if (tool === "polygon") clickPolygon(point);
    else if (tool === "wand") beginSelect(KEYS, point);
    else if (tool === "bucket") pour(point);
    else if (tool === "picker") commands.pick({ colour: screen.colourAt(screen.fromPaper(at)) });
    else {
      const isArea = tool === "lasso";
      const stroke = strokeOf(isArea ? "lasso" : "free", isArea ? effect(tool) : tool);
      gesture = { pointer: KEYS, kind: isArea ? "lasso" : "free", isArea, stroke };
      screen.begin(stroke);
      goTo(at);
    }
  }

  /** The arrow keys have led there. */
  function goTo(at) {
    const point = onGrid([...at, 1]);
    if (gesture?.kind === "polygon") return movePolygon(point);
    if (gesture?.pointer !== KEYS) return;
    if (gesture.kind === "shape" || gesture.kind === "select") return moveShape(point);
    gesture.stroke.points.push(point);
    gesture.isArea ? screen.show(gesture.stroke) : screen.extend(gesture.stroke.points.length - 1);
  }

  on("contextmenu", (event) => event.preventDefault());
  const wheel = (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls, as everywhere
    event.preventDefault();
    screen.zoom(wheelZoom(event), place(event));
  };
  surface.addEventListener("wheel", wheel, { signal, passive: false });

  return {
    cancel, close, enterAt, goTo,
    get isBusy() {
      return gesture !== null;
    },
    /** Whether a pointer is pressed; an open polygon has none, and may be left by a key as by the toolbar. */
    get isDown() {
      return gesture !== null && gesture.kind !== "polygon";
    },
    pan(value) {
      isPanning = value;
      surface.classList.toggle("sketchlab-pannable", value);
    },
  };
}
