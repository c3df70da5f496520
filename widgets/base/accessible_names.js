// Gives the fields of ipywidgets what a screen reader needs and they lack: names, pressed buttons, a region that speaks.

const SLIDER = '[role="slider"]';
const FIELDS = `${SLIDER}, .widget-readout, select, input, textarea`;

/** What a field is called: the words before it, else those that are shown when the pointer rests on it. */
export function nameOf(field) {
  const widget = field.closest(".jupyter-widgets");
  const label = widget?.querySelector(".widget-label, .widget-label-basic")?.textContent.trim();
  return label || widget?.title || field.title || "";
}

/** Names what has none, and says of toggle buttons whether they are pressed. */
export function nameAll(root) {
  const set = (node, name, value) => node.getAttribute(name) !== value && node.setAttribute(name, value);
  for (const field of root.querySelectorAll(FIELDS)) {
    if (field.labels?.length && field.labels[0].textContent.trim()) continue;
    const name = field.closest(".sketchlab-ink, .sketchlab-preview, .sketchlab-result") ? "" : nameOf(field);
    if (name) set(field, "aria-label", name);
    if (name && field.matches(".widget-readout")) set(field, "role", "textbox");
  }
  for (const button of root.querySelectorAll(".jupyter-button")) {
    for (const picture of button.querySelectorAll(":scope > i")) set(picture, "aria-hidden", "true"); // a letter of a font
    if (![...button.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())) set(button, "aria-label", button.title);
  }
  for (const toggle of root.querySelectorAll(".widget-toggle-button")) {
    set(toggle, "aria-pressed", String(toggle.classList.contains("mod-active")));
  }
  for (const region of root.querySelectorAll(".sketchlab-spoken")) {
    set(region, "role", "status");
    set(region, "aria-live", "polite");
  }
}

/** Keeps all names up to date below an element. */
export function keepNames(root, signal) {
  const watcher = new MutationObserver(() => nameAll(root));
  watcher.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["class", "title"] });
  signal.addEventListener("abort", () => watcher.disconnect());
  nameAll(root);
}
