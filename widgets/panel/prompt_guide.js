// Says how many tokens of a prompt are read, greys the rest in the field itself, and sends Ctrl+Up and Ctrl+Down on.
// Characters are counted as Python counts them.

const WORDS = ".sketchlab-words";
const COPIED = ["font", "letterSpacing", "lineHeight", "padding", "borderWidth", "tabSize", "textIndent", "wordSpacing"];

/** What is said of a count: in short, and in full. */
export function wordsOf({ prompt, tokens, limit, cut = null, chunks = 1 }) {
  if (!prompt) return { short: "", full: "" };
  if (chunks > 1) return { short: `${tokens} tokens`, full: `${tokens} tokens, read in ${chunks} parts of ${limit}` };
  const short = `${tokens} of ${limit}`;
  if (cut === null) return { short, full: `${tokens} of the ${limit} tokens that this model reads` };
  return { short, full: `This model reads ${limit} tokens, here are ${tokens}: what is greyed is not read` };
}

/** The part of a text that is read, and the part that is not; null where a count is of another text. */
export function parted(text, { prompt = "", cut = null }) {
  if (cut === null) return null;
  const read = [...prompt].slice(0, cut).join("");
  return text.startsWith(read) && text.length > read.length ? [read, text.slice(read.length)] : null;
}

/** Places in a text as Python counts them, and back again. */
export const toPython = (text, place) => [...text.slice(0, place)].length;
export const fromPython = (text, place) => [...text].slice(0, place).join("").length;

/** Whether a key changes a weight, and which way; null for any other. */
export function weighing({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  if (!(ctrlKey || metaKey) || altKey || shiftKey) return null;
  return { ArrowUp: true, ArrowDown: false }[key] ?? null;
}

function render({ model, el, signal }) {
  el.classList.add("sketchlab-count");
  el.innerHTML = `<span class="sketchlab-count-short" aria-hidden="true"></span>
    <span class="sketchlab-spoken" role="status"></span>`;
  const [short, full] = el.children;
  const unread = Object.assign(document.createElement("div"), { className: "sketchlab-unread" });
  unread.setAttribute("aria-hidden", "true");
  let field = null;

  function paint() {
    const count = model.get("count");
    const said = wordsOf(field?.value ? count : {});
    short.textContent = said.short;
    short.title = said.full;
    const parts = field && parted(field.value, count);
    short.classList.toggle("sketchlab-count-cut", Boolean(parts));
    const spoken = parts ? said.full : "";
    if (full.textContent !== spoken) full.textContent = spoken;
    unread.hidden = !parts;
    if (!parts) return;
    const style = getComputedStyle(field);
    for (const name of COPIED) unread.style[name] = style[name];
    Object.assign(unread.style, {
      left: `${field.offsetLeft}px`, top: `${field.offsetTop}px`,
      width: `${field.clientWidth + 2 * parseFloat(style.borderLeftWidth)}px`, height: `${field.offsetHeight}px`,
    });
    const cut = Object.assign(document.createElement("span"), { textContent: parts[1] });
    unread.replaceChildren(parts[0], cut);
    unread.scrollTop = field.scrollTop;
  }

  function weigh(event) {
    const is_more = weighing(event);
    if (is_more === null || !model.get("weighs")) return;
    event.preventDefault();
    event.stopPropagation();
    const [start, end] = [field.selectionStart, field.selectionEnd].map((place) => toPython(field.value, place));
    model.send({ kind: "weigh", prompt: field.value, start, end, is_more });
  }

  function weighed(said) {
    if (said?.kind !== "weighed" || !field) return;
    if (field.value !== said.prompt) field.value = said.prompt;
    field.setSelectionRange(fromPython(said.prompt, said.start), fromPython(said.prompt, said.end));
    paint();
  }

  function begin() {
    if (signal.aborted) return;
    field = el.closest(WORDS)?.querySelector("textarea") ?? null;
    if (!field) return void requestAnimationFrame(begin);
    field.parentElement.append(unread);
    const on = (name, act) => field.addEventListener(name, act, { signal });
    on("keydown", weigh);
    on("input", paint);
    on("scroll", paint);
    const watcher = new ResizeObserver(paint);
    watcher.observe(field);
    signal.addEventListener("abort", () => { watcher.disconnect(); unread.remove(); });
    paint();
  }

  model.on("change:count", paint);
  model.on("msg:custom", weighed);
  signal.addEventListener("abort", () => { model.off("change:count", paint); model.off("msg:custom", weighed); });
  begin();
}

export default { render };
