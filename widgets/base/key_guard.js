// Keeps keys that are pressed in a widget from JupyterLab's commands, in which X cuts the cell, and tells the kernel of
// Ctrl+Enter and Escape. Draws nothing. `key_guard.py` joins this file and those that it imports.
//
// JupyterLab's shortcuts match the focused element itself before they look at its parents, so it is that element which
// must bear the mark. Other keys with Ctrl or ⌘ pass: Ctrl+S still saves the notebook.

import { keepNames } from "./accessible_names.js";
import { keepFocus } from "./kept_focus.js";

const ROOT = ".sketchlab-keys";
const CANVAS = ".sketchlab-ink";
const MARK = "data-lm-suppress-shortcuts";
const OURS = "sketchlab"; // a mark of our own; those that canvas and preview set stay
const WITH_CTRL = ["enter", "z", "y"]; // draw, undo and redo: JupyterLab would run the cell, or bring one back

/** Whether a key is the widget's own: everything but shortcuts with Ctrl or ⌘, of which three are. */
export const isOwn = (event) => (!event.ctrlKey && !event.metaKey) || WITH_CTRL.includes(event.key.toLowerCase());

/** Before JupyterLab sees a key: mark where it was pressed, or take the mark away. */
export function mark(event) {
  const target = event.target;
  if (!target.closest?.(ROOT)) return;
  const before = target.getAttribute(MARK);
  if (isOwn(event)) target.setAttribute(MARK, before ?? OURS);
  else if (before === OURS) target.removeAttribute(MARK);
}

/** A click on what cannot have the focus, such as a picture, gives it to the widget as a whole. */
export function takeFocus(event) {
  const root = event.target.closest?.(ROOT);
  if (root && !root.hasAttribute("tabindex")) root.tabIndex = -1;
}

/** What a key asks of the kernel, wherever it is pressed: "run", "cancel" or nothing. */
export function commandOf({ key, ctrlKey, metaKey, isComposing }) {
  if (isComposing) return null; // a word that is being put together takes both keys
  if (key === "Enter") return ctrlKey || metaKey ? "run" : null;
  return key === "Escape" ? "cancel" : null;
}

/** What stands in a field of text, by the field's name: the kernel may not have heard the last letters yet. */
export function typedIn(field) {
  if (!field.matches('textarea, input[type="text"]')) return {};
  const label = field.closest(".jupyter-widgets")?.querySelector(".widget-label")?.textContent.trim();
  return label ? { [label]: field.value } : {};
}

/** Calls back with what bears the keys, once it is on the page. */
function onceThere(el, signal, act) {
  const root = el.closest(ROOT);
  if (root) act(root);
  else if (!signal.aborted) requestAnimationFrame(() => onceThere(el, signal, act));
}

function render({ model, el, signal }) {
  onceThere(el, signal, (root) => {
    keepNames(root, signal);
    keepFocus(root, signal);
  });
  const tell = (event) => {
    const { target } = event;
    const command = commandOf(event);
    const isHere = target.closest?.(ROOT) && target.closest(ROOT) === el.closest(ROOT);
    if (!isHere || !model.get("commands").includes(command) || event.defaultPrevented) return;
    if (command === "run") {
      event.preventDefault();
      target.dispatchEvent(new Event("change", { bubbles: true })); // of a number that is not finished yet
    }
    model.send({ kind: command, typed: typedIn(target) });
  };
  const isOnCanvas = ({ target }) => Boolean(target.closest?.(CANVAS));
  const on = (name, handler, capture) => window.addEventListener(name, handler, { capture, signal });
  on("mousedown", takeFocus, true);
  on("keydown", mark, true);
  on("keydown", (event) => isOnCanvas(event) || tell(event), true); // fields of text let no key pass
  on("keydown", (event) => isOnCanvas(event) && tell(event), false); // what the canvas leaves
}

export default { render };
