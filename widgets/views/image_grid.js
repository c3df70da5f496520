// A sheet of pictures: a click enlarges one; all can be saved, one gone on with. Draws from the model only.

const KEEP = "data-lm-suppress-shortcuts"; // keys pressed here are no commands of JupyterLab

/** A blob URL of bytes in a DataView. */
export function urlOf(view, type = "image/webp") {
  return URL.createObjectURL(new Blob([new Uint8Array(view.buffer, view.byteOffset, view.byteLength)], { type }));
}

/** The picture after this one, or before it; the first comes after the last. */
export function beside(number, step, count) {
  return (number + step + count) % count;
}

const make = (tag, name, text = "") => {
  const node = document.createElement(tag);
  node.className = `sketchlab-sheet-${name}`;
  node.textContent = text;
  return node;
};

const button = (name, text, title, act, signal) => {
  const node = Object.assign(make("button", name, text), { type: "button", title });
  node.setAttribute("aria-label", text || title);
  node.setAttribute(KEEP, "true");
  node.addEventListener("click", act, { signal });
  return node;
};

function render({ model, el, signal }) {
  el.classList.add("sketchlab-sheet");
  const urls = [];
  const own = (url) => (urls.push(url), url);
  const cells = model.get("cells");
  const thumbs = cells.map(({ thumb }) => own(urlOf(thumb)));
  let enlarged = 0;

  const sheet = make("div", "cells");
  sheet.style.setProperty("--side", `${model.get("side_px")}px`);
  cells.forEach(({ words, size }, number) => {
    const figure = make("figure", "cell");
    const open = button("open", "", `Enlarge: ${words}, ${size}`, () => enlarge(number), signal);
    const image = Object.assign(make("img", "picture"), { src: thumbs[number], alt: words });
    const use = button("use", "Use", "Put it on the canvas of the Studio that was opened last", () => use_(number), signal);
    open.append(image);
    figure.append(open, use, make("figcaption", "words", words));
    sheet.append(figure);
  });
  const said = make("span", "said");
  said.setAttribute("role", "status");
  const bar = make("div", "bar");
  bar.append(button("save", "Save all", "Download all pictures as one ZIP file, recipes included", () => model.send({ kind: "save" }), signal), said);

  const dialog = make("dialog", "dialog");
  dialog.setAttribute(KEEP, "true");
  dialog.setAttribute("aria-label", "The picture, enlarged");
  const large = make("img", "large");
  const words = make("span", "words");
  const actions = make("div", "bar");
  actions.append(
    button("step", "‹", "The one before (←)", () => enlarge(beside(enlarged, -1, cells.length)), signal),
    button("step", "›", "The next one (→)", () => enlarge(beside(enlarged, 1, cells.length)), signal), words,
    button("use-large", "Use", "Put it on the canvas of the Studio that was opened last", () => { use_(enlarged); dialog.close(); }, signal),
    button("close", "Close", "Close (Esc)", () => dialog.close(), signal),
  );
  dialog.append(large, actions);
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close(), { signal });
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) enlarge(beside(enlarged, step, cells.length));
  }, { signal });
  el.append(sheet, ...(cells.length ? [bar] : []), dialog);

  function use_(number) {
    said.textContent = "";
    model.send({ kind: "use", number });
  }

  /** The small picture at once, the whole one when the kernel has sent it. */
  function enlarge(number) {
    enlarged = number;
    large.src = thumbs[number];
    large.alt = cells[number].words;
    words.textContent = `${cells[number].words} · ${cells[number].size}`;
    if (!dialog.open) dialog.showModal();
    model.send({ kind: "enlarge", number });
  }

  function hear(content, buffers) {
    if (content.kind === "large" && content.number === enlarged) large.src = own(urlOf(buffers[0], "image/png"));
    if (content.kind === "said") said.textContent = content.text;
    if (content.kind !== "zip") return;
    const link = Object.assign(document.createElement("a"), { href: own(urlOf(buffers[0], "application/zip")), download: "pictures.zip" });
    link.click();
  }

  model.on("msg:custom", hear);
  signal.addEventListener("abort", () => {
    model.off("msg:custom", hear);
    for (const url of urls) URL.revokeObjectURL(url);
  });
}

export default { render };
