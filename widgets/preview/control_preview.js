// Shows all maps of a picture as thumbnails, one of them enlarged with its sliders. Draws from the model only; how far
// picture and map are mixed is this view's own, and forgotten at a reload.

/** What a tile says where it has no thumbnail. */
const NO_THUMBNAIL = {
  waiting: "…",
  missing: "Needs weights",
  failed: "It failed: click to see why.",
};

/** Words that are not written like others. */
const SPELT = { mlsd: "MLSD", openpose: "OpenPose", pidinet: "PiDiNet", xdog: "XDoG" };
/** The flattest and the tallest frame, as width over height; other maps leave a margin. */
const SHAPES = [0.75, 2];

/** The bytes in a DataView; empty when there is none. */
export const bytesOf = (view) => (view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array());

/** A name as people read it. */
export function spoken(name) {
  const words = name.split("_").map((word) => SPELT[word] ?? word).join(" ");
  return words[0].toUpperCase() + words.slice(1);
}

/** A number with as many decimals as the slider's step has. */
export function readable(value, step) {
  const decimals = (String(step).split(".")[1] ?? "").length;
  return Number(value).toFixed(decimals);
}

/** The value of a param: as it was turned, or its default. */
export function valueOf(param, turned) {
  return turned?.[param.name] ?? param.default;
}

/** A number that was typed, as the setting can hold it; its default for what is no number. */
export function within(param, value) {
  if (!Number.isFinite(value)) return param.default;
  return Math.min(param.high, Math.max(param.low, Number.isInteger(param.step) ? Math.round(value) : value));
}

/** All settings, with one of them turned. */
export function turned(settings, tool, param, value) {
  return { ...settings, [tool]: { ...settings[tool], [param]: value } };
}

/** A sentence in pieces, those between backticks marked as code. */
export function pieces(sentence) {
  return sentence.split("`").map((text, i) => ({ text, isCode: i % 2 === 1 }));
}

/** Names of tools in two: those that can be used, and those whose weights are missing. */
export function split(names, tiles) {
  const isMissing = (name) => tiles[name]?.state === "missing";
  return [names.filter((name) => !isMissing(name)), names.filter(isMissing)];
}

/** Whether the map on screen is that of the choice. */
export function isBusy(chosen, shown, hasTools) {
  return hasTools && Boolean(chosen) && shown?.name !== chosen;
}

const make = (tag, name, text = "") => {
  const element = document.createElement(tag);
  if (name) element.className = `sketchlab-preview-${name}`;
  element.textContent = text;
  if (["input", "select", "button"].includes(tag)) keepKeys(element);
  return element;
};

/** JupyterLab's shortcuts match the focused element itself, so that a mark on its parents would not keep them off. */
const keepKeys = (element) => element.setAttribute("data-lm-suppress-shortcuts", "true");

function build(el) {
  el.classList.add("sketchlab-preview");
  el.innerHTML = `
    <div class="sketchlab-preview-columns">
      <div class="sketchlab-preview-big">
        <div class="sketchlab-preview-room">
          <div class="sketchlab-preview-frame" aria-busy="false">
            <img class="sketchlab-preview-source" alt="" hidden>
            <canvas class="sketchlab-preview-map" role="img" width="1" height="1" hidden></canvas>
            <p class="sketchlab-preview-hint" role="status"></p>
            <span class="sketchlab-preview-busy">Working…</span>
          </div>
        </div>
        <div class="sketchlab-preview-canvas" hidden></div>
        <div class="sketchlab-preview-line">
          <span class="sketchlab-preview-caption"></span>
          <label class="sketchlab-preview-mix">Picture
            <input type="range" min="0" max="1" step="0.01" value="1" aria-label="From picture to map"> Map
          </label>
          <span class="sketchlab-preview-actions">
            <button type="button" class="sketchlab-preview-button sketchlab-preview-computed"
                    title="Take away everything that was painted; undo brings it back">Computed map</button>
            <button type="button" class="sketchlab-preview-button sketchlab-preview-paint"
                    title="Paint on the map: white adds, black takes away, the eraser brings back what was computed"
                    ></button>
          </span>
        </div>
      </div>
      <div class="sketchlab-preview-side">
        <h3 class="sketchlab-preview-title"></h3>
        <p class="sketchlab-preview-help"></p>
        <p class="sketchlab-preview-suits sketchlab-preview-quiet"></p>
        <div class="sketchlab-preview-params"></div>
      </div>
    </div>
    <fieldset class="sketchlab-preview-tiles" aria-label="Preprocessors">
      <details class="sketchlab-preview-missing" hidden><summary></summary><div></div></details>
    </fieldset>`;
  const names = "room frame missing canvas source map hint caption mix computed paint side title help suits params tiles".split(" ");
  return Object.fromEntries(names.map((name) => [name, el.querySelector(`.sketchlab-preview-${name}`)]));
}

