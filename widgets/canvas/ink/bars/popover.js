// A box that a button opens beside itself, over what is there: nothing moves. Knows nothing of what is in it.

const OPEN = "sketchlab-open";
const PAPER = ".sketchlab-surface";

/** Let a button open and close a box, which also closes at Esc, and when the pen goes to the paper. */
export function popover(button, node, signal) {
  const isOpen = () => node.classList.contains(OPEN);
  const open = (wanted) => {
    node.classList.toggle(OPEN, wanted);
    button.setAttribute("aria-expanded", wanted);
  };
  const on = (target, name, handler, how = {}) => target.addEventListener(name, handler, { signal, ...how });
  node.classList.add("sketchlab-popover");
  open(false);
  on(button, "click", () => open(!isOpen()));
  on(document, "pointerdown", ({ target }) => {
    if (isOpen() && !node.contains(target) && target.closest?.(PAPER)) open(false);
  }, { capture: true });
  for (const target of [node, button]) {
    on(target, "keydown", (event) => {
      if (event.key !== "Escape" || !isOpen()) return;
      event.preventDefault();
      event.stopPropagation();
      open(false);
      button.focus({ preventScroll: true });
    });
  }
}
