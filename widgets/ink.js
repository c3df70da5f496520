// The ink layer and toolbar of SketchCanvas: draws at pointer rate, hands over each finished stroke, keeps it on screen
// until the kernel has shown it. The kernel's half, and what travels, is in `_ink.py`; the shape in `lab/core/sketch.py`.

const RESEND_MS = 3000; // without progress
const RESEND_MAX_MS = 12000;
const GAP_RESEND_MS = 300;
const BUSY_MS = 1200; // a change that waits longer is mentioned
const LINGER_MS = 150; // ink stays this long after its ack, while ipycanvas decodes the same pixels
const BURST_MS = 150; // two revisions closer than this may be shown in the wrong order...
const SETTLE_MS = 400; // ...so all pixels are asked for once it is quiet
const SAVE_MS = 400;
const NEAR_PX = 0.35; // points closer than this are left out
const MAX_POINTS = 50000; // as in `lab/core/sketch.py`
const SIZES = { min: 1, max: 96 };
const SWATCHES = [
  ["#000000", "Black"], ["#ffffff", "White"], ["#d93025", "Red"],
  ["#f2a600", "Yellow"], ["#1e8e3e", "Green"], ["#1a73e8", "Blue"],
];
const FULL_TURN = 2 * Math.PI;
// Where the browser has it, the event that does not wait for the next frame.
const MOVE = "onpointerrawupdate" in globalThis ? "pointerrawupdate" : "pointermove";

/** Client coordinates as pixels of a document shown in this rectangle. */
export function toDocument(rect, width, height, clientX, clientY) {
  return [((clientX - rect.left) * width) / rect.width, ((clientY - rect.top) * height) / rect.height];
}

/** Points [x, y, pressure] as little-endian float32. */
export function packPoints(points) {
  const view = new DataView(new ArrayBuffer(points.length * 12));
  points.forEach((point, i) => point.forEach((value, j) => view.setFloat32(i * 12 + j * 4, value, true)));
  return view.buffer;
}

/** The quadrangle of the outer tangents of two discs [x, y, radius], wound like `arc`; null where one holds the other. */
export function joint([ax, ay, p], [bx, by, q]) {
  const distance = Math.hypot(bx - ax, by - ay);
  if (distance <= Math.abs(p - q)) return null;
  const [dx, dy] = [(bx - ax) / distance, (by - ay) / distance];
  const lean = (p - q) / distance;
  const across = Math.sqrt(1 - lean * lean);
  const [lx, ly] = [dx * lean - dy * across, dy * lean + dx * across];
  const [rx, ry] = [dx * lean + dy * across, dy * lean - dx * across];
  return [[ax + rx * p, ay + ry * p], [bx + rx * q, by + ry * q], [bx + lx * q, by + ly * q], [ax + lx * p, ay + ly * p]];
}

/** Adds the discs of the points from `first` on, and what joins them, to a path that is to be filled once. */
export function trace(path, points, size_px, first = 0) {
  const disc = ([x, y, pressure]) => [x, y, (size_px / 2) * pressure];
  for (let i = first; i < points.length; i++) {
    const here = disc(points[i]);
    path.moveTo(here[0] + here[2], here[1]);
    path.arc(...here, 0, FULL_TURN);
    const corners = i > 0 && joint(disc(points[i - 1]), here);
    if (!corners) continue;
    corners.forEach(([x, y], k) => (k ? path.lineTo(x, y) : path.moveTo(x, y)));
    path.closePath();
  }
}

/** What changes that the kernel has not shown yet look like: strokes, over blank paper when `covered`. */
export function foldPending(ops) {
  let now = { covered: false, strokes: [] };
  let past = [];
  let future = [];
  for (const op of ops) {
    if (op.op === "draw" || op.op === "clear") {
      past.push(now);
      future = [];
      now = op.op === "clear" ? { covered: true, strokes: [] } : { ...now, strokes: [...now.strokes, op] };
    } else {
      const [from, to] = op.op === "undo" ? [past, future] : [future, past];
      if (!from.length) continue; // reaches what is below the ink: only the kernel knows
      to.push(now);
      now = from.pop();
    }
  }
  return now;
}

/** Keeps changes in order until the kernel has them (go-back-N): one per page and canvas, shared by its views. */
export class Outbox {
  constructor({ client, send, changed, now = () => performance.now(), later = (act, ms) => setTimeout(act, ms) }) {
    Object.assign(this, { client, send, changed, now, later });
    this.ops = []; // acked ones linger at the front
    this.seq = 0;
    this.last = 0;
    this.wait = RESEND_MS;
    this.sentAt = -Infinity;
    this.refusal = "";
  }

  get waiting() {
    return this.ops.filter((op) => op.seq > this.last);
  }

  get isBusy() {
    const oldest = this.waiting[0];
    return oldest !== undefined && this.now() - oldest.at >= BUSY_MS;
  }

