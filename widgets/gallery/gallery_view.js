// The gallery on the page: a grid of thumbnails, asked for as they are seen, and one enlarged. Draws from the model only.

import { stepped } from "../views/cell_steps.js";
import { drag, dragEnded } from "../views/very_file.js";
import { tagLine } from "./tag_line.js";
import { comparedDialog, selectedAfter } from "./two_compared.js";

const KEEP = "data-lm-suppress-shortcuts"; // keys pressed here are no commands of JupyterLab
const ASK_MS = 40; // what is seen is asked for together; the first of all at once
const FIRST = 24; // so many are seen in most windows
const NEAR = "240px"; // so far outside of the window a picture counts as seen
const FILES = 6; // so many whole files are held
const SCROLLS_MS = 150; // after the last of it one has stopped to scroll
const A_FRAME = 2; // so many thumbnails come into view a frame while one scrolls: thirty at once are seen as a jerk

/** A search for exactly this field, quoted as the kernel reads it. */
export const searchFor = (field, value) => `${field}:"${value.replace(/(["\\])/g, "\\$1")}"`;

/** What is seen and not there yet, in the order of the cells. */
export const lacking = (ids, seen, there) => ids.filter((id) => seen.has(id) && !there.has(id));

const urlOf = (view, type) => URL.createObjectURL(new Blob([view], { type }));

function make(tag, name, more = {}) {
  const { label, ...traits } = more;
  const node = Object.assign(document.createElement(tag), traits);
  node.className = `sketchlab-gallery-${name}`;
  if (label) node.setAttribute("aria-label", label);
  return node;
}

