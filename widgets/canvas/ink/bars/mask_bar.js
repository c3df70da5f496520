// The mask painter's own bar: what is done to a whole mask, and how the mask is shown.

import { element, parts } from "./icons.js";
import { legendOf } from "./legend.js";
import { roving } from "./roving.js";

/** The bar: `act(op, values)` makes a change, `pick(values)` sets traits, `takeMask(file)` opens a mask; `paint()`
 *  shows the state of the model. */
export function maskBar(model, act, { pick, takeMask }, signal) {
  const { button, input, chooser, group } = parts(signal);
  const word = (title, text, handler) => {
    const node = button(title, handler, text);
    node.classList.add("sketchlab-word");
    return node;
  };
  const reach = input("number", "By so many pixels", "change",
    () => pick({ reach_px: Math.min(1024, Math.max(1, reach.valueAsNumber || 1)) }), { min: 1, max: 1024, step: 1 });
  const by = (op) => () => act(op, { px: model.get("reach_px") });
  const offered = (op, node) => (model.get("without").includes(op) ? [] : [node]); // else a setting elsewhere does it
  const colour = input("color", "Colour in which the mask is shown", "input", () => pick({ overlay_colour: colour.value }));
  const opacity = input("range", "How strongly the mask is shown, in percent", "input",
    () => pick({ overlay_opacity: opacity.valueAsNumber / 100 }), { min: 5, max: 100, step: 1 });
  const file = chooser("Mask file", takeMask);
  const legend = legendOf(model);
  const node = element("div", { class: "sketchlab-toolbar sketchlab-maskbar", role: "toolbar", "aria-label": "Mask tools" },
    group("Whole mask", word("Mask what is not masked", "Invert", () => act("invert")),
      ...offered("fill_holes", word("Mask what the mask encloses", "Fill holes", () => act("fill_holes")))),
    group("Edge", ...offered("grow", word("Make the mask wider", "Grow", by("grow"))),
      word("Make the mask narrower", "Shrink", by("shrink")),
      ...offered("feather", word("Let the mask fade outside its edge", "Feather", by("feather"))), reach, "px"),
    group("From", word("Open a mask file", "Open mask", () => file.click()), file,
      word("Mask what is transparent", "From alpha", () => act("from_alpha")),
      word("Bring the previous mask back", "Previous", () => act("reuse"))),
    group("Shown", "Mask", colour, opacity), legend.node);

  function paint() {
    if (reach !== document.activeElement) reach.value = model.get("reach_px");
    colour.value = model.get("overlay_colour");
    opacity.value = model.get("overlay_opacity") * 100;
    legend.paint();
    rove();
  }
  const rove = roving(node, signal);
  return { node, paint };
}
