// The last pictures in one row that scrolls sideways: a click, or Enter, brings one back. Draws from the model only.

/** The place that a key leads to; the same one where there is none. */
export function stepped(at, key, count) {
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: count - 1 }[key] ?? at;
  return Math.max(0, Math.min(count - 1, to));
}

/** What is said of a picture. */
export const saidOf = ({ title, seed, is_starred }) => `${title} · seed ${seed}${is_starred ? " · starred" : ""}`;

const typeOf = (bytes) => (bytes[0] === 0x89 ? "image/png" : "image/webp");

function render({ model, el, signal }) {
  el.classList.add("sketchlab-strip");
  const row = document.createElement("div");
  row.className = "sketchlab-strip-row";
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "The last pictures, newest first");
  el.append(row);
  const nodes = new Map(); // of cells, by id
  const thumbs = new Map(); // URLs, by id; empty for a picture that cannot be read
  const asked = new Set();
  let at = 0; // the one that Tab leads to

  const ids = () => model.get("cells").map(({ id }) => id);
  const on = (node, name, act) => node.addEventListener(name, act, { signal });

  function make(id) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "sketchlab-strip-cell" });
    button.append(Object.assign(document.createElement("img"), { alt: "", draggable: false }));
    on(button, "click", () => model.send({ kind: "bring", id }));
    on(button, "focus", () => { at = ids().indexOf(id); tabStop(); });
    return button;
  }

  function tabStop() {
    ids().forEach((id, number) => { nodes.get(id).tabIndex = number === at ? 0 : -1; });
  }

  function showThumb(id) {
    const url = thumbs.get(id);
    const image = nodes.get(id)?.firstChild;
    if (image && url && image.getAttribute("src") !== url) image.src = url;
    nodes.get(id)?.classList.toggle("sketchlab-strip-broken", url === "");
  }

  function paint() {
    const cells = model.get("cells");
    const focused = row.contains(document.activeElement);
    for (const [id, node] of nodes) {
      if (ids().includes(id)) continue;
      node.remove();
      if (thumbs.get(id)) URL.revokeObjectURL(thumbs.get(id));
      for (const kept of [nodes, thumbs, asked]) kept.delete(id);
    }
    cells.forEach((cell, number) => {
      if (!nodes.has(cell.id)) nodes.set(cell.id, make(cell.id));
      const node = nodes.get(cell.id);
      if (row.children[number] !== node) row.insertBefore(node, row.children[number] ?? null);
      const said = saidOf(cell);
      node.title = `${said}\nBring back this picture with its settings (S: star)`;
      node.setAttribute("aria-label", `Bring back: ${said}`);
      node.classList.toggle("sketchlab-strip-starred", cell.is_starred);
      if (cell.id === model.get("shown")) node.setAttribute("aria-current", "true");
      else node.removeAttribute("aria-current");
      showThumb(cell.id);
    });
    at = Math.max(0, Math.min(at, cells.length - 1));
    tabStop();
    if (focused && !row.contains(document.activeElement)) nodes.get(ids()[at])?.focus();
    const wanted = ids().filter((id) => !asked.has(id));
    wanted.forEach((id) => asked.add(id));
    if (wanted.length) model.send({ kind: "seen", ids: wanted });
  }

  function hear(said, buffers) {
    if (said?.kind !== "thumbnail" || !nodes.has(said.id) || thumbs.has(said.id)) return;
    const view = buffers[0];
    const bytes = view && new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    thumbs.set(said.id, bytes ? URL.createObjectURL(new Blob([bytes], { type: typeOf(bytes) })) : "");
    showThumb(said.id);
  }

  on(row, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !ids().length) return;
    const id = ids()[at];
    const next = stepped(at, event.key, ids().length);
    if (next !== at) nodes.get(ids()[next]).focus();
    else if (event.key.toLowerCase() === "s") {
      model.send({ kind: "star", id, is_starred: !model.get("cells")[at].is_starred });
    } else if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  });

  model.on("change:cells change:shown", paint);
  model.on("msg:custom", hear);
  signal.addEventListener("abort", () => {
    model.off("change:cells change:shown", paint);
    model.off("msg:custom", hear);
    for (const url of thumbs.values()) if (url) URL.revokeObjectURL(url);
  });
  paint();
}

export default { render };
