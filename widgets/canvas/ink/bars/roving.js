// A toolbar is one stop of the Tab key; inside it the arrow keys go from one control to the next.

const CONTROLS = "button, input, select";
const UNSEEN = "[hidden], .sketchlab-popover:not(.sketchlab-open)";
const ALONG = { ArrowRight: 1, ArrowLeft: -1 };

/** Where an arrow key, Home or End leads from a place among so many; null for any other key. */
export function nextPlace(key, at, count) {
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return key in ALONG && count ? (at + ALONG[key] + count) % count : null;
}

/** Makes it so; `paint()` keeps it so when controls appear and vanish, from the next frame on: what is seen of a page
 *  that has changed costs milliseconds to ask. Up and Down stay those of sliders and lists.
 */
export function roving(bar, signal) {
  let current = null;
  let waiting = 0;
  const isThere = (one) => !one.closest(UNSEEN) && getComputedStyle(one).display !== "none";
  const controls = () => [...bar.querySelectorAll(CONTROLS)].filter(isThere);

  function paint() {
    waiting ||= requestAnimationFrame(paintNow);
  }

  function paintNow() {
    waiting = 0;
    const all = controls();
    if (!all.includes(current)) current = all[0] ?? null;
    for (const one of bar.querySelectorAll(CONTROLS)) one.tabIndex = one === current ? 0 : -1;
  }

  bar.addEventListener("focusin", ({ target }) => {
    if (!controls().includes(target)) return;
    current = target;
    paintNow();
  }, { signal });
  bar.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const all = controls();
    const at = nextPlace(event.key, all.indexOf(event.target), all.length);
    if (at === null || !all.includes(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    all[at].focus();
  }, { signal });
  return paint;
}