function render({ model, el, signal }) {
  const on = (node, name, act) => node.addEventListener(name, act, { signal });
  const button = (name, text, title, act) => {
    const node = make("button", name, { type: "button", textContent: text, title, label: text.length > 1 ? text : title });
    on(node, "click", act);
    return node;
  };
  const cells = () => model.get("cells");
  const ids = () => cells().map(({ id }) => id);
  const nodes = new Map(); // of cells, by id
  const thumbs = new Map(); // URLs, by id; empty for a picture that cannot be read
  const files = new Map(); // promises of whole files, by id
  const takers = new Map();
  const seen = new Set();
  let selected = []; // ids, the first first
  let at = 0; // the cell that Tab leads to
  let opened = null; // the id of what is enlarged
  let largeUrl = "";
  let timer = 0;
  let frame = 0;
  let scrolledAt = -Infinity;
  const arrived = []; // ids of thumbnails that are there and not shown yet

  el.classList.add("sketchlab-gallery");
  el.setAttribute(KEEP, "true");
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", "Gallery");
  const bar = make("div", "bar");
  bar.setAttribute("role", "search");
  const words = make("input", "words", {
    type: "search", placeholder: "words, seed:7, model:sdxl, tag:summer, starred:yes", label: "Search by words and fields",
    title: "Words of the prompt, and fields such as seed:7, model:sdxl, task:inpaint, tag:summer, starred:yes, live:no",
  });
  const search = (query) => model.send({ kind: "search", query });
  const find = button("find", "Search", "Find pictures (Enter)", () => search(words.value));
  const newer = button("newer", "Newer", "Show newer pictures", () => model.send({ kind: "turn", older: false }));
  const older = button("older", "Older", "Show older pictures", () => model.send({ kind: "turn", older: true }));
  const undo = button("undo", "Undo deletion", "Bring back what was deleted last", () => model.send({ kind: "undo" }));
  const compare = button("compare", "Compare", "Select two pictures (c), then compare them", () => model.send({ kind: "compare", ids: selected }));
  const said = make("span", "said");
  said.setAttribute("role", "status");
  bar.append(words, find, newer, older, compare, undo, said);
  const grid = make("ul", "cells", { label: "Pictures, newest first" });

  const dialog = make("dialog", "dialog", { label: "The picture, enlarged" });
  const large = make("img", "large");
  const facts = make("dl", "facts");
  const now = () => cells().find(({ id }) => id === opened);
  const tell = (kind, more = {}) => model.send({ kind, id: opened, ...more });
  const leave = (act) => () => { act(); dialog.close(); };
  const star = button("star-large", "Star", "Keep it for good", () => tell("star", { is_starred: !now().is_starred }));
  const parent = button("parent", "Parent", "Find the picture that it was made of", leave(() => search(searchFor("file", now().parent))));
  const actions = make("div", "bar");
  actions.append(
    button("step", "‹", "The one before (←)", () => beside("ArrowLeft")),
    button("step", "›", "The next one (→)", () => beside("ArrowRight")),
    star,
    button("seed", "Use its seed", "Set the Studio of its task to its seed", leave(() => tell("seed"))),
    button("use", "Use as input", "Put it on the canvas of the Studio that was opened last", leave(() => tell("use"))),
    button("reopen", "Use its settings", "Set the Studio of its task to what made it", leave(() => tell("reopen"))),
    parent,
    button("children", "Children", "Find the pictures that were made of it", leave(() => search(searchFor("parent", now().file)))),
    button("delete", "Delete", "Delete it; that can be undone", leave(() => tell("delete"))),
    button("close", "Close", "Close (Esc)", () => dialog.close()),
  );
  const tags = tagLine({
    signal, add: (tag) => tell("tag", { tag }), remove: (tag) => tell("untag", { tag }),
    find: (tag) => leave(() => search(searchFor("tag", tag)))(),
  });
  dialog.append(large, facts, tags.node, actions);
  const two = comparedDialog({ model, signal, closed: () => { selected = []; paint(); focusCell(); } });
  el.append(bar, grid, dialog, two.dialog);

  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](Number(target.dataset.id));
    askSoon();
  }, { rootMargin: NEAR, scrollMargin: NEAR });

  function ask() {
    const wanted = lacking(ids(), seen, thumbs);
    if (wanted.length) model.send({ kind: "seen", ids: wanted });
  }

  function askSoon() {
    clearTimeout(timer);
    timer = setTimeout(ask, thumbs.size ? ASK_MS : 0);
  }

  /** The whole file of a picture, asked for once. */
  function fileOf(id) {
    if (!files.has(id)) {
      files.set(id, new Promise((take) => takers.set(id, take)));
      if (files.size > FILES) files.delete(files.keys().next().value);
      model.send({ kind: "file", id });
    }
    return files.get(id);
  }

  function cellOf({ id }) {
    const item = make("li", "cell");
    item.dataset.id = id;
    const open = make("div", "open", { draggable: true });
    open.setAttribute("role", "button");
    const image = make("img", "picture", { draggable: false, alt: "", decoding: "async" });
    const starred = button("star", "★", "Star", () => toggle(id));
    const chosen = button("select", "✓", "Select", () => select(id));
    open.append(image);
    item.append(open, starred, chosen, make("span", "tagged"));
    on(open, "click", () => enlarge(id));
    on(open, "dragstart", ({ dataTransfer }) => {
      const cell = cells().find((one) => one.id === id);
      drag(dataTransfer, fileOf(id), cell.file.split("/").pop());
    });
    on(open, "dragend", dragEnded);
    on(item, "focusin", () => { at = ids().indexOf(id); tabStops(); });
    watcher.observe(item);
    return item;
  }

  function toggle(id) {
    const cell = cells().find((one) => one.id === id);
    model.send({ kind: "star", id, is_starred: !cell.is_starred });
  }

  function select(id) {
    selected = selectedAfter(selected, id);
    paint();
  }

  /** The grid is one stop of the Tab key: the cell where one was last, and its star. */
  function tabStops() {
    ids().forEach((id, number) => {
      for (const node of nodes.get(id).querySelectorAll("[role=button], button")) node.tabIndex = number === at ? 0 : -1;
    });
  }

  function showThumb(id) {
    const item = nodes.get(id);
    const url = thumbs.get(id);
    if (!item || url === undefined) return;
    const image = item.querySelector("img");
    if (url && image.getAttribute("src") !== url) image.src = url;
    item.classList.toggle("sketchlab-gallery-broken", !url);
  }

  function paint() {
    const wanted = ids();
    selected = selected.filter((id) => wanted.includes(id));
    const hadFocus = grid.contains(document.activeElement);
    for (const [id, node] of nodes) {
      if (wanted.includes(id)) continue;
      watcher.unobserve(node);
      node.remove();
      URL.revokeObjectURL(thumbs.get(id));
      for (const kept of [nodes, thumbs, files, takers, seen]) kept.delete(id);
    }
    cells().forEach((cell, number) => {
      if (!nodes.has(cell.id)) nodes.set(cell.id, cellOf(cell));
      const item = nodes.get(cell.id);
      if (grid.children[number] !== item) grid.insertBefore(item, grid.children[number] ?? null);
      const [open, starred, chosen, tagged] = item.children;
      const place = selected.indexOf(cell.id);
      chosen.textContent = place < 0 ? "✓" : "AB"[place];
      chosen.setAttribute("aria-label", `Select: ${cell.title}`);
      chosen.setAttribute("aria-pressed", place >= 0);
      tagged.textContent = cell.tags.join(" · ");
      tagged.hidden = !cell.tags.length;
      open.setAttribute("aria-label", `Enlarge: ${cell.title}`);
      open.title = cell.title;
      starred.setAttribute("aria-label", `Star: ${cell.title}`);
      starred.setAttribute("aria-pressed", cell.is_starred);
      showThumb(cell.id);
    });
    at = Math.max(0, Math.min(at, wanted.length - 1));
    tabStops();
    if (hadFocus && !grid.contains(document.activeElement)) focusCell();
    const none = model.get("query") ? "Nothing is found." : "There are no pictures yet.";
    said.textContent = model.get("said") || (wanted.length ? "" : none);
    newer.disabled = !model.get("has_newer");
    older.disabled = !model.get("has_older");
    undo.hidden = !model.get("can_undo");
    compare.hidden = !selected.length;
    compare.disabled = selected.length < 2;
    if (opened !== null && !now()) dialog.close();
    if (dialog.open) paintLarge();
  }

  function focusCell() {
    nodes.get(ids()[at])?.firstChild.focus();
  }

  function paintLarge() {
    const cell = now();
    star.setAttribute("aria-pressed", cell.is_starred);
    parent.hidden = !cell.parent;
    tags.paint(cell.tags, model.get("tags"));
    large.alt = cell.title;
    facts.replaceChildren(...cell.facts.flatMap(([heading, line]) => [
      make("dt", "heading", { textContent: heading }), make("dd", "line", { textContent: line }),
    ]));
  }

  /** The thumbnail at once, the whole picture when the kernel has sent it. */
  function enlarge(id) {
    opened = id;
    at = ids().indexOf(id);
    large.src = thumbs.get(id) || "";
    if (!dialog.open) {
      dialog.showModal();
      actions.firstChild.focus(); // where the arrow keys lead to other pictures, and not into the field of tags
    }
    paintLarge();
    fileOf(id).then((file) => {
      if (opened !== id || signal.aborted) return;
      URL.revokeObjectURL(largeUrl);
      largeUrl = URL.createObjectURL(file);
      large.src = largeUrl;
    });
  }

  function beside(key) {
    enlarge(ids()[stepped(ids().indexOf(opened), key, 1, ids().length)]);
  }

  function takeThumb(id, url) {
    if (!nodes.has(id) || thumbs.has(id)) return url && URL.revokeObjectURL(url);
    thumbs.set(id, url);
    if (!arrived.length) frame = requestAnimationFrame(showArrived);
    return arrived.push(id);
  }

  function showArrived() {
    const isScrolled = performance.now() - scrolledAt < SCROLLS_MS;
    arrived.splice(0, isScrolled ? A_FRAME : arrived.length).forEach(showThumb);
    if (arrived.length) frame = requestAnimationFrame(showArrived);
  }

  function hear(content, buffers) {
    two.hear(content, buffers);
    if (content.kind === "thumbnails") {
      content.ids.forEach((id, number) => takeThumb(id, urlOf(buffers[number], "image/webp")));
      content.unread.forEach((id) => takeThumb(id, ""));
    }
    if (content.kind === "file" && takers.has(content.id)) {
      const name = cells().find(({ id }) => id === content.id).file.split("/").pop();
      takers.get(content.id)(new File([buffers[0]], name, { type: "image/png" }));
      takers.delete(content.id);
    }
  }

  on(words, "keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") search(words.value);
  });
  on(words, "input", (event) => { event.stopPropagation(); if (!words.value) search(""); });
  on(grid, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !ids().length) return;
    const isCell = event.target.classList.contains("sketchlab-gallery-open");
    const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
    const next = stepped(at, event.key, columns, ids().length);
    if (next !== at) { at = next; tabStops(); focusCell(); }
    else if (isCell && ["Enter", " "].includes(event.key)) enlarge(ids()[at]);
    else if (isCell && event.key === "s") toggle(ids()[at]);
    else if (isCell && event.key === "c") select(ids()[at]);
    else if (isCell && event.key === "Delete") model.send({ kind: "delete", id: ids()[at] });
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  on(grid, "scroll", () => { scrolledAt = performance.now(); });
  on(dialog, "click", ({ target }) => target === dialog && dialog.close());
  on(dialog, "keydown", (event) => {
    event.stopPropagation();
    if (["ArrowLeft", "ArrowRight"].includes(event.key)) beside(event.key);
  });
  on(dialog, "close", () => { opened = null; focusCell(); });
  const showQuery = () => { if (document.activeElement !== words) words.value = model.get("query"); };
  const names = "change:cells change:said change:has_newer change:has_older change:can_undo change:tags";
  model.on(names, paint);
  model.on("change:compared", two.paint);
  model.on("change:query", showQuery);
  model.on("msg:custom", hear);
  signal.addEventListener("abort", () => {
    model.off(names, paint);
    model.off("change:query", showQuery);
    model.off("change:compared", two.paint);
    model.off("msg:custom", hear);
    watcher.disconnect();
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    for (const url of [...thumbs.values(), largeUrl]) URL.revokeObjectURL(url);
  });
  showQuery();
  ids().slice(0, FIRST).forEach((id) => seen.add(id));
  ask(); // a page that is just loaded draws its first frame late, and sees nothing before
  paint();
  two.paint();
}

export default { render };
