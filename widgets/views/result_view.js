// Shows the picture, a soft preview over it, its caption, and what can be done with it: looked at closely, starred, sent
// on, downloaded, dragged to a canvas or out of the browser. Draws from the model only. `result_view.py` joins the files.

import { asWebp, canCopy, copy, saveFile, waysOut, whileHeld } from "./hand_out.js";
import { drag, dragEnded, veryFile } from "./very_file.js";
import { oneToOne, zoomable } from "./zoom.js";

/** What kind of picture it is, by its first bytes. */
export const typeOf = (bytes) => (bytes[0] === 0x89 ? "image/png" : "image/webp");

/** A blob URL of the bytes in a DataView, or "" when there are none. */
export function urlOf(view) {
  if (!view || view.byteLength === 0) return "";
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return URL.createObjectURL(new Blob([bytes], { type: typeOf(bytes) }));
}

const TOLD_MS = 2500;

const DOWNLOAD_ICON =
  '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" ' +
  'stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">' +
  '<path d="M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11"/></svg>';

const STAR_ICON =
  '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" stroke="currentColor" stroke-width="1.3" ' +
  'stroke-linejoin="round"><path d="M8 1.8l1.9 4 4.3.5-3.2 3 .9 4.3L8 11.5l-3.9 2.1.9-4.3-3.2-3 4.3-.5z"/></svg>';

const COMPARE_ICON =
  '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" ' +
  'stroke-width="1.4" stroke-linejoin="round"><rect x="1.8" y="3" width="12.4" height="10" rx="1"/>' +
  '<path d="M8 1v14"/><path d="M8 3h5.2v10H8z" fill="currentColor" stroke="none" opacity=".45"/></svg>';

const HOLD_ICON =
  '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" ' +
  'stroke-width="1.3"><path d="M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8z"/><circle cx="8" cy="8" r="1.9"/></svg>';

const COPY_ICON =
  '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" ' +
  'stroke-width="1.3" stroke-linejoin="round"><rect x="5.5" y="5.5" width="8" height="8" rx="1"/>' +
  '<path d="M10.5 5.5v-3h-8v8h3"/></svg>';

/** The options of the menu: what it is called, then each group of targets. */
export function optionsOf(targets) {
  const option = (text, value = "", more = {}) => Object.assign(document.createElement("option"), { text, value, ...more });
  const groups = [...targets, { name: "This computer", uses: waysOut() }].map(({ name, uses }) => {
    const group = Object.assign(document.createElement("optgroup"), { label: name });
    group.append(...uses.map((use) => option(use.name, use.to)));
    return group;
  });
  return [option("Send to…", "", { hidden: true, selected: true }), ...groups];
}

function build(el) {
  el.classList.add("sketchlab-result");
  el.innerHTML = `
    <div class="sketchlab-result-room">
      <div class="sketchlab-result-frame" tabindex="-1">
        <p class="sketchlab-result-hint"></p>
        <img class="sketchlab-result-picture" alt="" draggable="false" hidden>
        <img class="sketchlab-result-before" alt="The picture that it came from" draggable="false" hidden>
        <img class="sketchlab-result-preview" alt="" draggable="false" hidden>
        <p class="sketchlab-result-outdated" role="status" hidden></p>
        <input type="range" class="sketchlab-result-split" min="0" max="100" value="50" hidden
               aria-label="Before and after" title="Left of it the picture as it was before">
      </div>
    </div>
    <div class="sketchlab-result-line">
      <span class="sketchlab-result-caption"></span>
      <span class="sketchlab-result-spoken" role="status"></span>
      <button type="button" class="sketchlab-result-zoom" title="One pixel for one (1); 0 fits, + and - zoom"
              aria-label="One pixel for one" aria-pressed="false" hidden>1:1</button>
      <button type="button" class="sketchlab-result-hold" title="Hold to see the picture that it came from (H)"
              aria-label="Hold to see the picture that it came from" hidden>${HOLD_ICON}</button>
      <button type="button" class="sketchlab-result-compare" title="Before and after: compare with the picture it came from"
              aria-label="Before and after" aria-pressed="false" hidden>${COMPARE_ICON}</button>
      <button type="button" class="sketchlab-result-star" title="Star: keep this picture for good"
              aria-label="Star: keep this picture for good" aria-pressed="false" hidden>${STAR_ICON}</button>
      <button type="button" class="sketchlab-result-copy" title="Copy the picture (Ctrl+C)" aria-label="Copy the picture"
              hidden>${COPY_ICON}</button>
      <select class="sketchlab-result-send" title="Go on with this picture elsewhere" aria-label="Send to" hidden></select>
      <a class="sketchlab-result-download" title="Download the picture, recipe included"
         aria-label="Download the picture, recipe included" hidden>${DOWNLOAD_ICON}</a>
    </div>`;
  const find = (name) => el.querySelector(`.sketchlab-result-${name}`);
  const names = ["frame", "hint", "picture", "before", "preview", "split", "outdated", "caption", "spoken", "zoom", "hold", "compare",
    "star", "copy", "send", "download"];
  return Object.fromEntries(names.map((name) => [name, find(name)]));
}

