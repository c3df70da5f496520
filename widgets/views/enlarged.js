// One picture of many in a window of its own: enlarged, its neighbours by key, put on a canvas. Knows no model.

const KEEP = "data-lm-suppress-shortcuts"; // keys pressed here are no commands of JupyterLab

/** A blob URL of bytes in a DataView. */
export function urlOf(view, type = "image/webp") {
  return URL.createObjectURL(new Blob([new Uint8Array(view.buffer, view.byteOffset, view.byteLength)], { type }));
}

/** The picture after this one, or before it, of those that are there; the first comes after the last. */
export function beside(number, step, numbers) {
  return numbers[(numbers.indexOf(number) + step + numbers.length) % numbers.length];
}

export function sheetNode(tag, name, text = "") {
  const node = document.createElement(tag);
  node.className = `sketchlab-sheet-${name}`;
  node.textContent = text;
  return node;
}

export function sheetButton(name, text, title, act, signal) {
  const node = Object.assign(sheetNode("button", name, text), { type: "button", title });
  node.setAttribute("aria-label", text || title);
  node.setAttribute(KEEP, "true");
  node.addEventListener("click", act, { signal });
  return node;
}

/**
 * The window, shut: `open(number)` shows a small picture at once, and asks for the whole one, which `hear` takes.
 * `numbers()` are those that can be shown, in order; `of(number)` gives `thumb`, a URL, and `words`.
 */
export function enlargedDialog({ signal, numbers, of, ask, use }) {
  let shown = 0;
  let url = "";
  const dialog = sheetNode("dialog", "dialog");
  dialog.setAttribute(KEEP, "true");
  dialog.setAttribute("aria-label", "The picture, enlarged");
  const large = sheetNode("img", "large");
  const words = sheetNode("span", "words");
  const actions = sheetNode("div", "bar");
  const step = (by) => open(beside(shown, by, numbers()));
  actions.append(
    sheetButton("step", "‹", "The one before (←)", () => step(-1), signal),
    sheetButton("step", "›", "The next one (→)", () => step(1), signal), words,
    sheetButton("use-large", "Use", "Put it on the canvas of the Studio that was opened last", () => { use(shown); dialog.close(); }, signal),
    sheetButton("close", "Close", "Close (Esc)", () => dialog.close(), signal),
  );
  dialog.append(large, actions);
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close(), { signal });
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) step(by);
  }, { signal });
  signal.addEventListener("abort", () => URL.revokeObjectURL(url));

  function open(number) {
    shown = number;
    const cell = of(number);
    large.src = cell.thumb;
    large.alt = words.textContent = cell.words;
    if (!dialog.open) dialog.showModal();
    ask(number);
  }

  function hear(content, buffers) {
    if (content.kind !== "large" || content.number !== shown || !dialog.open) return;
    URL.revokeObjectURL(url);
    url = urlOf(buffers[0], "image/png");
    large.src = url;
  }

  return { dialog, open, hear };
}
