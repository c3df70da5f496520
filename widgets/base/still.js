// What a saved notebook keeps of a widget: its picture, small, and none of its state, which no page can use without the
// kernel; and that a page which is opened with the kernel shows the widget. Draws nothing itself. Where there is no
// notebook that it knows, as outside of JupyterLab, it does nothing. `still.py` joins this file and the one it imports.

import { seenPictures } from "./seen_pictures.js";

const VIEW = "application/vnd.jupyter.widget-view+json";
const STATE = "application/vnd.jupyter.widget-state+json";
const GIVEN = "image/jpeg";
const WIDGETS = "widgets"; // what a notebook's metadata call the state of its widgets
const REFERENCE = /^(IPY_MODEL_|anywidget:)/; // what stands before the id of a widget in the state of another
const LINKS = ["LinkModel", "DirectionalLinkModel"]; // which without one of their ends keep a page from all widgets
const MARK = "sketchlab-still";
const STILLS = Symbol.for("sketchlab-stills");
const LONGEST_PX = 384;
const QUALITY = 0.8;
const SETTLED_MS = 500; // live pictures come faster than anybody saves
const LOOKED_MS = 300; // more than the 100 ms in which ipywidgets' base manager looks whether a widget has come

// Only where the widget is not: while it is there its still is hidden, and where it is not, the line that says so.
const ROOT = "sketchlab-root-"; // and its id: a class of each widget that has a still, as is the next
const THERE = ".sketchlab-with-still"; // of a fixed name: else each change of any class would be looked at by all rules
const AREA = ".jp-OutputArea";
const CHILD = ".jp-OutputArea-child";
const STYLE = `
${AREA}:has(${THERE}) ${CHILD}:has(.${MARK}) { display: none; }
${AREA}:has(.${MARK}):not(:has(${THERE})) ${CHILD}:has(> .jp-OutputArea-output.jupyter-widgets) { display: none; }
.${MARK} { margin: 4px 0; }
.${MARK} figcaption { color: var(--jp-ui-font-color2, #666); font: 13px/1.5 var(--jp-ui-font-family, sans-serif); }`;

/** The ids that are in a value of a widget's state, of those that a notebook has. */
function idsIn(value, state) {
  if (typeof value === "string") {
    const id = value.replace(REFERENCE, "");
    return id in state ? [id] : [];
  }
  return value && typeof value === "object" ? Object.values(value).flatMap((one) => idsIn(one, state)) : [];
}

/** The state of a notebook's widgets without some of them and all that these are made of, without what saves their
 *  pictures, and without boxes of ours that hold a part of one and are not shown; null when nothing is left. */
export function stateWithout(saved, roots) {
  const { state } = saved;
  const own = new Set();
  const take = (id) => {
    if (own.has(id)) return;
    own.add(id);
    idsIn(state[id].state, state).forEach(take);
  };
  for (const root of roots) if (root in state) take(root);
  for (const [id, { state: values, model_name: kind }] of Object.entries(state)) {
    const isOurs = LINKS.includes(kind) || values._dom_classes?.some((name) => name.startsWith("sketchlab"));
    if (roots.has(values.root) || (isOurs && idsIn(values, state).some((one) => own.has(one)))) take(id);
  }
  const rest = Object.entries(state).filter(([id]) => !own.has(id));
  return rest.length ? { ...saved, state: Object.fromEntries(rest) } : null;
}

const escaped = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** Those widgets that are a part of another one, which their notebook may show; what saves a picture holds none. */
function heldIn(state, stills) {
  const holders = Object.values(state).filter(({ state: values }) => !stills.has(values.root));
  return new Set(holders.flatMap(({ state: values }) => idsIn(values, state)));
}

/** The output that stands for a widget: its picture, as a URL of its own, and what there is to say of it. */
export function stillOutput(root, { picture, caption }) {
  const shown = picture ? `<img src="${picture}" alt="${escaped(caption || "What was shown last")}">` : "";
  const said = [caption, "Run this cell to go on."].filter(Boolean).map(escaped).join("<br>");
  const html = `<style>${STYLE}</style>\n<figure class="${MARK}">${shown}<figcaption>${said}</figcaption></figure>`;
  return { output_type: "display_data", data: { "text/html": html }, metadata: { [MARK]: root } };
}

const areasOf = (cells) => [...cells].map((cell) => cell.outputs).filter(Boolean);

/** Where the outputs of a notebook show a widget: those of its cell, or undefined. */
export function outputsWith(cells, root) {
  return areasOf(cells).find((outputs) => placeOf(outputs, (output) => output.data[VIEW]?.model_id === root) >= 0);
}

function placeOf(outputs, is) {
  for (let place = 0; place < outputs.length; place++) if (is(outputs.get(place))) return place;
  return -1;
}

