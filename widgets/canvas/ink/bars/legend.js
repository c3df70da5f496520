// What the colours over a picture mean, beside the mask's own; nothing as long as there is but that.

import { element } from "./icons.js";

/** The layers with a meaning that are seen: what each means, and in which colour. */
export function meanings(model) {
  const told = model.get("layers").filter(({ visible, legend }) => visible && legend);
  return told.map(({ legend, tint }) => [legend, tint]);
}

/** The legend: `paint()` shows it. */
export function legendOf(model) {
  const node = element("ul", { class: "sketchlab-legend", "aria-label": "Colours", hidden: "" });
  let seen = "";

  function paint() {
    const all = meanings(model);
    if (JSON.stringify(all) === seen) return;
    seen = JSON.stringify(all);
    node.hidden = !all.length;
    node.replaceChildren(...all.map(([meaning, colour]) => {
      const row = element("li", {}, meaning);
      row.style.setProperty("--swatch", colour);
      return row;
    }));
  }
  return { node, paint };
}
