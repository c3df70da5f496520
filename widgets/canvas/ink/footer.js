// The line under the canvas: what there is to say, the zoom, pictures in and out.

import { element, icon, parts } from "./icons.js";

const ZOOM = 1.25;

/** The footer: `paint()` shows the notice and the zoom. */
export function footer(outbox, commands, signal) {
  const { button, input } = parts(signal);
  const status = element("div", { class: "sketchlab-status", role: "status", "aria-live": "polite" });
  const file = input("file", "Picture file", "change", () => {
    if (file.files[0]) commands.takeFile(file.files[0]);
    file.value = "";
  }, { accept: "image/*", hidden: "" });
  const scale = button("Actual pixels (1)", commands.one, "100%");
  scale.classList.add("sketchlab-scale");
  const layers = button("Layers", () => {}, icon("layers"));
  const node = element("div", { class: "sketchlab-footer" }, status,
    element("div", { class: "sketchlab-group", role: "group", "aria-label": "Pictures" },
      button(commands.openTitle, () => file.click(), icon("open")), button("Copy the picture", () => commands.give("copy"), icon("copy")),
      button("Download the picture", () => commands.give("save"), icon("save")), file),
    element("div", { class: "sketchlab-group", role: "group", "aria-label": "View" },
      button("Zoom out (-)", () => commands.zoom(1 / ZOOM), icon("minus")), scale,
      button("Zoom in (+)", () => commands.zoom(ZOOM), icon("plus")), button("Fit (0)", commands.fit, icon("fit")),
      layers, button("Keys (?)", commands.help, icon("help"))));

  function paint(perPixel) {
    const { text = "", wrong = false } = outbox.notice ? { text: outbox.notice, wrong: outbox.refusal !== "" } : commands.model.get("said");
    status.classList.toggle("sketchlab-refusal", wrong);
    if (status.textContent !== text) status.textContent = text;
    scale.textContent = `${Math.round(perPixel * 100)}%`;
  }
  return { node, layers, paint };
}
