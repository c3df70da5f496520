// Two pictures on the page: behind a slider, side by side, in turn, or their difference; zoomed and moved as one.
// Asks for the pictures as they are seen, and knows no kernel.

import { oneToOne, zoomable } from "../views/zoom.js";

const WAYS = { slider: "Slider", side: "Side by side", flicker: "Flicker", difference: "Difference" };
const TURN_MS = 500; // each picture is seen so long: one flash a second, where three are too many (WCAG 2.3.1)
const ROUND_PX = 256; // sizes are asked for in steps: a window that grows a little asks for nothing

/** How large a side is wanted: in steps, and all there is (0) where that is no more. */
export function wantedPx(seen_px, longest_px) {
  const px = Math.ceil(seen_px / ROUND_PX) * ROUND_PX;
  return px >= longest_px ? 0 : px;
}

/** Whether a picture that came as large as `had` is too small for `wanted`; 0 stands for all there is. */
export const isTooSmall = (had, wanted) => had === undefined || (had !== 0 && (wanted === 0 || wanted > had));

/** A line of text, what is marked in `mark`s. */
export function markedNodes(parts) {
  return parts.map(([text, isMarked]) => Object.assign(document.createElement(isMarked ? "mark" : "span"), { textContent: text }));
}

/** Builds it in `el`; `show(values)` with what the kernel says, and `hear(content, buffers)` with what it sends. */
export function comparisonView({ el, signal, ask, way = "slider", choose = () => {} }) {
  const on = (node, name, act, more = {}) => node.addEventListener(name, act, { signal, ...more });
  el.classList.add("sketchlab-compare");
  el.setAttribute("data-lm-suppress-shortcuts", "true");
  el.innerHTML = `
  <div class="sketchlab-compare-bar">
    <span class="sketchlab-compare-ways" role="radiogroup" aria-label="How they are compared"></span>
    <label class="sketchlab-compare-gain" hidden>Amplify
      <input type="range" min="0" max="6" step="1" value="0" aria-label="Amplify the difference"><output>1×</output></label>
    <button type="button" class="sketchlab-compare-turn" hidden title="Show the other one (Space)">Pause</button>
    <button type="button" class="sketchlab-compare-zoom" aria-pressed="false" title="One pixel for one (1); 0 fits, + and - zoom">1:1</button>
  </div>
  <div class="sketchlab-compare-room">
    <figure class="sketchlab-compare-pane" tabindex="0" role="group">
      <img class="sketchlab-compare-a" alt="" draggable="false">
      <img class="sketchlab-compare-b" alt="" draggable="false">
      <img class="sketchlab-compare-map" alt="Where they differ" draggable="false">
      <input type="range" class="sketchlab-compare-split" min="0" max="100" step="0.5" value="50" aria-label="A left of it, B right of it">
      <figcaption class="sketchlab-compare-tag sketchlab-compare-left"></figcaption>
      <span class="sketchlab-compare-tag sketchlab-compare-right" aria-hidden="true"></span>
    </figure>
    <figure class="sketchlab-compare-pane sketchlab-compare-second" tabindex="0" role="group">
      <img class="sketchlab-compare-b" alt="" draggable="false">
      <figcaption class="sketchlab-compare-tag sketchlab-compare-left"></figcaption>
    </figure>
  </div>
  <p class="sketchlab-compare-pixels" role="status"></p>
  <table class="sketchlab-compare-settings">
    <thead><tr><th scope="col">Setting</th><th scope="col"></th><th scope="col"></th></tr></thead><tbody></tbody>
  </table>
  <p class="sketchlab-compare-note"></p>`;
  const one = (name) => el.querySelector(`.sketchlab-compare-${name}`);
  const all = (name) => [...el.querySelectorAll(`.sketchlab-compare-${name}`)];
  const [first, second] = all("pane");
  const split = one("split");
  const gain = one("gain");
  const turn = one("turn");
  const closer = one("zoom");
  const room = one("room");
  const urls = { a: "", b: "", map: "" };
  const had = {}; // how large a side has come, 0 for all of it
  const asked = {};
  let said = null;
  let isTurned = false;
  let timer = 0;

  const buttons = Object.entries(WAYS).map(([name, words], number) => {
    const node = Object.assign(document.createElement("button"), { type: "button", textContent: words, className: "sketchlab-compare-way" });
    node.setAttribute("role", "radio");
    on(node, "click", () => go(name));
    on(node, "keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      const names = Object.keys(WAYS);
      const next = (number + step + names.length) % names.length;
      go(names[next]);
      buttons[next].focus();
    });
    return node;
  });
  one("ways").append(...buttons);

  const longest = () => Math.max(...(said?.size ?? [1, 1]));
  const seen_px = () => Math.round(Math.max(first.clientWidth, first.clientHeight) * devicePixelRatio);
  const zoom = zoomable([first, second], {
    on,
    look,
    pixel: () => oneToOne(longest(), seen_px()),
    otherKey: ({ key }) => key === " " && way === "flicker" && (turn.isPaused = true, beat(), flip(), true),
  });
  const sides = () => (way === "difference" ? ["map"] : ["a", "b"]);

  /** Ask for what is seen and not there in that size. */
  function need() {
    if (!said || !seen_px()) return;
    const px = wantedPx(seen_px() * zoom.now().scale, longest());
    for (const side of sides()) {
      if (!isTooSmall(had[side], px) || !isTooSmall(asked[side], px)) continue;
      asked[side] = px;
      ask({ side, number: said.number, longest_px: px });
    }
  }

  function go(next) {
    if (next === way) return;
    way = next;
    choose(way);
    paint();
  }

  function look(view) {
    for (const [name, value] of Object.entries(view)) room.style.setProperty(`--zoom-${name}`, value);
    const pixel = (seen_px() * view.scale) / longest();
    el.classList.toggle("sketchlab-compare-zoomed", view.scale > 1);
    el.classList.toggle("sketchlab-compare-sharp", pixel >= 3);
    closer.setAttribute("aria-pressed", view.scale > 1);
    need();
  }

  /** In turn by itself, where a person has not asked the system for less motion. */
  function beat() {
    clearInterval(timer);
    timer = 0;
    if (way === "flicker" && !turn.isPaused && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
      timer = setInterval(() => flip(), TURN_MS);
    }
    turn.textContent = timer ? "Pause" : "Go on";
  }

  function flip() {
    isTurned = !isTurned;
    el.classList.toggle("sketchlab-compare-turned", isTurned);
    label();
  }

  function label() {
    if (!said) return;
    const [a, b] = said.names.map((name, number) => (name === "AB"[number] ? name : `${"AB"[number]} · ${name}`));
    const [left, other] = all("left");
    left.textContent = way === "difference" ? "Difference" : way === "flicker" && isTurned ? b : a;
    one("right").textContent = b;
    one("right").hidden = way !== "slider";
    other.textContent = b;
    first.setAttribute("aria-label", left.textContent);
    second.setAttribute("aria-label", b);
  }

  function paint() {
    buttons.forEach((node, number) => {
      const isIt = Object.keys(WAYS)[number] === way;
      node.setAttribute("aria-checked", isIt);
      node.tabIndex = isIt ? 0 : -1;
    });
    el.dataset.way = way;
    second.hidden = way !== "side";
    split.hidden = way !== "slider";
    gain.hidden = way !== "difference";
    turn.hidden = way !== "flicker";
    beat();
    label();
    need();
  }

  function rows() {
    const table = one("settings");
    table.hidden = !said.settings.length;
    const [, a, b] = table.tHead.rows[0].cells;
    [a.textContent, b.textContent] = ["A", "B"];
    table.tBodies[0].replaceChildren(...said.settings.map(({ field, a: left, b: right }) => {
      const row = document.createElement("tr");
      const head = Object.assign(document.createElement("th"), { scope: "row", textContent: field });
      const cells = [left, right].map((parts) => {
        const cell = document.createElement("td");
        cell.append(...markedNodes(parts));
        return cell;
      });
      row.append(head, ...cells);
      return row;
    }));
  }

  function show(values) {
    if (!values?.number) return;
    const isNew = said?.number !== values.number;
    said = values;
    if (isNew) {
      for (const side of Object.keys(urls)) {
        URL.revokeObjectURL(urls[side]);
        urls[side] = "";
        delete had[side];
        delete asked[side];
        for (const image of all(side)) image.removeAttribute("src");
      }
      zoom.fit();
    }
    room.style.setProperty("--aspect", said.size[0] / said.size[1]);
    one("pixels").textContent = said.pixels[0].toUpperCase() + said.pixels.slice(1) + ".";
    one("note").textContent = said.note;
    one("note").hidden = !said.note;
    el.classList.toggle("sketchlab-compare-same", said.is_identical);
    rows();
    paint();
  }

  function hear(content, buffers) {
    if (content?.kind !== "side" || content.number !== said?.number || !buffers?.length) return;
    const { side, longest_px } = content;
    if (!(side in urls) || !isTooSmall(had[side], longest_px)) return;
    had[side] = longest_px;
    URL.revokeObjectURL(urls[side]);
    urls[side] = URL.createObjectURL(new Blob([buffers[0]], { type: "image/png" }));
    for (const image of all(side)) image.src = urls[side];
  }

  on(closer, "click", () => zoom.pixelForPixel());
  on(split, "input", (event) => {
    event.stopPropagation();
    room.style.setProperty("--split", `${split.value}%`);
  });
  on(gain, "input", (event) => {
    event.stopPropagation();
    const by = 2 ** event.target.value;
    room.style.setProperty("--gain", by);
    gain.querySelector("output").textContent = `${by}×`;
  });
  on(turn, "click", () => { turn.isPaused = Boolean(timer); beat(); if (!timer) flip(); });
  const watcher = new ResizeObserver(() => look(zoom.now()));
  watcher.observe(first);
  signal.addEventListener("abort", () => {
    watcher.disconnect();
    clearInterval(timer);
    for (const url of Object.values(urls)) URL.revokeObjectURL(url);
  });
  paint();
  return { show, hear };
}
