// The very file of the picture that is shown: it stays in the kernel until somebody wants it. Draws nothing.

const DRAGGED = "application/x-sketchlab-picture"; // as in canvas/ink/pictures.js

/** Asks the kernel for the file, once for each picture: `now()` is the file or null, `get()` promises it. */
export function veryFile(model, signal, came = () => {}) {
  let file = null;
  let waiting = null;
  let take = null;
  const hear = (said, buffers) => {
    if (said?.kind !== "file" || !waiting) return;
    file = new File([buffers[0]], model.get("file_name"), { type: "image/png" });
    take(file);
    waiting = null;
    came(file);
  };
  model.on("msg:custom", hear);
  signal.addEventListener("abort", () => model.off("msg:custom", hear));
  const ask = () => {
    waiting ??= new Promise((resolve) => {
      take = resolve;
      model.send({ kind: "file" });
    });
    return waiting;
  };
  // A picture that comes while one is waited for comes before the answer, which then is of that picture.
  return { now: () => file, get: () => (file ? Promise.resolve(file) : ask()), forget: () => { file = null; } };
}

/** What is dragged: the file itself for a canvas of this page, and a link to it for a folder outside of the browser.
 *
 * Browsers pass no file on that a page has made, so a canvas finds it on the window, where it may still be a promise. */
export function drag(transfer, file, name, url) {
  transfer.effectAllowed = "copy";
  transfer.setData(DRAGGED, name);
  if (url) transfer.setData("DownloadURL", `image/png:${name}:${url}`);
  window[DRAGGED] = file;
}

/** No more is dragged. */
export function dragEnded() {
  delete window[DRAGGED];
}