  push(op) {
    this.refusal = "";
    this.ops.push({ ...op, seq: ++this.seq, at: this.now() });
    this.#post(this.ops.at(-1));
    this.#tick();
    this.changed();
  }

  /** The kernel has all changes up to `last`; answers how long the newest of them took, null when none is new. */
  acked({ last, gap, refused }) {
    const now = this.now();
    const fresh = this.ops.filter((op) => op.seq > this.last && op.seq <= last);
    for (const op of fresh) op.ackedAt = now;
    if (fresh.length) {
      this.last = last;
      this.wait = RESEND_MS;
      this.sentAt = now;
      this.later(() => this.#forget(), LINGER_MS);
    }
    if (refused) {
      this.refusal = refused;
      this.ops = this.ops.filter((op) => op.seq !== last);
    }
    if (gap && now - this.sentAt > GAP_RESEND_MS) this.resend();
    this.changed();
    return fresh.length ? now - fresh.at(-1).at : null;
  }

  resend() {
    for (const op of this.waiting) this.#post(op);
  }

  close() {
    clearTimeout(this.timer);
  }

  #post({ op, seq, tool, colour, size_px, opacity, points }) {
    this.sentAt = this.now();
    const name = { kind: "op", client: this.client, seq, op };
    if (op === "draw") this.send({ ...name, tool, colour, size_px, opacity }, [packPoints(points)]);
    else this.send(name, []);
  }

  #tick() {
    if (this.timer !== undefined) return;
    this.timer = this.later(() => {
      this.timer = undefined;
      if (!this.waiting.length) return;
      if (this.now() - this.sentAt >= this.wait) {
        this.wait = Math.min(this.wait * 2, RESEND_MAX_MS);
        this.resend();
      }
      this.changed();
      this.#tick();
    }, 500);
  }

  #forget() {
    const now = this.now();
    this.ops = this.ops.filter((op) => !(op.ackedAt <= now - LINGER_MS + 1));
    this.changed();
  }
}

const boxes = new Map(); // canvas id -> its outbox with what its views need

function open(model, signal) {
  const views = new Set();
  const send = (content, buffers) => {
    try {
      model.send(content, undefined, buffers);
    } catch {
      // the kernel is away: the outbox sends it again
    }
  };
  const client = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  const outbox = new Outbox({ client, send, changed: () => views.forEach((paint) => paint()) });
  let quiet;
  let revisedAt = -Infinity;
  const settle = () => {
    clearTimeout(quiet);
    quiet = setTimeout(() => send({ kind: "redraw" }, []), SETTLE_MS);
  };
  model.on("change:revision", () => {
    if (performance.now() - revisedAt < BURST_MS) settle();
    revisedAt = performance.now();
  });
  model.on("msg:custom", (content) => {
    if (content.kind !== "ack" || content.client !== client) return;
    const ack_ms = outbox.acked(content);
    if (ack_ms === null) return;
    if (ack_ms > RESEND_MS) settle(); // the connection may have been cut, and pixels lost
    document.dispatchEvent(new CustomEvent("sketchlab:ack", { detail: ack_ms }));
  });
  window.addEventListener("online", () => outbox.resend(), { signal });
  signal.addEventListener("abort", () => {
    outbox.close();
    clearTimeout(quiet);
    boxes.delete(model.get("canvas_id"));
  });
  boxes.set(model.get("canvas_id"), { outbox, views });
}

const icon = (body) => `<svg viewBox="0 0 20 20" width="18" height="18" fill="none" stroke="currentColor"
  stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${body}</svg>`;
