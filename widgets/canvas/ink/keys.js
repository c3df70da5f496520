// The keys of the canvas, in one table: what they do, and how the help panel names them.

import { element } from "./bars/icons.js";

const STUDIO = ".sketchlab-keys"; // as in `widgets/base/key_guard.js`
const CANVAS = ".sketchlab-ink";
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
  ["Ctrl and wheel, pinch, + and -", "zoom; the wheel alone scrolls the page"],
  ["Space or middle button and drag, two fingers", "move the view"],
  ["Arrows", "move a cursor over the paper, with Shift farther; Enter or Space begins and ends a shape there, Esc leaves"],
  ["0, 1", "fit, one to one"],
  ["Esc", "drop the stroke under the pen, close this list, else stop what is being drawn"],
  ["Ctrl+Enter", "draw the picture"],
  ["?", "this list"],
];

/** What a key on the canvas does: a function, or null. `commands` has a method for each. */
export function keyAction(event, commands) {
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) {
    if (name === "z") return () => commands.act(event.shiftKey ? "redo" : "undo");
    if (name === "y") return () => commands.act("redo");
    return name === "Enter" ? () => commands.run() : null;
  }
  if (event.altKey) return null;
  if (name in TOOL_KEYS && commands.tools.includes(TOOL_KEYS[name])) return () => commands.pick({ tool: TOOL_KEYS[name] });
  const byKey = {
    "[": () => commands.step(-1), "]": () => commands.step(1), x: commands.swap, 0: commands.fit, 1: commands.one,
    "+": () => commands.zoom(1.25), "=": () => commands.zoom(1.25), "-": () => commands.zoom(0.8), "?": commands.help,
  };
  if (name === "Escape") return commands.isBusy() ? commands.cancel : commands.shut;
  if (name === "Enter") return commands.isBusy() ? commands.close : null;
  return byKey[name] ?? null;
}

const TEXT = 'textarea, select, [contenteditable="true"], input:is([type="number"], [type="text"], [type="search"], :not([type]))';

/** Whether a key is written into a field instead: letters go there, Escape never does. */
export function isTyped({ key, target }) {
  return key !== "Escape" && target.matches(TEXT);
}

const USED = "sketchlab-used"; // of the canvases of a Studio, the one that was used last

/** From now on, keys that are pressed elsewhere in the Studio are this canvas's. */
export function takeCharge(el) {
  for (const one of el.closest(STUDIO)?.querySelectorAll(`.${USED}`) ?? []) one.classList.remove(USED);
  el.classList.add(USED);
}

/** Whether keys that are pressed on a place of the page, outside every canvas, are this canvas's. */
export function isInCharge(el, place) {
  const studio = el.closest(STUDIO);
  if (!studio?.contains(place) || place.closest(CANVAS)) return false;
  const seen = [...studio.querySelectorAll(CANVAS)].filter((one) => one.offsetParent !== null);
  return el === (seen.find((one) => one.classList.contains(USED)) ?? seen[0]);
}

/** The panel that lists the keys; `toggle()` shows and hides it. */
export function helpPanel() {
  const rows = KEY_HELP.map(([keys, meaning]) => element("tr", {}, element("th", { scope: "row" }, keys), element("td", {}, meaning)));
  const node = element("div", { class: "sketchlab-help", role: "dialog", "aria-label": "Keys", hidden: "" },
    element("table", {}, element("caption", {}, "Keys, wherever no text is typed"), element("tbody", {}, ...rows)));
  const toggle = () => (node.hidden = !node.hidden);
  for (const name of ["pointerdown", "wheel", "dblclick"]) node.addEventListener(name, (event) => event.stopPropagation());
  return { node, toggle };
}
