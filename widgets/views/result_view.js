// Shows the picture, a soft preview over it, its caption, and what can be done with it: starred, sent on, downloaded,
// dragged to a canvas or out of the browser. Draws from the model only.

/** A blob URL of the bytes in a DataView, or "" when there are none. */
export function urlOf(view) {
  if (!view || view.byteLength === 0) return "";
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
}

const DOWNLOAD_ICON =
  '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" ' +
  'stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">' +
  '<path d="M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11"/></svg>';

const STAR_ICON =
  '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" stroke="currentColor" stroke-width="1.3" ' +
  'stroke-linejoin="round"><path d="M8 1.8l1.9 4 4.3.5-3.2 3 .9 4.3L8 11.5l-3.9 2.1.9-4.3-3.2-3 4.3-.5z"/></svg>';

/** The options of the menu: what it is called, then each group of targets. */
export function optionsOf(targets) {
  const option = (text, value = "", more = {}) => Object.assign(document.createElement("option"), { text, value, ...more });
  const groups = targets.map(({ name, uses }) => {
    const group = Object.assign(document.createElement("optgroup"), { label: name });
    group.append(...uses.map((use) => option(use.name, use.to)));
    return group;
  });
  return [option("Send to…", "", { hidden: true, selected: true }), ...groups];
}

const DRAGGED = "application/x-sketchlab-picture"; // as in canvas/ink/pictures.js

/** What is dragged: the file itself for a canvas of this page, and a link to it for a folder outside of the browser.
 *
 * Browsers pass no file on that a page has made, so a canvas finds it on the window. */
export function drag(transfer, bytes, name, url) {
  transfer.effectAllowed = "copy";
  transfer.setData(DRAGGED, name);
  transfer.setData("DownloadURL", `image/png:${name}:${url}`);
  window[DRAGGED] = new File([bytes], name, { type: "image/png" });
}

function build(el) {
  el.classList.add("sketchlab-result");
  el.innerHTML = `
    <div class="sketchlab-result-room">
      <div class="sketchlab-result-frame">
        <p class="sketchlab-result-hint"></p>
        <img class="sketchlab-result-picture" alt="" draggable="false" hidden>
        <img class="sketchlab-result-preview" alt="" draggable="false" hidden>
        <p class="sketchlab-result-outdated" role="status" hidden></p>
      </div>
    </div>
    <div class="sketchlab-result-line">
      <span class="sketchlab-result-caption"></span>
      <button type="button" class="sketchlab-result-star" title="Star: keep this picture for good"
              aria-label="Star: keep this picture for good" aria-pressed="false" hidden>${STAR_ICON}</button>
      <select class="sketchlab-result-send" title="Go on with this picture elsewhere" aria-label="Send to" hidden></select>
      <a class="sketchlab-result-download" title="Download the picture, recipe included"
         aria-label="Download the picture, recipe included" hidden>${DOWNLOAD_ICON}</a>
    </div>`;
  const find = (name) => el.querySelector(`.sketchlab-result-${name}`);
  const names = ["frame", "hint", "picture", "preview", "outdated", "caption", "star", "send", "download"];
  return Object.fromEntries(names.map((name) => [name, find(name)]));
}

function render({ model, el, signal }) {
  const parts = build(el);
  const urls = { picture: "", preview: "" };

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
    parts.hint.hidden = model.get("png").byteLength > 0;
    parts.caption.textContent = caption;
    parts.caption.title = folder ? `${caption}\nKept in ${folder}` : caption;
    parts.picture.alt = caption ? `The picture: ${caption}` : "";
    parts.outdated.textContent = model.get("outdated");
    parts.outdated.hidden = !model.get("outdated") || !urls.picture;
    parts.frame.classList.toggle("sketchlab-result-dim", !parts.outdated.hidden);
    parts.frame.draggable = Boolean(urls.picture);
    parts.star.hidden = !urls.picture || !folder;
    parts.star.setAttribute("aria-pressed", model.get("is_starred"));
    parts.send.hidden = !urls.picture || model.get("targets").length === 0;
    parts.download.hidden = !urls.picture;
    parts.download.href = urls.picture || "#";
    parts.download.download = model.get("file_name");
  }

  const listen = (names, act) => {
    model.on(names, act);
    signal.addEventListener("abort", () => model.off(names, act));
  };
  parts.picture.addEventListener("load", () => {
    parts.frame.style.setProperty("--aspect", parts.picture.naturalWidth / parts.picture.naturalHeight);
  }, { signal });
  const on = (node, name, act) => node.addEventListener(name, act, { signal });
  on(parts.star, "click", () => {
    const is_starred = parts.star.getAttribute("aria-pressed") !== "true";
    model.send({ kind: "star", file_name: model.get("file_name"), is_starred });
  });
  parts.send.append(...optionsOf(model.get("targets")));
  on(parts.send, "change", (event) => {
    event.stopPropagation();
    model.send({ kind: "send", to: parts.send.value });
    parts.send.selectedIndex = 0;
  });
  on(parts.frame, "dragstart", (event) => drag(event.dataTransfer, model.get("png"), model.get("file_name"), urls.picture));
  on(parts.frame, "dragend", () => delete window[DRAGGED]);
  listen("change:png", () => { show("picture", "png"); paint(); });
  listen("change:preview", () => show("preview", "preview"));
  listen("change:caption change:hint change:file_name change:outdated change:folder change:is_starred", paint);
  signal.addEventListener("abort", () => Object.values(urls).forEach((url) => url && URL.revokeObjectURL(url)));
  show("picture", "png");
  show("preview", "preview");
  paint();
}

export default { render };
