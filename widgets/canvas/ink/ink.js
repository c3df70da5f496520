// The drawing surface of canvas and mask painter: draws at pointer rate, hands over each finished change, keeps it on
// the screen until the kernel has shown it. `ink_layer.py` joins this file and those it imports into one module.

import { openSession, sessions } from "./canvas_session.js";
import { footer } from "./bars/footer.js";
import { frameOf } from "./frame.js";
import { keyboardPen } from "./keyboard_pen.js";
import { element } from "./bars/icons.js";
import { helpPanel, isInCharge, isTyped, keyAction, takeCharge } from "./keys.js";
import { layerList } from "./bars/layerlist.js";
import { maskBar } from "./bars/mask_bar.js";
import { pictureBar } from "./bars/picture_bar.js";
import { bring, listenForPictures } from "./pictures.js";
import { listenToPointers } from "./pointer.js";
import { popover } from "./bars/popover.js";
import { Screen } from "./screen.js";
import { toolOf, toolbar, toolsOf } from "./bars/toolbar.js";

const SIZED = ["brush", "eraser", "line"]; // tools whose cursor is as large as what they draw
const PAINTED = [
  "tool", "colour", "other_colour", "size_px", "opacity", "hardness", "mirror", "smoothing", "pressure_size",
  "pressure_opacity", "fill_shapes", "tolerance", "mode", "overlay_colour", "overlay_opacity", "reach_px",
  "can_undo", "can_redo", "width", "height", "revision", "layers", "frame", "frame_picture", "said",
  "wand", "hint", "drawn_on",
];
const SHARP = 1.2; // seen larger than this, the kernel's pixels are made twice as fine

