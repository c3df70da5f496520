// Shows the picture, a soft preview over it, its caption and a download link. Draws from the model only.

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

function build(el) {
  el.classList.add("sketchlab-result");
  el.innerHTML = `
    <div class="sketchlab-result-room">
      <div class="sketchlab-result-frame">
        <p class="sketchlab-result-hint"></p>
        <img class="sketchlab-result-picture" alt="" hidden>
        <img class="sketchlab-result-preview" alt="" hidden>
        <p class="sketchlab-result-outdated" role="status" hidden></p>
      </div>
    </div>
    <div class="sketchlab-result-line">
      <span class="sketchlab-result-caption"></span>
      <a class="sketchlab-result-download" title="Download the picture, recipe included"
         aria-label="Download the picture, recipe included" hidden>${DOWNLOAD_ICON}</a>
    </div>`;
  const find = (name) => el.querySelector(`.sketchlab-result-${name}`);
  return Object.fromEntries(["frame", "hint", "picture", "preview", "outdated", "caption", "download"].map((name) => [name, find(name)]));
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
    parts.hint.textContent = model.get("hint");
    parts.hint.hidden = model.get("png").byteLength > 0;
    parts.caption.textContent = caption;
    parts.caption.title = caption;
    parts.picture.alt = caption ? `The picture: ${caption}` : "";
    parts.outdated.textContent = model.get("outdated");
    parts.outdated.hidden = !model.get("outdated") || !urls.picture;
    parts.frame.classList.toggle("sketchlab-result-dim", !parts.outdated.hidden);
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
  listen("change:png", () => { show("picture", "png"); paint(); });
  listen("change:preview", () => show("preview", "preview"));
  listen("change:caption change:hint change:file_name change:outdated", paint);
  signal.addEventListener("abort", () => Object.values(urls).forEach((url) => url && URL.revokeObjectURL(url)));
  show("picture", "png");
  show("preview", "preview");
  paint();
}

export default { render };
