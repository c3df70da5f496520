// The toolbar of the ink layer: tools, colours, size, history. Drawn here, so that it works while the kernel is busy.

import { element, icon, parts, setEnabled } from "./icons.js";
import { popover } from "./popover.js";
import { roving } from "./roving.js";

const SIZES = { min: 1, max: 96, step: 1 }; // on usual paper; on larger one up to such a share of its longer side
const MASK_SIZES = { min: 1, max: 256, step: 1 };
const LARGEST_SHARE = 3 / 16;
const PERCENT = { min: 1, max: 100, step: 1 };
const SWATCHES = {
  "#000000": "Black", "#ffffff": "White", "#d93025": "Red", "#f5d000": "Yellow", "#1e8e3e": "Green", "#1a73e8": "Blue",
};
const TOOL_NAMES = {
  brush: "Brush (B)", eraser: "Eraser (E)", line: "Line (L)", rectangle: "Rectangle (R)", ellipse: "Ellipse (O)",
  lasso: "Lasso (F)", polygon: "Polygon (P)", bucket: "Bucket (G)", picker: "Pick a colour (I)",
  wand: "Magic wand: click, or draw a box (W)", frame: "Move the frame (V)",
};
const TOOLS_OF = {
  sketch: ["frame", "brush", "eraser", "line", "rectangle", "ellipse", "lasso", "polygon", "bucket", "picker"],
  mask: ["brush", "eraser", "line", "rectangle", "ellipse", "lasso", "polygon", "wand"],
};
const PLAIN = ["#000000", "#ffffff"]; // where colours say nothing
const MIRROR_NAMES = { "": "No mirror", x: "Left and right", y: "Top and bottom", xy: "Both" };
const MODES = { add: "Add", subtract: "Subtract", intersect: "Keep only" };
const WITH_MODE = ["rectangle", "ellipse", "lasso", "polygon", "wand"];
const WITH_TOLERANCE = ["bucket", "wand"];

/** The tools that a canvas has now: of its kind; one for the frame and a bucket only where there is use for them. */
export function toolsOf(model) {
  const has = { frame: model.get("frame").box, bucket: model.get("in_colour") };
  const all = model.get("paints") ? TOOLS_OF[model.get("kind")] : ["frame"];
  return all.filter((tool) => !(tool in has) || has[tool]);
}

/** The colours that a canvas offers, with their names: black and white alone where colours say nothing. */
export function swatchesOf(model) {
  return Object.entries(SWATCHES).filter(([colour]) => model.get("in_colour") || PLAIN.includes(colour));
}

/** The tool at work: the brush where the frame that was to be moved is not there; a hand where nothing is drawn. */
export function toolOf(model) {
  if (toolsOf(model).includes(model.get("tool"))) return model.get("tool");
  return model.get("paints") ? "brush" : "hand";
}

/** Whether the tolerance counts: with bucket and wand, unless a network looks for whole things. */
export function hasTolerance(model) {
  const isNetwork = model.get("kind") === "mask" && model.get("wand").tolerates === false;
  return WITH_TOLERANCE.includes(toolOf(model)) && !isNetwork;
}

/** The sizes that a pen can have, the largest on large paper such a share of its longer side. */
export function sizesOf(kind, width, height) {
  const usual = kind === "mask" ? MASK_SIZES : SIZES;
  return { ...usual, max: Math.max(usual.max, Math.round(LARGEST_SHARE * Math.max(width, height))) };
}

/** The nearest of these sizes; the smallest for what is no number. */
export function sizeWithin({ min, max }, value) {
  return Math.min(max, Math.max(min, value || min));
}

/** What to set when a colour is picked: with a tool that draws none, the brush is taken, too. */
export function afterColour(colour, tool) {
  return ["eraser", "picker"].includes(tool) ? { colour, tool: "brush" } : { colour };
}

/** Whether undo and redo can be pressed: what still waits for the kernel can be taken back, too. */
export function historyOf(model, waiting) {
  return { undo: waiting > 0 || model.get("can_undo"), redo: waiting > 0 || model.get("can_redo") };
}