/** Before a notebook is written: put the stills into it, and take the state out; that of a widget whose cell was run
 *  again is in nobody's way by then. A still that is there stays as long as there is no picture.
 *
 *  @param stills by the id of their widget, how each looks now. All of them at once, so that all widgets are looked
 *    through once.
 */
export function prepare(notebook, stills) {
  const shown = new Set();
  for (const outputs of areasOf(notebook.cells)) {
    for (const root of rootsIn(outputs)) {
      if (!stills.has(root) || shown.has(root)) continue;
      shown.add(root);
      put(outputs, root, stills.get(root)());
    }
  }
  const saved = notebook.getMetadata(WIDGETS);
  if (!saved?.[STATE]) return;
  const held = heldIn(saved[STATE].state, stills);
  const gone = new Set([...stills.keys()].filter((root) => shown.has(root) || !held.has(root)));
  if (!gone.size) return;
  const rest = stateWithout(saved[STATE], gone);
  if (rest) notebook.setMetadata(WIDGETS, { ...saved, [STATE]: rest });
  else notebook.deleteMetadata(WIDGETS);
}

/** The ids of the widgets that outputs show. */
function rootsIn(outputs) {
  return Array.from({ length: outputs.length }, (_, place) => outputs.get(place).data[VIEW]?.model_id).filter(Boolean);
}

/** A widget that nobody has scrolled to yet has drawn nothing: then it is the picture that its kernel had given. */
function put(outputs, root, still) {
  const given = outputs.get(placeOf(outputs, (output) => output.data[VIEW]?.model_id === root)).data[GIVEN];
  const picture = still.picture || (given ? `data:${GIVEN};base64,${given}` : "");
  const wanted = stillOutput(root, { ...still, picture });
  const place = placeOf(outputs, (output) => output.metadata[MARK] === root);
  if (place < 0) outputs.add(wanted);
  else if (still.picture && outputs.get(place).data["text/html"] !== wanted.data["text/html"]) outputs.set(place, wanted);
}

/** Show a widget whose place in the notebook says "model not found" though it is there.
 *
 *  ipywidgets gives up on a widget 2 s after it began to look for it, and where the page was too busy to look, with all
 *  the widgets that came, it is there by then; nobody looks again.
 */
export function showAgain(notebook, root, views) {
  const outputs = Object.keys(views).length ? null : outputsWith(notebook.cells, root);
  if (!outputs) return;
  const place = placeOf(outputs, (output) => output.data[VIEW]?.model_id === root);
  outputs.set(place, outputs.get(place).toJSON());
}

/** Call once the widgets of the kernel are there, and whoever waited for one has found it or given up. */
function onceRestored(manager, signal, act) {
  const soon = () => setTimeout(() => signal.aborted || act(), LOOKED_MS);
  if (manager.restoredStatus) return void soon();
  manager.restored.connect(soon);
  signal.addEventListener("abort", () => manager.restored.disconnect(soon));
}

/** The picture in a file as a small JPEG on white, in a URL of its own. */
async function smallUrl(file) {
  const picture = await createImageBitmap(new Blob([file]));
  const share = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * share)));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return canvas.toDataURL("image/jpeg", QUALITY);
}

/** All stills of a notebook, which are put into it whenever it is saved: every widget has a copy of this module. */
function stillsOf(context) {
  if (context[STILLS]) return context[STILLS];
  const stills = (context[STILLS] = new Map());
  context.saveState.connect((_, state) => {
    if (state === "started" && stills.size) prepare(context.model, stills);
  });
  return stills;
}

async function initialize({ model, signal }) {
  const manager = model.widget_manager;
  const { context } = manager;
  if (!context?.saveState || !context.model?.cells) return;
  const root = model.get("root");
  onceRestored(manager, signal, async () => showAgain(context.model, root, (await manager.get_model(root)).views));
  const still = { picture: "", caption: "" };
  const view = model.get("view");
  const look = () => {
    for (const node of document.querySelectorAll(`.${ROOT}${root}`)) {
      const picture = seenPictures(node, model.get("pictures"));
      if (picture) return Object.assign(still, { picture });
    }
    return still; // as it was seen last
  };
  const stills = stillsOf(context);
  stills.set(root, view ? () => still : look);
  signal.addEventListener("abort", () => stills.delete(root));
  if (view) manager.get_model(view).then((found) => follow(found, still, signal));
}

/** Keep the still that of the picture which a view shows. */
function follow(view, still, signal) {
  let timer;
  const look = async () => {
    const shown = view.get("shown");
    const picture = shown?.byteLength ? await smallUrl(shown).catch(() => "") : "";
    if (shown === view.get("shown")) Object.assign(still, { picture, caption: view.get("caption") });
  };
  const settle = () => {
    clearTimeout(timer);
    timer = setTimeout(look, SETTLED_MS);
  };
  view.on("change:shown change:caption", settle);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    view.off("change:shown change:caption", settle);
  });
  look();
}

export default { initialize };