function render({ model, el, signal }) {
  const parts = build(el);
  const urls = { picture: "", before: "", preview: "", file: "" };
  const file = veryFile(model, signal, (came) => {
    urls.file = URL.createObjectURL(came);
    if (looksCloser()) parts.picture.src = urls.file;
    paint();
  });
  let compares = false;
  let holds = false;
  let telling = 0;
  const webp = asWebp(model, signal);
  const on = (node, name, act, how = {}) => node.addEventListener(name, act, { signal, ...how });
  const zoom = zoomable([parts.frame], {
    on,
    look,
    pixel: () => oneToOne(model.get("longest_px"), seen_px()),
    isThere: () => Boolean(urls.picture),
    otherKey: (event) => event.key.toLowerCase() === "h" && Boolean(urls.before) && (hold(true), true),
  });

  /** How long the picture is on the screen where all of it is seen, in pixels of the screen. */
  const seen_px = () => Math.round(Math.max(parts.frame.clientWidth, parts.frame.clientHeight) * devicePixelRatio);
  const looksCloser = () => seen_px() * zoom.now().scale > 1.1 * Math.max(parts.picture.naturalWidth, parts.picture.naturalHeight);

  /** Fetch the very file where the page has fewer pixels than it shows. */
  function sharpen() {
    const has = Math.max(parts.picture.naturalWidth, parts.picture.naturalHeight);
    if (!has || !urls.picture || !looksCloser() || (has >= model.get("longest_px") && zoom.now().scale === 1)) return;
    if (file.now()) parts.picture.src = urls.file;
    else file.get();
  }

  function look(view) {
    for (const [name, value] of Object.entries(view)) parts.frame.style.setProperty(`--zoom-${name}`, value);
    const pixel = (seen_px() * view.scale) / (model.get("longest_px") || 1);
    parts.frame.classList.toggle("sketchlab-result-zoomed", view.scale > 1);
    parts.frame.classList.toggle("sketchlab-result-pixels", view.scale > 1 && pixel >= 3);
    sharpen();
    paint();
  }

  /** Put new bytes into an image; the old picture stays until the new one is decoded, so nothing flickers. */
  function show(name, trait) {
    const old = urls[name];
    const url = urlOf(model.get(trait));
    urls[name] = url;
    const image = parts[name];
    if (old) setTimeout(() => URL.revokeObjectURL(old), 1000);
    if (url) image.src = url;
    image.hidden = !url;
  }

  function paint() {
    const caption = model.get("caption");
    const folder = model.get("folder");
    parts.hint.textContent = model.get("hint");
    parts.hint.hidden = model.get("shown").byteLength > 0;
    if (!telling) parts.caption.textContent = caption;
    parts.caption.title = folder ? `${caption}\nKept in ${folder}` : caption;
    parts.picture.alt = caption ? `The picture: ${caption}` : "";
    parts.outdated.textContent = model.get("outdated");
    parts.outdated.hidden = !model.get("outdated") || !urls.picture;
    parts.frame.classList.toggle("sketchlab-result-dim", !parts.outdated.hidden);
    if (urls.picture) parts.frame.tabIndex = 0;
    parts.zoom.hidden = !urls.picture;
    parts.zoom.setAttribute("aria-pressed", zoom.now().scale > 1);
    parts.compare.hidden = !urls.picture || !urls.before;
    parts.compare.setAttribute("aria-pressed", compares && !parts.compare.hidden);
    parts.hold.hidden = parts.compare.hidden;
    parts.before.hidden = parts.compare.hidden || !(compares || holds);
    parts.split.hidden = parts.compare.hidden || !compares || holds;
    parts.frame.draggable = Boolean(urls.picture) && zoom.now().scale === 1 && parts.split.hidden; // else that is dragged
    parts.frame.classList.toggle("sketchlab-result-held", holds);
    parts.copy.hidden = !urls.picture || !canCopy();
    parts.star.hidden = !urls.picture || !folder;
    parts.star.setAttribute("aria-pressed", model.get("is_starred"));
    parts.send.hidden = !urls.picture;
    parts.download.hidden = !urls.picture;
    parts.download.href = (file.now() && urls.file) || "#";
    parts.download.download = model.get("file_name");
  }

  const listen = (names, act) => {
    model.on(names, act);
    signal.addEventListener("abort", () => model.off(names, act));
  };
  parts.picture.addEventListener("load", () => {
    parts.frame.style.setProperty("--aspect", parts.picture.naturalWidth / parts.picture.naturalHeight);
  }, { signal });
  on(parts.star, "click", () => {
    const is_starred = parts.star.getAttribute("aria-pressed") !== "true";
    model.send({ kind: "star", file_name: model.get("file_name"), is_starred });
  });
  /** A word in place of the caption, for a while. */
  function tell(words) {
    clearTimeout(telling);
    parts.caption.textContent = parts.spoken.textContent = words;
    telling = setTimeout(() => { telling = 0; parts.spoken.textContent = ""; paint(); }, TOLD_MS);
  }
  const copyIt = () => urls.picture && canCopy() && copy(file.get()).then(() => tell("Copied."), (error) => tell(`Not copied: ${error.message}`));
  const wayOut = {
    copy: copyIt,
    png: async () => saveFile(await file.get()),
    webp: async () => { tell("Making the WebP file…"); saveFile(await webp()); tell("The WebP file is there."); },
  };
  on(parts.copy, "click", copyIt);
  const hold = whileHeld(parts.hold, signal, (now) => { holds = now; paint(); });
  on(parts.frame, "keyup", (event) => event.key.toLowerCase() === "h" && hold(false));
  on(parts.frame, "blur", () => hold(false));
  signal.addEventListener("abort", () => clearTimeout(telling));
  parts.send.append(...optionsOf(model.get("targets")));
  on(parts.send, "change", (event) => {
    event.stopPropagation();
    const to = parts.send.value;
    parts.send.selectedIndex = 0;
    if (wayOut[to]) wayOut[to]();
    else model.send({ kind: "send", to });
  });
  on(parts.zoom, "click", () => zoom.pixelForPixel());
  on(parts.frame, "keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "c" || event.target !== parts.frame || !urls.picture) return;
    event.preventDefault();
    event.stopPropagation();
    copyIt();
  });
  on(parts.compare, "click", () => { compares = !compares; paint(); });
  on(parts.split, "input", (event) => {
    event.stopPropagation();
    parts.frame.style.setProperty("--split", `${parts.split.value}%`);
  });
  const wanted = () => urls.picture && file.get(); // before it is dragged or downloaded
  on(parts.frame, "pointerenter", wanted);
  on(parts.download, "pointerenter", wanted);
  on(parts.download, "focus", wanted);
  on(parts.download, "click", async (event) => {
    if (file.now()) return;
    event.preventDefault();
    await file.get();
    parts.download.click();
  });
  on(parts.frame, "dragstart", (event) => drag(event.dataTransfer, file.now() ?? file.get(), model.get("file_name"), file.now() && urls.file));
  on(parts.frame, "dragend", dragEnded);
  const tellSize = () => {
    const now = seen_px();
    if (!urls.picture || !now || Math.abs(now - model.get("seen_px")) < 16) return;
    model.set("seen_px", now);
    model.save_changes();
  };
  const watcher = new ResizeObserver(() => { tellSize(); sharpen(); });
  watcher.observe(parts.frame);
  signal.addEventListener("abort", () => watcher.disconnect());
  on(parts.picture, "load", () => { tellSize(); sharpen(); });
  listen("change:shown", () => {
    if (urls.file) URL.revokeObjectURL(urls.file);
    urls.file = "";
    file.forget();
    show("picture", "shown");
    paint();
  });
  listen("change:before", () => { show("before", "before"); paint(); });
  listen("change:preview", () => show("preview", "preview"));
  listen("change:caption change:hint change:file_name change:outdated change:folder change:is_starred", paint);
  signal.addEventListener("abort", () => Object.values(urls).forEach((url) => url && URL.revokeObjectURL(url)));
  show("picture", "shown");
  show("before", "before");
  show("preview", "preview");
  paint();
}

export default { render };
