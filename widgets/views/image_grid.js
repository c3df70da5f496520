// A sheet of pictures: a click enlarges one; all can be saved, one gone on with. Draws from the model only.

import { enlargedDialog, sheetButton, sheetNode, urlOf } from "./enlarged.js";

function render({ model, el, signal }) {
  el.classList.add("sketchlab-sheet");
  const urls = [];
  const own = (url) => (urls.push(url), url);
  const cells = model.get("cells");
  const thumbs = cells.map(({ thumb }) => own(urlOf(thumb)));
  const said = sheetNode("span", "said");
  said.setAttribute("role", "status");
  const use = (number) => {
    said.textContent = "";
    model.send({ kind: "use", number });
  };
  const enlarged = enlargedDialog({
    signal, use, numbers: () => [...cells.keys()], ask: (number) => model.send({ kind: "enlarge", number }),
    of: (number) => ({ thumb: thumbs[number], words: `${cells[number].words} · ${cells[number].size}` }),
  });

  const sheet = sheetNode("div", "cells");
  sheet.style.setProperty("--side", `${model.get("side_px")}px`);
  cells.forEach(({ words, size }, number) => {
    const figure = sheetNode("figure", "cell");
    const open = sheetButton("open", "", `Enlarge: ${words}, ${size}`, () => enlarged.open(number), signal);
    const image = Object.assign(sheetNode("img", "picture"), { src: thumbs[number], alt: words });
    const taken = sheetButton("use", "Use", "Put it on the canvas of the Studio that was opened last", () => use(number), signal);
    open.append(image);
    figure.append(open, taken, sheetNode("figcaption", "words", words));
    sheet.append(figure);
  });
  const bar = sheetNode("div", "bar");
  bar.append(sheetButton("save", "Save all", "Download all pictures as one ZIP file, recipes included", () => model.send({ kind: "save" }), signal), said);
  el.append(sheet, ...(cells.length ? [bar] : []), enlarged.dialog);

  function hear(content, buffers) {
    enlarged.hear(content, buffers);
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
