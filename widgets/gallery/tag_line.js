// The tags of one picture, and a field for one more. Draws what it is given; knows no kernel.

const PART = "sketchlab-gallery-tag";

/** What is typed, as tags: several are told apart by commas. */
export const typedTags = (text) => text.split(",").map((tag) => tag.trim()).filter(Boolean);

/** `node`, and `paint(tags, known)`; `add`, `remove` and `find` are called with a tag. */
export function tagLine({ signal, add, remove, find }) {
  const make = (tag, name, more = {}) => Object.assign(document.createElement(tag), { className: `${PART}${name}`, ...more });
  const on = (node, name, act) => node.addEventListener(name, act, { signal });
  const node = make("div", "s");
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", "Tags");
  const known = make("datalist", "-known", { id: `${PART}-known-${Math.random().toString(36).slice(2)}` });
  const field = make("input", "-field", { type: "text", placeholder: "Add a tag", maxLength: 200, title: "A tag to find it again: Enter adds it" });
  field.setAttribute("aria-label", "Add a tag");
  field.setAttribute("list", known.id);
  on(field, "keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape" && field.value) { event.preventDefault(); field.value = ""; }
    if (event.key !== "Enter") return;
    for (const tag of typedTags(field.value)) add(tag);
    field.value = "";
  });
  const chips = make("span", "-chips");
  node.append(chips, field, known);

  function chip(tag) {
    const one = make("span", "-chip");
    const words = make("button", "-words", { type: "button", textContent: tag, title: `Find all with the tag ${tag}` });
    const off = make("button", "-off", { type: "button", textContent: "×", title: `Take the tag ${tag} away` });
    off.setAttribute("aria-label", off.title);
    on(words, "click", () => find(tag));
    on(off, "click", () => { remove(tag); field.focus(); });
    one.append(words, off);
    return one;
  }

  return {
    node,
    paint(tags, all) {
      chips.replaceChildren(...tags.map(chip));
      const others = all.filter((tag) => !tags.includes(tag));
      known.replaceChildren(...others.map((tag) => Object.assign(document.createElement("option"), { value: tag })));
    },
  };
}
