// A grid that fills on the page: a table a value of z, each cell as far as it is. Draws from the model only.

import { stepped } from "../views/cell_steps.js";
import { enlargedDialog, sheetButton, sheetNode, urlOf } from "../views/enlarged.js";

const NEAR = "240px"; // so far outside of the window a cell counts as seen
const ASK_MS = 40; // what is seen is asked for together
const WORDS = { waiting: "waiting", working: "being drawn", failed: "failed", cancelled: "cancelled" };

/** How far the whole is, in words. */
export function summaryOf(states) {
  const count = (state) => states.filter((one) => one === state).length;
  const rest = ["failed", "cancelled"].filter(count).map((state) => `${count(state)} ${state}`);
  return [`${count("drawn")} of ${states.length} drawn`, ...rest].join(" · ");
}

/** What is said within a cell that has no picture. */
export function noteOf(state, why, work) {
  if (state === "working" && work) return work[1] ? `${work[0]} of ${work[1]}` : work[2];
  return state === "failed" ? why : WORDS[state] ?? "";
}

/** What stands at a cell, by its number: words of x, y and z. */
export function placeOf(number, words) {
  const [x, y] = [words[0].length, words[1].length];
  const at = [number % x, Math.floor(number / x) % y, Math.floor(number / x / y)];
  return at.map((one, axis) => words[axis][one]).filter(Boolean).join(", ");
}

function render({ model, el, signal }) {
  const make = (tag, name, text = "") => Object.assign(document.createElement(tag), { className: `sketchlab-grid-${name}`, textContent: text });
  const words = model.get("words");
  const [columns, rows, depth] = words.map((one) => one.length);
  const urls = new Map(); // of thumbnails, by number; empty for one that was asked for
  const seen = new Set();
  const cells = [];
  let at = 0; // the cell that Tab leads to
  let timer = 0;

  el.classList.add("sketchlab-grid", "sketchlab-sheet");
  el.setAttribute("data-lm-suppress-shortcuts", "true");
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", "Grid");
  const bar = make("div", "head");
  const whole = make("progress", "whole");
  whole.setAttribute("aria-label", "Cells that have ended");
  const summary = make("span", "summary");
  const said = sheetNode("span", "said");
  said.setAttribute("role", "status");
  const cancel = sheetButton("save", "Cancel", "Draw no more of them; what is drawn stays", () => model.send({ kind: "cancel" }), signal);
  bar.append(whole, summary, cancel, said);
  el.append(bar);

  const enlarged = enlargedDialog({
    signal, numbers: () => model.get("states").flatMap((state, number) => (state === "drawn" ? [number] : [])),
    of: (number) => ({ thumb: urls.get(number) ?? "", words: placeOf(number, words) }),
    ask: (number) => model.send({ kind: "enlarge", number }), use: (number) => model.send({ kind: "use", number }),
  });
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](Number(target.dataset.number));
    askSoon();
  }, { rootMargin: NEAR, scrollMargin: NEAR });

  for (let z = 0; z < depth; z++) el.append(...tableOf(z));
  el.append(enlarged.dialog);

  function tableOf(z) {
    const room = make("div", "room");
    const table = make("table", "table");
    table.style.setProperty("--columns", columns);
    table.classList.toggle("sketchlab-grid-named", words[1].some(Boolean));
    const heading = (name, scope) => Object.assign(make("th", "heading", name.replaceAll("_", "_\u200b")), { scope, title: name });
    const corner = words[1].some(Boolean) ? [make("td", "corner")] : [];
    if (words[0].some(Boolean)) {
      const line = make("tr", "line");
      line.append(...corner, ...words[0].map((name) => heading(name, "col")));
      table.append(line);
    }
    for (let y = 0; y < rows; y++) {
      const line = make("tr", "line");
      if (corner.length) line.append(heading(words[1][y], "row"));
      for (let x = 0; x < columns; x++) line.append(cellOf((z * rows + y) * columns + x));
      table.append(line);
    }
    room.append(table);
    return words[2][z] ? [make("h4", "depth", words[2][z]), room] : [room];
  }

  function cellOf(number) {
    const place = make("td", "place");
    const cell = make("button", "cell");
    Object.assign(cell, { type: "button" }).dataset.number = number;
    const far = make("progress", "far");
    far.setAttribute("aria-hidden", "true");
    cell.append(Object.assign(make("img", "picture"), { alt: "", draggable: false, decoding: "async" }), make("span", "note"), far);
    cell.addEventListener("click", () => model.get("states")[number] === "drawn" && enlarged.open(number), { signal });
    cell.addEventListener("focus", () => { at = number; tabStops(); }, { signal });
    watcher.observe(cell);
    cells.push(cell);
    place.append(cell);
    return place;
  }

  function askSoon() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const states = model.get("states");
      const numbers = [...seen].filter((number) => states[number] === "drawn" && !urls.has(number)).sort((a, b) => a - b);
      if (numbers.length) model.send({ kind: "seen", numbers });
    }, ASK_MS);
  }

  /** The whole is one stop of the Tab key: the cell where one was last. */
  function tabStops() {
    cells.forEach((cell, number) => { cell.tabIndex = number === at ? 0 : -1; });
  }

  function paint() {
    const [states, why, work] = ["states", "why", "at_work"].map((name) => model.get(name));
    states.forEach((state, number) => {
      const cell = cells[number];
      const [, note, far] = cell.children;
      const told = noteOf(state, why[number], work[number]);
      cell.dataset.state = state;
      note.textContent = urls.get(number) ? "" : told;
      cell.title = state === "failed" ? told : placeOf(number, words);
      cell.setAttribute("aria-label", `${placeOf(number, words)}: ${state === "drawn" ? "enlarge" : told}`);
      cell.setAttribute("aria-disabled", state !== "drawn");
      far.hidden = state !== "working";
      const [step, steps] = work[number] ?? [0, 0];
      if (steps) Object.assign(far, { max: steps, value: step });
      else far.removeAttribute("value");
    });
    const ended = states.filter((state) => !["waiting", "working"].includes(state)).length;
    Object.assign(whole, { max: states.length, value: ended });
    whole.hidden = cancel.hidden = ended === states.length;
    summary.textContent = summaryOf(states);
    said.textContent = model.get("said");
    askSoon();
  }

  function hear(content, buffers) {
    enlarged.hear(content, buffers);
    if (content.kind !== "thumbnails") return;
    content.numbers.forEach((number, place) => {
      if (urls.has(number)) return;
      urls.set(number, urlOf(buffers[place]));
      cells[number].firstChild.src = urls.get(number);
      cells[number].children[1].textContent = "";
    });
  }

  el.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.classList.contains("sketchlab-grid-cell")) return;
    const next = stepped(at, event.key, columns, cells.length);
    if (next === at) return;
    event.preventDefault();
    event.stopPropagation();
    cells[next].focus();
  }, { signal });
  const names = "change:states change:why change:at_work change:said";
  model.on(names, paint);
  model.on("msg:custom", hear);
  signal.addEventListener("abort", () => {
    model.off(names, paint);
    model.off("msg:custom", hear);
    watcher.disconnect();
    clearTimeout(timer);
    for (const url of urls.values()) URL.revokeObjectURL(url);
  });
  tabStops();
  paint();
}

export default { render };
