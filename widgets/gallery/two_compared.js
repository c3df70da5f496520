// Which two pictures of the gallery are selected, and their comparison in a window. Draws from the model only.

import { comparisonView } from "../compare/comparison_view.js";

/** The selection after a click on one: of two that are selected, the older makes way for a third. */
export const selectedAfter = (ids, id) => (ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id].slice(-2));

/** A window that opens when the model has a comparison, and a function that says what the kernel sent. */
export function comparedDialog({ model, signal, closed }) {
  const dialog = Object.assign(document.createElement("dialog"), { className: "sketchlab-gallery-dialog sketchlab-gallery-compared" });
  dialog.setAttribute("aria-label", "Two pictures compared");
  const inner = document.createElement("div");
  const bar = Object.assign(document.createElement("div"), { className: "sketchlab-gallery-bar sketchlab-gallery-compared-end" });
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "Close", title: "Close (Esc)" });
  bar.append(close);
  dialog.append(inner, bar);
  const view = comparisonView({ el: inner, signal, ask: (said) => model.send({ kind: "side", ...said }) });
  const on = (node, name, act) => node.addEventListener(name, act, { signal });
  on(close, "click", () => dialog.close());
  on(dialog, "click", ({ target }) => target === dialog && dialog.close());
  on(dialog, "keydown", (event) => event.stopPropagation());
  on(dialog, "close", () => { model.send({ kind: "compared" }); closed(); });
  return {
    dialog,
    hear: view.hear,
    paint() {
      const values = model.get("compared");
      if (!values?.number) return dialog.open && dialog.close();
      if (!dialog.open) dialog.showModal();
      return view.show(values);
    },
  };
}
