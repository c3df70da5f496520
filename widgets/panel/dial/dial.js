// An angle as a dial: its knob is dragged or moved by keys, its number is typed. Knows no panel.

const TURN = 360;
const FAR = 45; // Page up and Page down
const SAVE_MS = 60; // while it is dragged; the kernel hears the last place in any case
const FACE =
  '<svg viewBox="0 0 64 64" width="64" height="64" aria-hidden="true"><circle class="sketchlab-dial-ring" cx="32" cy="32" r="24"/>' +
  '<path class="sketchlab-dial-marks" d="M32 2v3M62 32h-3M32 62v-3M2 32h3"/>' +
  '<g><path class="sketchlab-dial-hand" d="M32 32V8"/><circle class="sketchlab-dial-knob" cx="32" cy="8" r="8"/></g></svg>';

/** Degrees clockwise from above, of a point so far right of the middle and so far below it. */
export function angleAt(right, below) {
  return (Math.atan2(right, -below) * 180 / Math.PI + TURN) % TURN;
}

/** The same direction between the ends; one that lies between them already stays as it is. */
export function between(degrees, min, max) {
  return degrees >= min && degrees <= max ? degrees : (((degrees - min) % TURN) + TURN) % TURN + min;
}

/** Where a key moves the dial, or null when it is not one of its keys. */
export function moved({ key, shiftKey }, value, { min, max, step }) {
  const by = shiftKey ? 1 : step;
  const way = { ArrowRight: by, ArrowUp: by, ArrowLeft: -by, ArrowDown: -by, PageUp: FAR, PageDown: -FAR }[key];
  if (way !== undefined) return between(value + way, min, max);
  return { Home: min, End: max }[key] ?? null;
}

/** What was typed as a whole number of degrees, or null when it is none. */
export function typed(text, min, max) {
  return text.trim() && Number.isFinite(Number(text)) ? between(Math.round(Number(text)), min, max) : null;
}

function build(el) {
  el.classList.add("jupyter-widgets", "sketchlab-dial");
  el.innerHTML = `
    <span class="widget-label"></span><input type="number" class="widget-readout">
    <div class="sketchlab-dial-face" role="slider" tabindex="0">${FACE}</div>`;
  const [name, number, face] = el.children;
  return { name, number, face, hand: face.querySelector("g") };
}

function render({ model, el, signal }) {
  const { name, number, face, hand } = build(el);
  const ends = () => ({ min: model.get("min"), max: model.get("max"), step: model.get("step") });
  const on = (target, event, handler) => target.addEventListener(event, handler, { signal });
  let timer = 0;

  function paint() {
    const { min, max } = ends();
    const value = model.get("value");
    name.textContent = `${model.get("description")} (°)`;
    for (const field of [number, face]) field.setAttribute("aria-label", name.textContent);
    Object.assign(number, { min, max, value });
    hand.setAttribute("transform", `rotate(${value} 32 32)`);
    const said = { valuemin: min, valuemax: max, valuenow: value, valuetext: `${value} degrees` };
    for (const [key, words] of Object.entries(said)) face.setAttribute(`aria-${key}`, words);
  }

  const save = () => {
    clearTimeout(timer);
    timer = 0;
    model.save_changes();
  };
  const turn = (value, isLast) => {
    model.set("value", value);
    if (isLast) save();
    else timer ||= setTimeout(save, SAVE_MS);
  };
  const follow = (event) => {
    const { left, top, width, height } = face.getBoundingClientRect();
    const { min, max, step } = ends();
    const notch = event.shiftKey ? 1 : step;
    const angle = angleAt(event.clientX - left - width / 2, event.clientY - top - height / 2);
    turn(between(Math.round(angle / notch) * notch, min, max), false);
  };

  on(face, "pointerdown", (event) => {
    if (event.button !== 0) return;
    face.setPointerCapture(event.pointerId);
    face.focus();
    follow(event);
  });
  on(face, "pointermove", (event) => face.hasPointerCapture(event.pointerId) && follow(event));
  on(face, "lostpointercapture", save);
  on(face, "keydown", (event) => {
    const value = event.ctrlKey || event.metaKey || event.altKey ? null : moved(event, model.get("value"), ends());
    if (value === null) return;
    event.preventDefault();
    event.stopPropagation();
    turn(value, true);
  });
  const take = () => {
    const { min, max } = ends();
    const value = typed(number.value, min, max);
    if (value !== null) turn(value, true);
    paint();
  };
  on(number, "change", take);
  on(number, "keydown", (event) => event.key === "Enter" && take());
  for (const trait of ["value", "min", "max", "description"]) {
    model.on(`change:${trait}`, paint);
    signal.addEventListener("abort", () => model.off(`change:${trait}`, paint));
  }
  signal.addEventListener("abort", () => clearTimeout(timer));
  paint();
}

export default { render };
