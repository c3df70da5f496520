// Many pictures of one recipe: one is picked, and gone on from. Draws from the model only; thumbnails come when drawn.

const SEEDS = "sketchlab-seeds";

/** The ids of what is drawn and whose picture is not there yet. */
export const wantedThumbs = (cells, there) => cells.filter(({ id, state }) => state === "drawn" && !there.has(id)).map(({ id }) => id);

/** What a screen reader and a tooltip say of a cell. */
export const saidOf = ({ words, state, why }) => (state === "drawn" ? words : state === "failed" ? `${words}: ${why}` : `${words}: being drawn`);

function render({ model, el, signal }) {
  const on = (node, name, act) => node.addEventListener(name, act, { signal });
  const make = (tag, name, more = {}) => Object.assign(document.createElement(tag), { className: `${SEEDS}-${name}`, ...more });
  const button = (name, text, title, kind) => {
    const node = make("button", name, { type: "button", textContent: text, title });
    on(node, "click", () => model.send({ kind }));
    return node;
  };
  const urls = new Map();
  const nodes = new Map();
  el.classList.add(SEEDS);
  el.setAttribute("data-lm-suppress-shortcuts", "true");
  const grid = make("div", "cells");
  grid.setAttribute("role", "radiogroup");
  grid.setAttribute("aria-label", "Pictures of the same recipe: pick one");
  const bar = make("div", "bar");
  const back = button("back", "Back", "Back to the pictures before", "back");
  const vary = button("vary", "Vary around it", "Draw pictures much like the one that is picked", "vary");
  const use = button("use", "Use its seed", "Set the Studio of its task to its seed", "use");
  const far = make("label", "far", { textContent: "How far " });
  const range = make("input", "range", { type: "range", min: 0.05, max: 0.6, step: 0.05 });
  const read = make("output", "read");
  far.append(range, read);
  const said = make("span", "said");
  said.setAttribute("role", "status");
  bar.append(back, button("more", "More", "Draw the next ones", "more"), vary, far, use, said);
  el.append(grid, bar);

  function cellOf({ id }) {
    const node = make("button", "cell", { type: "button" });
    node.setAttribute("role", "radio");
    node.append(make("img", "picture", { alt: "", draggable: false }), make("span", "words"));
    on(node, "click", () => model.send({ kind: "pick", id }));
    on(node, "keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const to = step && (step < 0 ? node.previousElementSibling : node.nextElementSibling);
      if (!to) return;
      event.preventDefault();
      event.stopPropagation();
      to.focus();
      to.click();
    });
    return node;
  }

  function paint() {
    const cells = model.get("cells");
    const picked = model.get("picked");
    const ids = new Set(cells.map(({ id }) => id));
    for (const [id, node] of nodes) {
      if (ids.has(id)) continue;
      node.remove();
      nodes.delete(id);
      URL.revokeObjectURL(urls.get(id));
      urls.delete(id);
    }
    cells.forEach((cell, number) => {
      if (!nodes.has(cell.id)) nodes.set(cell.id, cellOf(cell));
      const node = nodes.get(cell.id);
      if (grid.children[number] !== node) grid.insertBefore(node, grid.children[number] ?? null);
      node.dataset.state = cell.state;
      node.title = saidOf(cell);
      node.setAttribute("aria-label", saidOf(cell));
      node.setAttribute("aria-checked", cell.id === picked);
      node.tabIndex = cell.id === picked || (!ids.has(picked) && number === 0) ? 0 : -1;
      node.lastChild.textContent = cell.state === "failed" ? `${cell.words}: not drawn` : cell.words;
    });
    for (const id of wantedThumbs(cells, urls)) {
      urls.set(id, "");
      model.send({ kind: "thumbnail", id });
    }
    vary.disabled = use.disabled = !ids.has(picked);
    back.hidden = !model.get("can_go_back");
    said.textContent = model.get("said");
    range.value = model.get("strength");
    read.textContent = Number(range.value).toFixed(2);
  }

  function hear(content, buffers) {
    const node = nodes.get(content?.id);
    if (content?.kind !== "thumbnail" || !node) return;
    const url = URL.createObjectURL(new Blob([buffers[0]], { type: "image/webp" }));
    urls.set(content.id, url);
    node.firstChild.src = url;
  }

  on(range, "input", (event) => {
    event.stopPropagation();
    read.textContent = Number(range.value).toFixed(2);
    model.set("strength", Number(range.value));
    model.save_changes();
  });
  const names = "change:cells change:picked change:said change:can_go_back change:strength";
  model.on(names, paint);
  model.on("msg:custom", hear);
  signal.addEventListener("abort", () => {
    model.off(names, paint);
    model.off("msg:custom", hear);
    for (const url of urls.values()) URL.revokeObjectURL(url);
  });
  paint();
}

export default { render };