/** The toolbar: `act(op, values)` makes a change; `paint()` shows the state of the model and of the outbox. */
export function toolbar(model, outbox, act, signal) {
  const isMask = model.get("kind") === "mask";
  const { button, input, group, choice } = parts(signal);
  const sizes = () => sizesOf(model.get("kind"), model.get("width"), model.get("height"));
  const pick = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    // At once: `save_changes` sets what waited once more, over what Python has set since. ipywidgets keeps one update
    // in flight and merges the rest.
    model.save_changes();
    paint();
  };
  const resize = (value) => pick({ size_px: sizeWithin(sizes(), value) });
  const pickColour = (colour) => pick(afterColour(colour, model.get("tool")));
  const swap = () => pick({ colour: model.get("other_colour"), other_colour: model.get("colour") });
  const percent = (label, name) => {
    const node = input("range", label, "input", () => pick({ [name]: node.valueAsNumber / 100 }), PERCENT);
    return node;
  };
  const tick = (label, name) => {
    const node = input("checkbox", label, "change", () => pick({ [name]: node.checked }));
    return node;
  };
  const named = (text, ...nodes) => element("label", { class: "sketchlab-named" }, text, ...nodes);

  const tools = Object.fromEntries(
    TOOLS_OF[isMask ? "mask" : "sketch"].map((tool) => [tool, button(TOOL_NAMES[tool], () => pick({ tool }), icon(tool))]),
  );
  const offered = swatchesOf(model);
  const swatches = offered.map(([colour, name]) => {
    const node = button(name, () => pickColour(colour));
    node.classList.add("sketchlab-swatch");
    node.style.setProperty("--swatch", colour);
    return node;
  });
  const colour = input("color", "Any colour", "input", () => pickColour(colour.value));
  const other = button("Swap colours (X)", swap, icon("swap"));
  other.classList.add("sketchlab-other");
  const size = input("range", "Size in pixels ([ and ])", "input", () => resize(size.valueAsNumber), sizes());
  const number = input("number", "Size in pixels, as a number", "change", () => resize(number.valueAsNumber), sizes());
  const undo = button("Undo (Ctrl+Z)", () => act("undo"), icon("undo"));
  const redo = button("Redo (Ctrl+Shift+Z)", () => act("redo"), icon("redo"));
  const isAll = ["mask", "sketch"].includes(model.get("content")); // else a picture lies below
  const clear = button(isAll ? `Clear the ${model.get("content")}` : "Clear what is painted", () => act("clear"), icon("clear"));
  const [opacity, hardness] = [percent("Opacity in percent", "opacity"), percent("Hardness in percent", "hardness")];
  hardness.min = 0;
  const ticks = {
    smoothing: tick("Even out a trembling hand", "smoothing"),
    pressure_size: tick("Pen pressure sets the size", "pressure_size"),
    pressure_opacity: tick("The firmest pressure sets the opacity of a stroke", "pressure_opacity"),
    fill_shapes: tick("Rectangles and ellipses are filled", "fill_shapes"),
  };
  const mirror = choice("Mirror what is drawn", MIRROR_NAMES, () => pick({ mirror: mirror.value }));
  const tolerance = input("range", "Tolerance: how different a colour may be", "input",
    () => pick({ tolerance: tolerance.valueAsNumber }), { min: 0, max: 100, step: 1 });
  const mode = choice("What areas do", MODES, () => pick({ mode: mode.value }));
  const drawer = element("div", { class: "sketchlab-drawer", role: "group", "aria-label": "Brush" },
    named("Opacity", opacity), named("Hardness", hardness),
    named("Mirror", mirror),
    named("Smooth", ticks.smoothing), named("Fill shapes", ticks.fill_shapes),
    named("Pressure: size", ticks.pressure_size), named("Pressure: opacity", ticks.pressure_opacity));
  const more = button("More settings of the brush", () => {}, icon("more"));
  popover(more, drawer, signal);
  const masks = button("What is done to the whole mask", () => {}, "Mask");
  masks.classList.add("sketchlab-word", "sketchlab-masks");
  const modes = group("Areas", mode);
  const tolerances = named("Tolerance", tolerance);
  const node = element("div", { class: "sketchlab-toolbar", role: "toolbar", "aria-label": "Drawing tools" },
    group("Tools", ...Object.values(tools)), group("History", undo, redo, clear),
    ...(isMask ? [] : [group("Colours", ...swatches, colour, other)]),
    group("Size", size, number, "px"), modes, tolerances, ...(isMask ? [masks] : []), more, drawer);

  function paint() {
    const [pen, tool] = [model.get("colour"), toolOf(model)];
    for (const [name, node] of Object.entries(tools)) node.setAttribute("aria-pressed", name === tool);
    if (tools.wand) tools.wand.title = model.get("wand").note ?? TOOL_NAMES.wand;
    const has = toolsOf(model);
    for (const [name, node] of Object.entries(tools)) node.hidden = !has.includes(name);
    colour.hidden = !model.get("in_colour");
    offered.forEach(([known], i) => swatches[i].setAttribute("aria-pressed", known === pen));
    colour.value = pen;
    colour.classList.toggle("sketchlab-picked", !(pen in SWATCHES));
    other.style.setProperty("--swatch", model.get("other_colour"));
    size.max = number.max = sizes().max;
    size.value = model.get("size_px");
    if (number !== document.activeElement) number.value = Math.round(model.get("size_px"));
    opacity.value = model.get("opacity") * 100;
    hardness.value = model.get("hardness") * 100;
    tolerance.value = model.get("tolerance");
    mirror.value = model.get("mirror");
    mode.value = model.get("mode");
    for (const [name, node] of Object.entries(ticks)) node.checked = model.get(name);
    modes.hidden = !WITH_MODE.includes(tool);
    tolerances.hidden = !hasTolerance(model);
    const can = historyOf(model, outbox.waiting.length);
    setEnabled(undo, can.undo);
    setEnabled(redo, can.redo);
    rove();
  }
  const rove = roving(node, signal);
  return { node, masks, paint, pick, pickColour, resize, swap };
}
