// Makes a Studio as high as what is seen of the page, brings it into view once, and lets it fill the whole window.

const PAGES = ".jp-WindowedPanel-outer, .jp-LinkedOutputView"; // what scrolls in JupyterLab
const MARGIN_PX = 8; // between the Studio and the edges of what is seen
const LEAST_PX = 360; // lower than that, the page is scrolled
const SETTLED_MS = 4000; // so long after the Studio came, outputs above it and JupyterLab still move it
const SHEETS = ".sketchlab-surface, .sketchlab-result-frame, .sketchlab-preview-frame";
const HANDS = ["wheel", "pointerdown", "keydown", "touchstart"];

const WHOLE_ICON =
  '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" ' +
  'stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">' +
  '<path d="M2.5 6V2.5H6M13.5 6V2.5H10M2.5 10v3.5H6M13.5 10v3.5H10"/></svg>';

/** How high a Studio is: as what is seen of the page, less its margins; as high as a person said, where one did. */
export function heightOf(seen, wanted = 0) {
  return Math.max(LEAST_PX, wanted || seen - 2 * MARGIN_PX);
}

/** How high papers and pictures can be at most: the highest of these sheets, each as wide as its column. */
export function highest(sheets) {
  return Math.max(0, ...sheets.map(({ width, aspect }) => Math.ceil(width / aspect)));
}

/** By how much to scroll so that the Studio is at the top of what is seen. */
export function way(studioTop, pageTop) {
  return Math.round(studioTop - pageTop - MARGIN_PX);
}

function build(el) {
  el.classList.add("sketchlab-fit");
  el.innerHTML = `
    <div class="sketchlab-tabs" role="tablist"></div>
    <button type="button" class="sketchlab-whole-button" aria-pressed="false">${WHOLE_ICON}</button>`;
  return { tabs: el.querySelector(".sketchlab-tabs"), whole: el.querySelector(".sketchlab-whole-button") };
}

/** Act once an element is on the page: views are made before they are put there. */
function whenThere(el, signal, act) {
  if (signal.aborted) return;
  if (el.isConnected) act();
  else setTimeout(() => whenThere(el, signal, act), 30);
}

function render({ model, el, signal }) {
  const parts = build(el);
  const on = (target, name, handler, how = {}) => target.addEventListener(name, handler, { signal, ...how });

  const tabs = model.get("tabs").map((name, number) => {
    const tab = Object.assign(document.createElement("button"), { type: "button", textContent: name });
    tab.setAttribute("role", "tab");
    on(tab, "click", () => {
      model.set("tab", number);
      model.save_changes();
      paint();
    });
    return tab;
  });
  parts.tabs.append(...tabs);

  function paint() {
    const chosen = model.get("tab");
    tabs.forEach((tab, number) => tab.setAttribute("aria-selected", number === chosen));
    el.parentElement?.setAttribute("data-tab", chosen);
  }

  whenThere(el, signal, () => {
    const root = el.closest(".sketchlab-studio");
    if (!root) return;
    const page = root.closest(PAGES);
    paint();

    const isWhole = () => root.classList.contains("sketchlab-whole");
    const measure = () => {
      const seen = isWhole() || !page ? window.innerHeight : page.clientHeight;
      if (!seen) return; // another tab of JupyterLab is in front
      const wanted = root.style.height && !isWhole() ? root.getBoundingClientRect().height : 0;
      root.style.setProperty("--sketchlab-view", `${heightOf(seen, wanted)}px`);
    };
    const main = el.parentElement;
    const fitSheets = () => {
      const seen = [...main.querySelectorAll(SHEETS)].filter((sheet) => sheet.getClientRects().length);
      for (const sheet of seen) watcher.observe(sheet);
      const sheets = seen.map((sheet) => ({
        width: sheet.parentElement.clientWidth, aspect: Number(sheet.style.getPropertyValue("--aspect")) || 1,
      }));
      const aspects = sheets.map(({ aspect }) => aspect);
      if (aspects.length) root.style.setProperty("--sketchlab-aspect", Math.max(...aspects));
      const px = highest(sheets);
      if (px) root.style.setProperty("--sketchlab-highest", `${px}px`);
    };
    const fill = (wanted) => {
      root.classList.toggle("sketchlab-whole", wanted);
      // The browser's top layer: no other place is free of the panels that JupyterLab cuts its widgets to.
      if (wanted) {
        root.setAttribute("popover", "manual");
        root.showPopover();
      } else {
        root.hidePopover();
        root.removeAttribute("popover");
      }
      const title = wanted ? "Back into the page (Esc)" : "Whole window (Esc leaves)";
      Object.assign(parts.whole, { title }).setAttribute("aria-label", title);
      parts.whole.setAttribute("aria-pressed", wanted);
      measure();
    };

    const watcher = new ResizeObserver(() => {
      measure();
      fitSheets();
    });
    for (const node of [root, main, page]) if (node) watcher.observe(node);
    const newcomers = new MutationObserver(fitSheets);
    newcomers.observe(main, { childList: true, subtree: true }); // no attributes: the pen changes some at its own rate
    signal.addEventListener("abort", () => {
      watcher.disconnect();
      newcomers.disconnect();
    });
    on(window, "resize", measure);
    const tellSeen = () => {
      if (model.get("is_seen") === !document.hidden) return;
      model.set("is_seen", !document.hidden);
      model.save_changes();
    };
    on(document, "visibilitychange", tellSeen);
    on(root, "pointerdown", tellSeen, { capture: true }); // another page that shows the same may have been left
    on(root, "keydown", tellSeen, { capture: true });
    tellSeen();
    parts.whole.title = "Whole window (Esc leaves)";
    parts.whole.setAttribute("aria-label", parts.whole.title);
    on(parts.whole, "click", () => fill(!isWhole()));
    on(window, "keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || !isWhole()) return;
      event.preventDefault();
      fill(false);
    });
    measure();
    const hear = (said) => said.kind === "bring" && root.scrollIntoView({ block: "start" });
    model.on("msg:custom", hear);
    signal.addEventListener("abort", () => model.off("msg:custom", hear));
    if (page && model.get("is_new")) bring(root, page, { signal, on });
    model.set("is_new", false);
    model.save_changes();
  });

  model.on("change:tab", paint);
  signal.addEventListener("abort", () => model.off("change:tab", paint));
}

/** Bring a Studio into view, and keep it there until all has settled, or a person takes the page into the hand. */
function bring(root, page, { signal, on }) {
  const until = performance.now() + SETTLED_MS;
  let isHeld = false;
  for (const name of HANDS) on(window, name, () => (isHeld = true), { capture: true, passive: true });
  const look = () => {
    if (isHeld || signal.aborted || performance.now() > until) return;
    const rest = way(root.getBoundingClientRect().top, page.getBoundingClientRect().top);
    if (Math.abs(rest) > 1) page.scrollTop += rest;
    setTimeout(look, 50);
  };
  look();
}

export default { render };