function render({ model, el, signal }) {
  const { outbox, layers, views, send } = sessions.get(model.get("canvas_id"));
  const isMask = model.get("kind") === "mask";
  const act = (op, values = {}) => outbox.push({ op, ...values });
  const screen = new Screen(model, { outbox, layers }, () => paint());
  const ring = element("div", { class: "sketchlab-ring", hidden: "" });
  const name = { mask: "Mask painter", sketch: "Sketch canvas" }[model.get("content")] ?? `Canvas with the ${model.get("content")}`;
  const surface = element("div", { class: "sketchlab-surface", tabindex: 0, role: "application", "aria-label": name });
  const help = helpPanel();
  const frame = frameOf(surface, { model, screen, focus: surface }, signal);
  screen.frame = frame;
  const hint = element("p", { class: "sketchlab-hint" });
  surface.append(...screen.nodes, hint, frame.node, ring, help.node);

  const takeFile = (file) => bring(file, "picture", outbox);
  const commands = {
    screen, model, outbox, act, place, takeFile,
    get tools() {
      return toolsOf(model);
    },
    get tool() {
      return toolOf(model);
    },
    pick: (values) => ("colour" in values ? bar.pickColour(values.colour) : bar.pick(values)),
    step: (sign) => {
      const size = model.get("size_px");
      bar.resize(Math.round(size + sign * Math.max(1, size * 0.15)));
    },
    swap: () => bar.swap(),
    fit: () => screen.fit(),
    one: () => screen.one(),
    zoom: (factor) => screen.zoom(factor),
    run: () => send({ kind: "run" }),
    give: (use) => send({ kind: "give", use }),
    help: help.toggle,
    get shut() {
      return help.node.hidden ? null : help.toggle;
    },
    openTitle: "Open a picture, or drop or paste one",
  };
  const paints = model.get("paints");
  const bar = paints ? toolbar(model, outbox, act, signal) : pictureBar(model, outbox, act, commands, signal);
  const list = layerList(model, send, signal);
  const pointers = listenToPointers(surface, commands, signal);
  Object.assign(commands, { isBusy: () => pointers.isBusy, cancel: pointers.cancel, close: pointers.close });
  const takeMask = (file) => bring(file, "load", outbox);
  const maskTools = isMask ? maskBar(model, act, { pick: bar.pick, takeMask }, signal) : null;
  if (maskTools) popover(bar.masks, maskTools.node, signal);
  const foot = footer(outbox, commands, signal, { isWhole: paints });
  popover(foot.layers, list.node, signal);
  const keyPen = keyboardPen(surface, { screen, pointers, commands, say: foot.say }, signal);
  surface.append(keyPen.node);
  listenForPictures(el, takeFile, signal);
  el.classList.add("sketchlab-ink");
  for (const node of [el, surface, bar.node]) node.setAttribute("data-lm-suppress-shortcuts", "true");
  surface.setAttribute("data-jp-suppress-context-menu", "true");
  el.append(
    element("div", { class: "sketchlab-bars" }, bar.node, ...(maskTools ? [maskTools.node] : [])),
    element("div", { class: "sketchlab-room" }, surface),
    element("div", { class: "sketchlab-under" }, list.node, foot.node),
  );

  function paint() {
    const { width, height } = screen.paper;
    surface.style.setProperty("--aspect", width / height);
    screen.paint();
    frame.paint();
    keyPen.paint();
    hint.textContent = model.get("hint");
    hint.hidden = !model.get("hint") || outbox.ops.length > 0;
    bar.paint();
    maskTools?.paint();
    list.paint();
    foot.paint(screen.view.scale * screen.density);
    const { scale, x, y } = screen.view;
    Object.assign(surface.dataset, {
      waiting: outbox.waiting.length, ink: outbox.ops.length, revision: model.get("revision"),
      shown: layers.revision, tool: toolOf(model), view: `${scale} ${x} ${y}`,
    });
  }

  function place(event) {
    const rect = surface.getBoundingClientRect();
    const isSized = SIZED.includes(toolOf(model)) && !event.altKey;
    ring.hidden = event.pointerType === "touch" || !isSized;
    const across = model.get("size_px") * screen.view.scale;
    ring.style.width = ring.style.height = `${Math.max(3, across)}px`;
    const [x, y] = [event.clientX - rect.left, event.clientY - rect.top];
    ring.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
  }

  const on = (node, name, handler) => node.addEventListener(name, handler, { signal });
  on(surface, "pointerdown", () => (hint.hidden = true)); // until the next paint
  on(surface, "pointerleave", () => (ring.hidden = true));
  on(el, "keydown", (event) => {
    const byPen = event.target === surface && keyPen.key(event);
    if (byPen) {
      event.preventDefault();
      event.stopPropagation();
      byPen();
      return;
    }
    if (event.target === surface && event.key === " ") {
      event.preventDefault();
      event.stopPropagation();
      pointers.pan(true);
      return;
    }
    if (isTyped(event)) return;
    const action = (surface.contains(event.target) ? frame.key(event) : null) ?? keyAction(event, commands);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    if (!pointers.isDown || action === commands.cancel) action();
  });
  on(el, "focusin", () => takeCharge(el));
  on(document, "keydown", (event) => {
    if (event.defaultPrevented || isTyped(event) || event.key === "Enter" || !isInCharge(el, event.target)) return;
    const action = keyAction(event, commands);
    if (!action || pointers.isDown) return;
    event.preventDefault();
    action();
  });
  on(el, "keyup", (event) => event.key === " " && pointers.pan(false));
  on(surface, "blur", () => pointers.pan(false));

  const watcher = new ResizeObserver(([{ contentRect }]) => {
    const { width, height } = contentRect;
    if (!width || !height || signal.aborted) return;
    screen.resize(width, height);
    const density = screen.view.scale * screen.density > SHARP && screen.isFit ? 2 : 1;
    if (density <= model.get("density")) return;
    model.set("density", density);
    model.save_changes();
  });
  watcher.observe(surface);
  const fitAgain = () => screen.isFit && screen.room.width && !frame.isHeld && screen.fit();
  for (const name of PAINTED) model.on(`change:${name}`, paint);
  model.on("change:width change:height change:frame", fitAgain);
  views.add(paint);
  signal.addEventListener("abort", () => {
    watcher.disconnect();
    views.delete(paint);
    for (const name of PAINTED) model.off(`change:${name}`, paint);
    model.off("change:width change:height change:frame", fitAgain);
  });
  paint();
}

export default {
  initialize: ({ model, signal }) => openSession(model, signal),
  render,
};
