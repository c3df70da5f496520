// Keeps keys that are pressed in a widget from JupyterLab's commands, in which X cuts the cell. Draws nothing.
//
// JupyterLab's shortcuts match the focused element itself before they look at its parents, so it is that element which
// must bear the mark. Keys with Ctrl or ⌘ pass: Ctrl+S still saves the notebook.

const ROOT = ".sketchlab-keys";
const MARK = "data-lm-suppress-shortcuts";
const OURS = "sketchlab"; // a mark of our own; those that canvas and preview set stay

/** Whether a key is the widget's own: everything but shortcuts with Ctrl or ⌘. */
export const isOwn = (event) => !event.ctrlKey && !event.metaKey;

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

function render({ signal }) {
  window.addEventListener("keydown", mark, { capture: true, signal });
  window.addEventListener("mousedown", takeFocus, { capture: true, signal });
}

export default { render };
