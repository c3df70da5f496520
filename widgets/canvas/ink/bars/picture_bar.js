// The only bar of a canvas that nothing is drawn on: a picture in, undo, fit.

import { element, icon, parts, setEnabled } from "./icons.js";
import { roving } from "./roving.js";
import { historyOf } from "./toolbar.js";

/** The bar: as `toolbar` answers it, but nothing can be picked; `commands` has `takeFile(file)` and `fit()`. */
export function pictureBar(model, outbox, act, commands, signal) {
  const { button, chooser, group } = parts(signal);
  const file = chooser("Picture file", (chosen) => commands.takeFile(chosen));
  const open = button(commands.openTitle, () => file.click(), icon("open"), "Open");
  open.classList.add("sketchlab-word");
  const undo = button("Undo (Ctrl+Z)", () => act("undo"), icon("undo"));
  const redo = button("Redo (Ctrl+Shift+Z)", () => act("redo"), icon("redo"));
  const remove = button("Remove the picture", () => act("remove"), icon("clear"));
  const node = element("div", { class: "sketchlab-toolbar", role: "toolbar", "aria-label": "Picture tools" },
    open, file, group("History", undo, redo, remove), button("Fit (0)", commands.fit, icon("fit")));

  function paint() {
    const can = historyOf(model, outbox.waiting.length);
    setEnabled(undo, can.undo);
    setEnabled(redo, can.redo);
    rove();
  }
  const rove = roving(node, signal);
  const nothing = () => {};
  return { node, paint, pick: nothing, pickColour: nothing, resize: nothing, swap: nothing };
}
