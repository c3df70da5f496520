// A page without a browser: elements that hold attributes and children, and hear the events that tests make.

class Element {
  constructor(tag) {
    Object.assign(this, { tag, attributes: {}, children: [], listeners: {}, style: { setProperty() {} }, dataset: {}, hidden: false });
    const names = new Set();
    this.classList = {
      remove: (name) => names.delete(name),
      add: (...all) => all.forEach((name) => names.add(name)),
      toggle: (name, on) => (on ? names.add(name) : names.delete(name)),
      contains: (name) => names.has(name),
    };
  }

  setAttribute(name, value) {
    this.attributes[name] = value;
    if (name === "hidden") this.hidden = true;
    if (name.startsWith("data-")) this.dataset[name.slice(5)] = value;
  }

  append(...nodes) {
    this.children.push(...nodes);
  }

  addEventListener(name, handler) {
    (this.listeners[name] ??= []).push(handler);
  }

  dispatchEvent() {}

  getBoundingClientRect() {
    return { left: 0, top: 0 };
  }

  focus() {}

  setPointerCapture() {}

  closest() {
    return null;
  }

  /** What the browser would do. */
  hear(name, event) {
    const usual = { target: this, button: 0, buttons: 1, pointerId: 1, pointerType: "mouse", pressure: 0.5 };
    const acts = { preventDefault() {}, stopPropagation() {}, timeStamp: 0 };
    for (const handler of this.listeners[name] ?? []) handler({ ...usual, ...acts, ...event });
  }
}

export function newPage() {
  globalThis.document = { createElement: (tag) => new Element(tag), createElementNS: (_, tag) => new Element(tag) };
  globalThis.URL.revokeObjectURL = () => {};
  return new Element("div");
}

/** A model of a widget with these values. */
export function modelOf(values) {
  return { values, get: (name) => values[name], set: (name, value) => (values[name] = value), save_changes() {} };
}

export const SIGNAL = new AbortController().signal;
