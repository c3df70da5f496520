// The list of layers: which are seen, and how strongly.

import { element, parts } from "./icons.js";

/** The panel: `send` tells the kernel; `paint()` shows the model's layers, the highest first. */
export function layerList(model, send, signal) {
  const node = element("div", { class: "sketchlab-drawer", role: "group", "aria-label": "Layers" });
  let rows = new Map();

  function rowOf(name) {
    const { input } = parts(signal);
    const tell = (values) => send({ kind: "layer", name, ...values });
    const eye = input("checkbox", `Show ${name}`, "change", () => tell({ visible: eye.checked }));
    const opacity = input("range", `Opacity of ${name} in percent`, "change",
      () => tell({ opacity: opacity.valueAsNumber / 100 }), { min: 0, max: 100, step: 1 });
    opacity.hidden = model.get("kind") === "mask" && name === model.get("drawn_on"); // has its own, beside its colour
    return { eye, opacity, node: element("label", { class: "sketchlab-named" }, name, opacity, eye) };
  }

  function paint() {
    const layers = [...model.get("layers")].reverse();
    const names = layers.map(({ name }) => name);
    if (names.join("\n") !== [...rows.keys()].join("\n")) {
      rows = new Map(names.map((name) => [name, rows.get(name) ?? rowOf(name)]));
      node.replaceChildren(...[...rows.values()].map((row) => row.node));
    }
    for (const { name, opacity, visible } of layers) {
      const row = rows.get(name);
      row.eye.checked = visible;
      if (row.opacity !== document.activeElement) row.opacity.value = opacity * 100;
    }
  }
  return { node, paint };
}
