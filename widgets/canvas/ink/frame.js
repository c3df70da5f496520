// The frame over the paper: a box that is dragged by its sides and corners, or moved as a whole. What it means is the
// kernel's business: the browser says where it was dragged to, and shows what the kernel makes of that.

import { element } from "./bars/icons.js";

const LEAST_PX = 8; // of the paper; the smallest frame
const SIDE_NAMES = { l: "left side", r: "right side", t: "upper side", b: "lower side" };
const CORNER_NAMES = { lt: "upper left corner", rt: "upper right corner", lb: "lower left corner", rb: "lower right corner" };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAR = 10; // pixels for an arrow key with Shift
const GROWN = 1.02; // by + and -
const AROUND = 0.08; // of the frame's longer side: room to drag it farther out

/** A box [left, top, right, bottom] whose `edges` ("l", "rb", ...; none for all) were moved; it always holds `inner`. */
export function dragged([left, top, right, bottom], edges, dx, dy, inner) {
  const has = (edge) => !edges || edges.includes(edge);
  const box = [has("l") ? left + dx : left, has("t") ? top + dy : top, has("r") ? right + dx : right, has("b") ? bottom + dy : bottom];
  if (inner) return [...inner.slice(0, 2).map((low, i) => Math.min(low, box[i])), ...inner.slice(2).map((high, i) => Math.max(high, box[2 + i]))];
  if (!edges) return box;
  const far = [has("l") ? right - LEAST_PX : Infinity, has("t") ? bottom - LEAST_PX : Infinity];
  return [
    Math.min(box[0], far[0]), Math.min(box[1], far[1]),
    has("r") ? Math.max(box[2], left + LEAST_PX) : box[2], has("b") ? Math.max(box[3], top + LEAST_PX) : box[3],
  ];
}

/** The box with another height, in its own shape, with the corner opposite to `edges` where it was. */
export function scaled([left, top, right, bottom], edges, height) {
  const rows = Math.max(LEAST_PX, height);
  const columns = ((right - left) * rows) / (bottom - top);
  const [x, y] = [edges.includes("l") ? right - columns : left, edges.includes("t") ? bottom - rows : top];
  return [x, y, x + columns, y + rows];
}

/** The box whose corner follows the pointer, in its own shape. */
export function pulled(box, edges, dx, dy) {
  const [width, height] = [box[2] - box[0], box[3] - box[1]];
  const across = edges.includes("l") ? -dx : dx;
  const down = edges.includes("t") ? -dy : dy;
  const share = (across * width + down * height) / (width * width + height * height); // along the diagonal
  return scaled(box, edges, height * (1 + share));
}

/** What the screen should show of a paper with its frame: a box. */
export function reachOf({ width, height }, frame) {
  if (!frame?.grows) return [0, 0, width, height];
  const [left, top, right, bottom] = frame.box;
  const room = AROUND * Math.max(right - left, bottom - top);
  return [left - room, top - room, right + room, bottom + room];
}

