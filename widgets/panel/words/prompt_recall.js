// Hears Alt+Up and Alt+Down in the prompt, and sends them on. Draws nothing.

const WORDS = ".sketchlab-words";

/** Whether a key asks for older words, or newer ones; null for any other. */
export function recalling({ key, altKey, ctrlKey, metaKey, shiftKey }) {
  if (!altKey || ctrlKey || metaKey || shiftKey) return null;
  return { ArrowUp: true, ArrowDown: false }[key] ?? null;
}

function render({ model, el, signal }) {
  el.classList.add("sketchlab-recall");
  (function begin() {
    if (signal.aborted) return;
    const field = el.closest(WORDS)?.querySelector("textarea");
    if (!field) return void requestAnimationFrame(begin);
    field.addEventListener("keydown", (event) => {
      const is_older = recalling(event);
      if (is_older === null) return;
      event.preventDefault();
      event.stopPropagation();
      model.send({ kind: "recall", is_older, prompt: field.value });
    }, { signal });
  })();
}

export default { render };
