// The toolbar of the ink layer: tools, colours, size, history. Drawn here, so that it works while the kernel is busy.

const SAVE_MS = 400;
const SIZES = { min: 1, max: 96, step: 1 };
const SWATCHES = {
  "#000000": "Black", "#ffffff": "White", "#d93025": "Red", "#f2a600": "Yellow", "#1e8e3e": "Green", "#1a73e8": "Blue",
};
const ICONS = {
  brush: `M17 3 9.2 10.8M7.4 11.2c-1.7 0-2.7 1.2-2.9 2.7-.1 1-.6 1.7-1.5 2.2 2.9.9 6.6.3 6.8-2.6
    .1-1.3-1-2.3-2.4-2.3Z`,
  eraser: `m8 16.5-4.2-4.2a1.4 1.4 0 0 1 0-2l6.5-6.5a1.4 1.4 0 0 1 2 0l4 4a1.4 1.4 0 0 1 0 2L9.7 16.5H8Z
    m-1.5-9 6 6M9 16.5h7.5`,
  undo: "M7 4 3.5 7.5 7 11M4 7.5h7.5a4.5 4.5 0 0 1 0 9H7",
  redo: "m13 4 3.5 3.5L13 11M16 7.5H8.5a4.5 4.5 0 0 0 0 9H13",
  clear: "M3.5 5.5h13M8 5.5v-2h4v2M5.5 5.5l.8 11h7.4l.8-11M8.5 9v4.5M11.5 9v4.5",
};

/** An element with attributes and children. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function icon(name) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  node.setAttribute("viewBox", "0 0 20 20");
  node.setAttribute("aria-hidden", "true");
  node.innerHTML = `<path d="${ICONS[name]}"/>`;
  return node;
}

/** The toolbar: `act(op)` makes a change; `paint()` shows the state of the model and of the outbox. */
export function toolbar(model, outbox, act, signal) {
  let saving;
  const pick = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    paint();
    clearTimeout(saving);
    saving = setTimeout(() => model.save_changes(), SAVE_MS);
  };
  const resize = (value) => pick({ size_px: Math.min(SIZES.max, Math.max(SIZES.min, value || SIZES.min)) });
  const listen = (node, name, handler) => {
    node.addEventListener(name, handler, { signal });
    return node;
  };
  const button = (title, handler, ...content) =>
    listen(element("button", { type: "button", class: "sketchlab-button", title, "aria-label": title }, ...content),
      "click", handler);
  const input = (type, label, name, handler, attributes = {}) =>
    listen(element("input", { type, title: label, "aria-label": label, ...attributes }), name, handler);
  const group = (label, ...nodes) =>
    element("div", { class: "sketchlab-group", role: "group", "aria-label": label }, ...nodes);

  const tools = {
    brush: button("Brush (B)", () => pick({ tool: "brush" }), icon("brush")),
    eraser: button("Eraser (E)", () => pick({ tool: "eraser" }), icon("eraser")),
  };
  const swatches = Object.entries(SWATCHES).map(([colour, name]) => {
    const node = button(name, () => pick({ colour, tool: "brush" }));
    node.classList.add("sketchlab-swatch");
    node.style.setProperty("--swatch", colour);
    return node;
  });
  const colour = input("color", "Any colour", "input", () => pick({ colour: colour.value, tool: "brush" }));
  const size = input("range", "Size in pixels ([ and ])", "input", () => resize(size.valueAsNumber), SIZES);
  const number = input("number", "Size in pixels, as a number", "change", () => resize(number.valueAsNumber), SIZES);
  const undo = button("Undo (Ctrl+Z)", () => act("undo"), icon("undo"));
  const redo = button("Redo (Ctrl+Shift+Z)", () => act("redo"), icon("redo"));
  const clear = button("Clear the sketch", () => act("clear"), icon("clear"));
  const node = element("div", { class: "sketchlab-toolbar", role: "toolbar", "aria-label": "Sketch tools" },
    group("Tools", ...Object.values(tools)), group("Colours", ...swatches, colour),
    group("Size", size, number, "px"), group("History", undo, redo, clear));

  function paint() {
    const pen = model.get("colour");
    for (const [name, tool] of Object.entries(tools)) tool.setAttribute("aria-pressed", name === model.get("tool"));
    Object.keys(SWATCHES).forEach((known, i) => swatches[i].setAttribute("aria-pressed", known === pen));
    colour.value = pen;
    colour.classList.toggle("sketchlab-picked", !(pen in SWATCHES));
    size.value = model.get("size_px");
    if (number !== document.activeElement) number.value = Math.round(model.get("size_px"));
    const waits = outbox.waiting.length > 0;
    undo.disabled = !(waits || model.get("can_undo"));
    redo.disabled = !(waits || model.get("can_redo"));
  }
  signal.addEventListener("abort", () => clearTimeout(saving));
  return { node, paint, pick, resize };
}