const ICONS = {
  brush: icon('<path d="M17 3 9.2 10.8M7.4 11.2c-1.7 0-2.7 1.2-2.9 2.7-.1 1-.6 1.700-1.500 2.200 2.900.9 6.600.3 6.800-2.600.1-1.300-1-2.300-2.400-2.300Z"/>'),
  eraser: icon('<path d="m8 16.500-4.200-4.200a1.400 1.400 0 0 1 0-2l6.500-6.500a1.400 1.400 0 0 1 2 0l4 4a1.400 1.400 0 0 1 0 2L9.700 16.500H8Zm-1.500-9 6 6M9 16.500h7.500"/>'),
  undo: icon('<path d="M7 4 3.500 7.500 7 11M4 7.500h7.500a4.500 4.500 0 0 1 0 9H7"/>'),
  redo: icon('<path d="m13 4 3.500 3.500L13 11M16 7.500H8.500a4.500 4.500 0 0 0 0 9H13"/>'),
  clear: icon('<path d="M3.500 5.500h13M8 5.500V3.500h4v2M5.500 5.500l.8 11h7.400l.8-11M8.500 9v4.500M11.500 9v4.500"/>'),
};

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** The toolbar: `act(name)` makes a change; `paint()` shows the state of the model and of the outbox. */
function toolbar(model, outbox, act, signal) {
  const button = (name, title, onClick) => {
    const node = element("button", { type: "button", class: "sketchlab-button", title, "aria-label": title });
    node.innerHTML = ICONS[name] ?? "";
    node.addEventListener("click", onClick, { signal });
    return node;
  };
  const pick = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    paint();
    save();
  };
  let saving;
  const save = () => {
    clearTimeout(saving);
    saving = setTimeout(() => model.save_changes(), SAVE_MS);
  };
  const tools = {
    brush: button("brush", "Brush (B)", () => pick({ tool: "brush" })),
    eraser: button("eraser", "Eraser (E)", () => pick({ tool: "eraser" })),
  };
  const swatches = SWATCHES.map(([colour, name]) => {
    const node = button("", name, () => pick({ colour, tool: "brush" }));
    node.classList.add("sketchlab-swatch");
    node.style.setProperty("--swatch", colour);
    return node;
  });
  const colour = element("input", { type: "color", title: "Any colour", "aria-label": "Any colour" });
  colour.addEventListener("input", () => pick({ colour: colour.value, tool: "brush" }), { signal });
  const size = element("input", { type: "range", ...SIZES, step: 1, title: "Size ([ and ])", "aria-label": "Size in pixels" });
  const number = element("input", { type: "number", ...SIZES, step: 1, title: "Size in pixels", "aria-label": "Size in pixels, as a number" });
  const resize = (value) => pick({ size_px: Math.min(SIZES.max, Math.max(SIZES.min, value || SIZES.min)) });
  size.addEventListener("input", () => resize(size.valueAsNumber), { signal });
  number.addEventListener("change", () => resize(number.valueAsNumber), { signal });
  const undo = button("undo", "Undo (Ctrl+Z)", () => act("undo"));
  const redo = button("redo", "Redo (Ctrl+Shift+Z)", () => act("redo"));
  const clear = button("clear", "Clear the sketch", () => act("clear"));
  const group = (label, ...nodes) => element("div", { class: "sketchlab-group", role: "group", "aria-label": label }, ...nodes);
  const sizes = group("Size", size, number, "px");
  sizes.classList.add("sketchlab-sizes");
  const node = element("div", { class: "sketchlab-toolbar", role: "toolbar", "aria-label": "Sketch tools" },
    group("Tools", ...Object.values(tools)), group("Colours", ...swatches, colour), sizes, group("History", undo, redo, clear));

  function paint() {
    const pen = model.get("colour");
    for (const [name, tool] of Object.entries(tools)) tool.setAttribute("aria-pressed", name === model.get("tool"));
    swatches.forEach((swatch, i) => swatch.setAttribute("aria-pressed", SWATCHES[i][0] === pen));
    colour.value = pen;
    colour.classList.toggle("sketchlab-picked", SWATCHES.every(([known]) => known !== pen));
    size.value = model.get("size_px");
    if (number !== document.activeElement) number.value = Math.round(model.get("size_px"));
    const waits = outbox.waiting.length > 0;
    undo.disabled = !(waits || model.get("can_undo"));
    redo.disabled = !(waits || model.get("can_redo"));
  }
  signal.addEventListener("abort", () => clearTimeout(saving));
  return { node, paint, pick, resize };
}

function render({ model, el, signal }) {
  const { outbox, views } = boxes.get(model.get("canvas_id"));
  const act = (op) => outbox.push({ op });
  const bar = toolbar(model, outbox, act, signal);
  const [ink, live] = [element("canvas"), element("canvas")];
  const ring = element("div", { class: "sketchlab-ring", hidden: "" });
  const surface = element("div", { class: "sketchlab-surface", tabindex: 0, role: "application", "aria-label": "Sketch canvas" }, ink, live, ring);
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
    const busy = `The kernel is busy: ${waits} ${waits === 1 ? "change waits" : "changes wait"}, nothing is lost.`;
    const text = outbox.refusal || (outbox.isBusy ? busy : "");
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
    ring.style.transform = `translate(${event.clientX - rect.left}px, ${event.clientY - rect.top}px) translate(-50%, -50%)`;
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
      if (before && Math.hypot(x - before[0], y - before[1]) < NEAR_PX && Math.abs(pressure - before[2]) < 0.02) continue;
      points.push([x, y, pressure]);
    }
    if (points.length === first) return;
    const path = new Path2D();
    trace(path, points, gesture.stroke.size_px, first);
    fill(livePen, { ...gesture.stroke, opacity: 1 }, path);
    surface.dispatchEvent(new CustomEvent("sketchlab:ink", { bubbles: true, detail: performance.now() - event.timeStamp }));
  }

  function begin(event) {
    const tool = event.buttons & 32 ? "eraser" : model.get("tool"); // 32: the other end of the pen
    const stroke = { op: "draw", tool, colour: model.get("colour"), size_px: model.get("size_px"), opacity: 1, points: [] };
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
  on(surface, "pointercancel", (event) => gesture?.pointer === event.pointerId && cancel());
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
