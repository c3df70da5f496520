// Drawing without a pointer: the arrow keys move a cursor over the paper, Enter or Space begin and end a shape there.

import { element } from "./bars/icons.js";
import { panned } from "./view.js";

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEPS = 256; // along the longer side of the paper
const LEAP = 10; // steps with Shift

/** The place that an arrow key leads to, on the paper. */
export function moved([x, y], [right, down], { width, height }, isFar) {
  const step = Math.max(1, Math.round(Math.max(width, height) / STEPS)) * (isFar ? LEAP : 1);
  return [Math.min(width, Math.max(0, x + right * step)), Math.min(height, Math.max(0, y + down * step))];
}

/** The cursor of one view: `key(event)` answers what a key does, `paint()` shows it where it is. */
export function keyboardPen(surface, { screen, pointers, commands, say }, signal) {
  const node = element("div", { class: "sketchlab-cross", hidden: "" });
  let at = null;

  function paint() {
    node.hidden = !at;
    if (!at) return;
    const [x, y] = screen.fromPaper(at);
    node.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
  }

  function goTo(place) {
    at = place;
    const [x, y] = screen.fromPaper(at);
    const { width, height } = screen.room;
    const [dx, dy] = [Math.min(0, width - x) - Math.min(0, x), Math.min(0, height - y) - Math.min(0, y)];
    if (dx || dy) screen.look(panned(screen.view, screen.room, screen.paper, dx, dy));
    pointers.goTo(at);
    paint();
    tell();
  }

  function tell() {
    const place = at.map(Math.round).join(", ");
    say(pointers.isBusy ? `${place}: Enter ends it, Esc drops it` : `${place}: Enter draws with the ${commands.tool}`);
  }

  function leave() {
    if (!at) return;
    if (pointers.isBusy) pointers.cancel();
    at = null;
    paint();
    say("");
  }

  const middle = () => [Math.round(screen.paper.width / 2), Math.round(screen.paper.height / 2)];
  surface.addEventListener("blur", leave, { signal });
  surface.addEventListener("pointerdown", leave, { signal, capture: true }); // the hand is at a pointer again

  return {
    node, paint,
    /** What a key does here; null for any other. */
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || ["frame", "hand"].includes(commands.tool)) return null;
      const way = WAYS[event.key];
      if (way) return () => goTo(at ? moved(at, way, screen.paper, event.shiftKey) : middle());
      if (!at) return null;
      if (event.key === "Enter" || event.key === " ") {
        return () => {
          pointers.enterAt(at);
          tell();
        };
      }
      return event.key === "Escape" ? leave : null;
    },
  };
}