/** The frame of one view; `box` is where it is shown, `paint()` shows it, `key(event)` answers the arrow keys. */
export function frameOf(surface, { model, screen, focus }, signal) {
  const image = element("img", { alt: "", draggable: "false" });
  const size = element("span", { class: "sketchlab-frame-size" });
  const handles = Object.entries({ ...SIDE_NAMES, ...CORNER_NAMES }).map(([edges, name]) =>
    element("button", { type: "button", class: `sketchlab-handle sketchlab-handle-${edges}`, "data-edges": edges,
      "aria-label": `Drag the ${name}`, "data-lm-suppress-shortcuts": "true" }));
  const node = element("div", { class: "sketchlab-frame", role: "group", "aria-label": "Frame", hidden: "" }, image, size, ...handles);
  let own = null; // where it was dragged to, until the kernel has answered: {box, seq}
  let gesture = null; // {pointer, edges, from, box}
  let url = "";
  let seen = null;

  const given = () => (model.get("frame").box ? model.get("frame") : null);
  const isOwn = () => own && own.seq > (given()?.seq ?? 0);
  const box = () => (isOwn() ? own.box : given()?.box);
  const inner = () => (given().grows ? [0, 0, screen.paper.width, screen.paper.height] : null);

  function take(moved) {
    own = { box: moved, seq: Math.max((own?.seq ?? 0) + 1, Date.now()) };
    model.set("dragged", own);
    model.save_changes(); // ipywidgets keeps one update in flight and merges the rest
    paint();
  }

  function move(from, edges, dx, dy) {
    take(!given().grows && edges.length === 2 ? pulled(from, edges, dx, dy) : dragged(from, edges, dx, dy, inner()));
  }

  function paint() {
    const frame = given();
    node.hidden = !frame;
    if (!frame) gesture = null; // it was taken away under the pointer
    if (!frame) return;
    const isLive = model.get("tool") === "frame";
    const [left, top, right, bottom] = box();
    const { scale, x, y } = screen.view;
    const [width, height] = [(right - left) * scale, (bottom - top) * scale];
    Object.assign(node.style, { width: `${width}px`, height: `${height}px`, transform: `translate(${x + left * scale}px, ${y + top * scale}px)` });
    node.classList.toggle("sketchlab-frame-live", isLive);
    node.classList.toggle("sketchlab-frame-ahead", Boolean(isOwn())); // of the kernel, which has not answered yet
    node.classList.toggle("sketchlab-frame-grows", frame.grows);
    node.setAttribute("aria-label", frame.label);
    for (const handle of handles) handle.hidden = !isLive || (!frame.grows && handle.dataset.edges.length < 2);
    size.textContent = frame.grows ? `${Math.round(right - left)} × ${Math.round(bottom - top)}` : "";
    paintPicture(model.get("frame_picture"));
  }

  function paintPicture(bytes) {
    if (bytes === seen) return;
    seen = bytes;
    URL.revokeObjectURL(url);
    url = bytes?.byteLength ? URL.createObjectURL(new Blob([bytes], { type: "image/webp" })) : "";
    image.hidden = !url;
    if (url) image.src = url;
  }

  const on = (name, handler) => node.addEventListener(name, handler, { signal });
  on("pointerdown", (event) => {
    if (event.button !== 0 || gesture || model.get("tool") !== "frame") return;
    event.stopPropagation(); // the paper below must not be drawn on
    event.preventDefault();
    const handle = event.target.closest(".sketchlab-handle");
    (handle ?? focus).focus({ preventScroll: true });
    node.setPointerCapture(event.pointerId);
    gesture = { pointer: event.pointerId, edges: handle?.dataset.edges ?? "", from: [event.clientX, event.clientY], box: box() };
  });
  on("pointermove", (event) => {
    if (gesture?.pointer !== event.pointerId || !given()) return;
    event.stopPropagation();
    const { from, edges } = gesture;
    move(gesture.box, edges, (event.clientX - from[0]) / screen.view.scale, (event.clientY - from[1]) / screen.view.scale);
  });
  const end = (event) => {
    if (gesture?.pointer !== event.pointerId) return;
    gesture = null;
    if (screen.isFit) screen.fit();
  };
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) on(name, end);
  signal.addEventListener("abort", () => URL.revokeObjectURL(url));

  return {
    node, paint,
    /** What the arrow keys, + and - do; null for any other key, or as long as another tool is at work. */
    key(event) {
      if (!given() || model.get("tool") !== "frame" || event.ctrlKey || event.metaKey || event.altKey) return null;
      const edges = event.target.dataset?.edges ?? "";
      const step = event.shiftKey ? FAR : 1;
      const arrow = ARROWS[event.key];
      const { grows } = given();
      if (arrow && (edges || !grows)) return () => move(box(), edges, arrow[0] * step, arrow[1] * step);
      const sign = { "+": 1, "=": 1, "-": -1 }[event.key];
      if (!sign || grows) return null;
      const [, top, , bottom] = box();
      return () => take(scaled(box(), "rt", (bottom - top) * GROWN ** sign));
    },
    /** What a fit should show; while the frame is dragged the view stays. */
    get reach() {
      const frame = given();
      return reachOf(screen.paper, frame && { ...frame, box: box() });
    },
    get isHeld() {
      return gesture !== null;
    },
  };
}
