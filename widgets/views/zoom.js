// Looking closer at a picture: as large as fits, one pixel for one, or larger, moved by dragging. Knows no kernel.

const LARGEST = 16;
const STEP = 1.25;
const FITS = { scale: 1, x: 0, y: 0 };
const ARROWS = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };

/** The scale at which one pixel of the picture is one of the screen, where 1 is as large as fits. */
export const oneToOne = (longest_px, seen_px) => (longest_px && seen_px ? longest_px / seen_px : 1);

/** The next scale, in or out, between as large as fits and `LARGEST`. */
export function nextScale(scale, direction) {
  const next = direction > 0 ? scale * STEP : scale / STEP;
  return Math.min(LARGEST, next < 1.01 ? 1 : next);
}

/** Where the picture lies so that the point below the pointer stays there and no border shows; shares of the frame. */
export function moved({ scale, x, y }, next, [px, py]) {
  const bounded = (at) => Math.min(0, Math.max(1 - next, at));
  const keep = (at, point) => bounded(point - ((point - at) / scale) * next);
  return { scale: next, x: keep(x, px), y: keep(y, py) };
}

/** The view moved by so much of the frame. */
export function shifted({ scale, x, y }, dx, dy) {
  const bounded = (at) => Math.min(0, Math.max(1 - scale, at));
  return { scale, x: bounded(x + dx), y: bounded(y + dy) };
}

/** Panes whose pictures are looked at closely as one: by Ctrl+wheel, double click, dragging, and the keys +, -, 0, 1 and
 * the arrows. `look(view)` gets each new view, `pixel()` says the scale of one pixel for one. Where `isThere()` is false
 * there is nothing to look at; `otherKey(event)` answers whether it took another key; `on` listens as long as needed. */
export function zoomable(panes, { on, look, pixel, isThere = () => true, otherKey = () => false }) {
  let view = FITS;
  const set = (next) => look((view = next));
  const to = (scale, point = [0.5, 0.5]) => set(scale <= 1 ? FITS : moved(view, scale, point));
  const pixelForPixel = (point) => to(view.scale > 1 ? 1 : Math.max(2, pixel()), point);
  const isOnPicture = ({ target }) => isThere() && !target.matches?.("input");
  const pointOf = (pane, { clientX, clientY }) => {
    const box = pane.getBoundingClientRect();
    return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
  };
  const isOurs = (event) => {
    const by = ARROWS[event.key];
    if (by && view.scale > 1) set(shifted(view, ...by));
    else if (event.key === "+" || event.key === "=") to(nextScale(view.scale, 1));
    else if (event.key === "-") to(nextScale(view.scale, -1));
    else if (event.key === "0") to(1);
    else if (event.key === "1") pixelForPixel();
    else return otherKey(event);
    return true;
  };
  for (const pane of panes) {
    on(pane, "dblclick", (event) => isOnPicture(event) && pixelForPixel(pointOf(pane, event)));
    on(pane, "wheel", (event) => {
      if (!(event.ctrlKey || event.metaKey) || !isThere()) return;
      event.preventDefault();
      to(nextScale(view.scale, -event.deltaY), pointOf(pane, event));
    }, { passive: false });
    on(pane, "pointerdown", (event) => isOnPicture(event) && view.scale > 1 && pane.setPointerCapture(event.pointerId));
    on(pane, "pointermove", (event) => {
      if (view.scale === 1 || !(event.buttons & 1) || !isOnPicture(event)) return;
      set(shifted(view, event.movementX / pane.clientWidth, event.movementY / pane.clientHeight));
    });
    on(pane, "keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target !== pane || !isThere() || !isOurs(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }
  return { now: () => view, fit: () => set(FITS), pixelForPixel };
}
