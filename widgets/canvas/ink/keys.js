// The keys of the canvas, in one table: what they do, and how the help panel names them.

import { element } from "./icons.js";

const TOOL_KEYS = {
  b: "brush", e: "eraser", l: "line", r: "rectangle", o: "ellipse", f: "lasso", p: "polygon", g: "bucket", i: "picker",
  w: "wand", v: "frame",
};
const KEY_HELP = [
  ["B, E", "brush, eraser"],
  ["L, R, O", "line, rectangle, ellipse; with Shift straight, square, round"],
  ["F, P", "lasso, polygon (a double click or Enter closes it)"],
  ["G, W", "bucket, magic wand"],
  ["I, or Alt and click", "pick a colour"],
  ["V", "the frame, where there is one: arrows move it, Shift and arrows farther, + and - scale it"],
  ["[ and ]", "smaller, larger"],
  ["X", "swap colours"],
  ["Shift and click", "a straight line from the last stroke"],
  ["Ctrl+Z, Ctrl+Shift+Z", "undo, redo"],
  ["Wheel, + and - (Ctrl and wheel at any time)", "zoom"],
  ["Space or middle button and drag, two fingers", "move the view"],
  ["0, 1", "fit, one to one"],
  ["Esc", "drop the stroke under the pen, close this list"],
  ["Ctrl+Enter", "run"],
  ["?", "this list"],
];

/** What a key on the canvas does: a function, or null. `desk` has a method for each deed. */
export function keyAction(event, desk) {
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) {
    if (name === "z") return () => desk.act(event.shiftKey ? "redo" : "undo");
    if (name === "y") return () => desk.act("redo");
    return name === "Enter" ? () => desk.run() : null;
  }
  if (event.altKey) return null;
  if (name in TOOL_KEYS && desk.tools.includes(TOOL_KEYS[name])) return () => desk.pick({ tool: TOOL_KEYS[name] });
  const deeds = {
    "[": () => desk.step(-1), "]": () => desk.step(1), x: desk.swap, 0: desk.fit, 1: desk.one,
    "+": () => desk.zoom(1.25), "=": () => desk.zoom(1.25), "-": () => desk.zoom(0.8), "?": desk.help,
  };
  if (name === "Escape") return desk.isBusy() ? desk.cancel : desk.shut;
  if (name === "Enter") return desk.isBusy() ? desk.close : null;
  return deeds[name] ?? null;
}

/** The panel that lists the keys; `toggle()` shows and hides it. */
export function helpPanel() {
  const rows = KEY_HELP.map(([keys, deed]) => element("tr", {}, element("th", { scope: "row" }, keys), element("td", {}, deed)));
  const node = element("div", { class: "sketchlab-help", role: "dialog", "aria-label": "Keys", hidden: "" },
    element("table", {}, element("caption", {}, "Keys, while the canvas has the focus"), element("tbody", {}, ...rows)));
  const toggle = () => (node.hidden = !node.hidden);
  for (const name of ["pointerdown", "wheel", "dblclick"]) node.addEventListener(name, (event) => event.stopPropagation());
  return { node, toggle };
}
