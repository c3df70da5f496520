// The line under the canvas: what there is to say, the zoom, pictures in and out.

import { element, icon, parts } from "./icons.js";
import { roving } from "./roving.js";

const ZOOM = 1.25;

/** The footer: `paint()` shows the notice and the zoom; a canvas that nothing is drawn on has the notice alone. */
export function footer(outbox, commands, signal, { isWhole }) {
  const { button, chooser } = parts(signal);
  const content = commands.model.get("content");
  const status = element("div", { class: "sketchlab-status", role: "status", "aria-live": "polite" });
  const file = chooser("Picture file", (chosen) => commands.takeFile(chosen));
  const scale = button("Actual pixels (1)", commands.one, "100%");
  scale.classList.add("sketchlab-scale");
  const layers = button("Layers", () => {}, icon("layers"));
  const bar = element("div", { class: "sketchlab-group", role: "toolbar", "aria-label": "Picture and view" });
  const node = element("div", { class: "sketchlab-footer" }, status, bar);
  if (isWhole) bar.append(
    element("div", { class: "sketchlab-group", role: "group", "aria-label": "Pictures" },
      button(commands.openTitle, () => file.click(), icon("open")), button(`Copy the ${content}`, () => commands.give("copy"), icon("copy")),
      button(`Download the ${content}`, () => commands.give("save"), icon("save")), file),
    element("div", { class: "sketchlab-group", role: "group", "aria-label": "View" },
      button("Zoom out (-, or Ctrl and wheel)", () => commands.zoom(1 / ZOOM), icon("minus")), scale,
      button("Zoom in (+, or Ctrl and wheel)", () => commands.zoom(ZOOM), icon("plus")), button("Fit (0)", commands.fit, icon("fit")),
      layers, button("Keys (?)", commands.help, icon("help"))));

  let here = ""; // what this view says, where nobody else does
  function say(text) {
    here = text;
    paintStatus();
  }

  function paintStatus() {
    const notice = outbox.notice ? { text: outbox.notice, wrong: outbox.refusal !== "" } : commands.model.get("said");
    const { text = "", wrong = false } = notice.text ? notice : { text: here };
    status.classList.toggle("sketchlab-refusal", wrong);
    if (status.textContent !== text) status.textContent = text;
  }

  function paint(perPixel) {
    paintStatus();
    scale.textContent = `${Math.round(perPixel * 100)}%`;
    scale.setAttribute("aria-label", `Actual pixels (1); now ${scale.textContent}`);
    rove();
  }
  const rove = roving(bar, signal);
  return { node, layers, paint, say };
}