let groups = 0; // of tiles in this page; a page over plain HTTP has no crypto.randomUUID

function render({ model, el, signal, host }) {
  const parts = build(el);
  const pen = parts.map.getContext("2d");
  const group = `sketchlab-preview-${(groups += 1)}`;
  const rows = new Map(); // the params on screen: name → show(value)
  const tiles = new Map(); // the tiles on screen: name → { label, radio, image, said, view, url }
  let newest = 0; // the number of the last map that came; older ones that are decoded later are dropped
  let sourceUrl = "";
  let hasCanvas = false;

  const tool = () => model.get("tools").find((one) => one.name === model.get("chosen"));

  function write(name, value) {
    model.set(name, value);
    model.save_changes(); // ipywidgets keeps one update in flight and merges the rest
  }

  function paramRow(param) {
    const row = make("label", "param");
    const name = make("span", "", spoken(param.name));
    const turn = (value) => write("settings", turned(model.get("settings"), model.get("chosen"), param.name, value));
    let input;
    if (param.choices.length) {
      input = make("select");
      input.append(...param.choices.map((choice) => new Option(spoken(choice), choice)));
      input.addEventListener("change", () => turn(input.value), { signal });
      rows.set(param.name, (value) => { input.value = value; });
      row.append(name, input);
    } else if (typeof param.default === "boolean") {
      input = Object.assign(make("input"), { type: "checkbox" });
      input.addEventListener("change", () => turn(input.checked), { signal });
      rows.set(param.name, (value) => { input.checked = value; });
      row.append(name, input);
    } else {
      input = Object.assign(make("input"), { type: "range", min: param.low, max: param.high, step: param.step });
      const number = Object.assign(make("input"), { type: "number", min: param.low, max: param.high, step: param.step });
      number.setAttribute("aria-label", `${spoken(param.name)}, as a number`);
      const say = (value) => { number.value = readable(value, param.step); };
      input.addEventListener("input", () => { say(input.valueAsNumber); turn(input.valueAsNumber); }, { signal });
      const take = (value) => { input.value = value; say(value); turn(value); };
      const typed = () => take(within(param, number.valueAsNumber));
      number.addEventListener("change", typed, { signal });
      number.addEventListener("keydown", ({ key }) => key === "Enter" && typed(), { signal }); // no change in JupyterLab
      rows.set(param.name, (value) => { input.value = value; if (number !== document.activeElement) say(value); });
      row.append(name, number, input);
    }
    input.setAttribute("aria-label", spoken(param.name));
    row.title = [spoken(param.name), param.help].filter(Boolean).join(": ");
    if (param.help) row.append(make("small", "", param.help));
    return row;
  }

  /** The words and sliders of the choice; built anew only when the choice changes, so that a drag goes on. */
  function paintSide() {
    const chosen = tool();
    if (!chosen) return;
    parts.title.textContent = spoken(chosen.name);
    parts.help.textContent = chosen.help;
    const kinds = chosen.kinds.length ? `For the ControlNet${chosen.kinds.length > 1 ? "s" : ""} ${chosen.kinds.join(", ")}.` : "";
    parts.suits.textContent = [chosen.suits && `Suits ${chosen.suits}.`, kinds].filter(Boolean).join(" ");
    rows.clear();
    parts.params.replaceChildren(...chosen.params.map(paramRow));
    if (chosen.params.length) {
      const reset = make("button", "button sketchlab-preview-reset", "Defaults");
      reset.type = "button";
      reset.addEventListener("click", () => write("settings", { ...model.get("settings"), [chosen.name]: {} }), { signal });
      parts.params.append(reset);
    }
    paintParams();
  }

  function paintParams() {
    const chosen = tool();
    const now = model.get("settings")[chosen?.name];
    for (const param of chosen?.params ?? []) rows.get(param.name)?.(valueOf(param, now));
    const reset = parts.params.querySelector("button");
    if (reset) reset.disabled = chosen.params.every((param) => valueOf(param, now) === param.default);
  }

  /** The enlarged map; the old one stays until the new one is decoded, so nothing flickers. */
  async function paintMap() {
    const shown = model.get("shown");
    const bytes = bytesOf(model.get("png"));
    const number = ++newest;
    if (bytes.length) {
      const bitmap = await createImageBitmap(new Blob([bytes]));
      if (number !== newest || signal.aborted) return;
      if (parts.map.width !== bitmap.width || parts.map.height !== bitmap.height) {
        [parts.map.width, parts.map.height] = [bitmap.width, bitmap.height];
      }
      pen.drawImage(bitmap, 0, 0);
      const shape = bitmap.width / bitmap.height;
      parts.frame.style.setProperty("--aspect", shape);
      parts.frame.style.setProperty("--shape", Math.min(SHAPES[1], Math.max(SHAPES[0], shape)));
      bitmap.close();
    }
    parts.map.hidden = !bytes.length;
    parts.map.setAttribute("aria-label", bytes.length ? `The map of ${spoken(shown.name)}` : "");
    parts.source.hidden = !bytes.length || !sourceUrl;
    const sentence = shown.sentence || (shown.name ? "" : "The maps appear here when there is a picture.");
    parts.hint.replaceChildren(...pieces(sentence).map(({ text, isCode }) => (isCode ? make("code", "", text) : text)));
    parts.hint.hidden = bytes.length > 0 || !sentence;
    paintActions();
    parts.caption.textContent = bytes.length ? shown.caption : "";
    parts.map.dispatchEvent(new CustomEvent("sketchlab:map", { bubbles: true, detail: shown })); // bench/ listens
    paintBusy();
  }

  /** Map or canvas, and the buttons that lead from one to the other. */
  function paintActions() {
    const hasMap = bytesOf(model.get("png")).length > 0;
    const isPainting = hasMap && model.get("painting");
    if (isPainting && !hasCanvas) showCanvas();
    parts.room.hidden = isPainting;
    parts.canvas.hidden = !isPainting;
    parts.mix.hidden = !hasMap || isPainting;
    parts.paint.hidden = !hasMap;
    parts.paint.textContent = isPainting ? "Done" : "Paint on it";
    parts.computed.hidden = !hasMap || !model.get("shown").painted;
  }

  /** The canvas is drawn by the ink layer, as everywhere; once, and hidden as long as nobody paints. */
  async function showCanvas() {
    hasCanvas = true;
    const ink = await host.getWidget(model.get("painter"));
    if (!signal.aborted) await ink.render({ el: parts.canvas, signal });
  }

  function paintBusy() {
    const hasPicture = Object.keys(model.get("tiles")).length > 0 || Boolean(model.get("shown").name);
    parts.side.hidden = !hasPicture;
    el.classList.toggle("sketchlab-preview-empty", !hasPicture);
    parts.frame.setAttribute("aria-busy", isBusy(model.get("chosen"), model.get("shown"), hasPicture));
  }

  function paintSource() {
    URL.revokeObjectURL(sourceUrl);
    const bytes = bytesOf(model.get("source"));
    sourceUrl = bytes.length ? URL.createObjectURL(new Blob([bytes], { type: "image/webp" })) : "";
    if (sourceUrl) parts.source.src = sourceUrl;
    parts.source.hidden = !sourceUrl || parts.map.hidden;
  }

  function tileFor(one) {
    const label = make("label", "tile");
    const radio = Object.assign(make("input"), { type: "radio", name: group, value: one.name });
    const thumb = make("span", "thumb");
    const image = Object.assign(make("img"), { alt: "" });
    const said = make("small");
    thumb.append(image, said);
    label.append(radio, thumb, make("span", "name", spoken(one.name)));
    radio.addEventListener("change", () => write("chosen", one.name), { signal });
    return { label, radio, image, said, view: null, url: "" };
  }

  /** One tile for each preprocessor, in their order; those that are there already stay. */
  function paintTools() {
    const names = model.get("tools").map((one) => one.name);
    for (const [name, tile] of tiles) {
      if (!names.includes(name)) { URL.revokeObjectURL(tile.url); tiles.delete(name); }
    }
    for (const one of model.get("tools")) if (!tiles.has(one.name)) tiles.set(one.name, tileFor(one));
    shelve();
  }

  /** Those that can be used at hand, those that need weights folded away; what stands there already is not touched. */
  function shelve() {
    const [ready, missing] = split(model.get("tools").map((one) => one.name), model.get("tiles"));
    const [summary, shelf] = parts.missing.children;
    const labels = (names) => names.map((name) => tiles.get(name).label);
    const place = (box, wanted) => {
      if ([...box.children, null].some((node, i) => node !== (wanted[i] ?? null))) box.replaceChildren(...wanted);
    };
    place(shelf, labels(missing));
    place(parts.tiles, [...labels(ready), parts.missing]);
    parts.missing.hidden = missing.length === 0;
    summary.textContent = `${missing.length} need weights`;
    summary.title = "Choose one to see how its weights come to this machine";
    if (missing.includes(model.get("chosen"))) parts.missing.open = true;
  }

  function paintTiles() {
    const found = model.get("tiles");
    parts.tiles.hidden = Object.keys(found).length === 0;
    for (const [name, tile] of tiles) {
      const { state = "waiting", sentence = "", thumb = null } = found[name] ?? {};
      if (tile.view !== thumb) {
        URL.revokeObjectURL(tile.url);
        const bytes = bytesOf(thumb);
        tile.url = bytes.length ? URL.createObjectURL(new Blob([bytes], { type: "image/webp" })) : "";
        if (tile.url) tile.image.src = tile.url;
        tile.view = thumb;
      }
      tile.image.hidden = !tile.url;
      tile.said.textContent = tile.url ? "" : NO_THUMBNAIL[state] ?? "";
      tile.said.hidden = Boolean(tile.url);
      tile.label.dataset.state = state;
      tile.label.title = sentence;
      tile.radio.checked = name === model.get("chosen");
    }
    shelve();
  }

  const listen = (names, act) => {
    model.on(names, act);
    signal.addEventListener("abort", () => model.off(names, act));
  };
  listen("change:tools", () => { paintTools(); paintTiles(); paintSide(); });
  listen("change:chosen", () => { paintSide(); paintTiles(); paintBusy(); });
  listen("change:settings", paintParams);
  listen("change:tiles", () => { paintTiles(); paintBusy(); });
  listen("change:shown", paintMap); // comes with the map in one message
  listen("change:source", paintSource);
  listen("change:painting", paintActions);
  for (const button of [parts.paint, parts.computed]) keepKeys(button);
  parts.paint.addEventListener("click", () => write("painting", !model.get("painting")), { signal });
  parts.computed.addEventListener("click", () => model.send({ kind: "computed" }), { signal });
  const mix = parts.mix.querySelector("input");
  keepKeys(mix);
  mix.addEventListener("input", () => { parts.map.style.opacity = mix.value; }, { signal });
  signal.addEventListener("abort", () => {
    for (const url of [sourceUrl, ...[...tiles.values()].map((tile) => tile.url)]) if (url) URL.revokeObjectURL(url);
  });
  paintTools();
  paintTiles();
  paintSide();
  paintSource();
  paintMap();
}

export default { render };
