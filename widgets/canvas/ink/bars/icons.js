// The pictures on the buttons, as paths of 20 x 20, and the elements that every bar is made of.

const ICONS = {
  brush: `M17 3 9.2 10.8M7.4 11.2c-1.7 0-2.7 1.2-2.9 2.7-.1 1-.6 1.7-1.5 2.2 2.9.9 6.6.3 6.8-2.6
    .1-1.3-1-2.3-2.4-2.3Z`,
  eraser: `m8 16.5-4.2-4.2a1.4 1.4 0 0 1 0-2l6.5-6.5a1.4 1.4 0 0 1 2 0l4 4a1.4 1.4 0 0 1 0 2L9.7 16.5H8Z
    m-1.5-9 6 6M9 16.5h7.5`,
  line: "M4 16 16 4",
  rectangle: "M3.5 5h13v10h-13Z",
  ellipse: "M10 4.5c4 0 6.8 2.5 6.8 5.5s-2.8 5.5-6.8 5.5-6.8-2.5-6.8-5.5 2.8-5.5 6.8-5.5Z",
  lasso: `M6 13.5C3.8 12.8 2.8 11 3.1 9c.5-3 4-5 7.8-4.8 3.6.2 6.2 2.4 6.1 5.2-.1 3-3.6 4.8-7.4 4.6
    -1.8-.1-3.6-.5-3.6-.5Zm0 0c-.9.9-.6 2.3.8 2.3`,
  polygon: "M4 15.5 5.5 6 12 3.5l4.5 7-5.5 6Z",
  bucket: "m8.5 3 6.8 6.8-6 6a1.3 1.3 0 0 1-1.8 0L2.8 11a1.3 1.3 0 0 1 0-1.8l6-6M3 10h12M17 12.5c1 1.5 1.3 2.2 1.3 2.8a1.3 1.3 0 0 1-2.6 0c0-.6.3-1.3 1.3-2.8Z",
  picker: "m11.5 5.5 3 3M13 4l1-1a1.7 1.7 0 0 1 3 3l-1 1m-4.5-1.5-7 7L4 16l3.5-.5 7-7",
  wand: "m4 16 7.5-7.5M13 3v2.5M13 10.5V13M8 8h2.5M15.5 8H18M9.5 4.5l1.3 1.3M16.5 4.5l-1.3 1.3M16.5 11.5l-1.3-1.3",
  frame: "M10 3v14M3 10h14M10 3 8 5m2-2 2 2m-2 12-2-2m2 2 2-2M3 10l2-2m-2 2 2 2m12-2-2-2m2 2-2 2",
  undo: "M7 4 3.5 7.5 7 11M4 7.5h7.5a4.5 4.5 0 0 1 0 9H7",
  redo: "m13 4 3.5 3.5L13 11M16 7.5H8.5a4.5 4.5 0 0 0 0 9H13",
  clear: "M3.5 5.5h13M8 5.5v-2h4v2M5.5 5.5l.8 11h7.4l.8-11M8.5 9v4.5M11.5 9v4.5",
  swap: "M4 7h10l-3-3M16 13H6l3 3",
  more: "M4 6h7M15 6h1M4 14h1M9 14h7M13 4v4M7 12v4",
  open: "M3 16V4.5h5l1.5 2H17V16ZM10 13.5v-4.5m-2 2 2-2 2 2",
  copy: "M7 7h9v9H7ZM4 13V4h9",
  save: "M10 3v9m-3.5-3.5L10 12l3.5-3.5M4 16.5h12",
  plus: "M10 4.5v11M4.5 10h11",
  minus: "M4.5 10h11",
  fit: "M4 8V4h4M16 8V4h-4M4 12v4h4M16 12v4h-4",
  layers: "m10 3.5 7 3.5-7 3.5L3 7ZM3.5 10.3 10 13.5l6.5-3.2M3.5 13.3 10 16.5l6.5-3.2",
  help: "M7.3 7.5a2.7 2.7 0 1 1 4 2.4c-.8.5-1.3 1-1.3 2M10 15.2v.2",
};

const FOCUSED = ["button", "input", "select"];

/** An element with attributes and children; a key that is typed while it has the focus is no command of JupyterLab. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  if (FOCUSED.includes(tag)) node.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** A picture for a button. */
export function icon(name) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  node.setAttribute("viewBox", "0 0 20 20");
  node.setAttribute("aria-hidden", "true");
  node.innerHTML = `<path d="${ICONS[name]}"/>`;
  return node;
}

/** Makes a button that cannot be pressed now, or can again; it keeps the focus, which would go to JupyterLab. */
export function setEnabled(button, isEnabled) {
  button.setAttribute("aria-disabled", !isEnabled);
}

/** What bars are made of; everything stops listening with `signal`. */
export function parts(signal) {
  const listen = (node, name, handler) => {
    node.addEventListener(name, handler, { signal });
    return node;
  };
  const button = (title, handler, ...content) =>
    listen(element("button", { type: "button", class: "sketchlab-button", title, "aria-label": title }, ...content),
      "click", (event) => event.currentTarget.getAttribute("aria-disabled") === "true" || handler(event));
  const input = (type, label, name, handler, attributes = {}) =>
    listen(element("input", { type, title: label, "aria-label": label, ...attributes }), name, handler);
  const chooser = (label, take) => {
    const node = input("file", label, "change", () => {
      const [chosen] = node.files;
      node.value = ""; // or the same file could not be chosen again
      if (chosen) take(chosen);
    }, { accept: "image/*", hidden: "" });
    return node;
  };
  const group = (label, ...nodes) =>
    element("div", { class: "sketchlab-group", role: "group", "aria-label": label }, ...nodes);
  const choice = (label, options, handler) => {
    const rows = Object.entries(options).map(([value, text]) => element("option", { value }, text));
    return listen(element("select", { title: label, "aria-label": label }, ...rows), "change", handler);
  };
  return { listen, button, input, chooser, group, choice };
}
