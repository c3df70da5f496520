// Hands the picture that is shown to the rest of the computer: to the clipboard, or as a file. Draws nothing.

/** Whether pages may write to the clipboard here: browsers allow it on https and on this machine alone. */
export const canCopy = () => Boolean(globalThis.navigator?.clipboard?.write && globalThis.ClipboardItem);

/** What one can do with the picture on this computer: the values and words of a menu's options. */
export const waysOut = () => [
  ...(canCopy() ? [{ to: "copy", name: "Clipboard" }] : []),
  { to: "png", name: "PNG file" },
  { to: "webp", name: "WebP file, smaller" },
];

/** The picture into the clipboard; must be called by a click or a key. `file` promises it. */
export const copy = (file) => navigator.clipboard.write([new ClipboardItem({ "image/png": file })]);

/** Let the browser save a file under its name. */
export function saveFile(file) {
  const url = URL.createObjectURL(file);
  Object.assign(document.createElement("a"), { href: url, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Asks the kernel for what is shown as WebP: `get()` promises the file. */
export function asWebp(model, signal) {
  let take = null;
  const hear = (said, buffers) => {
    if (said?.kind !== "webp" || !take) return;
    take(new File([buffers[0]], said.file_name, { type: "image/webp" }));
    take = null;
  };
  model.on("msg:custom", hear);
  signal.addEventListener("abort", () => model.off("msg:custom", hear));
  return () => new Promise((resolve) => { take = resolve; model.send({ kind: "webp" }); });
}

/** A button, and a key of the picture's frame, that do something for as long as they are held. */
export function whileHeld(button, signal, act) {
  let held = false;
  const set = (now) => { if (held !== now) act((held = now)); };
  const on = (name, handler) => button.addEventListener(name, handler, { signal });
  on("pointerdown", (event) => { if (event.button === 0) { button.setPointerCapture(event.pointerId); set(true); } });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur", "keyup"]) on(name, () => set(false));
  on("keydown", (event) => {
    if (![" ", "Enter"].includes(event.key) || event.ctrlKey) return;
    event.preventDefault();
    set(true);
  });
  on("contextmenu", (event) => event.preventDefault()); // a long touch
  return set;
}
